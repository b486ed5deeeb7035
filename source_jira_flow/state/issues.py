"""The state of a stream that is made of issues, as Airbyte keeps it.

    {version, instance, generation_id?, groups: [{projects, updated, pending: [[from, to, position]]}],
     recent, keys, start_date}

Instants are RFC 3339 in UTC. A position is an instant, or `instant/issue id` inside a crowded second. `recent` is
packed (see `recent`), `keys` holds each project's key as it was when its issues were read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from source_jira_flow.common.instants import from_milliseconds, milliseconds
from source_jira_flow.scan.progress import Position, Scope
from source_jira_flow.state.migrations import readable
from source_jira_flow.state.packing import unpack_versions

# Projects in one query; groups that have caught up are pooled up to this size.
PROJECTS_IN_QUERY = 1000


@dataclass(frozen=True)
class PendingWindow:
    """A window of `created` that was not finished."""

    start: int
    end: int
    position: Position | None


@dataclass(frozen=True)
class Group:
    """Projects that share a watermark."""

    projects: tuple[str, ...]
    updated: int
    pending: tuple[PendingWindow, ...] = ()


@dataclass(frozen=True)
class IssueState:
    """A stored state, read. Times are epoch milliseconds."""

    groups: tuple[Group, ...] = ()
    recent: Mapping[str, int] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    start_date: int | None = None

    @classmethod
    def parse(cls, stream: str, raw: Mapping[str, Any]) -> IssueState:
        """From the stream's state, empty to begin anew. Raises ConfigurationError where it can't be read."""
        if not raw:
            return cls()
        with readable(stream):
            return cls(
                groups=tuple(_group(group) for group in raw["groups"]),
                recent=unpack_versions(raw.get("recent") or ""),
                keys=dict(raw.get("keys") or {}),
                start_date=milliseconds(raw["start_date"]) if raw.get("start_date") else None,
            )


def _group(raw: Mapping[str, Any]) -> Group:
    return Group(
        projects=tuple(str(project) for project in raw["projects"]),
        updated=milliseconds(raw["updated"]),
        pending=tuple(_pending(*window) for window in raw.get("pending") or ()),
    )


def _pending(start: str, end: str, position: str | None) -> PendingWindow:
    return PendingWindow(milliseconds(start), milliseconds(end), _position(position) if position else None)


def _position(text: str) -> Position:
    second, _, after = text.partition("/")
    return Position(milliseconds(second), int(after or 0))


def written_groups(stream: str, scopes: Iterable[Scope]) -> list[dict[str, Any]]:
    """A stream's share of all scopes. Those that have caught up to the same instant are pooled into one group."""
    caught_up: dict[int, list[str]] = {}
    groups: list[dict[str, Any]] = []
    for scope in scopes:
        pending = [window for window in scope.windows if stream in window.positions]
        if not pending:
            caught_up.setdefault(scope.updated[stream], []).extend(scope.projects)
        elif scope.projects:
            written = [_written_window(window.start, window.end, window.positions[stream]) for window in pending]
            groups.append(_written_group(scope.projects, scope.updated[stream], written))
    pooled = [
        _written_group(chunk, updated, [])
        for updated, projects in sorted(caught_up.items())
        for chunk in in_chunks(sorted(projects, key=int))
    ]
    return pooled + groups


def in_chunks(projects: Sequence[str]) -> Iterable[tuple[str, ...]]:
    """Projects in portions that fit one query."""
    for start in range(0, len(projects), PROJECTS_IN_QUERY):
        yield tuple(projects[start : start + PROJECTS_IN_QUERY])


def _written_group(projects: Sequence[str], updated: int, pending: list[list[str | None]]) -> dict[str, Any]:
    return {"projects": list(projects), "updated": from_milliseconds(updated), "pending": pending}


def _written_window(start: int, end: int, position: Position | None) -> list[str | None]:
    reached = None
    if position is not None:
        reached = from_milliseconds(position.second) + (f"/{position.after}" if position.after else "")
    return [from_milliseconds(start), from_milliseconds(end), reached]
