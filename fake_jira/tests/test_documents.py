"""What an issue looks like, which fields come, and in whose time zone."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from fake_jira import FakeJira
from fake_jira.entities import Issue

from .client import API, Client
from .conftest import Start

FULL_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d{4}")


def instant(text: str) -> int:
    """Milliseconds, computed without the fake's own help."""
    moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z")
    return int(moment.timestamp()) * 1000 + moment.microsecond // 1000


def fields_of(jira: FakeJira, issue: Issue, fields: str) -> dict[str, Any]:
    found: dict[str, Any] = Client(jira).found(f"key = {issue.key}", fields)[0]["fields"]
    return found


@pytest.mark.parametrize("zone", ["Etc/UTC", "Asia/Kolkata", "America/New_York"])
def test_dates_are_written_in_the_accounts_zone(any_jira: FakeJira, zone: str) -> None:
    site = any_jira.site
    site.service_account.time_zone = zone
    issues = site.visible_issues(site.service_account)[:20]
    by_id = {issue["id"]: issue["fields"] for issue in Client(any_jira).found("created >= 0", "created,updated")}
    for issue in issues:
        fields = by_id[issue.id]
        assert FULL_DATE.fullmatch(fields["created"])
        # Documents keep milliseconds, also where the index does not.
        assert (instant(fields["created"]), instant(fields["updated"])) == (issue.created, issue.updated)
    if zone == "Asia/Kolkata":
        assert all(fields["created"].endswith("+0530") for fields in by_id.values())
    assert Client(any_jira).json(f"{API}/myself")["timeZone"] == zone


def test_an_issue_by_id_key_and_former_key(any_jira: FakeJira) -> None:
    client, site = Client(any_jira), any_jira.site
    issue = site.issue("CORE-2")
    document = client.json(f"{API}/issue/{issue.id}")
    assert document == client.json(f"{API}/issue/CORE-2")
    site.move_issue(issue, "BIZ")
    assert client.json(f"{API}/issue/CORE-2")["key"] == issue.key
    for reference in ("99999999", "CORE-99999", "NONE-1"):
        refused = client.get(f"{API}/issue/{reference}")
        assert refused.status_code == 404
        assert "does not exist or you do not have permission" in refused.json()["errorMessages"][0]


def test_all_fields_come_with_their_nulls(any_jira: FakeJira) -> None:
    site = any_jira.site
    listed = Client(any_jira).json(f"{API}/field")
    document = Client(any_jira).json(f"{API}/issue/CORE-1")
    ids = {field["id"] for field in listed} - {"issuekey"}
    # A parent that is not there is left out; everything else is null.
    assert set(document["fields"]) | {"parent"} == ids | {"parent"}
    assert None in document["fields"].values()
    assert ("hierarchyLevel" in document["fields"]["issuetype"]) == site.flavor.cloud
    assert document["self"].endswith(f"/rest/api/2/issue/{document['id']}")
    assert ".invalid" in document["self"]


@pytest.mark.parametrize(
    ("fields", "has", "lacks"),
    [
        ("*all", {"comment", "worklog", "attachment", "summary"}, set()),
        ("*navigable", {"summary", "status"}, {"comment", "worklog", "attachment"}),
        ("summary,comment", {"summary", "comment"}, {"status"}),
        ("*all,-comment", {"worklog", "summary"}, {"comment"}),
        ("*navigable,comment,-status", {"comment", "summary"}, {"status"}),
        ("nonsense,summary", {"summary"}, {"nonsense"}),
    ],
)
def test_fields_are_chosen_alike_everywhere(any_jira: FakeJira, fields: str, has: set[str], lacks: set[str]) -> None:
    issue = any_jira.site.issue("CORE-1")
    single = Client(any_jira).json(f"{API}/issue/{issue.key}", fields=fields)["fields"]
    for found in (fields_of(any_jira, issue, fields), single):
        assert has <= set(found)
        assert not lacks & set(found)


def test_leaving_out_starts_from_the_default(any_jira: FakeJira) -> None:
    client = Client(any_jira)
    single = client.json(f"{API}/issue/CORE-1", fields="-comment")["fields"]
    assert "worklog" in single
    assert "comment" not in single
    if not any_jira.site.flavor.cloud:
        found = client.found("key = CORE-1", "-summary")[0]["fields"]
        assert "status" in found
        assert not {"summary", "comment"} & set(found)


def test_people_in_documents(any_jira: FakeJira) -> None:
    issue = next(issue for issue in any_jira.site.visible_issues(any_jira.site.service_account) if issue.assignee)
    fields = fields_of(any_jira, issue, "assignee,creator")
    expected = {"self", "displayName", "active", "timeZone", "avatarUrls"}
    own = {"accountId", "accountType"} if any_jira.site.flavor.cloud else {"key", "name", "emailAddress"}
    for person in fields.values():
        assert expected | own <= set(person)


def test_epics_parents_and_sub_tasks(any_jira: FakeJira) -> None:
    site, ids = any_jira.site, any_jira.site.field_ids
    issues = site.visible_issues(site.service_account)
    company = next(issue for issue in issues if issue.epic and not issue.project.team_managed)
    fields = fields_of(any_jira, company, "*all")
    assert company.epic is not None
    assert fields[ids.epic_link] == company.epic.key
    # Epics are parents on Cloud only.
    assert ("parent" in fields) == site.flavor.cloud
    child = next(issue for issue in issues if issue.parent)
    assert child.parent is not None
    assert fields_of(any_jira, child, "parent")["parent"]["key"] == child.parent.key
    subtasks = fields_of(any_jira, child.parent, "subtasks")["subtasks"]
    assert child.id in [subtask["id"] for subtask in subtasks]
    site.edit_issue(child, summary="A new summary")
    subtasks = fields_of(any_jira, child.parent, "subtasks")["subtasks"]
    assert "A new summary" in [subtask["fields"]["summary"] for subtask in subtasks]


def test_the_epic_link_is_known_by_its_schema(any_jira: FakeJira) -> None:
    fields = {field["id"]: field for field in Client(any_jira).json(f"{API}/field")}
    schema = fields[any_jira.site.field_ids.epic_link]["schema"]
    assert schema["custom"] == "com.pyxis.greenhopper.jira:gh-epic-link"
    assert any_jira.site.field_ids.epic_link == f"customfield_{schema['customId']}"


def test_ids_of_custom_fields_differ_from_site_to_site(start: Start) -> None:
    assert start("cloud", seed=1, issues=1).site.field_ids != start("cloud", seed=2, issues=1).site.field_ids


def test_story_points(any_jira: FakeJira) -> None:
    """A number field of that name; on Cloud team-managed projects have a field of another type."""
    site, ids = any_jira.site, any_jira.site.field_ids
    issues = [issue for issue in site.visible_issues(site.service_account) if issue.story_points]
    fields = {field["id"]: field for field in Client(any_jira).json(f"{API}/field")}
    assert (fields[ids.story_points]["name"], fields[ids.story_points]["schema"]["type"]) == ("Story Points", "number")
    classic = next(issue for issue in issues if not issue.project.team_managed)
    assert fields_of(any_jira, classic, "*all")[ids.story_points] == classic.story_points
    if site.flavor.cloud:
        assert fields[ids.story_point_estimate]["schema"]["custom"] == "com.pyxis.greenhopper.jira:jsw-story-points"
        new = next(issue for issue in issues if issue.project.team_managed)
        found = fields_of(any_jira, new, "*all")
        assert (found[ids.story_point_estimate], found[ids.story_points]) == (new.story_points, None)


@pytest.mark.parametrize("name", ["status", "statuscategory", "issuetype", "priority", "resolution", "field"])
def test_vocabulary_is_bare_arrays(any_jira: FakeJira, name: str) -> None:
    things = Client(any_jira).json(f"{API}/{name}")
    assert isinstance(things, list)
    assert things
    assert all("id" in thing and "name" in thing for thing in things)


def test_team_managed_projects_have_states_of_their_own_on_cloud(any_jira: FakeJira) -> None:
    site = any_jira.site
    statuses = Client(any_jira).json(f"{API}/status")
    assert {"self", "description", "iconUrl", "name", "id", "statusCategory"} <= set(statuses[0])
    scoped = [status for status in statuses if "scope" in status]
    assert len(scoped) == (4 if site.flavor.cloud else 0)
    for status in scoped:
        assert status["scope"] == {"type": "PROJECT", "project": {"id": site.project("TEAM").id}}
    assert {status["statusCategory"]["key"] for status in statuses} == {"new", "indeterminate", "done"}


def test_labels_are_listed_on_cloud(cloud: FakeJira) -> None:
    client, site = Client(cloud), cloud.site
    page = client.json(f"{API}/label")
    assert set(page["values"]) == site.all_labels()
    assert {"backend", "Backend", "BACKEND", "日本語", "émoji-🚀"} <= set(page["values"])
    site.create_issues("CORE", 1, labels=[f"label-{number}" for number in range(1500)])
    page = client.json(f"{API}/label", maxResults=5000)
    assert (len(page["values"]), page["maxResults"], page["isLast"]) == (1000, 1000, False)
    assert len(client.json(f"{API}/label", startAt=1000)["values"]) == page["total"] - 1000


def test_rendered_fields_are_html_with_dates_that_no_machine_reads(any_jira: FakeJira) -> None:
    issue = next(each for each in any_jira.site.visible_issues(any_jira.site.service_account) if each.description)
    page = Client(any_jira).search(f"key = {issue.key}", "description,updated", expand="renderedFields").json()
    document = page["issues"][0]
    assert document["fields"]["description"] == issue.description
    assert document["renderedFields"]["description"].startswith("<p>")
    assert not FULL_DATE.fullmatch(document["renderedFields"]["updated"])


def test_changes_say_what_was_and_what_is(any_jira: FakeJira) -> None:
    site = any_jira.site
    issue = site.create_issue("CORE", summary="Before")
    site.edit_issue(issue, summary="After")
    site.transition(issue, "Done")
    found = Client(any_jira).search(f"key = {issue.key}", "status", expand="changelog").json()["issues"][0]
    histories = found["changelog"]["histories"]
    if site.flavor.cloud:
        # The newest first there.
        histories.reverse()
    edited, moved = (history["items"] for history in histories)
    assert (edited[0]["field"], edited[0]["fromString"], edited[0]["toString"]) == ("summary", "Before", "After")
    assert [item["field"] for item in moved] == ["status", "resolution"]
    assert (moved[0]["from"], moved[0]["to"]) == ("10000", "10002")
    assert ("fieldId" in moved[0]) == site.flavor.cloud
    assert found["fields"]["status"]["statusCategory"]["key"] == "done"


def test_what_is_kept_of_a_document_follows_every_change(any_jira: FakeJira) -> None:
    """Documents are made once and kept: each kind of change must be seen at once."""
    client, site = Client(any_jira), any_jira.site
    issue = site.create_issue("CORE", assignee=site.user("user0001"), sprints=[site.boards[1].sprints[0]])

    def text() -> str:
        return client.get(f"{API}/issue/{issue.id}", fields="*all").text

    changes: list[Callable[[], object]] = [
        lambda: site.edit_issue(issue, summary="change-1"),
        lambda: site.add_comment(issue, "change-2"),
        lambda: site.rename_user("user0001", display_name="change-3"),
        lambda: site.rename_sprint(site.boards[1].sprints[0], "change-4"),
        lambda: site.rename_status(issue.status, "change-5"),
        lambda: site.edit_project("CORE", name="change-6"),
        lambda: site.add_attachment(issue, "change-7"),
        lambda: site.add_worklog(issue, comment="change-8"),
    ]
    for number, change in enumerate(changes, start=1):
        assert f"change-{number}" not in text()
        change()
        assert f"change-{number}" in text()
    site.rename_project_key("CORE", "KERN")
    assert f'"key":"{issue.key}"' in text()
    assert issue.key.startswith("KERN-")


CLOUD_SHAPES: dict[str, set[str]] = {
    "serverInfo": set(
        """baseUrl buildDate buildNumber deploymentType displayUrl scmInfo serverTime serverTimeZone serverTitle version
        versionNumbers""".split()
    ),
    "myself": set(
        """self accountId accountType emailAddress avatarUrls displayName active timeZone locale groups applicationRoles
        expand""".split()
    ),
    "project/search": {"self", "maxResults", "startAt", "total", "isLast", "values"},
    "label": {"maxResults", "startAt", "total", "isLast", "values"},
    "issue/CORE-1": {"expand", "id", "self", "key", "fields"},
    "issue/CORE-1/comment": {"startAt", "maxResults", "total", "comments"},
    "issue/CORE-1/worklog": {"startAt", "maxResults", "total", "worklogs"},
    "issue/CORE-2/changelog": {"self", "maxResults", "startAt", "total", "isLast", "values"},
}


@pytest.mark.parametrize("path", list(CLOUD_SHAPES))
def test_clouds_answers_have_the_documented_shape(cloud: FakeJira, path: str) -> None:
    assert set(Client(cloud).json(f"{API}/{path}")) == CLOUD_SHAPES[path]


def test_parts_of_issues_have_the_documented_shape(any_jira: FakeJira) -> None:
    client, site = Client(any_jira), any_jira.site
    issue = site.create_issue("CORE")
    site.add_comment(issue)
    site.add_worklog(issue)
    site.edit_issue(issue, summary="Changed")
    comment = client.json(f"{API}/issue/{issue.id}/comment")["comments"][0]
    shape = {"self", "id", "author", "body", "updateAuthor", "created", "updated"}
    assert set(comment) == (shape | {"jsdPublic"} if site.flavor.cloud else shape)
    worklog = client.json(f"{API}/issue/{issue.id}/worklog")["worklogs"][0]
    shape = {"self", "author", "updateAuthor", "comment", "created", "updated", "started", "timeSpent"}
    assert set(worklog) == shape | {"timeSpentSeconds", "id", "issueId"}
    changelog = client.json(f"{API}/issue/{issue.id}", expand="changelog")["changelog"]
    assert set(changelog) == {"startAt", "maxResults", "total", "histories"}
    assert set(changelog["histories"][0]) == {"id", "author", "created", "items"}
    shape = {"field", "fieldtype", "from", "fromString", "to", "toString"}
    assert set(changelog["histories"][0]["items"][0]) == (shape | {"fieldId"} if site.flavor.cloud else shape)
