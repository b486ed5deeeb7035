"""Cloud's search: tokens, caps, bounded queries, what it embeds and what it leaves out."""

from typing import Any

import pytest

from fake_jira import FakeJira
from fake_jira.clock import DAY_MS, HOUR_MS
from fake_jira.seeding import MANY_CHANGES, MANY_COMMENTS, MANY_WORKLOGS

from .client import API, Client
from .conftest import Start

SEARCH = f"{API}/search/jql"


@pytest.mark.parametrize("path", [f"{API}/search", "/rest/api/3/search"])
def test_the_old_search_is_gone_and_names_the_new_one(cloud: FakeJira, path: str) -> None:
    client = Client(cloud)
    for response in (client.get(path, jql="project = CORE"), client.post(path, {"jql": "project = CORE"})):
        assert response.status_code == 410
        assert "/rest/api/3/search/jql" in response.json()["errorMessages"][0]


@pytest.mark.parametrize("jql", ["", "ORDER BY updated"])
def test_a_query_must_be_bounded(cloud: FakeJira, jql: str) -> None:
    client = Client(cloud)
    answers = [
        client.get(SEARCH, jql=jql),
        client.post(SEARCH, {"jql": jql}),
        client.post(f"{API}/search/approximate-count", {"jql": jql}),
    ]
    for response in answers:
        assert response.status_code == 400
        assert "Unbounded JQL" in response.json()["errorMessages"][0]


def test_the_default_is_fifty_bare_ids_and_no_total(cloud: FakeJira) -> None:
    page = Client(cloud).json(SEARCH, jql="created >= 0")
    assert set(page) == {"issues", "isLast", "nextPageToken"}
    assert len(page["issues"]) == 50
    assert all(set(issue) == {"id"} for issue in page["issues"])


def test_get_and_post_are_the_same(cloud: FakeJira) -> None:
    client = Client(cloud)
    asked = {"jql": "project = CORE order by key", "maxResults": 10}
    by_get = client.json(SEARCH, **asked, fields="summary,status", expand="changelog")
    body = {**asked, "fields": ["summary", "status"], "expand": "changelog"}
    by_post = client.post(SEARCH, body).json()
    assert by_get["issues"] == by_post["issues"]


@pytest.mark.parametrize(
    "body",
    [
        {"startAt": 0},
        {"validateQuery": True},
        {"fields": "summary"},
        {"expand": ["changelog"]},
        {"maxResults": 0},
        {"maxResults": 5001},
        {"reconcileIssues": list(range(51))},
        {"properties": list("abcdef")},
        {"nextPageToken": "nonsense"},
    ],
)
def test_a_body_that_is_not_in_order_is_refused(cloud: FakeJira, body: dict[str, Any]) -> None:
    response = Client(cloud).post(SEARCH, {"jql": "project = CORE"} | body)
    assert response.status_code == 400
    assert response.json()["errorMessages"]


def test_pages_hold_a_hundred_issues_or_five_thousand_ids(start: Start) -> None:
    jira = start("cloud", issues=6000, comments_per_issue=0)
    client = Client(jira)
    assert len(client.json(SEARCH, jql="created >= 0", fields="summary", maxResults=5000)["issues"]) == 100
    for fields in ("id", "key", "id,key"):
        page = client.json(SEARCH, jql="created >= 0", fields=fields, maxResults=5000)
        assert len(page["issues"]) == 5000
        assert "nextPageToken" in page


def test_tokens_lead_through_everything_and_end_by_their_absence(cloud: FakeJira) -> None:
    client = Client(cloud)
    visible = {issue.id for issue in cloud.site.visible_issues(cloud.site.service_account, None)}
    found = [issue["id"] for issue in client.found("created >= 0 order by created", size=30)]
    assert len(found) == len(visible)
    assert set(found) == visible
    last = client.json(SEARCH, jql="project = TEAM", maxResults=5000)
    assert last["isLast"]
    assert "nextPageToken" not in last


def test_a_token_serves_its_own_query_for_seven_days(cloud: FakeJira) -> None:
    client = Client(cloud)
    token = client.json(SEARCH, jql="created >= 0")["nextPageToken"]
    assert client.search("created >= 1", nextPageToken=token).status_code == 400
    cloud.site.clock.advance(7 * DAY_MS - HOUR_MS)
    assert client.search("created >= 0", nextPageToken=token).status_code == 200
    cloud.site.clock.advance(2 * HOUR_MS)
    assert client.search("created >= 0", nextPageToken=token).status_code == 400


def test_rows_shift_under_a_token_when_data_moves(cloud: FakeJira) -> None:
    """What walking by token through a changing Jira loses; a keyset does not."""
    client, site = Client(cloud), cloud.site
    jql = "project = CORE order by updated"
    first = client.search(jql, size=10).json()
    behind = client.ids(jql)[10]
    for issue in first["issues"]:
        site.edit_issue(issue["id"], summary="Changed")
    second = client.search(jql, size=10, nextPageToken=first["nextPageToken"]).json()
    assert behind not in [issue["id"] for issue in second["issues"]]


def test_the_count_is_an_estimate(cloud: FakeJira) -> None:
    client = Client(cloud)
    body = {"jql": "created >= 0"}
    true = len(cloud.site.visible_issues(cloud.site.service_account, None))
    assert client.post(f"{API}/search/approximate-count", body).json() == {"count": true}
    cloud.faults.estimate_factor = 0.5
    assert client.post(f"{API}/search/approximate-count", body).json() == {"count": round(true / 2)}


def test_the_index_lags_and_reconciling_does_not_wait(cloud: FakeJira) -> None:
    client, site = Client(cloud), cloud.site
    cloud.faults.index_lag_ms = 3 * 60_000
    before = site.clock.now()
    edited = site.edit_issue("CORE-1", summary="Changed")
    created = site.create_issue("CORE")
    site.delete_issue("CORE-3")
    jql = f"updated >= {before} order by key"
    assert client.ids(jql) == []
    # Documents are current at once, also of rows that were found as they used to be.
    assert client.json(f"{API}/issue/{edited.id}")["fields"]["summary"] == "Changed"
    assert client.found("key = CORE-1", "summary")[0]["fields"]["summary"] == "Changed"
    reconciled = client.search(jql, reconcileIssues=f"{created.id}").json()
    assert [issue["id"] for issue in reconciled["issues"]] == [created.id]
    site.clock.advance(3 * 60_000 + 1)
    assert set(client.ids(jql)) == {edited.id, created.id}


def test_an_older_state_never_replaces_a_newer_one_in_the_index(cloud: FakeJira) -> None:
    site = cloud.site
    cloud.faults.index_lag_ms = 60_000
    site.edit_issue("CORE-1", labels=["older"])
    cloud.faults.index_lag_ms = 0
    site.edit_issue("CORE-1", labels=["newer"])
    assert Client(cloud).keys("labels = newer") == ["CORE-1"]
    site.clock.advance(120_000)
    assert Client(cloud).keys("labels = newer") == ["CORE-1"]
    assert Client(cloud).keys("labels = older") == []


def test_embedded_lists_are_cut_and_say_so(cloud: FakeJira) -> None:
    client, site = Client(cloud), cloud.site
    issues = site.visible_issues(site.service_account)
    talked = next(issue for issue in issues if len(issue.comments) == MANY_COMMENTS)
    changed = next(issue for issue in issues if len(issue.history) == MANY_CHANGES)
    logged = next(issue for issue in issues if len(issue.worklogs) >= MANY_WORKLOGS)

    comments = client.found(f"id = {talked.id}", "comment")[0]["fields"]["comment"]
    assert (len(comments["comments"]), comments["maxResults"], comments["total"]) == (20, 20, MANY_COMMENTS)
    worklogs = client.found(f"id = {logged.id}", "worklog")[0]["fields"]["worklog"]
    assert (len(worklogs["worklogs"]), worklogs["total"]) == (20, len(logged.worklogs))
    changelog = client.search(f"id = {changed.id}", "summary", expand="changelog").json()["issues"][0]["changelog"]
    assert (len(changelog["histories"]), changelog["total"]) == (40, MANY_CHANGES)


def test_the_rest_comes_from_the_issue_itself(cloud: FakeJira) -> None:
    client, site = Client(cloud), cloud.site
    issues = site.visible_issues(site.service_account)
    talked = next(issue for issue in issues if len(issue.comments) == MANY_COMMENTS)
    path = f"{API}/issue/{talked.id}/comment"
    first = client.json(path, orderBy="created")
    assert (first["startAt"], first["maxResults"], first["total"]) == (0, 100, MANY_COMMENTS)
    rest = client.json(path, startAt=100)
    ids = [comment["id"] for comment in first["comments"] + rest["comments"]]
    assert ids == [comment.id for comment in talked.comments]
    newest = client.json(path, orderBy="-created", maxResults=1)["comments"]
    assert newest[0]["id"] == talked.comments[-1].id
    assert client.get(path, orderBy="author").status_code == 400

    changed = next(issue for issue in issues if len(issue.history) == MANY_CHANGES)
    page = client.json(f"{API}/issue/{changed.key}/changelog", maxResults=30)
    assert (len(page["values"]), page["total"], page["isLast"]) == (30, MANY_CHANGES, False)
    page = client.json(f"{API}/issue/{changed.key}/changelog", startAt=30)
    assert (len(page["values"]), page["isLast"]) == (MANY_CHANGES - 30, True)

    logged = next(issue for issue in issues if len(issue.worklogs) >= MANY_WORKLOGS)
    worklogs = client.json(f"{API}/issue/{logged.id}/worklog")
    assert len(worklogs["worklogs"]) == worklogs["total"] == len(logged.worklogs)


def test_issues_in_bulk_come_by_id_without_those_unseen(cloud: FakeJira) -> None:
    client, site = Client(cloud), cloud.site
    hidden = next(issue for issue in site.issues.values() if issue.project.key == "HIDDEN")
    body = {"issueIdsOrKeys": ["CORE-3", "CORE-1", hidden.id, "99999999"], "fields": ["summary"]}
    answer = client.post(f"{API}/issue/bulkfetch", body).json()
    assert [issue["key"] for issue in answer["issues"]] == ["CORE-1", "CORE-3"]
    assert answer["issueErrors"] == []
    assert client.post(f"{API}/issue/bulkfetch", body | {"expand": "changelog"}).status_code == 400
    expanded = client.post(f"{API}/issue/bulkfetch", body | {"expand": ["changelog"]}).json()
    assert "changelog" in expanded["issues"][0]
    too_many = {"issueIdsOrKeys": [str(number) for number in range(101)]}
    assert client.post(f"{API}/issue/bulkfetch", too_many).status_code == 400


def test_changelogs_in_bulk_are_paged_and_in_milliseconds(cloud: FakeJira) -> None:
    client, site = Client(cloud), cloud.site
    issues = [issue for issue in site.visible_issues(site.service_account) if issue.history]
    body: dict[str, Any] = {"issueIdsOrKeys": [issue.id for issue in issues], "maxResults": 50}
    collected: dict[str, list[int]] = {}
    while True:
        answer = client.post(f"{API}/changelog/bulkfetch", body).json()
        for entry in answer["issueChangeLogs"]:
            collected.setdefault(entry["issueId"], []).extend(each["created"] for each in entry["changeHistories"])
        if "nextPageToken" not in answer:
            break
        body["nextPageToken"] = answer["nextPageToken"]
    assert collected == {issue.id: sorted(change.created for change in issue.history) for issue in issues}
    too_many_fields = {"issueIdsOrKeys": ["CORE-1"], "fieldIds": [str(number) for number in range(11)]}
    assert client.post(f"{API}/changelog/bulkfetch", too_many_fields).status_code == 400


def test_comments_by_id(cloud: FakeJira) -> None:
    site = cloud.site
    comment = next(issue.comments[0] for issue in site.visible_issues(site.service_account) if issue.comments)
    answer = Client(cloud).post(f"{API}/comment/list", {"ids": [int(comment.id), 99999999]}).json()
    assert [each["id"] for each in answer["values"]] == [comment.id]


def test_is_last_may_lie(cloud: FakeJira) -> None:
    cloud.faults.is_last_is_unreliable = True
    page = Client(cloud).json(SEARCH, jql="created >= 0")
    assert page["isLast"]
    assert "nextPageToken" in page
