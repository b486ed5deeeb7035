"""The columns of a change: one item of one entry of an issue's history. A hot path: slices and look-ups only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from source_jira_flow.common.instants import utc_if_readable
from source_jira_flow.common.json import JsonObject
from source_jira_flow.jira.people import person_id, person_name
from source_jira_flow.records.field_map import FieldMap


def change_records(issue: JsonObject, entries: Iterable[JsonObject], field_map: FieldMap) -> Iterator[dict[str, Any]]:
    """The records of `issue_changes` for some entries of an issue's history, items in Jira's order."""
    issue_id, issue_key = issue["id"], issue["key"]
    project_id = (issue["fields"].get("project") or {}).get("id")
    for entry in entries:
        # Missing if the change was made anonymously, or by a deleted user.
        author = entry.get("author")
        history_id, author_id, author_name = str(entry["id"]), person_id(author), person_name(author)
        changed_at, metadata = utc_if_readable(entry.get("created")), entry.get("historyMetadata")
        for number, item in enumerate(entry.get("items") or ()):
            get = item.get
            field, kind = get("field"), get("fieldtype")
            yield {
                "id": f"{history_id}/{number}",
                "history_id": history_id,
                "issue_id": issue_id,
                "issue_key": issue_key,
                "project_id": project_id,
                "author_id": author_id,
                "author_name": author_name,
                "changed_at": changed_at,
                "field": field,
                "field_id": get("fieldId") or field_map.changed_field(field, kind),
                "field_type": kind,
                "from_value": get("from"),
                "from_text": get("fromString"),
                "to_value": get("to"),
                "to_text": get("toString"),
                "metadata": metadata,
            }
