"""Jira says once that there is nothing, or less; the healthy syncs that follow bring the warehouse to the truth."""

from __future__ import annotations

from typing import Any

import pytest
from airbyte_cdk.models import FailureType
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from fake_jira import FakeJira, RequestRecord
from integration_tests.direct import Warehouse, scan
from integration_tests.lied_to import (
    IMPORTED,
    KINDS,
    LIES,
    QUICK,
    STREAMS,
    searches,
    small_jira,
    some_issue,
    sync,
    truth,
    verify,
)
from source_jira_flow.common.instants import DAY


@pytest.mark.parametrize("place", range(6))
@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("flavor", KINDS)
def test_one_answer_of_a_history_that_is_empty_or_short_loses_nothing(flavor: str, lie: str, place: int) -> None:
    jira, warehouse = small_jira(flavor, 150), Warehouse()
    LIES[lie](jira)(match=searches, after=place, times=1)
    sync(jira, warehouse)
    assert sync(jira, warehouse) == ""
    verify(jira, warehouse)


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("flavor", KINDS)
def test_one_answer_about_changes_that_is_empty_or_short_loses_nothing(flavor: str, lie: str, place: int) -> None:
    jira, warehouse = small_jira(flavor, 150), Warehouse()
    assert sync(jira, warehouse) == ""
    jira.site.clock.advance(DAY)
    for issue_id in list(truth(jira.site))[:130]:
        jira.site.clock.advance(700)
        jira.site.edit_issue(issue_id, summary="Changed")
    LIES[lie](jira)(match=searches, after=place, times=1)
    sync(jira, warehouse)
    jira.site.clock.advance(DAY)
    assert sync(jira, warehouse) == ""
    verify(jira, warehouse)


@pytest.mark.parametrize("created", [None, "2025-10-01T00:00:00.000+0000", "2031-01-01T00:00:00.000+0000"])
@pytest.mark.parametrize("flavor", KINDS)
def test_a_history_whose_first_issue_is_another_than_jira_says_comes_whole(flavor: str, created: str | None) -> None:
    jira, warehouse = small_jira(flavor), Warehouse()

    def another(content: Any) -> Any:
        rows = [row | {"fields": row["fields"] | {"created": created}} for row in content["issues"] if created]
        return content | {"issues": rows}

    jira.faults.changed(another, match=lambda request: b'"maxResults": 1' in request.body, times=1)
    sync(jira, warehouse, find_deleted_issues="never")
    assert sync(jira, warehouse, find_deleted_issues="never") == ""
    verify(jira, warehouse)
    assert [group["pending"] for group in warehouse.states["issues"]["groups"]] == [[]]


@pytest.mark.parametrize("flavor", KINDS)
def test_a_search_that_finds_nothing_all_sync_long_is_not_believed_against_the_count(flavor: str) -> None:
    jira, warehouse = small_jira(flavor), Warehouse()
    counts = ("/approximate-count", b'"maxResults": 0')
    lie = jira.lies.nothing(
        match=lambda request: searches(request) and counts[0] not in request.path and counts[1] not in request.body
    )
    assert sync(jira, warehouse) != ""
    jira.faults.remove(lie)
    assert sync(jira, warehouse) == ""
    verify(jira, warehouse)


@pytest.mark.parametrize("path", ["/comment", "/project", "/field", "/myself", "/serverInfo"])
@pytest.mark.parametrize("lie", ["nothing", "null", "cut", "half"])
@pytest.mark.parametrize("flavor", KINDS)
def test_one_lie_about_anything_else_that_the_scan_asks_for_loses_nothing(flavor: str, lie: str, path: str) -> None:
    jira, warehouse = small_jira(flavor), Warehouse()
    for _ in range(30):
        jira.site.add_comment(some_issue(jira), "One of many")
    LIES[lie](jira)(match=path, times=1)
    sync(jira, warehouse)
    assert sync(jira, warehouse) == ""
    verify(jira, warehouse)
    sprints = {row["id"] for row in warehouse.rows["issues"].values() if row["sprint_ids"]}
    assert sprints == {i.id for i in jira.site.visible_issues(jira.site.service_account, IMPORTED) if i.sprints}


@pytest.mark.parametrize("after", [1, 2, 3, 5])
def test_a_cloud_token_that_ends_in_mid_read_makes_nothing_count_as_read(after: int) -> None:
    jira, warehouse = small_jira(issues=400), Warehouse()
    jira.site.settings.login_reason_header = False
    seen = 0

    def revoke(record: RequestRecord) -> None:
        nonlocal seen
        seen += "/search" in record.path and "project/search" not in record.path
        for token in jira.site.tokens.values():
            token.revoked = token.revoked or seen == after

    jira.on_request = revoke
    assert sync(jira, warehouse) != ""
    jira.on_request = None
    for token in jira.site.tokens.values():
        token.revoked = False
    assert sync(jira, warehouse) == ""
    verify(jira, warehouse)


@pytest.mark.parametrize("after", range(1, 16))
def test_a_cloud_token_that_ends_within_a_crowded_second_makes_nothing_count_as_read(after: int) -> None:
    jira, warehouse = small_jira(issues=20), Warehouse()
    jira.site.settings.cloud_page_cap = 5
    jira.site.settings.login_reason_header = False
    jira.site.create_issues("CORE", 12)
    seen = 0

    def revoke(record: RequestRecord) -> None:
        nonlocal seen
        seen += record.path.endswith("/search/jql")
        for token in jira.site.tokens.values():
            token.revoked = token.revoked or seen == after

    jira.on_request = revoke
    sync(jira, warehouse)
    jira.on_request = None
    for token in jira.site.tokens.values():
        token.revoked = False
    jira.site.clock.advance(DAY)
    assert sync(jira, warehouse, find_deleted_issues="never") == ""
    verify(jira, warehouse)


@pytest.mark.parametrize("status", [200, 206])
def test_a_search_that_ends_early_from_some_page_on_is_not_believed_against_an_estimate(status: int) -> None:
    jira, warehouse = small_jira(issues=400), Warehouse()
    lie = jira.lies.cut_list(0, status, match="/search/jql", after=3)
    assert sync(jira, warehouse) != ""
    jira.faults.remove(lie)
    assert sync(jira, warehouse) == ""
    verify(jira, warehouse)


@pytest.mark.parametrize("flavor", KINDS)
def test_a_query_refused_for_a_project_that_is_there_is_never_a_system_error(flavor: str) -> None:
    jira, warehouse = small_jira(flavor), Warehouse()
    core = jira.site.project("CORE")
    said = f"A value with ID '{core.id}' does not exist for the field 'project'."
    refusing = jira.faults.refuse(400, said, match=lambda r: searches(r) and core.id.encode() in r.body)
    jira.site.clock.advance(1_000)
    with pytest.raises(AirbyteTracedException) as caught:
        warehouse.take(scan(jira, warehouse.states, STREAMS, settings=QUICK))
    assert caught.value.failure_type is not FailureType.system_error
    assert "CORE" in str(caught.value.message)
    jira.faults.remove(refusing)
    assert sync(jira, warehouse) == ""
    verify(jira, warehouse)


@pytest.mark.parametrize("flavor", ["dc10", "server7"])
def test_a_project_refused_where_issues_are_asked_for_by_id_is_never_a_system_error(flavor: str) -> None:
    jira, warehouse = small_jira(flavor), Warehouse()
    assert sync(jira, warehouse) == ""
    jira.site.clock.advance(DAY)
    core = jira.site.project("CORE")
    for issue in jira.site.visible_issues(jira.site.service_account, IMPORTED):
        jira.site.edit_issue(issue, summary="Changed")
    jira.lies.cut_list(3, match=lambda r: b"ORDER BY updated" in r.body and b"*all" in r.body, times=1)
    said = f"A value with ID '{core.id}' does not exist for the field 'project'."
    refusing = jira.faults.refuse(400, said, match=lambda r: core.id.encode() in r.body and b" id in (" in r.body)
    jira.site.clock.advance(1_000)
    with pytest.raises(AirbyteTracedException) as caught:
        warehouse.take(scan(jira, warehouse.states, STREAMS, settings=QUICK))
    assert caught.value.failure_type is FailureType.transient_error
    assert "CORE" in str(caught.value.message)
    jira.faults.remove(refusing)
    assert sync(jira, warehouse) == ""
    verify(jira, warehouse)


def points(warehouse: Warehouse) -> dict[str, Any]:
    return {row["id"]: row["story_points"] for row in warehouse.rows["issues"].values() if row["story_points"]}


def true_points(jira: FakeJira) -> dict[str, Any]:
    issues = jira.site.visible_issues(jira.site.service_account, IMPORTED)
    return {issue.id: issue.story_points for issue in issues if issue.story_points}


@pytest.mark.parametrize("flavor", KINDS)
def test_a_field_that_appears_between_two_syncs_fills_its_column(flavor: str) -> None:
    jira, warehouse = small_jira(flavor), Warehouse()
    ids = jira.site.field_ids
    jira.site.settings.hidden_fields = frozenset({ids.story_points, ids.story_point_estimate})
    assert sync(jira, warehouse) == "" and not points(warehouse)
    jira.site.clock.advance(DAY)
    jira.site.settings.hidden_fields = frozenset()
    assert sync(jira, warehouse) == ""
    assert points(warehouse) == true_points(jira)
    verify(jira, warehouse)
    warehouse.rows["issues"].clear()
    assert sync(jira, warehouse) == "" and not warehouse.rows["issues"], "what came once comes again"


@pytest.mark.parametrize("flavor", KINDS)
def test_a_list_of_fields_without_the_summary_is_none(flavor: str) -> None:
    jira, warehouse = small_jira(flavor), Warehouse()
    lie = jira.lies.nothing(match="/field")
    assert "fields" in sync(jira, warehouse)
    jira.faults.remove(lie)
    jira.lies.fields_without("summary", jira.site.field_ids.story_points, times=1)
    assert sync(jira, warehouse) == ""
    assert points(warehouse) == true_points(jira)


def test_fresh_tokens_without_rows_are_ended() -> None:
    jira, warehouse = small_jira(), Warehouse()
    jira.lies.fresh_tokens(match="/search/jql")
    assert "never end" in sync(jira, warehouse)
    assert jira.calls("/search/jql") < 300
    jira.faults.clear()
    assert sync(jira, warehouse) == ""
    verify(jira, warehouse)
