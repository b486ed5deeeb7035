"""How many entries of each issue went out comes back as it was noted, and what was cut is refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from source_jira_flow.errors import ConfigurationError
from source_jira_flow.state.own_parts import stored_entries, written_entries
from source_jira_flow.state.sent_entries import (
    MOST_TEXTS,
    SentEntries,
    pack_entries,
    unpack_entries,
)

NUMBERS = st.dictionaries(st.integers(1, 2**62), st.integers(1, 100_000), max_size=60)


@settings(deadline=None)
@given(NUMBERS)
def test_numbers_come_back_as_they_were(numbers: dict[int, int]) -> None:
    assert dict(zip(*unpack_entries(pack_entries(numbers)), strict=True)) == numbers


@settings(max_examples=50, deadline=None)
@given(st.lists(st.dictionaries(st.integers(1, 200), st.integers(1, 90), max_size=12), max_size=40))
def test_the_latest_number_counts_in_whatever_checkpoint_it_is(pages: list[dict[int, int]]) -> None:
    sent, expected = SentEntries(), dict[int, int]()
    for page in pages:
        for issue_id, number in page.items():
            sent.note(issue_id, number)
        expected |= page
        texts = sent.texts()
        assert len(texts) <= MOST_TEXTS
        again = SentEntries(texts)
        assert {issue_id: again.of(issue_id) for issue_id in range(1, 201)} == {
            issue_id: expected.get(issue_id, 0) for issue_id in range(1, 201)
        }


def test_a_million_histories_take_about_a_megabyte() -> None:
    text = pack_entries({number: number * 7919 % 61 for number in range(1, 100_001)})
    assert len(text) < 130_000


@pytest.mark.parametrize("spoil", [lambda text: text[:-9], lambda text: "AAAA" + text[4:], lambda text: 7])
def test_a_text_that_was_cut_or_changed_is_refused(spoil: object) -> None:
    sent = SentEntries()
    sent.note(1, 2)
    state = written_entries(sent)
    assert stored_entries(state).of(1) == 2
    with pytest.raises(ConfigurationError, match="The stored state of issue_changes can't be read"):
        stored_entries({"entries": [spoil(state["entries"][0])]})  # type: ignore[operator]
