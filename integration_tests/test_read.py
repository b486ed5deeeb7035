"""What `read` brings: exactly what the account may see, whatever Jira does on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from airbyte_cdk.models import SyncMode

from fake_jira import FakeJira, Faults
from integration_tests.support import CLOUD, SERVER, SETUPS, Setup, config_for, read_all
from source_jira_flow.common.instants import from_milliseconds

IMPORTED = ("software", "business")


def expected_ids(jira: FakeJira) -> Mapping[str, set[str]]:
    """What the service account may see, by stream, straight from the fake's model."""
    site, account = jira.site, jira.site.service_account
    issues = site.visible_issues(account, IMPORTED)
    return {
        "issues": {issue.id for issue in issues},
        "comments": {comment.id for issue in issues for comment in site.visible_comments(issue, account)},
        "users": {site.user_id(user) for user in site.visible_users(account)},
        # Those of boards that the account can't see are known from its issues.
        "sprints": {str(sprint.id) for sprint in site.visible_sprints(account)}
        | {str(sprint.id) for issue in issues for sprint in issue.sprints},
        "labels": set(site.visible_labels(account)),
    }


def test_every_stream_brings_exactly_what_the_account_may_see(config: dict[str, Any], jira: FakeJira) -> None:
    reading = read_all(config)
    assert reading.succeeded, reading.error_messages
    for stream, expected in expected_ids(jira).items():
        key = "name" if stream == "labels" else "id"
        came = [str(record[key]) for record in reading.records[stream]]
        assert len(came) == len(set(came)), f"{stream}: something came twice"
        assert set(came) == expected, stream
    listed = {project.id for project in jira.site.visible_projects(jira.site.service_account)}
    assert listed <= set(reading.rows("projects"))
    assert not jira.write_attempts


def test_an_issue_with_137_comments_has_them_all_and_issue_security_is_respected(
    config: dict[str, Any], jira: FakeJira
) -> None:
    reading = read_all(config, ["issues", "comments"])
    per_issue = [row["issue_id"] for row in reading.records["comments"]]
    most = max(set(per_issue), key=per_issue.count)
    assert per_issue.count(most) == 137 == reading.rows("issues")[most]["comment_count"]
    hidden = [
        issue
        for issue in jira.site.issues.values()
        if issue.security_level is not None and not jira.site.can_see_issue(jira.site.service_account, issue)
    ]
    assert hidden and not {issue.id for issue in hidden} & set(reading.rows("issues"))


def test_the_columns_of_an_issue_say_what_jira_says(config: dict[str, Any], jira: FakeJira) -> None:
    rows = read_all(config, ["issues"]).rows("issues")
    with_sprint = with_points = with_epic = 0
    for issue_id, row in rows.items():
        issue = jira.site.issues[issue_id]
        assert (row["key"], row["project_key"], row["summary"]) == (issue.key, issue.project.key, issue.summary)
        assert (row["status"], row["issue_type"]) == (issue.status.name, issue.issue_type.name)
        assert (row["created"], row["updated"]) == (from_milliseconds(issue.created), from_milliseconds(issue.updated))
        assert row["sprint_ids"] == [sprint.id for sprint in issue.sprints]
        assert row["labels"] == list(issue.labels)
        assert row.get("story_points") == issue.story_points
        assert row["url"] == f"{jira.base_url}/browse/{issue.key}"
        assert "comment" not in row["fields"] and None not in row["fields"].values()
        with_sprint += bool(row["sprint_ids"])
        with_points += row.get("story_points") is not None
        with_epic += row.get("epic_key") is not None
    assert with_sprint and with_points and with_epic


@pytest.mark.parametrize(
    "trouble",
    [
        lambda faults: faults.rate_limit(retry_after=None, every=10),
        lambda faults: faults.unavailable(every=10),
        lambda faults: faults.server_error(500, every=10),
        lambda faults: faults.login_page(every=10),
        lambda faults: faults.cut_body(every=10),
        lambda faults: faults.drop_connection(every=10),
    ],
    ids=["429", "503", "500", "HTML with 200", "a cut body", "a dropped connection"],
)
@pytest.mark.parametrize("setup", [CLOUD, SERVER], ids=str)
def test_passing_faults_on_every_tenth_request_change_nothing(
    setup: Setup, start_jira: Callable[..., FakeJira], trouble: Callable[[Faults], object]
) -> None:
    jira = start_jira(setup, issues=400)
    trouble(jira.faults)
    reading = read_all(config_for(jira, setup.method))
    assert reading.succeeded, reading.error_messages
    for stream, expected in expected_ids(jira).items():
        key = "name" if stream == "labels" else "id"
        assert {str(record[key]) for record in reading.records[stream]} == expected, stream
    assert any(record.fault for record in jira.requests)


@pytest.mark.parametrize("path", ["/serverInfo", "/search"])
def test_a_server_error_that_lasts_says_what_to_do(start_jira: Callable[..., FakeJira], path: str) -> None:
    jira = start_jira()
    config = config_for(jira)
    jira.faults.server_error(500, match=path)
    reading = read_all(config, ["issues"])
    assert not reading.succeeded
    assert all("answered HTTP 500" in message and path in message for message in reading.error_messages)
    assert all("ask your Jira administrator" in message for message in reading.error_messages)


@pytest.mark.parametrize(
    ("status", "remedy"),
    [
        (404, "Check the base URL: Jira may have moved, or its address may include a path such as /jira."),
        (403, "ask your Jira administrator whether it has access to Jira"),
        (410, "install a newer version"),
        (400, "If it happens again, report it"),
    ],
)
def test_a_refusal_that_fails_a_stream_says_what_to_do(
    start_jira: Callable[..., FakeJira], status: int, remedy: str
) -> None:
    jira = start_jira()
    jira.faults.refuse(status, match="/field")
    error, *_ = read_all(config_for(jira), ["issues"]).error_messages
    assert error.startswith("Jira refused /rest/api/2/field with HTTP")
    assert remedy in error


@pytest.mark.parametrize("setup", SETUPS, ids=str)
def test_a_refused_search_fails_its_streams_with_jira_s_words_and_leaves_the_others_whole(
    setup: Setup, start_jira: Callable[..., FakeJira]
) -> None:
    jira = start_jira(setup)
    jira.faults.refuse(400, "The search is out of order today.", match=lambda request: "/2/search" in request.path)
    reading = read_all(config_for(jira, setup.method))
    failed = {stream for stream, status in reading.statuses.items() if status == "INCOMPLETE"}
    of_issues = {"issues", "comments", "issue_changes", "worklogs", "issue_links", "attachments"}
    assert of_issues <= failed <= of_issues | {"labels", "sprints", "users"}
    assert any("The search is out of order today." in message for message in reading.error_messages)
    expected = expected_ids(jira)
    assert set(reading.rows("users")) == expected["users"]
    assert reading.statuses["projects"] == reading.statuses["statuses"] == "COMPLETE"
    assert not reading.records.get("issues")


def test_a_second_read_brings_nothing_and_then_exactly_the_change(config: dict[str, Any], jira: FakeJira) -> None:
    incremental = ["issues", "comments", "users", "projects", "sprints", "labels"]
    first = read_all(config, incremental)
    assert first.succeeded
    quiet = read_all(config, incremental, first.states)
    assert quiet.succeeded and not quiet.records
    changed = next(iter(jira.site.visible_issues(jira.site.service_account, IMPORTED)))
    jira.site.edit_issue(changed, summary="Changed")
    comments = {comment.id for comment in jira.site.visible_comments(changed, jira.site.service_account)}
    jira.site.clock.advance(2_000)
    third = read_all(config, incremental, quiet.states)
    assert [row["summary"] for row in third.records["issues"]] == ["Changed"]
    assert set(third.rows("comments")) == comments
    assert set(third.records) <= {"issues", "comments"}
    assert not read_all(config, incremental, third.states).records


def test_a_full_refresh_brings_everything_whatever_state_lies_about(config: dict[str, Any], jira: FakeJira) -> None:
    first = read_all(config)
    again = read_all(config, states=first.states, mode=SyncMode.full_refresh)
    assert again.count() == first.count()


def test_a_full_refresh_goes_on_only_within_its_generation(start_jira: Callable[..., FakeJira]) -> None:
    config = config_for(start_jira(CLOUD))
    first = read_all(config, ["issues"], mode=SyncMode.full_refresh, generation=7)
    same = read_all(config, ["issues"], first.states, SyncMode.full_refresh, generation=7)
    later = read_all(config, ["issues"], first.states, SyncMode.full_refresh, generation=8)
    assert not same.records
    assert later.count() == first.count()
