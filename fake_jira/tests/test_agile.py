"""Boards and sprints."""

import re
from typing import Any

import pytest

from fake_jira import FakeJira
from fake_jira.entities import Board, Issue, Sprint
from fake_jira.site_seeding import SPRINT_NAMES

from .client import AGILE, API, Client
from .conftest import Start


def pages(client: Client, path: str, **parameters: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        page = client.json(path, startAt=len(found), maxResults=1000, **parameters)
        assert page["maxResults"] == 50
        assert len(page["values"]) <= 50
        found += page["values"]
        if page["isLast"]:
            return found


def board_with(jira: FakeJira, quirk: str) -> Board:
    return next(board for board in jira.site.boards.values() if board.quirk == quirk)


def test_fifty_are_the_most_whatever_is_asked(start: Start) -> None:
    jira = start("cloud", boards=70, sprints_per_board=120, issues=5, projects=40)
    client, site = Client(jira), jira.site
    boards = pages(client, f"{AGILE}/board")
    assert {board["id"] for board in boards} == {board.id for board in site.visible_boards(site.service_account)}
    sprints = pages(client, f"{AGILE}/board/1/sprint")
    assert [sprint["id"] for sprint in sprints] == [sprint.id for sprint in site.boards[1].sprints]


def test_boards_of_hidden_projects_are_not_there(any_jira: FakeJira) -> None:
    client, site = Client(any_jira), any_jira.site
    hidden = next(board for board in site.boards.values() if board.project.key == "HIDDEN")
    assert hidden.id not in [board["id"] for board in pages(client, f"{AGILE}/board")]
    assert client.get(f"{AGILE}/board/{hidden.id}").status_code == 404
    assert client.get(f"{AGILE}/board/{hidden.id}/sprint").status_code == 404
    assert hidden.id in [board["id"] for board in pages(Client(any_jira, site.admin), f"{AGILE}/board")]


def test_boards_say_their_type_and_cloud_their_place(any_jira: FakeJira) -> None:
    boards = pages(Client(any_jira), f"{AGILE}/board")
    assert {board["type"] for board in boards} == {"scrum", "kanban", "simple"}
    assert all(("location" in board) == any_jira.site.flavor.cloud for board in boards)
    kanban = pages(Client(any_jira), f"{AGILE}/board", type="kanban")
    assert {board["type"] for board in kanban} == {"kanban"}


@pytest.mark.parametrize(
    ("quirk", "status", "says"),
    [
        ("no_sprints", 400, "does not support sprints"),
        ("broken", 500, "no columns with a mapped status"),
        ("unprocessable", 422, "no columns with a mapped status"),
        ("private", 404, "do not have permission"),
    ],
)
def test_boards_refuse_in_their_own_ways(any_jira: FakeJira, quirk: str, status: int, says: str) -> None:
    client, site = Client(any_jira), any_jira.site
    if quirk == "unprocessable":
        site.create_board("CORE", quirk=quirk)
    board = board_with(any_jira, quirk)
    assert board.id in [each["id"] for each in pages(client, f"{AGILE}/board")]
    refused = client.get(f"{AGILE}/board/{board.id}/sprint")
    assert refused.status_code == status
    assert says in refused.json()["errorMessages"][0]


def test_a_simple_board_may_have_sprints(any_jira: FakeJira) -> None:
    board = next(board for board in any_jira.site.boards.values() if board.type == "simple")
    assert pages(Client(any_jira), f"{AGILE}/board/{board.id}/sprint")


def test_one_sprint_shows_on_several_boards_and_has_one_home(any_jira: FakeJira) -> None:
    client, site = Client(any_jira), any_jira.site
    seen: dict[int, list[int]] = {}
    homes: dict[int, int] = {}
    for board in site.visible_boards(site.service_account):
        if board.quirk is None:
            for sprint in pages(client, f"{AGILE}/board/{board.id}/sprint"):
                seen.setdefault(sprint["id"], []).append(board.id)
                homes[sprint["id"]] = sprint["originBoardId"]
    assert set(seen) == {sprint.id for sprint in site.visible_sprints(site.service_account)}
    shared = [sprint_id for sprint_id, boards in seen.items() if len(boards) > 1]
    assert shared
    assert all(homes[sprint_id] in seen[sprint_id] for sprint_id in seen)
    showing = site.boards_showing(site.sprints[shared[0]], site.service_account)
    assert [board.id for board in showing] == seen[shared[0]]


def test_sprints_by_state(any_jira: FakeJira) -> None:
    client = Client(any_jira)
    states = [sprint["state"] for sprint in pages(client, f"{AGILE}/board/1/sprint")]
    assert states == ["closed", "closed", "active", "future"]
    open_ones = pages(client, f"{AGILE}/board/1/sprint", state="active,future")
    assert [sprint["state"] for sprint in open_ones] == ["active", "future"]
    assert client.get(f"{AGILE}/board/1/sprint", state="sleeping").status_code == 400


def test_a_sprints_document(any_jira: FakeJira) -> None:
    client, cloud = Client(any_jira), any_jira.site.flavor.cloud
    closed, _, active, future = pages(client, f"{AGILE}/board/1/sprint")
    assert client.json(f"{AGILE}/sprint/{closed['id']}") == closed
    assert {"startDate", "endDate", "completeDate"} <= set(closed)
    assert {"startDate", "endDate"} <= set(active)
    assert "completeDate" not in active
    assert not {"startDate", "endDate", "completeDate", "activatedDate"} & set(future)
    assert ("createdDate" in closed) == cloud
    assert ("activatedDate" in closed) == (not cloud)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", closed["startDate"])
    any_jira.site.service_account.time_zone = "Australia/Brisbane"
    assert client.json(f"{AGILE}/sprint/{closed['id']}")["startDate"].endswith("+10:00")


@pytest.mark.parametrize(("agile", "status"), [("absent", 404), ("unlicensed", 403)])
def test_jira_software_may_be_missing(any_jira: FakeJira, agile: str, status: int) -> None:
    any_jira.site.settings.agile = agile
    for path in ("board", "board/1/sprint", "sprint/1"):
        assert Client(any_jira).get(f"{AGILE}/{path}").status_code == status
    assert any_jira.site.visible_sprints(any_jira.site.service_account) == []


def issue_with(jira: FakeJira, *sprints: Sprint) -> Issue:
    return jira.site.create_issue("CORE", sprints=list(sprints))


def sprint_value(jira: FakeJira, issue: Issue) -> Any:
    return Client(jira).json(f"{API}/issue/{issue.id}")["fields"][jira.site.sprint_field_id]


def test_the_sprint_field_is_known_by_its_schema_alone(any_jira: FakeJira) -> None:
    fields = Client(any_jira).json(f"{API}/field")
    named = [field for field in fields if field["name"] == "Sprint"]
    assert len(named) == 2
    real = [field["id"] for field in named if field["schema"]["custom"] == "com.pyxis.greenhopper.jira:gh-sprint"]
    assert real == [any_jira.site.sprint_field_id]
    assert named[0]["id"] != "customfield_10020" or any_jira.site.sprint_field_id != "customfield_10020"


def test_in_an_issue_cloud_has_objects(cloud: FakeJira) -> None:
    closed, _, _, future = cloud.site.boards[1].sprints
    value = sprint_value(cloud, issue_with(cloud, closed, future))
    assert [sprint["id"] for sprint in value] == [closed.id, future.id]
    assert {"id", "name", "state", "boardId", "goal", "startDate", "endDate", "completeDate"} == set(value[0])
    assert {"id", "name", "state", "boardId", "goal"} == set(value[1])
    assert sprint_value(cloud, issue_with(cloud)) is None


def test_in_an_issue_self_hosted_jira_has_texts_in_which_nothing_is_escaped(self_hosted: FakeJira) -> None:
    sprints = self_hosted.site.boards[1].sprints
    value = sprint_value(self_hosted, issue_with(self_hosted, *sprints))
    assert all(text.startswith("com.atlassian.greenhopper.service.sprint.Sprint@") for text in value)
    for text, sprint in zip(value, sprints, strict=True):
        assert f"name={sprint.name}" in text
        assert f"id={sprint.id}," in text
        assert f"state={sprint.state.upper()}" in text
    assert "completeDate=<null>" in value[-1]
    assert [sprint.name for sprint in sprints] == list(SPRINT_NAMES[:4])
    orders = {tuple(re.findall(r"(rapidViewId|sequence|completeDate|goal)=", text)) for text in value}
    assert len(orders) > 1


def test_a_sprint_of_a_board_that_is_not_seen_occurs_in_issues(any_jira: FakeJira) -> None:
    client, site = Client(any_jira), any_jira.site
    foreign = next(sprint for sprint in site.sprints.values() if sprint.origin_board.project.key == "HIDDEN")
    assert foreign not in site.visible_sprints(site.service_account)
    assert any(foreign in issue.sprints for issue in site.visible_issues(site.service_account))
    assert client.json(f"{AGILE}/sprint/{foreign.id}")["id"] == foreign.id
    assert client.get(f"{AGILE}/sprint/99999").status_code == 404


def test_sprints_change(any_jira: FakeJira) -> None:
    client, site = Client(any_jira), any_jira.site
    board = site.boards[1]
    issue = issue_with(any_jira, board.sprints[0])
    before = issue.updated
    made = site.create_sprint(board, "New one", shared_with=[site.boards[2]])
    site.start_sprint(made)
    site.rename_sprint(made, "Renamed")
    site.close_sprint(made)
    document = client.json(f"{AGILE}/sprint/{made.id}")
    assert (document["name"], document["state"]) == ("Renamed", "closed")
    assert document["completeDate"]
    site.rename_sprint(board.sprints[0], "Renamed too")
    assert issue.updated == before
    site.delete_sprint(made)
    assert client.get(f"{AGILE}/sprint/{made.id}").status_code == 404
    assert made.id not in [sprint["id"] for sprint in pages(client, f"{AGILE}/board/2/sprint")]
