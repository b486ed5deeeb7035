"""Work logs, links and attachments of issues: all that Jira has, and what was deleted."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from fake_jira import FLAVORS, FakeJira
from integration_tests.direct import Warehouse
from integration_tests.histories import assert_whole, small_jira, sync, visible
from source_jira_flow.common.instants import DAY, MINUTE, from_milliseconds


@pytest.fixture(params=FLAVORS)
def jira(request: pytest.FixtureRequest) -> FakeJira:
    return small_jira(request.param)


@pytest.mark.parametrize("field", ["issuelinks", "attachment", "worklog", "comment"])
def test_parts_in_an_unknown_form_are_told_and_stop_nothing(
    jira: FakeJira, field: str, caplog: pytest.LogCaptureFixture
) -> None:
    warehouse = Warehouse()
    key = visible(jira.site)[0].key
    odd = [None, "x", {"body": "no id"}, {"id": "7", "author": "Ann", "type": "Blocks"}]
    rows = {"worklog": "worklogs", "comment": "comments"}

    def spoiled(answer: Any) -> Any:
        for issue in answer.get("issues", ()):
            if issue["key"] == key and field in issue["fields"]:
                issue["fields"][field] = {rows[field]: odd, "total": 4} if field in rows else odd
        return answer

    jira.faults.changed(spoiled, match=lambda request: b"jql" in request.body)
    with caplog.at_level(logging.WARNING):
        counted = sync(jira, warehouse)
    assert counted["issues"] == len(visible(jira.site))
    assert f"Issue {key}: 4 of its" in caplog.text


def test_more_work_logs_than_jira_embeds_are_asked_for(jira: FakeJira) -> None:
    site, warehouse = jira.site, Warehouse()
    issue = site.create_issue("CORE")
    for number in range(45):
        site.add_worklog(issue, 60 + number, visibility=("role", "Administrators") if number % 9 == 4 else None)
    sync(jira, warehouse)
    assert jira.calls(f"issue/{issue.id}/worklog") == 1
    assert_whole(jira, warehouse)


@pytest.mark.parametrize("part", ["worklog", "comment"])
def test_what_jira_embeds_is_not_given_up_for_an_answer_with_less(
    jira: FakeJira, part: str, caplog: pytest.LogCaptureFixture
) -> None:
    site, warehouse = jira.site, Warehouse()
    issue = site.create_issue("CORE")
    add = site.add_worklog if part == "worklog" else site.add_comment
    for _ in range(45):
        add(issue)
    stream, embedded = f"{part}s", 20 if part == "worklog" or site.flavor.cloud else 45
    jira.faults.refuse(404, match=f"issue/{issue.id}/{part}")
    with caplog.at_level(logging.WARNING):
        sync(jira, warehouse)
    held = [row for row in warehouse.rows[stream].values() if row["issue_id"] == issue.id]
    assert len(held) == embedded
    assert (f"Jira counts 45 {stream} of {issue.key} and gives 20." in caplog.text) == (embedded < 45)


def test_deleted_work_logs_come_as_removals_once(jira: FakeJira) -> None:
    site, warehouse = jira.site, Warehouse()
    issue = site.create_issue("CORE")
    first, second = site.add_worklog(issue), site.add_worklog(issue)
    sync(jira, warehouse)
    site.clock.advance(DAY)
    site.delete_worklog(issue, first)
    deleted_at = from_milliseconds(site.clock.now())
    sync(jira, warehouse)
    assert set(warehouse.parts("worklogs")) & {first.id, second.id} == {second.id}
    assert "_ab_cdc_deleted_at" in warehouse.rows["worklogs"][first.id]
    site.clock.advance(MINUTE)
    assert sync(jira, warehouse)["worklogs"] == 1
    removal = {"id": first.id, "issue_updated": deleted_at, "_ab_cdc_deleted_at": deleted_at}
    row = warehouse.rows["worklogs"][first.id]
    assert {name: value for name, value in row.items() if value is not None} == removal
    site.clock.advance(MINUTE)
    assert not sync(jira, warehouse)


def test_removals_are_told_again_after_a_kill(jira: FakeJira) -> None:
    site, warehouse = jira.site, Warehouse()
    issue = site.create_issue("CORE")
    worklogs = [site.add_worklog(issue) for _ in range(5)]
    sync(jira, warehouse)
    for worklog in worklogs:
        site.clock.advance(1)
        site.delete_worklog(issue, worklog)
    site.clock.advance(2 * MINUTE)
    sync(jira, warehouse, most=1)
    sync(jira, warehouse)
    removed = [key for key, row in warehouse.rows["worklogs"].items() if row["_ab_cdc_deleted_at"]]
    assert sorted(removed) == sorted(worklog.id for worklog in worklogs)


def test_where_jira_does_not_tell_deletions_the_rest_is_read(jira: FakeJira, caplog: pytest.LogCaptureFixture) -> None:
    warehouse = Warehouse()
    sync(jira, warehouse)
    jira.faults.refuse(403, "Not for you.", match="worklog/deleted")
    jira.site.add_worklog("CORE-1")
    with caplog.at_level(logging.WARNING):
        assert sync(jira, warehouse)["worklogs"] >= 1
    assert "Jira does not tell which work logs were deleted" in caplog.text
    assert_whole(jira, warehouse)


def test_a_link_shows_on_both_issues_in_its_direction(jira: FakeJira) -> None:
    site, warehouse = jira.site, Warehouse()
    source, target = site.create_issue("CORE"), site.create_issue("TEAM")
    link = site.link_issues(source, target)
    sync(jira, warehouse)
    rows = warehouse.rows["issue_links"]
    outward, inward = rows[f"{source.id}/{link.id}"], rows[f"{target.id}/{link.id}"]
    assert (outward["direction"], outward["relation"], outward["linked_issue_key"]) == ("outward", "blocks", target.key)
    assert (inward["direction"], inward["relation"], inward["linked_issue_id"]) == (
        "inward",
        "is blocked by",
        source.id,
    )
    site.clock.advance(DAY)
    site.unlink_issues(link)
    sync(jira, warehouse)
    assert_whole(jira, warehouse)


def test_an_attachment_is_told_without_its_content(jira: FakeJira) -> None:
    site, warehouse = jira.site, Warehouse()
    issue = site.create_issue("CORE")
    attachment = site.add_attachment(issue, "plan.png", size=77, mime_type="image/png")
    sync(jira, warehouse)
    row = warehouse.rows["attachments"][attachment.id]
    assert (row["file_name"], row["mime_type"], row["size"]) == ("plan.png", "image/png", 77)
    assert row["url"].endswith("plan.png")
    assert row["created"] == from_milliseconds(attachment.created)
    assert jira.calls("attachment") == 0
    site.clock.advance(DAY)
    site.delete_attachment(issue, attachment)
    sync(jira, warehouse)
    assert_whole(jira, warehouse)


def test_the_new_columns_of_issues(jira: FakeJira) -> None:
    site, warehouse, core = jira.site, Warehouse(), jira.site.project("CORE")
    issue = site.create_issue(
        "CORE",
        original_estimate=7200,
        remaining_estimate=7200,
        environment="Production",
        components=core.components,
        fix_versions=core.versions[:1],
        security_level=core.security_levels[1],
        votes=2,
    )
    site.add_worklog(issue, 1800)
    sync(jira, warehouse, ["issues"])
    row = warehouse.rows["issues"][issue.id]
    assert {name: row[name] for name in COLUMNS} == COLUMNS


COLUMNS = {
    "watch_count": 1,
    "vote_count": 2,
    "time_spent": 1800,
    "time_estimate": 5400,
    "original_estimate": 7200,
    "components": ["API", "User interface"],
    "fix_versions": ["1.0"],
    "security_level": "Staff",
    "environment": "Production",
}
