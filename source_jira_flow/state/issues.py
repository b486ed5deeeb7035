"""The state of a stream that is made of issues, as Airbyte keeps it.

    {version, instance, generation_id?, groups: [{projects, updated, pending: [[from, to, position]]}],
     recent, keys, start_date, unread}

Instants are RFC 3339 in UTC. A position is an instant, or `instant/issue id` inside a crowded second. `recent` is
packed (see `packing`), `keys` holds each project's key as it was when its issues were read, `unread` the issues (by id
or key) that could not be read and are asked for again. Issues have `fields` too: the ids of the custom fields that
columns were made of.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from source_jira_flow.common.instants import floor_second, from_milliseconds, milliseconds
from source_jira_flow.common.parallel import portions
from source_jira_flow.state.migrations import readable
from source_jira_flow.state.packing import unpack_versions
from source_jira_flow.state.progress import Group, Position, Window

# Projects in one query; groups that have caught up are pooled up to this size.
PROJECTS_IN_QUERY = 1000


@dataclass(frozen=True)
class Pending:
    """A window of `created` that one stream has not finished."""

    start: int
    end: int
    position: Position | None


@dataclass(frozen=True)
class Progress:
    """How far one stream has come in a project: up to which `updated`, and what of the history is pending."""

    updated: int
    pending: tuple[Pending, ...] = ()


@dataclass(frozen=True)
class IssueState:
    """A stored state, read. `progress` and `keys` are by project id. Times are epoch milliseconds."""

    progress: Mapping[str, Progress] = field(default_factory=dict)
    recent: Mapping[str, int] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    start_date: int | None = None
    unread: tuple[str, ...] = ()

    @classmethod
    def parse(cls, stream: str, raw: Mapping[str, Any]) -> IssueState:
        """From the stream's state, empty to start over. Raises ConfigurationError where it can't be read."""
        if not raw:
            return cls()
        with readable(stream):
            return cls(
                progress=_progress(raw["groups"]),
                recent=unpack_versions(raw.get("recent") or ""),
                keys=dict(raw.get("keys") or {}),
                start_date=milliseconds(raw["start_date"]) if raw.get("start_date") else None,
                unread=tuple(str(each) for each in raw.get("unread") or ()),
            )


def _progress(groups: Iterable[Mapping[str, Any]]) -> dict[str, Progress]:
    by_project: dict[str, Progress] = {}
    for group in groups:
        pending = tuple(_pending(*window) for window in group.get("pending") or ())
        progress = Progress(milliseconds(group["updated"]), pending)
        by_project.update((str(project), progress) for project in group["projects"])
    return by_project


def _pending(start: str, end: str, position: str | None) -> Pending:
    return Pending(milliseconds(start), milliseconds(end), _position(position) if position else None)


def _position(text: str) -> Position:
    second, _, after = text.partition("/")
    return Position(milliseconds(second), int(after or 0))


def written_groups(stream: str, groups: Iterable[Group]) -> list[dict[str, Any]]:
    """A stream's share of all groups. Those that have caught up to the same instant are pooled into one."""
    caught_up: dict[int, list[str]] = {}
    behind: list[dict[str, Any]] = []
    for group in groups:
        with group.lock:
            pending = [_written_window(window, stream) for window in group.windows if stream in window.positions]
            if not pending:
                caught_up.setdefault(group.updated[stream], []).extend(group.projects)
            elif group.projects:
                behind.append(_written_group(group.projects, group.updated[stream], pending))
    pooled = [
        _written_group(some, updated, [])
        for updated, projects in sorted(caught_up.items())
        for some in in_queries(sorted(projects, key=int))
    ]
    return pooled + behind


def looked_back(updated: int, lookback: int) -> int:
    """Where the next incremental read begins: on a whole second, since a server's index may hold no finer."""
    return floor_second(updated - lookback)


def in_queries(projects: Sequence[str]) -> Iterable[tuple[str, ...]]:
    """Projects in portions that fit one query."""
    return map(tuple, portions(projects, PROJECTS_IN_QUERY))


def _written_group(projects: Sequence[str], updated: int, pending: list[list[str | None]]) -> dict[str, Any]:
    return {"projects": list(projects), "updated": from_milliseconds(updated), "pending": pending}


def _written_window(window: Window, stream: str) -> list[str | None]:
    position, reached = window.positions[stream], None
    if position is not None:
        reached = from_milliseconds(position.second) + (f"/{position.after}" if position.after else "")
    return [from_milliseconds(window.start), from_milliseconds(window.end), reached]
