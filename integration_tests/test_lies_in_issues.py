"""One issue is not in the form that Jira promises: all others come, and it is named."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from airbyte_cdk.models import Type

from fake_jira import FakeJira
from fake_jira.entities import Issue
from integration_tests.direct import Warehouse
from integration_tests.lied_to import TWO_KINDS, deep, held, small_jira, some_issue, sync, truth, verify
from integration_tests.support import CLOUD, config_for, run_connector
from source_jira_flow.common.instants import DAY

StartJira = Callable[..., FakeJira]


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
