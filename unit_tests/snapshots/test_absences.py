"""What is missing from a list is gone only when Jira says so for each."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from source_jira_flow.errors import PassingFault, SignInRefused
from source_jira_flow.records.observed import REMOVED_AT, Columns
from source_jira_flow.records.stream import StreamDefinition
from source_jira_flow.records.users import user_columns
from source_jira_flow.snapshots import absences
from source_jira_flow.snapshots.absences import NOT_TOLD, Absences
from source_jira_flow.snapshots.comparison import Comparison
from source_jira_flow.state.snapshots import StoredSnapshot, digest

LOGGER = logging.getLogger("airbyte.test")
USERS = StreamDefinition("users", ("id",), "observed_at")


def user(identifier: str) -> Columns:
    return user_columns({"accountId": identifier, "displayName": identifier})


def names(count: int) -> list[str]:
    return [f"user{number:05d}" for number in range(count)]


def absent(
    stored: Iterable[str],
    listed: Iterable[str],
    find: Callable[[str], Columns | None],
    *,
    whole: bool = True,
    prove: Callable[[], None] = lambda: None,
) -> tuple[Comparison, list[dict[str, Any]]]:
    before = StoredSnapshot({identifier: digest(user(identifier)) for identifier in stored}, {}, 1)
    comparison = Comparison(USERS, before, 2)
    for identifier in listed:
        list(comparison.listed(user(identifier)))
    asked = Absences(comparison, find, prove, title="users", workers=4, logger=LOGGER, whole=whole)
    return comparison, list(asked.records())


def test_404_means_gone() -> None:
    comparison, records = absent(names(3), names(2), lambda _: None)
    assert [(record["id"], record[REMOVED_AT] is not None) for record in records] == [("user00002", True)]
    assert comparison.present.keys() == set(names(2))


def test_what_jira_does_not_tell_says_nothing() -> None:
    comparison, records = absent(names(3), names(2), lambda _: NOT_TOLD)
    assert records == []
    assert comparison.present.keys() == set(names(3))


def test_what_is_found_stays_and_is_sent_where_it_changed() -> None:
    changed = {**user("user00002"), "name": "Other"}
    comparison, records = absent(names(3), names(2), lambda _: changed)
    assert [record["name"] for record in records] == ["Other"]
    assert comparison.present["user00002"] == digest(changed)


def test_a_404_counts_only_when_it_comes_twice() -> None:
    answers = iter([None, user("user00002")])
    _, records = absent(names(3), names(2), lambda _: next(answers))
    assert records == []


def test_to_nobody_everything_is_a_404_so_the_sign_in_is_proved_first() -> None:
    def refuse_sign_in() -> None:
        raise SignInRefused("Anonymous.", reason="anonymous")

    with pytest.raises(SignInRefused):
        absent(names(3), names(2), lambda _: None, prove=refuse_sign_in)


def test_a_list_that_came_back_short_fails_after_few_questions() -> None:
    asked = []

    def find(identifier: str) -> Columns:
        asked.append(identifier)
        return user(identifier)

    with pytest.raises(PassingFault, match="without 300 of 1000"):
        absent(names(1000), names(700), find)
    assert len(asked) == absences.PROBE


def test_a_list_that_came_back_empty_fails_however_short_it_was() -> None:
    with pytest.raises(PassingFault, match="nothing is concluded"):
        absent(names(3), [], user)


def test_a_list_that_jira_cuts_keeps_what_it_left_out(caplog: pytest.LogCaptureFixture) -> None:
    comparison, records = absent(names(1000), names(200), user, whole=False)
    assert records == []
    assert comparison.present.keys() == set(names(1000))
    assert "stay as they are" in caplog.text


@pytest.mark.parametrize("listed", [995, 850])
def test_some_that_jira_lists_no_more_and_still_knows_are_no_fault(listed: int) -> None:
    comparison, records = absent(names(1000), names(listed), user)
    assert records == []
    assert comparison.present.keys() == set(names(1000))


def test_a_directory_that_was_emptied_for_good_is_told() -> None:
    _, records = absent(names(1000), names(5), lambda _: None)
    assert len(records) == 995


def test_very_many_are_looked_at_over_several_syncs(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(absences, "MOST_ASKED", 100)
    comparison, records = absent(names(1000), names(5), lambda _: None)
    assert len(records) == 100
    assert len(comparison.present) == 900
    assert "stay as they are" in caplog.text
