"""The issues that were sent come back as they were noted, in a text that stays small and is made once."""

import base64
import random
import zlib
from array import array

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from source_jira_flow.state import issue_ids
from source_jira_flow.state.issue_ids import (
    MOST_TEXT,
    UNKNOWN_PROJECT,
    IssueTable,
    SentIssues,
    merged,
    pack_issues,
    unpack_issues,
)

ROWS = st.lists(st.tuples(st.integers(1, 2**62), st.integers(1, 2**40), st.integers(0, 40_000)), max_size=60)


@given(ROWS)
def test_issues_come_back_as_they_were(rows: list[tuple[int, int, int]]) -> None:
    table = IssueTable.of(rows)
    assert unpack_issues(pack_issues(table)) == table


@given(ROWS)
def test_the_order_in_which_issues_were_sent_does_not_change_the_text(rows: list[tuple[int, int, int]]) -> None:
    by_id = list({row[0]: row for row in rows}.values())
    assert pack_issues(IssueTable.of(by_id)) == pack_issues(IssueTable.of(reversed(by_id)))


@given(st.lists(ROWS, min_size=1, max_size=4))
def test_of_several_tables_the_last_counts(parts: list[list[tuple[int, int, int]]]) -> None:
    expected = IssueTable.of(row for part in parts for row in part)
    assert merged([IssueTable.of(part) for part in parts]) == expected


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.tuples(st.integers(1, 300), st.integers(1, 4)), max_size=12), max_size=40))
def test_checkpoints_carry_everything_that_went_out(pages: list[list[tuple[int, int]]]) -> None:
    sent, expected = SentIssues(), dict[int, tuple[int, int, int]]()
    for page in pages:
        for issue_id, project in page:
            sent.note(issue_id, project, issue_id)
            expected[issue_id] = (issue_id, project, issue_id)
        texts = sent.texts()
        assert len(texts) <= issue_ids.MOST_TEXTS
        assert SentIssues(texts).table() == IssueTable.of(expected.values())


def test_a_checkpoint_packs_only_what_came_since_the_last_one(monkeypatch: pytest.MonkeyPatch) -> None:
    packed: list[int] = []

    def pack(table: IssueTable, most_text: int = MOST_TEXT) -> str:
        packed.append(len(table))
        return pack_issues(table, most_text)

    monkeypatch.setattr(issue_ids, "pack_issues", pack)
    sent = SentIssues([pack_issues(IssueTable.of((number, 1, 1) for number in range(1, 50_000)))])
    for page in range(100):
        for number in range(100):
            sent.note(1_000_000 + page * 100 + number, 1, 1)
        sent.texts()
        sent.texts()
    assert sum(packed) < 10 * 10_000
    assert max(packed) <= 10_000, "the issues of earlier syncs are carried as they are"


def test_texts_that_nothing_was_added_to_are_not_even_opened() -> None:
    assert SentIssues(["not opened"]).texts() == ["not opened"]


def test_replacing_forgets_what_was_noted() -> None:
    sent = SentIssues()
    sent.note(1, 7, 1)
    sent.replace(IssueTable.of([(2, 7, 1)]))
    assert list(SentIssues(sent.texts()).table().rows()) == [(2, 7, 1)]
    sent.replace(IssueTable())
    assert sent.texts() == []


def test_at_the_end_of_a_sync_several_texts_become_one_where_they_are_long(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = [IssueTable.of((number, 1, 1) for number in range(start, start + 50)) for start in (1, 100)]
    sent = SentIssues(map(pack_issues, parts))
    sent.settle()
    assert len(sent.texts()) == 2
    monkeypatch.setattr(issue_ids, "MOST_TEXT", 100)
    sent.settle()
    assert len(sent.texts()) == 1
    assert sent.table() == merged(parts)


def test_counts_and_choices() -> None:
    table = IssueTable.of([(3, 7, 1), (1, 7, 1), (2, 8, 2)])
    assert table.counts() == {7: 2, 8: 1}
    assert list(table.where(project == 7 for project in table.projects).rows()) == [(1, 7, 1), (3, 7, 1)]


def test_where_projects_would_make_the_text_too_long_those_of_the_oldest_issues_are_forgotten() -> None:
    source = random.Random(3)
    table = IssueTable.of((number, 10_000 + source.randrange(100), number // 300) for number in range(1, 50_000))
    text = pack_issues(table, 20_000)
    kept = unpack_issues(text)
    assert 15_000 < len(text) <= 20_000
    assert (kept.ids, kept.days) == (table.ids, table.days)
    known = len(table) - kept.counts()[UNKNOWN_PROJECT]
    assert 10_000 < known < 49_999
    assert kept.projects[-known:] == table.projects[-known:]


def test_ids_are_kept_even_where_they_alone_are_too_long() -> None:
    source = random.Random(4)
    table = IssueTable.of((source.randrange(2**60), 1, 1) for _ in range(500))
    kept = unpack_issues(pack_issues(table, 100))
    assert kept.ids == table.ids
    assert set(kept.projects) == {UNKNOWN_PROJECT}


@pytest.mark.parametrize(
    "damage",
    [lambda text: text[:-8], lambda text: "x" + text[1:], lambda _: "", lambda _: "ä", lambda text: text + text],
)
def test_a_damaged_text_is_an_error_and_never_fewer_issues(damage) -> None:  # type: ignore[no-untyped-def]
    text = pack_issues(IssueTable.of((number, 1, 1) for number in range(1, 500)))
    with pytest.raises(ValueError):
        unpack_issues(damage(text))


def _text(*columns: bytes) -> str:
    compressed = [zlib.compress(column) for column in columns]
    return base64.b64encode(
        b"\x01" + bytes(8) + b"".join(len(column).to_bytes(8, "little") + column for column in compressed)
    ).decode()


def test_a_made_up_text_never_takes_more_memory_than_a_state_can_rightly_hold() -> None:
    for column in (b"\x00" * 41_000_000, (2**62).to_bytes(8, "little") + b"\x00"):
        with pytest.raises(ValueError, match="cut"):
            unpack_issues(_text(column))


@pytest.mark.parametrize("ids", [[1, -5, 2], [5, 0]])
def test_ids_that_do_not_ascend_are_refused(ids: list[int]) -> None:
    steps = array("q", ids)
    bad = unpack_issues(pack_issues(IssueTable.of([(1, 1, 1)])))
    table = IssueTable(array("Q", [1] * len(steps)), array("q", [1] * len(steps)), array("q", [1] * len(steps)))
    assert len(bad) == 1
    with pytest.raises(ValueError):
        unpack_issues(pack_issues(table))
