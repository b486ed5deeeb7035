"""What a change of data does: to `updated`, to what is found, to what may be seen."""

from collections.abc import Callable

import pytest

from fake_jira import Clock, FakeJira, Site, build_site
from fake_jira.entities import Issue

from .client import API, Client
from .conftest import Start

Change = Callable[[Site, Issue], object]


@pytest.fixture
def site() -> Site:
    return build_site("cloud", issues=60)


MOVES: dict[str, Change] = {
    "an edit": lambda site, issue: site.edit_issue(issue, summary="x"),
    "a transition": lambda site, issue: site.transition(issue, "Done"),
    "a comment": lambda site, issue: site.add_comment(issue),
    "an edited comment": lambda site, issue: site.edit_comment(issue, issue.comments[0], "x"),
    "a deleted comment": lambda site, issue: site.delete_comment(issue, issue.comments[0]),
    "a worklog": lambda site, issue: site.add_worklog(issue),
    "an attachment": lambda site, issue: site.add_attachment(issue),
    "a change of sprint": lambda site, issue: site.edit_issue(issue, sprints=[site.boards[1].sprints[-1]]),
    "a move": lambda site, issue: site.move_issue(issue, "BIZ"),
    "a bulk change": lambda site, issue: site.bulk_edit([issue.id]),
    "a security level": lambda site, issue: site.set_security_level(issue, issue.project.security_levels[1]),
}
MOVES_NOT: dict[str, Change] = {
    "a vote": lambda site, issue: site.vote(issue),
    "a watcher": lambda site, issue: site.watch(issue),
    "a renamed key": lambda site, issue: site.rename_project_key(issue.project, "KERN"),
    "a renamed project": lambda site, issue: site.edit_project(issue.project, name="x"),
    "a renamed person": lambda site, issue: site.rename_user(issue.creator, display_name="x"),
    "a renamed sprint": lambda site, issue: site.rename_sprint(issue.sprints[0], "x"),
    "a renamed status": lambda site, issue: site.rename_status(issue.status, "x"),
    "a renamed version": lambda site, issue: site.rename_version(issue.project.versions[0], "x"),
    "a change of permissions": lambda site, issue: site.revoke("BROWSE_PROJECTS", project=issue.project),
    "members of a level": lambda site, issue: site.add_to_security_level(issue.project.security_levels[0]),
    "an archived project": lambda site, issue: site.archive_project(issue.project),
}


@pytest.fixture
def issue(site: Site) -> Issue:
    made = site.create_issue("CORE", created=1_600_000_000_000, sprints=[site.boards[1].sprints[0]])
    site.add_comment(made)
    made.updated = 1_600_000_000_000
    return made


@pytest.mark.parametrize("name", list(MOVES))
def test_moves_updated(site: Site, issue: Issue, name: str) -> None:
    before = site.clock.now()
    MOVES[name](site, issue)
    assert before <= issue.updated <= site.clock.now()
    assert site.index.rows[issue.id].updated == issue.updated


@pytest.mark.parametrize("name", list(MOVES_NOT))
def test_does_not_move_updated(site: Site, issue: Issue, name: str) -> None:
    MOVES_NOT[name](site, issue)
    assert issue.updated == 1_600_000_000_000


def test_deleting_a_comment_may_leave_updated_alone(site: Site, issue: Issue) -> None:
    site.settings.comment_deletion_moves_updated = False
    site.delete_comment(issue, issue.comments[0])
    assert issue.updated == 1_600_000_000_000
    assert issue.comments == []


def test_a_bulk_change_is_one_instant(site: Site) -> None:
    ids = [issue.id for issue in site.visible_issues(site.service_account)][:30]
    site.bulk_edit(ids)
    assert len({site.issues[issue_id].updated for issue_id in ids}) == 1
    assert len({change.created for issue_id in ids for change in site.issues[issue_id].history[-1:]}) == 1


def test_a_moved_issue_keeps_its_id_and_changes_its_key(any_jira: FakeJira) -> None:
    client, site = Client(any_jira), any_jira.site
    issue = site.issue("CORE-4")
    issue_id = issue.id
    site.move_issue(issue, "TEAM")
    assert issue.id == issue_id
    assert issue.project.key == "TEAM"
    assert issue.status in issue.project.statuses
    assert issue_id in client.ids("project = TEAM")
    assert issue_id not in client.ids("project = CORE")
    site.move_issue(issue, "HIDDEN")
    assert client.get(f"{API}/issue/{issue_id}").status_code == 404
    assert "does not exist" in client.refusal(f"id = {issue_id}")


def test_a_deleted_issue_is_gone_with_its_sub_tasks(any_jira: FakeJira) -> None:
    client, site = Client(any_jira), any_jira.site
    parent = site.create_issue("CORE")
    child = site.create_issue("CORE", parent=parent, issue_type=parent.project.issue_types[4])
    epic = site.create_issue("CORE", issue_type=parent.project.issue_types[0])
    story = site.create_issue("CORE", epic=epic)
    assert client.json(f"{API}/issue/{parent.id}")["fields"]["subtasks"][0]["id"] == child.id
    site.delete_issue(parent)
    site.delete_issue(epic.key)
    for issue in (parent, child, epic):
        assert client.get(f"{API}/issue/{issue.id}").status_code == 404
    assert story.epic is None
    assert not {parent.id, child.id, epic.id} & set(client.ids("project = CORE"))
    assert "does not exist" in client.refusal(f"id in ({story.id}, {parent.id})")


def test_a_project_comes_and_goes(any_jira: FakeJira) -> None:
    client, site = Client(any_jira), any_jira.site
    project = site.create_project("NEW", team_managed=True)
    issue = site.create_issue(project)
    assert client.ids("project = NEW") == [issue.id]
    assert client.json(f"{API}/project/NEW")["id"] == project.id
    site.delete_project("NEW")
    assert client.get(f"{API}/project/{project.id}").status_code == 404
    assert client.get(f"{API}/issue/{issue.id}").status_code == 404
    assert "does not exist" in client.refusal("project in (CORE, NEW)")
    again = site.create_project("NEW")
    assert again.id != project.id
    unseen = site.create_project("UNSEEN", visible=False)
    assert unseen not in site.visible_projects(site.service_account)


def test_a_key_that_is_used_again_leads_to_its_new_owner(site: Site) -> None:
    old = site.project("CORE")
    site.rename_project_key(old, "KERN")
    assert site.find_project("CORE") is old
    new = site.create_project("CORE")
    assert site.find_project("CORE") is new


def test_permissions_come_with_old_issues(any_jira: FakeJira) -> None:
    client, site = Client(any_jira), any_jira.site
    assert "does not exist" in client.refusal("project = HIDDEN")
    now = site.clock.now()
    site.grant("BROWSE_PROJECTS", project="HIDDEN")
    assert client.ids("project = HIDDEN")
    assert client.ids(f"project = HIDDEN and updated >= {now}") == []
    site.revoke("BROWSE_PROJECTS", project="HIDDEN")
    assert "does not exist" in client.refusal("project = HIDDEN")


def test_an_import_of_thousands_has_one_instant(start: Start) -> None:
    jira = start("dc11", issues=10)
    issues = jira.site.create_issues("CORE", 3000)
    assert len({issue.updated for issue in issues}) == 1
    instant = issues[0].created
    assert len(Client(jira).ids(f"created >= {instant // 1000 * 1000}")) == 3000


def test_clocks_run_stand_and_jump() -> None:
    frozen = Clock(1_700_000_000_000, frozen=True)
    assert frozen.now() == frozen.now() == 1_700_000_000_000
    frozen.advance(5)
    assert frozen.now() == 1_700_000_000_005
    ahead = Clock(offset_ms=7_200_000)
    assert abs(ahead.now() - Clock().now() - 7_200_000) < 1000
    ahead.advance(-7_200_000)
    assert abs(ahead.now() - Clock().now()) < 1000


def test_the_truth_leaves_out_what_is_not_imported(site: Site) -> None:
    types = {issue.project.type_key for issue in site.visible_issues(site.service_account)}
    assert types == {"software", "business"}
    every = {issue.project.type_key for issue in site.visible_issues(site.service_account, None)}
    assert every == {"software", "business", "service_desk", "product_discovery"}
    labels = site.visible_labels(site.service_account)
    assert labels <= site.all_labels()
