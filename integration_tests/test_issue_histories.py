"""Changes of issues: all that Jira has, each change once, and few calls."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from fake_jira import FLAVORS, FakeJira
from integration_tests.direct import Warehouse, scan
from integration_tests.histories import (
    NOW,
    PARTS,
    STREAMS,
    assert_whole,
    changes_held,
    changes_in,
    edited,
    small_jira,
    sync,
    visible,
)
from source_jira_flow.common.instants import DAY
from source_jira_flow.settings import Settings


@pytest.fixture(params=FLAVORS)
def jira(request: pytest.FixtureRequest) -> FakeJira:
    return small_jira(request.param)


def test_everything_comes_in_one_scan(jira: FakeJira) -> None:
    warehouse = Warehouse()
    came = sync(jira, warehouse)
    assert_whole(jira, warehouse)
    assert came["issue_changes"] == len(warehouse.rows["issue_changes"]), "a change came twice"
    searches = [record for record in jira.requests if record.body and "comment" in str(record.body.get("fields"))]
    assert not searches or len({record.body["jql"] for record in searches}) == len(searches)


def test_issues_of_a_crowded_second_come_with_their_histories(jira: FakeJira) -> None:
    warehouse, site = Warehouse(), jira.site
    issues = site.create_issues("CORE", 250, created=NOW - 3 * DAY, updated=NOW - 2 * DAY)
    for issue in issues:
        site.edit_issue(issue, at=NOW - 2 * DAY, summary="imported")
    sync(jira, warehouse)
    assert jira.calls("rest/api/2/issue/") < 10 and jira.calls("changelog") <= 1
    assert_whole(jira, warehouse)


def test_a_quiet_sync_brings_nothing_and_asks_once_what_was_deleted(jira: FakeJira) -> None:
    warehouse = Warehouse()
    sync(jira, warehouse)
    assert not sync(jira, warehouse)
    assert jira.calls("worklog") == jira.calls("worklog/deleted") == 1
    assert jira.calls("changelog") == 0


def test_what_is_not_chosen_costs_nothing(jira: FakeJira) -> None:
    warehouse = Warehouse()
    sync(jira, warehouse, ["issues"])
    sync(jira, warehouse, ["issues"])
    assert jira.calls("worklog") == jira.calls("changelog") == 0
    asked = [record.body for record in jira.requests if record.body]
    assert not [body for body in asked if body.get("expand")]


@pytest.mark.parametrize("stream", [*PARTS, "issue_changes"])
def test_each_can_be_chosen_alone(jira: FakeJira, stream: str) -> None:
    alone, all_together = Warehouse(), Warehouse()
    jira.site.add_attachment("CORE-1")
    sync(jira, alone, [stream])
    sync(jira, all_together)
    assert alone.rows[stream] == all_together.rows[stream]


def test_one_change_of_an_issue_with_500_entries_sends_one_row_without_another_call(jira: FakeJira) -> None:
    warehouse, issue = Warehouse(), edited(jira, 500)
    sync(jira, warehouse)
    jira.site.clock.advance(DAY)
    jira.site.transition(issue, "In Progress")
    came = sync(jira, warehouse)
    assert came["issue_changes"] == 1
    assert jira.calls("changelog") == 0
    assert_whole(jira, warehouse)


def test_more_than_forty_new_entries_are_all_sent(jira: FakeJira) -> None:
    warehouse, issue = Warehouse(), edited(jira, 50)
    sync(jira, warehouse)
    for number in range(41):
        jira.site.edit_issue(issue, summary=f"again {number}")
    assert sync(jira, warehouse)["issue_changes"] == 41
    assert jira.calls("changelog") == (1 if jira.site.flavor.cloud else 0)
    assert_whole(jira, warehouse)


def test_an_entry_that_moves_no_updated_comes_with_the_next_change(jira: FakeJira) -> None:
    warehouse, issue = Warehouse(), edited(jira, 3)
    sync(jira, warehouse)
    jira.site.clock.advance(DAY)
    jira.site.rank_issue(issue)
    assert not sync(jira, warehouse)
    jira.site.clock.advance(DAY)
    jira.site.add_comment(issue)
    assert sync(jira, warehouse)["issue_changes"] == 1
    jira.site.clock.advance(DAY)
    jira.site.edit_issue(issue, summary="once more")
    assert sync(jira, warehouse)["issue_changes"] == 1
    assert_whole(jira, warehouse)


def test_an_issue_that_moves_into_an_imported_project_brings_its_whole_history(jira: FakeJira) -> None:
    warehouse = Warehouse()
    issue = edited(jira, 60)
    jira.site.move_issue(issue, "HELP")
    sync(jira, warehouse)
    jira.site.clock.advance(DAY)
    jira.site.edit_issue(issue, summary="meanwhile")
    sync(jira, warehouse)
    jira.site.clock.advance(DAY)
    jira.site.move_issue(issue, "CORE")
    assert sync(jira, warehouse)["issue_changes"] >= 63
    assert_whole(jira, warehouse)


def test_an_issue_that_was_away_and_comes_back_brings_what_happened_meanwhile(jira: FakeJira) -> None:
    warehouse, issue = Warehouse(), edited(jira, 5)
    sync(jira, warehouse)
    for project in ("HELP", "CORE"):
        jira.site.clock.advance(DAY)
        jira.site.move_issue(issue, project)
        sync(jira, warehouse)
    assert_whole(jira, warehouse)


def test_an_issue_that_a_security_level_revealed_brings_its_whole_history(jira: FakeJira) -> None:
    warehouse = Warehouse()
    hidden, shown = jira.site.project("CORE").security_levels
    issue = edited(jira, 60, security_level=hidden)
    sync(jira, warehouse)
    jira.site.clock.advance(DAY)
    jira.site.set_security_level(issue, shown)
    assert sync(jira, warehouse)["issue_changes"] == 61
    assert_whole(jira, warehouse)


def test_a_renamed_project_brings_its_changes_with_their_new_keys(jira: FakeJira) -> None:
    warehouse = Warehouse()
    sync(jira, warehouse)
    jira.site.rename_project_key("CORE", "KERN")
    sync(jira, warehouse)
    assert_whole(jira, warehouse)


@pytest.mark.parametrize("cut", [1, 40, 300, 700])
def test_a_page_that_is_read_again_after_a_kill_loses_nothing(jira: FakeJira, cut: int) -> None:
    warehouse = Warehouse()
    settings = Settings(backoff_base=0.0, tries=3, page_size=5, checkpoint_size=5)
    issues = [edited(jira, 3) for _ in range(12)]
    long = edited(jira, 90)
    warehouse.take(scan(jira, warehouse.states, STREAMS, settings=settings, num_workers=2), cut)
    jira.site.clock.advance(DAY)
    for issue in [*issues, long]:
        jira.site.clock.advance(50)
        jira.site.edit_issue(issue, summary="changed once")
    warehouse.take(scan(jira, warehouse.states, STREAMS, settings=settings, num_workers=2), cut)
    jira.site.clock.advance(DAY)
    for issue in issues[::2]:
        jira.site.edit_issue(issue, summary="changed twice")
    sync(jira, warehouse)
    assert_whole(jira, warehouse)


@pytest.mark.parametrize(
    "switch", ["changelog_total_is_zero", "newest_changes_first", "changelog_items_without_field_id"]
)
def test_odd_histories_are_whole(jira: FakeJira, switch: str) -> None:
    settings, warehouse = jira.site.settings, Warehouse()
    setattr(settings, switch, not getattr(settings, switch))
    issue, short = edited(jira, 60), edited(jira, 2)
    sync(jira, warehouse)
    assert_whole(jira, warehouse)
    jira.site.clock.advance(DAY)
    for each in (issue, short):
        jira.site.edit_issue(each, summary="new")
    assert sync(jira, warehouse)["issue_changes"] == 2
    assert_whole(jira, warehouse)


def test_where_the_bulk_gives_nothing_what_was_embedded_is_kept_and_the_rest_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    jira, warehouse = small_jira(changes_per_issue=0), Warehouse()
    jira.site.settings.bulk_changelogs_are_empty = True
    issue = edited(jira, 60)
    with caplog.at_level(logging.WARNING):
        sync(jira, warehouse)
    held = [row for row in warehouse.rows["issue_changes"].values() if row["issue_id"] == issue.id]
    assert len(held) == 40
    assert f"Jira counts 60 entries in the history of {issue.key} and gives 40." in caplog.text


def test_an_entry_of_a_node_whose_clock_is_behind_is_not_lost(jira: FakeJira) -> None:
    site, warehouse = jira.site, Warehouse()
    issue = edited(jira, 5)
    sync(jira, warehouse)
    site.edit_issue(issue, summary="by another node")
    issue.history[-1].created = issue.history[0].created - 1
    sync(jira, warehouse)
    assert_whole(jira, warehouse)


MALFORMED: list[dict[str, Any]] = [
    {"histories": None, "total": 0},
    {"histories": "none", "total": "many"},
    {"histories": [None, 7, {"id": "x"}, {"items": []}, {"id": "1", "author": "Ann"}, {"id": "2", "items": [None]}]},
]


@pytest.mark.parametrize("changelog", [*MALFORMED, "odd", None])
def test_a_history_in_an_unknown_form_stops_nothing(jira: FakeJira, changelog: Any) -> None:
    warehouse = Warehouse()
    key = visible(jira.site)[0].key

    def spoiled(answer: Any) -> Any:
        for issue in answer.get("issues", ()):
            if issue["key"] == key and "changelog" in issue:
                issue["changelog"] = changelog
        return answer

    jira.faults.changed(spoiled, match=lambda request: b"changelog" in request.body and b"jql" in request.body)
    sync(jira, warehouse)
    assert_whole(jira, warehouse)


@pytest.mark.parametrize("status", [403, 404])
def test_histories_that_are_refused_in_bulk_are_asked_for_one_by_one(status: int) -> None:
    jira, warehouse = small_jira(changes_per_issue=0), Warehouse()
    edited(jira, 130)
    jira.faults.refuse(status, match="changelog/bulkfetch")
    sync(jira, warehouse)
    assert_whole(jira, warehouse)


def test_authors_may_be_nobody_gone_or_apps(jira: FakeJira) -> None:
    site, warehouse = jira.site, Warehouse()
    issue, leaver = site.create_issue("CORE"), site.user("user0001")
    app = site.create_user("an.app", account_type="app")
    for author in (None, leaver, app):
        site.edit_issue(issue, author=author, anonymous=author is None, summary=f"{author}")
    site.delete_user(leaver)
    sync(jira, warehouse)
    rows = [row for row in warehouse.rows["issue_changes"].values() if row["issue_id"] == issue.id]
    authors = [row["author_id"] for row in sorted(rows, key=lambda row: int(row["history_id"]))]
    assert authors == [None, site.user_id(leaver), site.user_id(app)]


def test_fields_without_an_id_are_found_by_their_name_where_that_is_certain(jira: FakeJira) -> None:
    site, warehouse = jira.site, Warehouse()
    site.settings.changelog_items_without_field_id = True
    issue = site.create_issue("CORE", remaining_estimate=60)
    site.edit_issue(issue, summary="a", components=site.project("CORE").components[:1], story_points=3.0)
    site.edit_issue(issue, fix_versions=site.project("CORE").versions[:1], sprints=[site.boards[1].sprints[0]])
    site.delete_worklog(issue, site.add_worklog(issue))
    site.move_issue(issue, "TEAM")
    sync(jira, warehouse)
    found = {
        row["field"]: row["field_id"] for row in warehouse.rows["issue_changes"].values() if row["issue_id"] == issue.id
    }
    ids = site.field_ids
    assert found == {
        "summary": "summary",
        "Component": "components",
        "Fix Version": "fixVersions",
        "Story Points": ids.story_points,
        # Two fields of this site are called so, and no field is called the other.
        "Sprint": None,
        "WorklogId": None,
        "timespent": "timespent",
        "timeestimate": "timeestimate",
        "project": "project",
        "Key": "issuekey",
    }


@pytest.mark.parametrize("workers", [1, 8])
def test_histories_of_a_thousand_issues_cost_eight_calls_at_most(workers: int) -> None:
    jira = small_jira(issues=1_400, changes_per_issue=30, worklogs_per_issue=0)
    issues = visible(jira.site)
    assert len(issues) > 950
    assert sum(len(issue.history) > 40 for issue in issues) > 0.03 * len(issues)
    without, with_histories = Warehouse(), Warehouse()
    sync(jira, without, ["issues"], num_workers=workers)
    calls = jira.calls()
    sync(jira, with_histories, ["issues", "issue_changes"], num_workers=workers)
    assert jira.calls() - calls <= 8
    assert changes_held(with_histories) == changes_in(issues)
