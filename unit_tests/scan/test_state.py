"""The scan's state: positions, groups, and plans made of them."""

from __future__ import annotations

import json

import pytest

from source_jira_flow.common.instants import DAY, from_milliseconds
from source_jira_flow.errors import ConfigurationError
from source_jira_flow.jira.projects import Project
from source_jira_flow.scan.plan import make_plan, missing_projects
from source_jira_flow.state.issues import IssueState, written_groups
from source_jira_flow.state.progress import BEGINNING, Group, Position, Window

NOW = 1_700_000_000_000


def group() -> Group:
    windows = [
        Window(NOW - 5 * DAY, NOW - 3 * DAY, {"issues": Position(NOW - 4 * DAY, 10_007), "comments": None}),
        Window(NOW - 3 * DAY, NOW, {"issues": None}),
    ]
    return Group(("10001", "10002"), {"issues": NOW, "comments": NOW - DAY}, windows)


def parsed(stream: str, groups: list[Group]) -> IssueState:
    raw = {"version": 1, "groups": written_groups(stream, groups), "recent": "", "keys": {}}
    return IssueState.parse(stream, json.loads(json.dumps(raw)))


def test_groups_survive_writing() -> None:
    state = parsed("issues", [group()])
    assert list(state.progress) == ["10001", "10002"]
    assert [(w.start, w.end, w.position) for w in state.progress["10002"].pending] == [
        (NOW - 5 * DAY, NOW - 3 * DAY, Position(NOW - 4 * DAY, 10_007)),
        (NOW - 3 * DAY, NOW, None),
    ]
    assert parsed("comments", [group()]).progress["10001"].updated == NOW - DAY


def test_groups_that_have_caught_up_are_pooled_into_one_group() -> None:
    groups = [Group((str(number),), {"issues": NOW}) for number in range(5)]
    assert [len(group["projects"]) for group in written_groups("issues", groups)] == [5]
    many = [Group((str(number),), {"issues": NOW}) for number in range(2_500)]
    assert [len(group["projects"]) for group in written_groups("issues", many)] == [1000, 1000, 500]


@pytest.mark.parametrize(
    "raw",
    [
        {"version": 1, "groups": [{"projects": ["1"]}]},
        {"version": 1, "groups": "all"},
        {"version": 1, "groups": [], "recent": "no base64!"},
        {"version": 1},
    ],
)
def test_a_state_that_is_not_ours_is_a_clear_error(raw: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError, match="clear the stream"):
        IssueState.parse("issues", raw)


def project(number: int, key: str | None = None) -> Project:
    return Project(str(number), key or f"P{number}", "", "software", False, False)


def state_of(*numbers: int, updated: int = NOW - DAY, **changes: object) -> IssueState:
    raw = {
        "version": 1,
        "groups": [{"projects": [str(n) for n in numbers], "updated": from_milliseconds(updated), "pending": []}],
        "keys": {str(n): f"P{n}" for n in numbers},
        **changes,
    }
    return IssueState.parse("issues", raw)


def begun(group: Group) -> set[str]:
    """The streams whose history in the group is still to be read."""
    return {stream for window in group.windows if window.start == BEGINNING for stream in window.positions}


def test_projects_in_which_all_streams_stand_alike_form_one_group() -> None:
    states = {"issues": state_of(1, 2), "comments": state_of(1, 2)}
    (group,) = make_plan(states, [project(1), project(2)], None, NOW)
    assert group.projects == ("1", "2")
    assert group.updated == {"issues": NOW - DAY, "comments": NOW - DAY}
    assert not begun(group)


def test_a_new_project_begins_by_itself_and_the_others_do_not_start_again() -> None:
    old, new = make_plan({"issues": state_of(1)}, [project(1), project(2)], None, NOW)
    assert (old.projects, begun(old)) == (("1",), set())
    assert (new.projects, begun(new), new.updated) == (("2",), {"issues"}, {"issues": NOW})


def test_a_history_that_is_planned_is_pending_in_the_state_before_it_is_begun() -> None:
    (group,) = make_plan({"issues": IssueState()}, [project(1)], None, NOW)
    assert [len(group["pending"]) for group in written_groups("issues", [group])] == [1]


def test_a_stream_that_is_chosen_later_gets_its_own_history() -> None:
    (group,) = make_plan({"issues": state_of(1), "comments": IssueState()}, [project(1)], None, NOW)
    assert begun(group) == {"comments"}
    assert group.updated == {"issues": NOW - DAY, "comments": NOW}


def test_a_renamed_project_is_read_again() -> None:
    groups = make_plan({"issues": state_of(1, 2)}, [project(1, "NEW"), project(2)], None, NOW)
    assert {group.projects: begun(group) for group in groups} == {("1",): {"issues"}, ("2",): set()}


@pytest.mark.parametrize(
    ("stored", "configured", "again"),
    [(None, None, False), (NOW, None, True), (NOW, NOW - 1, True), (NOW, NOW, False), (None, NOW, False)],
)
def test_an_earlier_start_date_reads_the_history_again(stored: int | None, configured: int | None, again: bool) -> None:
    state = state_of(1, start_date=from_milliseconds(stored) if stored else None)
    (group,) = make_plan({"issues": state}, [project(1)], configured, NOW)
    assert bool(begun(group)) is again


def test_pending_windows_of_several_streams_are_read_together() -> None:
    pending = [[from_milliseconds(NOW - 2 * DAY), from_milliseconds(NOW - DAY), None]]
    stored = {"projects": ["1"], "updated": from_milliseconds(NOW - DAY), "pending": pending}
    state = IssueState.parse("issues", {"version": 1, "groups": [stored], "keys": {}})
    (group,) = make_plan({"issues": state, "comments": state}, [project(1)], None, NOW)
    assert [window.positions for window in group.windows] == [{"issues": None, "comments": None}]


def test_projects_that_left_the_list_are_found() -> None:
    assert missing_projects([state_of(1, 2), state_of(2, 3)], ["2"]) == {"1", "3"}


def test_a_state_stays_small() -> None:
    projects = [Group((str(number),), {"issues": NOW}) for number in range(10_000, 15_000)]
    windows = [Window(NOW - (n + 1) * DAY, NOW - n * DAY, {"issues": Position(NOW - n * DAY, 1)}) for n in range(120)]
    groups = [*projects, Group(("1",), {"issues": NOW}, windows)]
    size = len(json.dumps(written_groups("issues", groups)))
    assert size < 15_000 + 5_000 * 15
