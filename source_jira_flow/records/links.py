"""The columns of a link between two issues, as seen from one of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from source_jira_flow.common.instants import utc_if_readable
from source_jira_flow.common.json import JsonObject

_DIRECTIONS = {"outward": "outwardIssue", "inward": "inwardIssue"}


def link_record(link: JsonObject, issue: JsonObject) -> dict[str, Any]:
    """The record of `issue_links`. Jira shows a link on both issues: outward on its source."""
    kind: Mapping[str, Any] = link.get("type") or {}
    direction = next((name for name, end in _DIRECTIONS.items() if link.get(end)), None)
    linked: Mapping[str, Any] = link[_DIRECTIONS[direction]] if direction else {}
    return {
        "issue_id": issue["id"],
        "link_id": link["id"],
        "issue_key": issue["key"],
        "project_id": (issue["fields"].get("project") or {}).get("id"),
        "link_type": kind.get("name"),
        "link_type_id": kind.get("id"),
        "direction": direction,
        "relation": kind.get(direction) if direction else None,
        "linked_issue_id": linked.get("id"),
        "linked_issue_key": linked.get("key"),
        "issue_updated": utc_if_readable(issue["fields"].get("updated")),
    }
