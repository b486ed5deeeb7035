"""Histories, work logs, links and attachments: what every edit leaves behind, and how much of it Jira shows where."""

from collections.abc import Callable
from typing import Any

import pytest

from fake_jira import Clock, FakeJira, Site, build_site
from fake_jira.entities import Issue

from .client import AGILE, API, Client
from .conftest import Start

Edit = Callable[[Site, Issue], object]

ENTRIES: dict[str, tuple[Edit, list[tuple[str, str | None]]]] = {
    "a summary": (lambda s, i: s.edit_issue(i, summary="x"), [("summary", "summary")]),
    "a transition": (lambda s, i: s.transition(i, "Done"), [("status", "status"), ("resolution", "resolution")]),
    "a work log": (lambda s, i: s.add_worklog(i, 600), [("timespent", "timespent"), ("timeestimate", "timeestimate")]),
    "an edited work log": (
        lambda s, i: s.edit_worklog(i, i.worklogs[0], 60),
        [("timespent", "timespent"), ("WorklogId", None)],
    ),
    "a deleted work log": (
        lambda s, i: s.delete_worklog(i, i.worklogs[0]),
        [("timespent", "timespent"), ("WorklogId", None)],
    ),
    "an attachment": (lambda s, i: s.add_attachment(i), [("Attachment", "attachment")]),
    "a deleted attachment": (lambda s, i: s.delete_attachment(i, i.attachments[0]), [("Attachment", "attachment")]),
    "a link": (lambda s, i: s.link_issues(i, "TEAM-1"), [("Link", "issuelinks")]),
    "a link that goes": (lambda s, i: s.unlink_issues(i.links[0]), [("Link", "issuelinks")]),
    "two components for one": (
        lambda s, i: s.edit_issue(i, components=i.project.components[:2]),
        [("Component", "components"), ("Component", "components")],
    ),
    "versions": (lambda s, i: s.edit_issue(i, fix_versions=[]), [("Fix Version", "fixVersions")]),
    "a security level": (
        lambda s, i: s.set_security_level(i, i.project.security_levels[1]),
        [("security", "security")],
    ),
    "a move": (
        lambda s, i: s.move_issue(i, "TEAM"),
        [("project", "project"), ("Key", "issuekey"), ("Fix Version", "fixVersions")],
    ),
}


@pytest.fixture
def site() -> Site:
    return build_site("cloud", issues=60, clock=Clock(1_760_000_000_000, frozen=True))


@pytest.fixture
def issue(site: Site) -> Issue:
    made = site.create_issue("CORE", remaining_estimate=7200, fix_versions=site.project("CORE").versions[:1])
    site.add_worklog(made)
    site.add_attachment(made)
    site.link_issues("CORE-1", made)
    made.history.clear()
    made.updated = 0
    return made


@pytest.mark.parametrize("name", list(ENTRIES))
def test_every_edit_leaves_an_entry(site: Site, issue: Issue, name: str) -> None:
    edit, expected = ENTRIES[name]
    edit(site, issue)
    (entry,) = issue.history
    assert [(item.field, item.field_id) for item in entry.items] == expected
    assert (entry.created, issue.updated) == (site.clock.now(), site.clock.now())


def test_a_link_shows_on_both_ends(any_jira: FakeJira) -> None:
    client, site = Client(any_jira), any_jira.site
    source, target = site.create_issue("CORE"), site.create_issue("TEAM")
    link = site.link_issues(source, target)
    (outward,) = client.json(f"{API}/issue/{source.id}")["fields"]["issuelinks"]
    (inward,) = client.json(f"{API}/issue/{target.id}")["fields"]["issuelinks"]
    assert outward["id"] == inward["id"] == link.id
    assert (outward["outwardIssue"]["key"], inward["inwardIssue"]["key"]) == (target.key, source.key)
    assert (outward["type"]["outward"], inward["type"]["inward"]) == ("blocks", "is blocked by")
    assert target.history[-1].items[0].to_text == f"This issue is blocked by {source.key}"
    site.move_issue(target, "HIDDEN")
    assert client.json(f"{API}/issue/{source.id}")["fields"]["issuelinks"] == []


def test_the_link_of_a_deleted_issue_goes_without_a_word(any_jira: FakeJira) -> None:
    client, site = Client(any_jira), any_jira.site
    kept, gone = site.create_issue("CORE"), site.create_issue("CORE")
    site.link_issues(kept, gone)
    entries, updated = len(kept.history), kept.updated
    site.delete_issue(gone)
    assert client.json(f"{API}/issue/{kept.id}")["fields"]["issuelinks"] == []
    assert (len(kept.history), kept.updated) == (entries, updated)


def test_ranking_writes_an_entry_and_moves_nothing(any_jira: FakeJira) -> None:
    client, site = Client(any_jira), any_jira.site
    issue = site.create_issue("CORE", created=1_600_000_000_000)
    site.rank_issue(issue)
    assert issue.updated == 1_600_000_000_000
    (entry,) = client.json(f"{API}/issue/{issue.id}", expand="changelog")["changelog"]["histories"]
    assert (entry["items"][0]["field"], entry["items"][0]["fieldtype"]) == ("Rank", "custom")
    site.settings.ranking_moves_updated = True
    site.rank_issue(issue)
    assert issue.updated > 1_600_000_000_000


def embedded(jira: FakeJira, issue: Issue) -> dict[str, Any]:
    page = Client(jira).search(f"id = {issue.id}", "summary", expand="changelog").json()
    history: dict[str, Any] = page["issues"][0]["changelog"]
    return history


def edited(jira: FakeJira, times: int) -> Issue:
    issue = jira.site.create_issue("CORE")
    for number in range(times):
        jira.site.edit_issue(issue, summary=f"{number}")
    return issue


def test_cloud_embeds_the_newest_forty_and_self_hosted_jira_all(any_jira: FakeJira) -> None:
    issue = edited(any_jira, 45)
    history = embedded(any_jira, issue)
    shown = [int(entry["id"]) for entry in history["histories"]]
    assert history["total"] == 45
    every = [int(change.id) for change in issue.history]
    assert shown == (every[:4:-1] if any_jira.site.flavor.cloud else every)


def test_odd_histories_are_switches(any_jira: FakeJira) -> None:
    site, settings = any_jira.site, any_jira.site.settings
    issue = edited(any_jira, 3)
    settings.changelog_total_is_zero = True
    assert embedded(any_jira, issue)["total"] == 0
    assert len(embedded(any_jira, issue)["histories"]) == 3
    before = [entry["id"] for entry in embedded(any_jira, issue)["histories"]]
    settings.newest_changes_first = not settings.newest_changes_first
    assert [entry["id"] for entry in embedded(any_jira, issue)["histories"]] == before[::-1]
    settings.changelog_items_without_field_id = True
    assert "fieldId" not in embedded(any_jira, issue)["histories"][0]["items"][0]
    if site.flavor.cloud:
        settings.bulk_changelogs_are_empty = True
        client = Client(any_jira)
        found = client.post(f"{API}/changelog/bulkfetch", {"issueIdsOrKeys": [issue.id]}).json()
        assert found == {"issueChangeLogs": []}
        assert client.json(f"{API}/issue/{issue.id}/changelog")["values"] == []


def test_authors_may_be_nobody_gone_or_apps(any_jira: FakeJira) -> None:
    site = any_jira.site
    issue, leaver = site.create_issue("CORE"), site.user("user0001")
    app = site.create_user("an.app", account_type="app")
    site.edit_issue(issue, anonymous=True, summary="a")
    site.edit_issue(issue, author=leaver, summary="b")
    site.edit_issue(issue, author=app, summary="c")
    site.delete_user(leaver)
    histories = sorted(embedded(any_jira, issue)["histories"], key=lambda entry: int(entry["id"]))
    assert histories[0].get("author") is None
    assert ("author" in histories[0]) == site.flavor.cloud
    assert histories[1]["author"]["displayName"] == ("Former user" if site.flavor.cloud else "User 0001")
    if site.flavor.cloud:
        assert histories[2]["author"]["accountType"] == "app"


def test_two_entries_of_one_millisecond(site: Site, issue: Issue) -> None:
    site.edit_issue(issue, summary="a")
    site.edit_issue(issue, summary="b")
    first, second = issue.history
    assert first.created == second.created
    assert int(first.id) < int(second.id)


def test_an_entry_of_the_past_takes_its_place(site: Site, issue: Issue) -> None:
    site.edit_issue(issue, summary="now")
    site.edit_issue(issue, summary="long ago", at=1_700_000_000_000)
    assert [entry.created for entry in issue.history] == [1_700_000_000_000, site.clock.now()]


def test_self_hosted_jira_has_no_changelog_of_an_issue(self_hosted: FakeJira) -> None:
    client = Client(self_hosted)
    assert client.get(f"{API}/issue/CORE-1/changelog").status_code == 404
    assert client.post(f"{API}/changelog/bulkfetch", {"issueIdsOrKeys": ["1"]}).status_code == 404


def test_bulk_histories_come_by_tokens_in_order_of_time(cloud: FakeJira) -> None:
    client = Client(cloud)
    issues = [edited(cloud, 4), edited(cloud, 3)]
    body: dict[str, Any] = {"issueIdsOrKeys": [issue.id for issue in issues], "maxResults": 5}
    first = client.post(f"{API}/changelog/bulkfetch", body).json()
    second = client.post(f"{API}/changelog/bulkfetch", body | {"nextPageToken": first["nextPageToken"]}).json()
    assert "nextPageToken" not in second
    found: dict[str, list[int]] = {}
    for page in (first, second):
        for each in page["issueChangeLogs"]:
            found.setdefault(each["issueId"], []).extend(entry["created"] for entry in each["changeHistories"])
    assert found == {issue.id: [change.created for change in issue.history] for issue in issues}
    many = [f"{number}" for number in range(1001)]
    assert client.post(f"{API}/changelog/bulkfetch", {"issueIdsOrKeys": many}).status_code == 400
    fields = [f"f{number}" for number in range(11)]
    refused = client.post(f"{API}/changelog/bulkfetch", {"issueIdsOrKeys": ["1"], "fieldIds": fields})
    assert refused.status_code == 400


def test_twenty_work_logs_are_embedded_and_the_rest_is_asked_for(any_jira: FakeJira) -> None:
    client, site = Client(any_jira), any_jira.site
    issue = site.create_issue("CORE")
    for number in range(23):
        site.add_worklog(issue, 60, f"{number}", visibility=("role", "Administrators") if number == 4 else None)
    worklog = client.json(f"{API}/issue/{issue.id}", fields="worklog")["fields"]["worklog"]
    assert (len(worklog["worklogs"]), worklog["total"], worklog["maxResults"]) == (20, 22, 20)
    whole = client.json(f"{API}/issue/{issue.id}/worklog", startAt=20)
    assert (len(whole["worklogs"]), whole["total"]) == ((2, 22) if site.flavor.cloud else (22, 22))
    assert len(site.visible_worklogs(issue, site.service_account)) == 22


@pytest.mark.parametrize("flavor", ["cloud", "dc10", "server7"])
def test_work_logs_that_changed_are_told_a_minute_later(start: Start, flavor: str) -> None:
    jira = start(flavor, clock=Clock(1_760_000_000_000, frozen=True))
    client, site = Client(jira), jira.site
    since = site.clock.now() - 1
    issue = site.create_issue("CORE")
    first, second = site.add_worklog(issue), site.add_worklog(issue)
    site.delete_worklog(issue, first)
    assert client.json(f"{API}/worklog/deleted", since=since)["values"] == []
    site.clock.advance(60_000)
    gone = client.json(f"{API}/worklog/deleted", since=since)
    assert [value["worklogId"] for value in gone["values"]] == [int(first.id)]
    assert (gone["since"], gone["until"], gone["lastPage"]) == (since, since + 1, True)
    changed = client.json(f"{API}/worklog/updated", since=since)["values"]
    assert [value["worklogId"] for value in changed] == [int(second.id)]
    assert client.json(f"{API}/worklog/updated", since=gone["until"])["values"] == []
    listed = client.post(f"{API}/worklog/list", {"ids": [int(first.id), int(second.id)]}).json()
    assert [worklog["id"] for worklog in listed] == [second.id]
    assert listed[0]["issueId"] == issue.id
    assert client.post(f"{API}/worklog/list", {"ids": list(range(1, 1002))}).status_code == 400


def test_the_feed_of_work_logs_has_pages(start: Start) -> None:
    jira = start("cloud", clock=Clock(1_760_000_000_000, frozen=True), issues=5)
    client, site = Client(jira), jira.site
    issue, since = site.create_issue("CORE"), site.clock.now()
    for _ in range(1003):
        site.clock.advance(1)
        site.delete_worklog(issue, site.add_worklog(issue))
    site.clock.advance(60_000)
    first = client.json(f"{API}/worklog/deleted", since=since)
    assert (len(first["values"]), first["lastPage"]) == (1000, False)
    second = client.json(f"{API}/worklog/deleted", since=first["until"])
    assert (len(second["values"]), second["lastPage"]) == (3, True)


def test_an_archived_issue_leaves_search_and_can_be_read(any_jira: FakeJira) -> None:
    client, site = Client(any_jira), any_jira.site
    issue = site.create_issue("CORE", created=1_600_000_000_000)
    site.archive_issue(issue)
    site.edit_issue(issue, summary="edited while archived")
    assert issue.id not in client.ids("project = CORE")
    assert issue not in site.visible_issues(site.service_account)
    assert client.json(f"{API}/issue/{issue.id}")["fields"]["archiveddate"] is not None
    site.archive_issue(issue, archived=False)
    assert issue.id in client.ids("project = CORE")


def test_reindexing_hides_a_share_of_issues_for_a_while(start: Start) -> None:
    jira = start("dc10", clock=Clock(1_760_000_000_000, frozen=True))
    client, site = Client(jira), jira.site
    every = client.ids("project is not EMPTY")
    site.begin_reindex(0.3, 60_000)
    left = client.ids("project is not EMPTY")
    assert len(every) * 0.5 < len(left) < len(every)
    hidden = next(issue_id for issue_id in every if issue_id not in left)
    assert client.get(f"{API}/issue/{hidden}").status_code == 200
    site.edit_issue(hidden, summary="An edit indexes it at once")
    assert hidden in client.ids("project is not EMPTY")
    site.clock.advance(60_000)
    assert sorted(client.ids("project is not EMPTY")) == sorted(every)
    site.begin_reindex(1.0)
    assert client.ids("project is not EMPTY") == []
    site.end_reindex()
    assert sorted(client.ids("project is not EMPTY")) == sorted(every)


def test_a_board_says_its_columns(any_jira: FakeJira) -> None:
    client, site = Client(any_jira), any_jira.site
    scrum, kanban, broken, private = (
        next(board for board in site.boards.values() if board.quirk == quirk)
        for quirk in (None, "no_sprints", "broken", "private")
    )
    scrum.columns[0].max, scrum.columns[0].min = 5, None
    found = client.json(f"{AGILE}/board/{scrum.id}/configuration")
    columns = found["columnConfig"]["columns"]
    assert [column["name"] for column in columns] == ["To Do", "In Progress", "Done"]
    assert [status["id"] for status in columns[1]["statuses"]] == ["3", "10001"]
    assert (columns[0]["max"], "min" in columns[0]) == (5, False)
    assert found["filter"]["id"] == scrum.filter_id
    assert found["estimation"]["field"]["fieldId"] == site.field_ids.story_points
    assert "estimation" not in client.json(f"{AGILE}/board/{kanban.id}/configuration")
    assert client.json(f"{AGILE}/board/{broken.id}/configuration")["columnConfig"]["columns"] == []
    assert client.get(f"{AGILE}/board/{private.id}/configuration").status_code == 404


def test_estimates_votes_watchers_and_environment(any_jira: FakeJira) -> None:
    site = any_jira.site
    issue = site.create_issue("CORE", original_estimate=7200, remaining_estimate=7200, environment="Production")
    site.add_worklog(issue, 1800)
    site.vote(issue)
    fields = Client(any_jira).json(f"{API}/issue/{issue.id}")["fields"]
    assert (fields["timeoriginalestimate"], fields["timeestimate"], fields["timespent"]) == (7200, 5400, 1800)
    assert fields["timetracking"]["remainingEstimate"] == "1h 30m"
    assert (fields["votes"]["votes"], fields["watches"]["watchCount"]) == (1, 1)
    assert fields["environment"] == "Production"


def test_a_site_may_have_long_histories_from_the_start(start: Start) -> None:
    site = start("cloud", issues=400, changes_per_issue=30, worklogs_per_issue=2).site
    lengths = [len(issue.history) for issue in site.issues.values()]
    assert 28 < sum(lengths) / len(lengths) < 34
    assert 0.01 < sum(length > 40 for length in lengths) / len(lengths) < 0.12
    assert sum(len(issue.worklogs) for issue in site.issues.values()) > 400
    for issue in site.issues.values():
        assert [change.created for change in issue.history] == sorted(change.created for change in issue.history)
