"""The columns of a comment."""

from __future__ import annotations

from typing import Any

from source_jira_flow.common.instants import utc_if_readable
from source_jira_flow.common.json import JsonObject
from source_jira_flow.jira.people import person_id, person_name

_IN_COLUMNS = frozenset({"body", "self"})


def comment_record(comment: JsonObject, issue: JsonObject) -> dict[str, Any]:
    """The record of `comments`; `issue_updated` tells which version of the issue it came with."""
    document = {name: value for name, value in comment.items() if value is not None and name not in _IN_COLUMNS}
    author, editor = comment.get("author"), comment.get("updateAuthor")
    return {
        "id": comment["id"],
        "issue_id": issue["id"],
        "issue_key": issue["key"],
        "project_id": (issue["fields"].get("project") or {}).get("id"),
        "author_id": person_id(author),
        "author_name": person_name(author),
        "update_author_id": person_id(editor),
        "body": comment.get("body"),
        "created": utc_if_readable(comment.get("created")),
        "updated": utc_if_readable(comment.get("updated")),
        "issue_updated": utc_if_readable(issue["fields"].get("updated")),
        "visibility": comment.get("visibility"),
        "document": document,
    }
