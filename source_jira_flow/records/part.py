"""The columns that comments and work logs share."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from source_jira_flow.common.instants import utc_if_readable
from source_jira_flow.common.json import JsonObject
from source_jira_flow.jira.people import person_id, person_name


def part_columns(part: JsonObject, issue: JsonObject, in_columns: Container[str]) -> dict[str, Any]:
    """`issue_updated` is the version of the issue that it came with; `document` omits what is `in_columns`."""
    document = {name: value for name, value in part.items() if value is not None and name not in in_columns}
    fields, author = issue["fields"], part.get("author")
    return {
        "id": part["id"],
        "issue_id": issue["id"],
        "issue_key": issue["key"],
        "project_id": (fields.get("project") or {}).get("id"),
        "author_id": person_id(author),
        "author_name": person_name(author),
        "update_author_id": person_id(part.get("updateAuthor")),
        "created": utc_if_readable(part.get("created")),
        "updated": utc_if_readable(part.get("updated")),
        "issue_updated": utc_if_readable(fields.get("updated")),
        "visibility": part.get("visibility"),
        "document": document,
    }
