"""Jira's own object as a column, without values that are not properties of the object.

These are addresses (`self`, pictures; they depend on the request, and Jira changes them at will), what `expand` could
add, and when somebody was last seen or an issue last changed. With them, every object would be new in every sync.
"""

from __future__ import annotations

from typing import Any

_VOLATILE = frozenset(
    "self expand avatarUrls avatarUrl iconUrl insight lastLoginTime loginInfo lastIssueUpdateTime".split()
)


def without_volatile(value: Any) -> Any:
    """Jira's own value without volatile values and nulls, at every depth."""
    if isinstance(value, dict):
        return {
            name: without_volatile(part) for name, part in value.items() if part is not None and name not in _VOLATILE
        }
    if isinstance(value, list):
        return [without_volatile(part) for part in value]
    return value
