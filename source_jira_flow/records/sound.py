"""Whether an issue has the form that its columns need. A hot path: types only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zlib import crc32

from source_jira_flow.common.instants import instant
from source_jira_flow.common.json import JsonObject

# The type of each field in Jira; null is always valid.
_KINDS: Mapping[str, type] = {
    **dict.fromkeys("project issuetype status parent assignee reporter creator priority resolution".split(), dict),
    **dict.fromkeys("comment worklog".split(), dict),
    **dict.fromkeys("labels components fixVersions issuelinks attachment".split(), list),
}
_OBJECTS_IN_PARTS = ("author", "updateAuthor", "type", "inwardIssue", "outwardIssue")
_OBJECT_OR_NONE = frozenset({dict, type(None)})
_DATES = ("created", "updated", "resolutiondate")
# Names beside `fields` in an issue: values set aside, and whether the issue could not be read.
ASIDE = "aside"
UNREAD = "unread"
# Later than any date that can be written.
NO_YEAR = 253_402_300_800_000


def is_identified(row: Any) -> bool:
    """Whether a row of a search has an id: a number above 0, as a string."""
    if type(row) is not dict:
        return False
    identifier = row.get("id")
    return type(identifier) is str and identifier.isdecimal() and identifier[0] != "0"


def is_listed(row: Any) -> bool:
    """Whether a row of a search has an id and a key."""
    return is_identified(row) and type(row.get("key")) is str


def is_issue(row: Any) -> bool:
    """Whether a row of a search has what every issue has: an id, a key, and fields."""
    return is_listed(row) and type(row.get("fields")) is dict


def is_part(row: Any) -> bool:
    """Whether a part of an issue (comment, link, entry of its history) has an id and the form that its columns need."""
    if type(row) is not dict or not str(row.get("id", "")).isdecimal():
        return False
    items = row.get("items")
    return all(type(row.get(name)) in _OBJECT_OR_NONE for name in _OBJECTS_IN_PARTS) and (
        items is None or (type(items) is list and all(type(item) is dict for item in items))
    )


def set_aside(issue: JsonObject) -> list[str]:
    """Set values of the wrong type aside, with null in their place. Returns the fields that no column can be made of.

    A date in an unknown form stays: its column becomes null anyway.
    """
    fields: JsonObject = issue["fields"]
    odd = [
        name for name, kind in _KINDS.items() if (value := fields.get(name)) is not None and not isinstance(value, kind)
    ]
    if odd:
        issue[ASIDE] = {name: fields[name] for name in odd}
        fields.update(dict.fromkeys(odd))
    return odd + [name for name in _DATES if fields.get(name) is not None and instant(fields[name]) is None]


def version_of(issue: JsonObject) -> int:
    """`updated` in epoch milliseconds; for an unknown form, a number derived from it that is later than any date."""
    updated = issue["fields"].get("updated")
    found = instant(updated)
    return NO_YEAR + crc32(repr(updated).encode()) if found is None else found
