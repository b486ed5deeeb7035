"""Columns of boards, and lists of what an administrator sets up: whole where they may be seen, else a warning."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fake_jira import FakeJira
from integration_tests.support import Setup, config_for, read_all

FOR_ALL = ["issue_link_types", "project_categories", "status_categories", "filters", "dashboards"]
FOR_ADMINISTRATORS = ["issue_security_levels", "workflows", "project_roles"]
NAMES = {
    "issue_link_types": {"Blocks", "Cloners", "Relates"},
    "project_categories": {"Platform", "Unused"},
    "status_categories": {"No Category", "To Do", "In Progress", "Done"},
    "dashboards": {"Mine: board", "Ours: board"},
    "issue_security_levels": {"Reporters only", "Staff"},
    "workflows": {"jira", "Software workflow", "Business workflow"},
    "project_roles": {"Administrators", "Developers", "Viewers"},
}


@pytest.fixture
def jira(setup: Setup, start_jira: Callable[..., FakeJira]) -> FakeJira:
    return start_jira(setup, issues=10)


def test_the_lists_are_whole(setup: Setup, jira: FakeJira) -> None:
    jira.site.grant("ADMINISTER")
    reading = read_all(config_for(jira, setup.method), [*FOR_ALL, *FOR_ADMINISTRATORS, "groups"])
    assert reading.succeeded, reading.error_messages
    found = {stream: {row["name"] for row in rows} for stream, rows in reading.records.items()}
    filters = {"Mine: open"} if not jira.site.flavor.cloud else found["filters"]
    assert "Mine: open" in found["filters"] and found["filters"] == filters
    assert found["groups"] == set(jira.site.groups.values())
    assert {stream: found[stream] for stream in NAMES} == NAMES
    assert all(len(rows) == len({str(row) for row in rows}) for rows in reading.records.values())


def test_a_list_that_the_account_may_not_see_is_a_warning_that_names_the_permission(
    setup: Setup, jira: FakeJira
) -> None:
    jira.site.revoke("USER_PICKER")
    reading = read_all(config_for(jira, setup.method), ["groups", *FOR_ADMINISTRATORS])
    assert reading.succeeded, reading.error_messages
    visible = {"project_roles"} - ({"project_roles"} if jira.site.flavor.cloud else set())
    assert set(reading.records) == visible
    told = "\n".join(reading.logs)
    for stream in {*FOR_ADMINISTRATORS} - visible:
        assert f"{stream} stays empty, without Administer Jira (global)" in told
    assert "groups" in told and "Browse users and groups (global)" in told


@pytest.mark.parametrize("status", [403, 404])
def test_any_of_the_lists_can_be_refused_without_a_failure(setup: Setup, jira: FakeJira, status: int) -> None:
    paths = ["/issueLinkType", "/projectCategory", "/statuscategory", "/filter/", "/dashboard"]
    for path in paths:
        jira.faults.refuse(status, match=path)
    reading = read_all(config_for(jira, setup.method), [*FOR_ALL, "statuses"])
    assert reading.succeeded, reading.error_messages
    assert set(reading.records) == {"statuses"}
    told = "\n".join(reading.logs)
    assert "issue_link_types stays empty, without issue linking or Browse projects" in told
    for stream in FOR_ALL[1:]:
        assert f"{stream} stays empty, without access to Jira" in told


def test_a_401_for_those_who_may_not_administer_jira_is_no_refused_sign_in(setup: Setup, jira: FakeJira) -> None:
    for path in ("/issuesecurityschemes", "/workflow", "/role"):
        jira.faults.refuse(401, "You are not authorized to perform this operation.", match=path)
    reading = read_all(config_for(jira, setup.method), [*FOR_ADMINISTRATORS, "statuses"])
    assert reading.succeeded, reading.error_messages
    assert set(reading.records) == {"statuses"}
    told = "\n".join(reading.logs)
    for stream in FOR_ADMINISTRATORS:
        assert f"{stream} stays empty, without Administer Jira (global): Jira refused /rest/api/2/" in told


def test_a_jira_that_gives_a_part_of_its_groups_is_told(setup: Setup, jira: FakeJira) -> None:
    jira.site.settings.group_picker_cap = 2
    reading = read_all(config_for(jira, setup.method), ["groups"])
    assert reading.succeeded
    shown, all_of_them = len(reading.records["groups"]), len(jira.site.groups)
    told = f"groups has 2 rows of {all_of_them}: this Jira gives no more" in "\n".join(reading.logs)
    assert (shown, told) == ((all_of_them, False) if jira.site.flavor.cloud else (2, True))


def test_many_filters_and_groups_come_page_by_page(setup: Setup, jira: FakeJira) -> None:
    site = jira.site
    site.groups |= {f"{number:08x}-0000-4000-8000-00000000000c": f"group {number}" for number in range(130)}
    reading = read_all(config_for(jira, setup.method), ["groups"])
    assert {row["name"] for row in reading.records["groups"]} == set(site.groups.values())
    assert len(reading.records["groups"]) == len(site.groups)


def test_the_columns_of_every_board_in_one_call_each(setup: Setup, jira: FakeJira) -> None:
    site = jira.site
    board = next(board for board in site.boards.values() if board.quirk is None)
    board.columns[1].min, board.columns[1].max = 1, 5
    reading = read_all(config_for(jira, setup.method), ["board_columns"])
    assert reading.succeeded, reading.error_messages
    visible = [each for each in site.visible_boards(site.service_account) if each.quirk != "private"]
    expected = {
        (each.id, position): (column.name, [status.id for status in column.statuses], each.filter_id)
        for each in visible
        for position, column in enumerate(each.columns, start=1)
    }
    rows = {(row["board_id"], row["position"]): row for row in reading.records["board_columns"]}
    assert {key: (row["name"], row["statuses"], row["filter_id"]) for key, row in rows.items()} == expected
    limited = rows[(board.id, 2)]
    assert (limited["min"], limited["max"]) == (1, 5)
    assert limited["estimation_field"] == site.field_ids.story_points
    assert jira.calls("/configuration") == len(visible) + 1


@pytest.mark.parametrize("status", [403, 404])
def test_a_board_that_refuses_its_columns_leaves_those_of_the_others(setup: Setup, jira: FakeJira, status: int) -> None:
    whole = read_all(config_for(jira, setup.method), ["board_columns"]).records["board_columns"]
    refused = whole[0]["board_id"]
    jira.faults.refuse(status, match=f"/board/{refused}/configuration")
    reading = read_all(config_for(jira, setup.method), ["board_columns"])
    assert reading.succeeded, reading.error_messages
    assert reading.records["board_columns"] == [row for row in whole if row["board_id"] != refused]
    told = "board_columns lacks the boards" if status == 403 else f"The board {refused} is hidden from this account"
    assert any(told in line for line in reading.logs)


def test_without_jira_software_there_are_no_columns_and_a_warning(setup: Setup, jira: FakeJira) -> None:
    jira.site.settings.agile = "absent"
    reading = read_all(config_for(jira, setup.method), ["board_columns"])
    assert reading.succeeded and not reading.records
    assert any("board_columns stays empty, without Jira Software" in line for line in reading.logs)
