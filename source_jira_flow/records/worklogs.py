"""The columns of a work log."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from source_jira_flow.common.instants import from_milliseconds, utc_if_readable
from source_jira_flow.common.json import JsonObject
from source_jira_flow.records.observed import REMOVED_AT
from source_jira_flow.records.part import part_columns

_IN_COLUMNS = frozenset({"comment", "self"})


def worklog_record(worklog: JsonObject, issue: JsonObject) -> dict[str, Any]:
    """The record of `worklogs`."""
    return {
        **part_columns(worklog, issue, _IN_COLUMNS),
        "comment": worklog.get("comment"),
        "started": utc_if_readable(worklog.get("started")),
        "seconds_spent": worklog.get("timeSpentSeconds"),
        REMOVED_AT: None,
    }


def worklog_removal(worklog_id: str, columns: Iterable[str], deleted: int) -> dict[str, Any]:
    """The removal of a work log, newer than every version of it that was sent. `deleted` is in epoch milliseconds."""
    at = from_milliseconds(deleted)
    return {**dict.fromkeys(columns), "id": worklog_id, "issue_updated": at, REMOVED_AT: at}
