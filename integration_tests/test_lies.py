"""Jira lies once, or about one thing; the healthy syncs that follow must bring the warehouse to the truth."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from airbyte_cdk.models import FailureType, Type
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from fake_jira import Clock, FakeJira, Request, RequestRecord, Site, build_site
from fake_jira.entities import Issue
from integration_tests.direct import Warehouse, scan
from integration_tests.support import (
    CLOUD,
    DATA_CENTER,
    REMOVED_AT,
    SHORT_WAITS,
    Reading,
    config_for,
    read_all,
    run_connector,
)
from source_jira_flow.common.instants import DAY, MINUTE, from_milliseconds
from source_jira_flow.errors import JiraFlowError, as_traced
from source_jira_flow.settings import Settings

IMPORTED = ("software", "business")
STREAMS = ["issues", "comments"]
NOW = 1_760_000_000_000
QUICK = Settings(backoff_base=0.0, tries=3)
# Every lie is told by Cloud in each run of the tests, by the others in the long one.
KINDS = ["cloud", *(pytest.param(kind, marks=pytest.mark.long) for kind in ("dc10", "server7"))]
TWO_KINDS = KINDS[:2]
StartJira = Callable[..., FakeJira]
Switch = Callable[..., Any]


def small_jira(flavor: str = "cloud", issues: int = 60, **options: Any) -> FakeJira:
    """A fake Jira without a server, whose clock stands still until it is moved."""
    clock = options.pop("clock", None) or Clock(now_ms=NOW, frozen=True)
    return FakeJira(build_site(flavor, seed=3, issues=issues, users=8, boards=2, clock=clock, **options))


def sync(jira: FakeJira, warehouse: Warehouse, streams: list[str] | None = None, **config: Any) -> str:
    """One sync into the warehouse, a second later: what it failed with, "" where it did not.

    Whatever Jira answers, the error is one of ours: no traceback for a message.
    """
    jira.site.clock.advance(1_000)
    try:
        warehouse.take(scan(jira, warehouse.states, streams or STREAMS, settings=QUICK, **config))
    except (AirbyteTracedException, JiraFlowError) as error:
        said = str(as_traced(error).message)
        assert "unexpected error" not in said, said
        return said
    return ""


def truth(site: Site) -> dict[str, tuple[str, str | None]]:
    """Version and summary of every issue that the account may see in an imported project."""
    issues = site.visible_issues(site.service_account, IMPORTED)
    return {issue.id: (from_milliseconds(issue.updated), issue.summary) for issue in issues}


def held(warehouse: Warehouse) -> dict[str, tuple[str, str | None]]:
    return {row["id"]: (row["updated"], row["summary"]) for row in warehouse.rows.get("issues", {}).values()}


def verify(jira: FakeJira, warehouse: Warehouse) -> None:
    """The warehouse holds all issues in their last version, with exactly their comments."""
    assert held(warehouse) == truth(jira.site)
    account = jira.site.service_account
    issues = jira.site.visible_issues(account, IMPORTED)
    assert set(warehouse.comments()) == {c.id for i in issues for c in jira.site.visible_comments(i, account)}


def some_issue(jira: FakeJira, place: int = 20) -> Issue:
    return jira.site.issues[sorted(truth(jira.site), key=int)[place]]


def searches(request: Request) -> bool:
    """Searches and counts, but not those for projects or users."""
    return request.path.endswith(("/search", "/search/jql", "/search/approximate-count"))


# -- there is nothing, there is less -----------------------------------------------------------------


LIES: Mapping[str, Callable[[FakeJira], Switch]] = {
    "nothing": lambda jira: jira.lies.nothing,
    "null": lambda jira: jira.lies.null_rows,
    "cut": lambda jira: lambda **when: jira.lies.cut_list(3, **when),
    "cut with 206": lambda jira: lambda **when: jira.lies.cut_list(3, 206, **when),
    "half": lambda jira: jira.faults.early_end,
}


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

    jira.faults.changed(another, match=lambda request: b'"maxResults":1' in request.body, times=1)
    sync(jira, warehouse, find_deleted_issues="never")
    assert sync(jira, warehouse, find_deleted_issues="never") == ""
    verify(jira, warehouse)
    assert [group["pending"] for group in warehouse.states["issues"]["groups"]] == [[]]


@pytest.mark.parametrize("flavor", KINDS)
def test_a_search_that_finds_nothing_all_sync_long_is_not_believed_against_the_count(flavor: str) -> None:
    jira, warehouse = small_jira(flavor), Warehouse()
    counts = ("/approximate-count", b'"maxResults":0')
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


# -- fields --------------------------------------------------------------------------------------------


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


# -- clocks --------------------------------------------------------------------------------------------


@contextmanager
def own_clock(monkeypatch: pytest.MonkeyPatch, jira: FakeJira) -> Iterator[None]:
    """This machine's clock goes as Jira's."""
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: jira.site.clock.now() / 1000)
        yield


@pytest.mark.parametrize("date_too", [False, True])
@pytest.mark.parametrize("ahead", [-30 * 365 * DAY, -3 * 60 * MINUTE, 2 * 60 * MINUTE, 100 * DAY])
@pytest.mark.parametrize("when", ["first sync", "second sync"])
@pytest.mark.parametrize("flavor", TWO_KINDS)
def test_a_node_whose_clock_is_wrong_once_loses_no_edit(
    flavor: str, when: str, ahead: int, date_too: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    jira, warehouse = small_jira(flavor), Warehouse()
    with own_clock(monkeypatch, jira):
        if when == "second sync":
            assert sync(jira, warehouse) == ""
            jira.site.clock.advance(DAY)
        jira.lies.clock(ahead, date_too=date_too, times=1)
        sync(jira, warehouse)
        jira.site.clock.advance(20 * MINUTE)
        jira.site.bulk_edit(list(truth(jira.site)), summary="Edited")
        jira.site.clock.advance(20 * MINUTE)
        assert sync(jira, warehouse) == ""
    verify(jira, warehouse)


@pytest.mark.parametrize(
    "watermark", ["2200-01-01T00:00:00.000Z", "9999-12-31T00:00:00.000Z", from_milliseconds(NOW + DAY)]
)
@pytest.mark.parametrize("flavor", TWO_KINDS)
def test_a_stored_watermark_that_lies_ahead_is_read_again_with_a_warning(
    flavor: str, watermark: str, caplog: pytest.LogCaptureFixture
) -> None:
    jira, warehouse = small_jira(flavor), Warehouse()
    assert sync(jira, warehouse) == ""
    for state in warehouse.states.values():
        state["groups"] = [group | {"updated": watermark} for group in state["groups"]]
    jira.site.bulk_edit(list(truth(jira.site)), summary="Edited")
    assert sync(jira, warehouse) == ""
    verify(jira, warehouse)
    assert "ahead" in caplog.text


# -- one issue -----------------------------------------------------------------------------------------


def put_in(jira: FakeJira, edits: bool) -> tuple[Warehouse, Issue]:
    """A warehouse, and the issue to spoil: in a history, or with 130 other edits about it."""
    warehouse = Warehouse()
    if edits:
        assert sync(jira, warehouse) == ""
        jira.site.clock.advance(DAY)
        for issue_id in sorted(truth(jira.site), key=int)[:130]:
            jira.site.clock.advance(700)
            jira.site.edit_issue(issue_id, summary="Changed")
    return warehouse, some_issue(jira, 60)


RAW = {
    "half a character": b'"\\ud83d"',
    "half a character in a sentence": b'"a \\ude00 b"',
    "NaN": b"NaN",
    "Infinity": b"-Infinity",
    "1e400": b"1e400",
    "many digits": b"9" * 6_000,
    "no UTF-8": b'"caf\xe9 \xff"',
    "a control character": b'"a\x01b\x0bc"',
}
SOUND = ("a control character",)


@pytest.mark.parametrize("edits", [False, True], ids=["history", "changes"])
@pytest.mark.parametrize("raw", RAW)
@pytest.mark.parametrize("flavor", TWO_KINDS)
def test_bytes_that_the_fast_parser_refuses_are_replaced_and_the_issue_is_named(
    flavor: str, raw: str, edits: bool, caplog: pytest.LogCaptureFixture
) -> None:
    jira = small_jira(flavor, 200)
    warehouse, spoiled = put_in(jira, edits)
    jira.lies.raw(spoiled, RAW[raw])
    assert sync(jira, warehouse) == ""
    verify(jira, warehouse)
    assert "contained invalid JSON" in caplog.text
    assert spoiled.key in caplog.text or raw in SOUND
    caplog.clear()
    jira.site.clock.advance(DAY)
    assert sync(jira, warehouse) == "" and (edits or "is not JSON" not in caplog.text)


def deep(levels: int) -> Any:
    value: Any = "at the bottom"
    for _ in range(levels):
        value = [value]
    return value


def without_fields(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "fields"}


# What makes an issue unreadable, and what is left of it when its page is asked for without most fields.
UNREADABLE: Mapping[str, Callable[[FakeJira, Issue], Any]] = {
    "a text without an end": lambda jira, issue: jira.lies.raw(issue, b'"no end'),
    "a bare word": lambda jira, issue: jira.lies.raw(issue, b"undefined"),
    "nested without measure": lambda jira, issue: jira.lies.raw(issue, b"[" * 100_000 + b"]" * 100_000),
    "fields are null": lambda jira, issue: jira.lies.row(issue, lambda row: row | {"fields": None}),
    "fields are missing": lambda jira, issue: jira.lies.row(issue, without_fields),
    "fields are a list": lambda jira, issue: jira.lies.row(issue, lambda row: row | {"fields": ["summary"]}),
    "the id is a word": lambda jira, issue: jira.lies.row(issue, lambda row: row | {"id": "none"}),
    "the id is 0": lambda jira, issue: jira.lies.row(issue, lambda row: row | {"id": "0"}),
    "the id is null": lambda jira, issue: jira.lies.row(issue, lambda row: row | {"id": None}),
    "a row of all fields is null": lambda jira, issue: jira.lies.row(
        issue,
        lambda row: row if set(row.get("fields", ())) <= {"created", "updated", "project"} else None,  # type: ignore[arg-type,return-value]
    ),
    "a row is null": lambda jira, issue: jira.lies.row(issue, lambda row: None),  # type: ignore[arg-type,return-value]
}


@pytest.mark.parametrize("edits", [False, True], ids=["history", "changes"])
@pytest.mark.parametrize("how", UNREADABLE)
@pytest.mark.parametrize("flavor", TWO_KINDS)
def test_an_issue_that_cannot_be_read_is_told_by_key_and_all_others_come(flavor: str, how: str, edits: bool) -> None:
    jira = small_jira(flavor, 200)
    warehouse, spoiled = put_in(jira, edits)
    lie = UNREADABLE[how](jira, spoiled)
    for _ in range(2):
        said = sync(jira, warehouse)
        assert (spoiled.key if how != "a row is null" else "without a key") in said, said
        others = {issue_id: row for issue_id, row in truth(jira.site).items() if issue_id != spoiled.id}
        assert others.items() <= held(warehouse).items()
        jira.site.clock.advance(DAY)
    jira.faults.remove(lie)
    assert sync(jira, warehouse) == ""
    verify(jira, warehouse)


def test_an_issue_that_counts_a_comment_more_than_it_shows_stops_none_behind_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    jira = small_jira()
    spoiled = some_issue(jira)
    for number in range(30):
        jira.site.add_comment(spoiled.id, f"Comment {number}")
    one_more = f"/issue/{spoiled.id}/comment"
    jira.faults.changed(lambda page: page | {"total": page["total"] + 1}, "one_more", match=one_more)
    warehouse = Warehouse()
    assert sync(jira, warehouse) == ""
    verify(jira, warehouse)
    assert f"comments of issue {spoiled.id} and then none" in caplog.text


ODD = {
    "updated in the year 20223": ("updated", "20223-05-01T00:00:00.000+0000", "updated"),
    "updated before Christ": ("updated", "-0044-03-15T00:00:00.000+0000", "updated"),
    "updated in the year 0": ("updated", "0000-01-01T00:00:00.000+0000", "updated"),
    "updated is a word": ("updated", "yesterday", "updated"),
    "updated is null": ("updated", None, "updated"),
    "created in the year +12024": ("created", "+12024-01-01T00:00:00.000+0000", "created"),
    "created is a word": ("created", "once", "created"),
    "created is an object": ("created", {"at": 1}, "created"),
    "resolved in the year 20223": ("resolutiondate", "20223-05-01T00:00:00.000+0000", "resolved"),
    "resolved is a number beyond all years": ("resolutiondate", 10**18, "resolved"),
    "status is a text": ("status", "Open", "status"),
    "status is a list": ("status", ["Open"], "status"),
    "assignee is a text": ("assignee", "alice", "assignee_id"),
    "project is a text": ("project", "CORE", "project_id"),
    "labels are a text": ("labels", "urgent", None),
    "comments are a text": ("comment", "none", "comment_count"),
    "nested 300 deep": ("environment", deep(300), None),
    "nested 900 deep": ("environment", deep(900), None),
}


@pytest.mark.parametrize("edits", [False, True], ids=["history", "changes"])
@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("flavor", TWO_KINDS)
def test_a_value_in_an_unknown_form_is_null_in_its_column_and_the_issue_is_named(
    flavor: str, odd: str, edits: bool, caplog: pytest.LogCaptureFixture
) -> None:
    jira = small_jira(flavor, 200)
    warehouse, spoiled = put_in(jira, edits)
    name, value, column = ODD[odd]
    lie = jira.lies.field(spoiled, name, value)
    assert sync(jira, warehouse) == ""
    others = {issue_id: row for issue_id, row in truth(jira.site).items() if issue_id != spoiled.id}
    assert others.items() <= held(warehouse).items()
    row = warehouse.rows["issues"][spoiled.id]
    assert row["summary"] == spoiled.summary
    if column is not None:
        assert row[column] is None
    if name not in ("comment", "environment") and value is not None:
        assert row["fields"][name] == value
    assert spoiled.key in caplog.text or value is None or odd.startswith("nested")
    jira.site.clock.advance(DAY)
    warehouse.rows["issues"].pop(spoiled.id)
    assert sync(jira, warehouse) == "" and spoiled.id not in warehouse.rows["issues"], "it comes once"
    jira.faults.remove(lie)
    jira.site.edit_issue(spoiled, summary="In order again")
    assert sync(jira, warehouse) == ""
    assert held(warehouse)[spoiled.id] == truth(jira.site)[spoiled.id]


@pytest.mark.parametrize("flavor", KINDS)
def test_an_issue_whose_updated_lies_in_the_future_comes_once_and_again_when_it_changes(flavor: str) -> None:
    jira, warehouse = small_jira(flavor), Warehouse()
    early = jira.site.create_issue("CORE", "Ahead before", created=NOW - DAY, updated=NOW + 400 * DAY)
    assert sync(jira, warehouse) == ""
    verify(jira, warehouse)
    late = jira.site.create_issue("CORE", "Ahead", created=NOW + 2 * 365 * DAY, updated=NOW + 2 * 365 * DAY)
    old = jira.site.create_issue("CORE", "Made tomorrow, updated today", created=NOW + DAY)
    assert sync(jira, warehouse) == ""
    verify(jira, warehouse)
    warehouse.rows["issues"].clear()
    jira.site.clock.advance(DAY)
    assert sync(jira, warehouse) == "" and not warehouse.rows["issues"]
    jira.site.edit_issue(late, summary="Changed", updated=late.updated + DAY)
    jira.site.edit_issue(early, summary="Changed back to now")
    assert sync(jira, warehouse) == ""
    assert warehouse.rows["issues"].keys() == {early.id, late.id}
    assert old.id in truth(jira.site)


# -- lists ---------------------------------------------------------------------------------------------


LISTS = {"users": "/users/search", "projects": "/project/search", "boards": "/board", "labels": "/label"}


def succeeds(reading: Reading) -> bool:
    for error in reading.errors:
        assert "unexpected error" not in str(error.message), error.message
    return reading.succeeded


@pytest.mark.parametrize("how", ["ignores_start", "never_last", "both"])
@pytest.mark.parametrize("stream", ["users", "projects", "sprints", "boards", "labels", "comments"])
def test_every_list_without_an_end_is_ended(stream: str, how: str, start_jira: StartJira) -> None:
    jira = start_jira(CLOUD, users=60, boards=3)
    for _ in range(120):
        jira.site.add_comment("CORE-1", "One of many")
    path = {"sprints": "/sprint", "comments": "/comment", **LISTS}[stream]

    def lie(**when: Any) -> None:
        if how != "never_last":
            jira.lies.ignores_start(**when)
        if how != "ignores_start":
            jira.lies.never_last(**when)

    def asked(request: Request) -> bool:
        return request.path.endswith(path)

    jira.site.settings.cloud_page_cap = 20
    for _ in range(120):
        jira.site.create_user()
    jira.faults.short_pages(0.02, match=asked)
    lie(match=asked)
    began = time.monotonic()
    reading = read_all(config_for(jira), ["issues", "comments"] if stream == "comments" else [stream])
    assert time.monotonic() - began < 15
    assert jira.calls(path) < 400
    if how != "never_last" and not succeeds(reading):
        assert any("page" in said or "gave" in said for said in reading.error_messages), reading.error_messages
    jira.faults.clear()
    assert succeeds(read_all(config_for(jira), [stream], reading.states))


def test_fresh_tokens_without_rows_are_ended() -> None:
    jira, warehouse = small_jira(), Warehouse()
    jira.lies.fresh_tokens(match="/search/jql")
    assert "never end" in sync(jira, warehouse)
    assert jira.calls("/search/jql") < 300
    jira.faults.clear()
    assert sync(jira, warehouse) == ""
    verify(jira, warehouse)


SNAPSHOTS = {
    "users": ("users/search", "user/list"),
    "projects": ("project/search", "/project"),
    "boards": ("/board", "/board"),
    "sprints": ("/sprint", "/sprint"),
    "labels": ("/label", None),
    "fields": ("/field", "/field"),
    "statuses": ("/status", "/status"),
}


@pytest.mark.parametrize("lie", ["nothing", "null", "half"])
@pytest.mark.parametrize("stream", SNAPSHOTS)
@pytest.mark.parametrize("setup", [CLOUD, DATA_CENTER], ids=str)
def test_one_lie_about_a_list_heals_with_the_next_sync(
    setup: Any, stream: str, lie: str, start_jira: StartJira
) -> None:
    path = SNAPSHOTS[stream][setup is DATA_CENTER]
    if path is None:
        pytest.skip("Self-hosted Jira has no list of labels.")
    jira = start_jira(setup, issues=30, boards=3, users=60)
    config, key = config_for(jira, setup.method), "name" if stream == "labels" else "id"
    expected = read_all(config, [stream]).rows(stream, key)
    assert len(expected) > 1
    for known in (False, True):
        first = read_all(config, [stream]) if known else Reading([])
        LIES[lie](jira)(match=lambda request: request.path.endswith(path), times=1)
        with_lie = read_all(config, [stream], first.states)
        succeeds(with_lie)
        healthy = read_all(config, [stream], with_lie.states)
        assert succeeds(healthy)
        rows = {**first.rows(stream, key), **with_lie.rows(stream, key), **healthy.rows(stream, key)}
        assert rows.keys() == expected.keys()
        removed = [row for each in (with_lie, healthy) for row in each.records.get(stream, []) if row.get(REMOVED_AT)]
        assert not removed


def test_a_value_nested_deeper_than_json_is_commonly_written_is_kept_as_a_text(
    start_jira: StartJira, tmp_path: Path
) -> None:
    jira = start_jira(CLOUD, issues=30)
    spoiled = some_issue(jira, 5)
    jira.lies.field(spoiled, "environment", deep(300))
    stream = {"name": "issues", "json_schema": {}, "supported_sync_modes": ["full_refresh", "incremental"]}
    chosen = {"stream": stream, "sync_mode": "full_refresh", "destination_sync_mode": "append"}
    config, catalog = tmp_path / "config.json", tmp_path / "catalog.json"
    config.write_text(json.dumps(config_for(jira)))
    catalog.write_text(json.dumps({"streams": [chosen]}))
    run = run_connector("read", "--config", str(config), "--catalog", str(catalog))
    assert run.exit_code == 0, run.stdout[-2_000:]
    rows = {message["record"]["data"]["id"]: message["record"]["data"] for message in run.of_type(Type.RECORD)}
    assert rows.keys() == truth(jira.site).keys()
    assert json.loads(rows[spoiled.id]["fields"]["environment"]) == deep(300)
    assert f"Issue {spoiled.key}: environment nested very deep, and kept as a text" in run.stdout


# -- too much ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("path", ["/serverInfo", "/myself", "/search"])
def test_a_body_without_measure_ends_with_a_sentence(path: str, packed: bool, start_jira: StartJira) -> None:
    limits = replace(SHORT_WAITS, largest_answer=4_000_000)
    jira = start_jira(CLOUD, issues=150)
    lie = jira.lies.big(20_000_000, packed=packed, match=path)
    reading = read_all(config_for(jira), ["issues"], settings=limits)
    assert not succeeds(reading)
    assert any("large" in said for said in reading.error_messages), reading.error_messages
    jira.faults.remove(lie)
    assert succeeds(read_all(config_for(jira), ["issues"], reading.states))


def test_where_a_page_is_too_large_fewer_issues_are_asked_for(
    start_jira: StartJira, monkeypatch: pytest.MonkeyPatch
) -> None:
    jira = start_jira(CLOUD, issues=120, comments_per_issue=0)
    for issue_id in list(truth(jira.site))[:40]:
        jira.site.edit_issue(issue_id, description="x" * 100_000)
    reading = read_all(config_for(jira), ["issues"], settings=replace(SHORT_WAITS, largest_answer=1_000_000))
    assert succeeds(reading), reading.error_messages
    assert reading.rows("issues").keys() == truth(jira.site).keys()


def test_an_answer_that_comes_a_byte_at_a_time_has_an_end(
    start_jira: StartJira, monkeypatch: pytest.MonkeyPatch
) -> None:
    jira = start_jira(CLOUD, issues=150)
    lie = jira.faults.drip(200, match="/search/jql")
    began = time.monotonic()
    reading = read_all(
        config_for(jira), ["issues"], settings=replace(SHORT_WAITS, connect_timeout=0.5, read_timeout=0.5)
    )
    assert time.monotonic() - began < 20
    assert not succeeds(reading)
    assert any("in time" in said for said in reading.error_messages), reading.error_messages
    jira.faults.remove(lie)
    assert succeeds(read_all(config_for(jira), ["issues"], reading.states))


def test_a_flood_of_cookies_is_not_carried_along(start_jira: StartJira) -> None:
    jira = start_jira(CLOUD, issues=150)
    jira.lies.cookies(60)
    reading = read_all(config_for(jira), ["issues", "projects"])
    assert succeeds(reading), reading.error_messages
    assert reading.rows("issues").keys() == truth(jira.site).keys()


@pytest.mark.parametrize("location", ["http://[::1", "http://[", "//[x", "http://host:port/"])
def test_a_redirect_that_is_no_address_ends_with_a_sentence(location: str, start_jira: StartJira) -> None:
    jira = start_jira(CLOUD, issues=30)
    jira.faults.redirect(location, match="/myself")
    reading = read_all(config_for(jira), ["issues"])
    assert not succeeds(reading)
