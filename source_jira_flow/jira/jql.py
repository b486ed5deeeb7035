"""The few forms of JQL that the scan speaks.

Instants are unquoted integers, epoch milliseconds: free of the account's time zone, of daylight saving, and of
the minutes that quoted dates are cut to. Projects are given by id: ids survive renames, and no id is a reserved word.
"""

from __future__ import annotations

from collections.abc import Iterable


def in_projects(project_ids: Iterable[str]) -> str:
    return f"project in ({', '.join(project_ids)})"


def in_ids(issue_ids: Iterable[str]) -> str:
    """These issues, by id. One id that Jira does not know makes it refuse the whole query."""
    return f"id in ({', '.join(issue_ids)})"


def has_label(label: str) -> str:
    """Issues with a label. Jira may take it without regard to case."""
    escaped = label.replace("\\", "\\\\").replace('"', '\\"')
    return f'labels = "{escaped}"'


def between(field: str, start: int, end: int) -> str:
    """`start` <= field < `end`, in epoch milliseconds."""
    return f"{field} >= {start} AND {field} < {end}"


def at_or_after(field: str, start: int) -> str:
    """field >= `start`, in epoch milliseconds."""
    return f"{field} >= {start}"


def where(query: str) -> str:
    """A query of this module without its order."""
    return query.partition(" ORDER BY ")[0]


def both(*clauses: str) -> str:
    """All clauses together; empty ones are left out."""
    return " AND ".join(clause for clause in clauses if clause)


def ascending(clause: str, field: str) -> str:
    """The order of the keyset: by the instant, then by key, so that pages are stable."""
    return f"{clause} ORDER BY {field} ASC, key ASC"


def newest_first(clause: str) -> str:
    """The order of `created`, the newest first."""
    return f"{clause} ORDER BY created DESC, key ASC"


def by_key(clause: str, after: str | None = None) -> str:
    """In the order of keys, after a key. Keys compare inside one project only."""
    beyond = f' AND key > "{after}"' if after else ""
    return f"{clause}{beyond} ORDER BY key ASC"
