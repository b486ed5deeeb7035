"""The columns of a comment."""

from __future__ import annotations

from typing import Any

from source_jira_flow.common.json import JsonObject
from source_jira_flow.records.part import part_columns

_IN_COLUMNS = frozenset({"body", "self"})


def comment_record(comment: JsonObject, issue: JsonObject) -> dict[str, Any]:
    """The record of `comments`."""
    return {**part_columns(comment, issue, _IN_COLUMNS), "body": comment.get("body")}
