"""The columns of a comment."""

from __future__ import annotations

from typing import Any

from source_jira_flow.common.json import JsonObject
from source_jira_flow.records.part import edited_columns

_IN_COLUMNS = frozenset({"body", "self"})


def comment_record(comment: JsonObject, issue: JsonObject) -> dict[str, Any]:
    """The record of `comments`."""
    return {**edited_columns(comment, issue, _IN_COLUMNS), "body": comment.get("body")}
