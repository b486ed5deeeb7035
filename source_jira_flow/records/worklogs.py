"""The columns of a work log."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from source_jira_flow.common.instants import from_milliseconds, utc_if_readable
from source_jira_flow.common.json import JsonObject
from source_jira_flow.jira.people import person_id, person_name
from source_jira_flow.records.observed import REMOVED_AT

_IN_COLUMNS = frozenset({"comment", "self"})


def worklog_record(worklog: JsonObject, issue: JsonObject) -> dict[str, Any]:
    """The record of `worklogs`; `issue_updated` tells which version of the issue it came with."""
    author, editor = worklog.get("author"), worklog.get("updateAuthor")
    return {
        "id": worklog["id"],
        "issue_id": issue["id"],
        "issue_key": issue["key"],
        "project_id": (issue["fields"].get("project") or {}).get("id"),
        "author_id": person_id(author),
        "author_name": person_name(author),
        "update_author_id": person_id(editor),
        "comment": worklog.get("comment"),
        "created": utc_if_readable(worklog.get("created")),
        "updated": utc_if_readable(worklog.get("updated")),
        "started": utc_if_readable(worklog.get("started")),
        "seconds_spent": worklog.get("timeSpentSeconds"),
        "visibility": worklog.get("visibility"),
        "issue_updated": utc_if_readable(issue["fields"].get("updated")),
        REMOVED_AT: None,
        "document": {name: value for name, value in worklog.items() if value is not None and name not in _IN_COLUMNS},
    }


def worklog_removal(worklog_id: str, columns: Iterable[str], deleted: int) -> dict[str, Any]:
    """The removal of a work log: newer than every version of it that was sent. `deleted` is epoch milliseconds."""
    at = from_milliseconds(deleted)
    return {**dict.fromkeys(columns), "id": worklog_id, "issue_updated": at, REMOVED_AT: at}
