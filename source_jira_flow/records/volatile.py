"""Jira's own object as a column, without what is no property of the thing it describes.

That is addresses (`self`, pictures; they depend on how Jira was asked, and Jira changes them at will), what `expand`
could add, and when somebody was last seen or an issue last changed. With these, every object would be new in every
sync.
"""

from __future__ import annotations

from typing import Any

_VOLATILE = frozenset(
    {
        "self",
        "expand",
        "avatarUrls",
        "avatarUrl",
        "iconUrl",
        "insight",
        "lastLoginTime",
        "loginInfo",
        "lastIssueUpdateTime",
    }
)


def without_volatile(value: Any) -> Any:
    """Jira's own value without what is volatile and what is null, at every depth."""
    if isinstance(value, dict):
        return {
            name: without_volatile(part) for name, part in value.items() if part is not None and name not in _VOLATILE
        }
    if isinstance(value, list):
        return [without_volatile(part) for part in value]
    return value
