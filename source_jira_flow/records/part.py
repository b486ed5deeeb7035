"""The columns that comments, work logs and attachments share."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from source_jira_flow.common.instants import utc_if_readable
from source_jira_flow.common.json import JsonObject
from source_jira_flow.jira.people import person_id, person_name


def part_columns(part: JsonObject, issue: JsonObject) -> dict[str, Any]:
    """Id, issue, author, and when it was made; `issue_updated` is the version of the issue that it came with."""
    fields, author = issue["fields"], part.get("author")
    return {
        "id": part["id"],
        "issue_id": issue["id"],
        "issue_key": issue["key"],
        "project_id": (fields.get("project") or {}).get("id"),
        "author_id": person_id(author),
        "author_name": person_name(author),
        "created": utc_if_readable(part.get("created")),
        "issue_updated": utc_if_readable(fields.get("updated")),
    }


def edited_columns(part: JsonObject, issue: JsonObject, in_columns: Container[str]) -> dict[str, Any]:
    """Those of a part that can be edited and restricted; `document` is without what is `in_columns`."""
    return {
        **part_columns(part, issue),
        "update_author_id": person_id(part.get("updateAuthor")),
        "updated": utc_if_readable(part.get("updated")),
        "visibility": part.get("visibility"),
        "document": {name: value for name, value in part.items() if value is not None and name not in in_columns},
    }
