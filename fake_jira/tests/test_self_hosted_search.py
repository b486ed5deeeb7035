"""Self-hosted search: offsets, silent caps, the window of OpenSearch, complete comments."""

from typing import Any

import pytest

from fake_jira import FakeJira
from fake_jira.seeding import MANY_CHANGES, MANY_COMMENTS, MANY_WORKLOGS

from .client import API, Client
from .conftest import SELF_HOSTED, Start

SEARCH = f"{API}/search"


def test_the_default_is_fifty_issues_with_their_navigable_fields(self_hosted: FakeJira) -> None:
    client = Client(self_hosted)
    page = client.json(SEARCH)
    assert set(page) == {"expand", "startAt", "maxResults", "total", "issues"}
    assert (page["startAt"], page["maxResults"], len(page["issues"])) == (0, 50, 50)
    assert page["total"] == len(self_hosted.site.visible_issues(self_hosted.site.service_account, None))
    fields = page["issues"][0]["fields"]
    assert {"summary", "status", "updated", "labels", self_hosted.site.sprint_field_id} <= set(fields)
    assert not {"comment", "worklog", "attachment"} & set(fields)


def test_get_and_post_are_the_same(self_hosted: FakeJira) -> None:
    client = Client(self_hosted)
    asked = {"jql": "project = CORE order by key", "startAt": 3, "maxResults": 10}
    by_get = client.json(SEARCH, **asked, fields="summary,comment", expand="changelog,names")
    body = {**asked, "fields": ["summary", "comment"], "expand": ["changelog", "names"], "validateQuery": True}
    assert client.post(SEARCH, body).json() == by_get


@pytest.mark.parametrize("body", [{"nextPageToken": "x"}, {"fields": "summary"}, {"expand": "names"}])
def test_a_body_that_is_not_in_order_is_refused(data_center: FakeJira, body: dict[str, Any]) -> None:
    assert Client(data_center).post(SEARCH, {"jql": "project = CORE"} | body).status_code == 400


def test_a_page_is_cut_in_silence_at_what_the_administrator_allows(start: Start) -> None:
    jira = start("dc9", issues=1500, comments_per_issue=0)
    client = Client(jira)
    page = client.json(SEARCH, jql="created >= 0", fields="id", maxResults=5000)
    assert (page["maxResults"], len(page["issues"])) == (1000, 1000)
    assert page["total"] > 1000
    jira.site.settings.search_cap = 70
    page = client.json(SEARCH, jql="created >= 0", fields="id", maxResults=100)
    assert (page["maxResults"], len(page["issues"])) == (70, 70)


def test_counting_without_rows(self_hosted: FakeJira) -> None:
    page = Client(self_hosted).json(SEARCH, jql="project = CORE", maxResults=0)
    assert page["issues"] == []
    visible = self_hosted.site.visible_issues(self_hosted.site.service_account)
    assert page["total"] == sum(issue.project.key == "CORE" for issue in visible)


@pytest.mark.parametrize("flavor", SELF_HOSTED)
def test_past_result_ten_thousand_opensearch_gives_500(start: Start, flavor: str) -> None:
    jira = start(flavor, issues=50)
    jira.site.create_issues("CORE", 10_100)
    client = Client(jira)
    inside = client.search("project = CORE order by created", size=100, startAt=9_900)
    beyond = client.search("project = CORE order by created", size=100, startAt=9_901)
    assert inside.status_code == 200
    assert inside.json()["total"] > 10_000
    if flavor != "dc11":
        assert beyond.status_code == 200
        jira.site.settings.result_window = 10_000
        beyond = client.search("project = CORE order by created", size=100, startAt=9_901)
    assert beyond.status_code == 500
    assert "10,000" in beyond.json()["errorMessages"][0]


@pytest.mark.parametrize("flavor", SELF_HOSTED)
def test_only_11_3_tells_its_window(start: Start, flavor: str) -> None:
    response = Client(start(flavor, issues=1)).get(f"{API}/searchLimits/maxResultWindow")
    assert (response.status_code, response.text) == (200, "10000") if flavor == "dc11" else response.status_code == 404


def test_comments_and_changelog_are_complete_and_worklogs_are_not(self_hosted: FakeJira) -> None:
    client, site = Client(self_hosted), self_hosted.site
    issues = site.visible_issues(site.service_account)
    talked = next(issue for issue in issues if len(issue.comments) == MANY_COMMENTS)
    changed = next(issue for issue in issues if len(issue.history) == MANY_CHANGES)
    logged = next(issue for issue in issues if len(issue.worklogs) >= MANY_WORKLOGS)
    comments = client.found(f"id = {talked.id}", "comment")[0]["fields"]["comment"]
    assert len(comments["comments"]) == comments["total"] == comments["maxResults"] == MANY_COMMENTS
    changelog = client.search(f"id = {changed.id}", expand="changelog").json()["issues"][0]["changelog"]
    assert len(changelog["histories"]) == changelog["total"] == MANY_CHANGES
    worklogs = client.found(f"id = {logged.id}", "worklog")[0]["fields"]["worklog"]
    assert (len(worklogs["worklogs"]), worklogs["total"]) == (20, len(logged.worklogs))
    whole = client.json(f"{API}/issue/{logged.id}/worklog")
    assert len(whole["worklogs"]) == whole["total"] == len(logged.worklogs)


def test_comments_of_an_issue_come_by_fifty(data_center: FakeJira) -> None:
    client, site = Client(data_center), data_center.site
    talked = next(issue for issue in site.issues.values() if len(issue.comments) == MANY_COMMENTS)
    page = client.json(f"{API}/issue/{talked.id}/comment")
    assert (len(page["comments"]), page["maxResults"], page["total"]) == (50, 50, MANY_COMMENTS)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "search/jql"),
        ("POST", "search/jql"),
        ("POST", "search/approximate-count"),
        ("POST", "issue/bulkfetch"),
        ("POST", "changelog/bulkfetch"),
        ("GET", "issue/CORE-1/changelog"),
        ("GET", "project/search"),
        ("GET", "users/search"),
        ("POST", "permissions/project"),
        ("GET", "label"),
    ],
)
def test_what_cloud_has_is_not_there(self_hosted: FakeJira, method: str, path: str) -> None:
    client = Client(self_hosted)
    answer = client.get(f"{API}/{path}") if method == "GET" else client.post(f"{API}/{path}", {})
    assert answer.status_code == 404
    assert self_hosted.write_attempts == []


def test_without_validation_unknown_values_are_warnings_that_match_nothing(data_center: FakeJira) -> None:
    client = Client(data_center)
    assert "does not exist" in client.refusal("project = NONE")
    page = client.json(SEARCH, jql="project = NONE or key = CORE-1", validateQuery="false")
    assert page["total"] == 1
    assert page["warningMessages"]


def test_offsets_repeat_and_skip_rows_when_ties_are_unstable(data_center: FakeJira) -> None:
    data_center.site.create_issues("CORE", 200, created=1_500_000_000_000)
    client = Client(data_center)
    jql = "created = 1500000000000 order by created"
    assert len({issue["id"] for issue in client.found(jql, size=20)}) == 200
    data_center.faults.unstable_ties = True
    assert len({issue["id"] for issue in client.found(jql, size=20)}) < 200


def test_a_long_query_does_not_fit_into_an_address(data_center: FakeJira) -> None:
    client = Client(data_center)
    jql = f"key in ({', '.join(['CORE-1'] * 1200)})"
    assert client.get(SEARCH, jql=jql).status_code == 414
    assert client.post(SEARCH, {"jql": jql}).json()["total"] == 1


def test_without_an_order_all_rows_are_of_equal_rank(data_center: FakeJira) -> None:
    client = Client(data_center)
    core = data_center.site.project("CORE")
    ids = ", ".join(issue.id for issue in data_center.site.create_issues(core, 20))
    assert len({issue["id"] for issue in client.found(f"id in ({ids})", size=3)}) == 20
    data_center.faults.unstable_ties = True
    assert len({issue["id"] for issue in client.found(f"id in ({ids})", size=3)}) < 20
