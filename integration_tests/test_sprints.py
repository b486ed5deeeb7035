"""The stream `sprints`: each sprint once, all its boards, and few calls where nothing happens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from fake_jira import FakeJira
from fake_jira.clock import DAY_MS, HOUR_MS
from fake_jira.entities import Sprint
from integration_tests.support import (
    CLOUD,
    DATA_CENTER,
    REMOVED_AT,
    SERVER,
    SETUPS,
    SHORT_WAITS,
    Reading,
    Setup,
    config_for,
    read_all,
)

StartJira = Callable[..., FakeJira]
# A Jira ahead of this machine's clock is not believed: where its days pass, it begins behind.
MONTH_MS = 30 * DAY_MS
ONLY = ["sprints"]
# An OAuth signature does not survive the days that pass in these tests.
DATA_CENTER_BY_PASSWORD = Setup("data-center-10.3", "username_password", "/jira")
KINDS = (CLOUD, DATA_CENTER_BY_PASSWORD, SERVER)


@pytest.fixture(params=[CLOUD], ids=str)
def setup(request: pytest.FixtureRequest) -> Setup:
    """Boards and sprints are the same on all kinds of Jira: one does for most tests."""
    chosen: Setup = request.param
    return chosen


def sprint_calls(jira: FakeJira) -> int:
    return sum("/rest/agile/" in request.path for request in jira.requests)


def told(reading: Reading) -> dict[int, dict[str, Any]]:
    """The records by id; fails where one came twice."""
    records = reading.records.get("sprints", [])
    by_id = {record["id"]: record for record in records}
    assert len(by_id) == len(records)
    return by_id


def sprints_by_state(jira: FakeJira, state: str) -> list[Sprint]:
    return [sprint for sprint in jira.site.visible_sprints(jira.site.service_account) if sprint.state == state]


@pytest.mark.parametrize("setup", SETUPS, ids=str)
def test_every_sprint_comes_once_with_all_its_boards(config: dict[str, Any], jira: FakeJira) -> None:
    reading = read_all(config, ONLY)
    assert reading.succeeded, reading.error_messages
    rows = told(reading)
    visible = jira.site.visible_sprints(jira.site.service_account)
    assert set(rows) == {sprint.id for sprint in visible}
    for sprint in visible:
        row = rows[sprint.id]
        boards = jira.site.boards_showing(sprint, jira.site.service_account)
        assert (row["name"], row["state"], row.get("goal")) == (sprint.name, sprint.state, sprint.goal or None)
        assert row["board_id"] == sprint.origin_board.id
        assert row["board_ids"] == sorted(board.id for board in boards)
    assert any(len(row["board_ids"]) > 1 for row in rows.values())
    assert not read_all(config, ONLY, reading.states).records


@pytest.mark.parametrize("setup", [CLOUD, DATA_CENTER], ids=str)
def test_twenty_boards_with_five_hundred_sprints_each(setup: Setup, start_jira: StartJira) -> None:
    jira = start_jira(setup, issues=0, users=5, boards=20, sprints_per_board=250)
    # Every second board shows half of its neighbour's; now all show all of their neighbour's.
    boards = [board for board in jira.site.boards.values() if board.quirk is None and board.sprints][:20]
    for left, right in zip(boards[::2], boards[1::2], strict=True):
        together = list(dict.fromkeys([*left.sprints, *right.sprints]))
        left.sprints, right.sprints = together, list(together)
    assert all(len(board.sprints) == 500 for board in boards)
    config = config_for(jira, setup.method)
    first = read_all(config, ONLY)
    assert first.succeeded, first.error_messages
    assert len(told(first)) == 5_000
    first_calls = sprint_calls(jira)
    assert first_calls <= 20 * 10 + 10
    second = read_all(config, ONLY, first.states)
    assert second.succeeded and not second.records
    assert sprint_calls(jira) - first_calls < first_calls / 3
    # Ten thousand places of five thousand sprints, and still a small state.
    assert sum(len(value) for value in second.state("sprints").values() if isinstance(value, str)) < 200_000


def test_a_sprint_that_closes_is_one_record_and_one_more_call(config: dict[str, Any], jira: FakeJira) -> None:
    first = read_all(config, ONLY)
    quiet_before = sprint_calls(jira)
    second = read_all(config, ONLY, first.states)
    quiet = sprint_calls(jira) - quiet_before
    shared = [sprint for sprint in sprints_by_state(jira, "active") if told(first)[sprint.id]["board_ids"]]
    closing = shared[0]
    jira.site.close_sprint(closing)
    jira.site.clock.advance(1_000)
    before = sprint_calls(jira)
    third = read_all(config, ONLY, second.states)
    assert [(row["id"], row["state"]) for row in third.records["sprints"]] == [(closing.id, "closed")]
    assert third.records["sprints"][0]["board_ids"] == told(first)[closing.id]["board_ids"]
    assert sprint_calls(jira) - before == quiet + 1
    assert not read_all(config, ONLY, third.states).records


def test_what_begins_is_renamed_and_is_new_among_open_sprints_shows_at_once(
    config: dict[str, Any], jira: FakeJira
) -> None:
    first = read_all(config, ONLY)
    future, active = sprints_by_state(jira, "future")[0], sprints_by_state(jira, "active")[0]
    jira.site.start_sprint(future)
    jira.site.rename_sprint(active, "Another, name]")
    created = jira.site.create_sprint(active.origin_board, "Brand new")
    second = read_all(config, ONLY, first.states)
    rows = told(second)
    assert set(rows) == {future.id, active.id, created.id}
    assert rows[future.id]["state"] == "active"
    assert rows[active.id]["name"] == "Another, name]"
    assert rows[created.id]["board_ids"] == [active.origin_board.id]


def test_a_change_of_an_old_sprint_shows_within_a_day(config: dict[str, Any], jira: FakeJira) -> None:
    jira.site.clock.advance(-MONTH_MS)
    first = read_all(config, ONLY)
    old, gone = sprints_by_state(jira, "closed")[:2]
    jira.site.rename_sprint(old, "Renamed long after")
    jira.site.delete_sprint(gone)
    jira.site.clock.advance(23 * HOUR_MS)
    second = read_all(config, ONLY, first.states)
    assert second.succeeded and not second.records
    jira.site.clock.advance(2 * HOUR_MS)
    third = read_all(config, ONLY, second.states)
    rows = told(third)
    assert set(rows) == {old.id, gone.id}
    assert rows[old.id]["name"] == "Renamed long after"
    assert rows[gone.id][REMOVED_AT] and rows[gone.id].get("name") is None
    jira.site.clock.advance(DAY_MS * 2)
    assert not read_all(config, ONLY, third.states).records


def test_an_open_sprint_that_is_deleted_is_gone_at_once(config: dict[str, Any], jira: FakeJira) -> None:
    first = read_all(config, ONLY)
    gone = sprints_by_state(jira, "future")[0]
    jira.site.delete_sprint(gone)
    second = read_all(config, ONLY, first.states)
    assert [(row["id"], bool(row[REMOVED_AT])) for row in second.records["sprints"]] == [(gone.id, True)]
    assert not read_all(config, ONLY, second.states).records


def test_a_new_board_is_read_whole_at_once(config: dict[str, Any], jira: FakeJira) -> None:
    jira.site.clock.advance(-MONTH_MS)
    first = read_all(config, ONLY)
    shown = sprints_by_state(jira, "closed")[0]
    board = jira.site.create_board("CORE", "New board")
    board.sprints.append(shown)
    own = jira.site.create_sprint(board, "Closed on the new board", "closed")
    second = read_all(config, ONLY, first.states)
    rows = told(second)
    assert set(rows) == {shown.id, own.id}
    assert rows[shown.id]["board_ids"] == sorted([*told(first)[shown.id]["board_ids"], board.id])
    jira.site.clock.advance(DAY_MS * 2)
    assert not read_all(config, ONLY, second.states).records


def test_a_board_that_goes_takes_its_place_in_board_ids_along_within_a_day(
    config: dict[str, Any], jira: FakeJira
) -> None:
    board = next(board for board in jira.site.boards.values() if board.quirk is None and board.sprints)
    for number in range(60):
        jira.site.create_sprint(board, f"Old {number}", "closed")
    jira.site.clock.advance(-MONTH_MS)
    first = read_all(config, ONLY)
    shared = {i for i, row in told(first).items() if board.id in row["board_ids"]}
    del jira.site.boards[board.id]
    jira.site.clock.advance(DAY_MS * 2)
    second = read_all(config, ONLY, first.states)
    # Jira still knows those that no board shows any more.
    assert second.succeeded, second.error_messages
    assert set(told(second)) == shared
    for row in told(second).values():
        assert row.get(REMOVED_AT) or board.id not in row["board_ids"]
    assert not read_all(config, ONLY, second.states).records


@pytest.mark.parametrize("setup", KINDS, ids=str)
def test_a_sprint_of_a_board_out_of_sight_comes_from_issues_and_is_never_told_as_gone(
    setup: Setup, start_jira: StartJira
) -> None:
    jira = start_jira(setup)
    config = config_for(jira, setup.method)
    jira.site.clock.advance(-MONTH_MS)
    first = read_all(config, ["issues", "sprints"])
    assert first.succeeded, first.error_messages
    foreign = next(sprint for sprint in jira.site.sprints.values() if sprint.name == "Sprint, of [another] board")
    row = told(first)[foreign.id]
    assert (row["name"], row["state"], row["board_id"], row["board_ids"]) == (
        foreign.name,
        "closed",
        foreign.origin_board.id,
        [],
    )
    jira.site.clock.advance(DAY_MS * 2)
    for issue in list(jira.site.issues.values()):
        if foreign in issue.sprints:
            jira.site.edit_issue(issue, sprints=[])
    second = read_all(config, ["issues", "sprints"], first.states)
    assert second.succeeded and "sprints" not in second.records


@pytest.mark.parametrize(("agile", "words"), [("absent", "no Jira Software"), ("unlicensed", "can't read boards")])
@pytest.mark.parametrize("setup", [CLOUD, SERVER], ids=str)
def test_without_jira_software_there_are_no_sprints_and_no_error(
    setup: Setup, agile: str, words: str, start_jira: StartJira
) -> None:
    jira = start_jira(setup, issues=0)
    jira.site.settings.agile = agile
    config = config_for(jira, setup.method)
    first = read_all(config, ONLY)
    assert first.succeeded and not first.records
    assert any(words in line for line in first.logs)
    jira.site.settings.agile = "present"
    second = read_all(config, ONLY, first.states)
    assert len(told(second)) == len(jira.site.visible_sprints(jira.site.service_account))


@pytest.mark.parametrize("scopes", [(), ("read:board-scope:jira-software", "read:project:jira")])
def test_a_token_without_the_scopes_for_boards_is_told_which_and_the_rest_is_read(
    scopes: tuple[str, ...], start_jira: StartJira
) -> None:
    jira = start_jira(CLOUD)
    jira.site.add_api_token(jira.site.service_account, "limited", ["read:jira-work", "read:jira-user", *scopes])
    config = config_for(jira, "scoped_token")
    config["credentials"]["access_token"] = "limited"
    settings = replace(SHORT_WAITS, gateway_url=jira.root_url)
    reading = read_all(config, ["issues", "sprints", "boards"], settings=settings)
    assert reading.succeeded, reading.error_messages
    told_scopes = [line for line in reading.logs if "read:sprint:jira-software" in line]
    assert len(told_scopes) == (1 if scopes else 2), "once for each stream that lacks something"
    assert set(told(reading)) == {sprint for row in reading.records["issues"] for sprint in row["sprint_ids"]}


def test_boards_that_are_refused_after_they_were_given_fail_the_stream_and_take_nothing_away(
    start_jira: StartJira,
) -> None:
    jira = start_jira(CLOUD, issues=0)
    config = config_for(jira)
    first = read_all(config, ONLY)
    jira.site.settings.agile = "unlicensed"
    second = read_all(config, ONLY, first.states)
    assert second.statuses == {"sprints": "INCOMPLETE"}
    assert any("license for Jira Software" in message for message in second.error_messages)
    jira.site.settings.agile = "present"
    assert not read_all(config, ONLY, second.states).records


@pytest.mark.parametrize("quirk", ["no_sprints", "broken", "unprocessable", "private"])
def test_a_board_that_refuses_for_a_known_reason_is_passed_over_without_a_word(
    quirk: str, start_jira: StartJira
) -> None:
    jira = start_jira(DATA_CENTER, issues=0, boards=3)
    jira.site.create_board("CORE", "Odd board", quirk=quirk)
    config = config_for(jira)
    first = read_all(config, ONLY)
    assert first.succeeded, first.error_messages
    assert len(told(first)) == len(jira.site.visible_sprints(jira.site.service_account))
    assert not any("Odd board" in line for line in first.logs)
    before = len(jira.requests)
    assert not read_all(config, ONLY, first.states).records
    odd = [request for request in jira.requests[before:] if request.path.endswith("/sprint") and request.status >= 400]
    assert not odd, "a board without sprints needs no asking in every sync"


@pytest.mark.parametrize("quirk", ["broken", "unprocessable"])
def test_a_board_that_breaks_later_takes_no_sprint_away(quirk: str, start_jira: StartJira) -> None:
    jira = start_jira(DATA_CENTER_BY_PASSWORD, issues=0, boards=3)
    config = config_for(jira, "username_password")
    board = next(board for board in jira.site.boards.values() if board.quirk is None and board.sprints)
    for number in range(60):
        jira.site.create_sprint(board, f"Old {number}", "closed")
    jira.site.clock.advance(-MONTH_MS)
    first = read_all(config, ONLY)
    for wait in (HOUR_MS, 2 * DAY_MS):
        board.quirk = quirk
        jira.site.clock.advance(wait)
        broken = read_all(config, ONLY, first.states)
        assert broken.succeeded and not broken.records, broken.error_messages
        board.quirk = None
        jira.site.clock.advance(2 * DAY_MS)
        assert not read_all(config, ONLY, broken.states).records


def test_a_board_that_refuses_for_another_reason_is_named_and_the_others_are_read(start_jira: StartJira) -> None:
    jira = start_jira(CLOUD, issues=0, boards=3)
    board = next(iter(jira.site.boards.values()))
    jira.faults.refuse(400, "The moon is in the wrong phase.", match=f"/board/{board.id}/sprint")
    reading = read_all(config_for(jira), ONLY)
    assert reading.succeeded, reading.error_messages
    assert any(board.name in line and "wrong phase" in line for line in reading.logs)
    assert len(told(reading)) > 0


def test_very_many_that_closed_at_once_are_read_by_their_boards(start_jira: StartJira) -> None:
    jira = start_jira(CLOUD, issues=0, boards=2, sprints_per_board=4)
    board = next(board for board in jira.site.boards.values() if board.quirk is None)
    created = [jira.site.create_sprint(board, f"Future {number}") for number in range(120)]
    config = config_for(jira)
    first = read_all(config, ONLY)
    for sprint in created:
        jira.site.close_sprint(sprint)
    before = sprint_calls(jira)
    second = read_all(config, ONLY, first.states)
    assert set(told(second)) == {sprint.id for sprint in created}
    assert sprint_calls(jira) - before < 30
    assert not read_all(config, ONLY, second.states).records
