"""The sprint field of an issue, whatever its sprint is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from source_jira_flow.records.observed import Columns
from source_jira_flow.records.sprint_field import parse_sprint, sprint_ids
from source_jira_flow.records.sprints import field_sprint_columns, sprint_columns

JAVA = "com.atlassian.greenhopper.service.sprint.Sprint@4263b21c"
DATES = (
    "startDate=2024-01-02T03:04:05.678+01:00,endDate=2024-01-16T03:04:00.000Z,completeDate=<null>,activatedDate=<null>"
)


def server_7(name: str, goal: str = "") -> str:
    return f"{JAVA}[id=444,rapidViewId=158,state=ACTIVE,name={name},goal={goal},{DATES},sequence=444]"


def goal_last(name: str, goal: str = "") -> str:
    return f"{JAVA}[id=444,rapidViewId=158,state=ACTIVE,name={name},{DATES},sequence=444,goal={goal}]"


def data_center_9(name: str, goal: str = "") -> str:
    return (
        f"{JAVA}[id=444,rapidViewId=158,state=ACTIVE,name={name},{DATES},sequence=444,goal={goal},"
        "synced=false,autoStartStop=false,incompleteIssuesDestinationId=<null>]"
    )


def shuffled(name: str, goal: str = "") -> str:
    return f"{JAVA}[completeDate=<null>,sequence=444,name={name},id=444,goal={goal},rapidViewId=158,state=ACTIVE]"


def columns_of(value: str | Mapping[str, Any]) -> Columns:
    sprint = parse_sprint(value)
    assert sprint is not None
    return field_sprint_columns(sprint)


FORMS = [server_7, goal_last, data_center_9, shuffled]
NAMES = [
    "Sprint 1",
    "Alpha, Beta",
    "[ABC] Sprint 3",
    "Sprint ]",
    "a=b",
    "x,state=CLOSED",
    "x,id=7",
    "x,name=y",
    "x,sequence=1",
    "x,completeDate=<null>",
    "id=7,rapidViewId=8,state=CLOSED,name=z",
    "Sprint@1[id=7,name=z]",
    ",",
    "ends with comma,",
    "<null>x",
    "Größe 42 – 日本",
    "line\nbreak",
]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_read_whole_whatever_it_holds(form, name: str) -> None:  # type: ignore[no-untyped-def]
    sprint = columns_of(form(name, "reach it"))
    assert (sprint["id"], sprint["board_id"], sprint["state"]) == (444, 158, "active")
    assert (sprint["name"], sprint["goal"]) == (name, "reach it")
    assert sprint_ids([form(name)]) == [444]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
@pytest.mark.parametrize(
    "goal", ["Ship, then rest", "a=b]", "x,state=CLOSED", "x,name=y", "x,sequence=1", "x,id=2,state=FUTURE", "[", "]"]
)
def test_a_goal_is_read_whole_whatever_it_holds(form, goal: str) -> None:  # type: ignore[no-untyped-def]
    sprint = columns_of(form("Sprint 9", goal))
    assert (sprint["id"], sprint["state"], sprint["name"], sprint["goal"]) == (444, "active", "Sprint 9", goal)


@pytest.mark.parametrize("form", [goal_last, data_center_9], ids=lambda form: form.__name__)
def test_a_date_in_a_name_is_part_of_it_where_the_dates_follow(form) -> None:  # type: ignore[no-untyped-def]
    name = "x,startDate=2020-01-01T00:00:00.000Z"
    sprint = columns_of(form(name))
    assert sprint["name"] == name


def test_dates_are_brought_to_utc_and_null_is_null() -> None:
    sprint = columns_of(server_7("Sprint 1"))
    assert sprint["start_date"] == "2024-01-02T02:04:05.678Z"
    assert sprint["end_date"] == "2024-01-16T03:04:00.000Z"
    assert sprint["complete_date"] is None
    assert sprint["goal"] is None


def test_an_old_server_knows_no_goal() -> None:
    sprint = columns_of(f"{JAVA}[id=1,rapidViewId=<null>,state=FUTURE,name=Next,startDate=<null>,sequence=1]")
    known = [sprint[column] for column in ("id", "board_id", "state", "name", "goal")]
    assert known == [1, None, "future", "Next", None]


def test_keys_of_a_newer_jira_are_passed_over() -> None:
    sprint = columns_of(f"{JAVA}[id=5,newKey=a b,rapidViewId=2,state=CLOSED,otherKey=1,name=Old one,sequence=9]")
    assert (sprint["id"], sprint["board_id"], sprint["state"], sprint["name"]) == (5, 2, "closed", "Old one")


def test_clouds_object_is_read_by_its_names() -> None:
    value = {
        "id": 37,
        "name": "Sprint, with [all]=",
        "state": "closed",
        "boardId": 5,
        "goal": "",
        "startDate": "2024-01-02T03:04:05.678Z",
        "endDate": "2024-01-16T03:04:05.678Z",
        "completeDate": "2024-01-16T05:00:00.001Z",
    }
    sprint = columns_of(value)
    assert (sprint["id"], sprint["name"], sprint["state"]) == (37, value["name"], "closed")
    assert (sprint["board_id"], sprint["goal"]) == (5, None)
    assert sprint["complete_date"] == "2024-01-16T05:00:00.001Z"
    assert sprint_ids([value]) == [37]


@pytest.mark.parametrize("value", ["", "Sprint 5", "[]", "[id=]", "[name=x]", "x[id=7", {}, {"name": "x"}])
def test_what_is_no_sprint_is_none_and_no_error(value: object) -> None:
    assert parse_sprint(value) is None  # type: ignore[arg-type]
    assert sprint_ids([value]) == []


def test_ids_come_in_the_fields_order() -> None:
    assert sprint_ids([server_7("x"), f"{JAVA}[name=y,id=12,state=CLOSED]", {"id": 3}]) == [444, 12, 3]


def test_a_name_made_to_be_slow_is_not() -> None:
    hostile = ",".join(f"name=x,goal=y,state=CLOSED,id={number}" for number in range(200))
    assert columns_of(server_7(hostile))["id"] == 444
    assert sprint_ids([server_7(hostile)]) == [444]


@settings(deadline=None)
@given(
    name=st.lists(
        st.sampled_from([*"ab,=][ <>", ",state=CLOSED", ",name=", ",goal=", ",sequence=7"]), min_size=1, max_size=6
    ).map("".join),
    form=st.sampled_from(FORMS),
)
def test_the_id_is_right_for_any_name(name: str, form) -> None:  # type: ignore[no-untyped-def]
    sprint = columns_of(form(name))
    assert sprint["id"] == 444
    assert sprint["board_id"] == 158


@pytest.mark.parametrize("form", FORMS[:3], ids=lambda form: form.__name__)
@pytest.mark.parametrize(
    "date", ["02/Jan/24 3:04 AM", "yesterday", "20223-05-01T00:00:00.000Z", "2024-13-41T99:00:00.000Z"]
)
@pytest.mark.parametrize("name", ["Sprint 1", "Alpha, Beta", "x,endDate=soon", "x,state=CLOSED"])
def test_a_date_in_an_unknown_form_leaves_the_rest_of_the_sprint(form, date: str, name: str) -> None:  # type: ignore[no-untyped-def]
    text = form(name, "A goal").replace("2024-01-02T03:04:05.678+01:00", date)
    sprint = columns_of(text)
    known = [sprint[column] for column in ("id", "name", "state", "board_id", "goal")]
    assert known == [444, name, "active", 158, "A goal"]
    assert (sprint["start_date"], sprint["end_date"]) == (None, "2024-01-16T03:04:00.000Z")
    assert sprint_ids([text]) == [444]


def test_when_a_sprint_was_really_started_is_in_the_text() -> None:
    sprint = columns_of(server_7("One").replace("activatedDate=<null>", "activatedDate=2024-01-02T04:00:00.000+01:00"))
    assert sprint["activated_date"] == "2024-01-02T03:00:00.000Z"


def test_a_sprint_of_jira_software_with_an_unreadable_date_keeps_the_rest() -> None:
    columns = sprint_columns({"id": 4, "name": "Four", "startDate": "soon", "endDate": 5e400}, frozenset())
    assert (columns["id"], columns["name"], columns["start_date"], columns["end_date"]) == (4, "Four", None, None)
    assert columns["document"]["startDate"] == "soon"
