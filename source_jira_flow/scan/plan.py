"""From the streams' states and the projects of today to the scopes of a sweep.

Each stream may stand somewhere else: it was chosen later, or reset. Projects in which all streams stand alike form
a scope; what a stream lacks in it decides what is read. A project is read from its beginning when a stream does not
know it, when its key was renamed (which moves the key of every issue, and no `updated`), or when `start_date` moved
to an earlier time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from source_jira_flow.jira.projects import Project
from source_jira_flow.scan.progress import BEGINNING, Scope, Window
from source_jira_flow.state.issues import IssueState, PendingWindow, in_chunks

# What one stream has in one project: the watermark, and the windows still pending. None: nothing yet.
_Standing = tuple[int, tuple[PendingWindow, ...]] | None


def make_plan(
    states: Mapping[str, IssueState], projects: Iterable[Project], start_date: int | None, now: int
) -> list[Scope]:
    """`projects` are those to import; `now` is T0. Projects of a state that are not among them are forgotten."""
    imported = list(projects)
    standings = {stream: _standings(state, imported, start_date) for stream, state in states.items()}
    alike: dict[tuple[_Standing, ...], list[str]] = {}
    for project in imported:
        alike.setdefault(tuple(standing.get(project.id) for standing in standings.values()), []).append(project.id)
    return [
        _scope(chunk, dict(zip(standings, signature, strict=True)), now)
        for signature, project_ids in alike.items()
        for chunk in in_chunks(sorted(project_ids, key=int))
    ]


def _standings(state: IssueState, imported: Iterable[Project], start_date: int | None) -> dict[str, _Standing]:
    if _reaches_back(start_date, state.start_date):
        return {}
    by_id = {project.id: project for project in imported}
    found: dict[str, _Standing] = {}
    for group in state.groups:
        for project_id in group.projects:
            project = by_id.get(project_id)
            if project is not None and state.keys.get(project_id, project.key) == project.key:
                found[project_id] = (group.updated, group.pending)
    return found


def _reaches_back(start_date: int | None, stored: int | None) -> bool:
    """Whether the start date is earlier than the one that the state was made with."""
    return stored is not None and (start_date is None or start_date < stored)


def _scope(project_ids: tuple[str, ...], by_stream: Mapping[str, _Standing], now: int) -> Scope:
    scope = Scope(project_ids, {stream: standing[0] if standing else now for stream, standing in by_stream.items()})
    windows: dict[tuple[int, int], Window] = {}
    for stream, standing in by_stream.items():
        for pending in standing[1] if standing else (PendingWindow(BEGINNING, now, None),):
            window = windows.setdefault((pending.start, pending.end), Window(pending.start, pending.end, {}))
            window.positions[stream] = pending.position
    scope.windows.extend(windows.values())
    return scope


def missing_projects(states: Iterable[IssueState], seen: Iterable[str]) -> set[str]:
    """Projects of the states that Jira's list no longer shows."""
    known = {project_id for state in states for group in state.groups for project_id in group.projects}
    return known - set(seen)


def confirmed(
    missing: Iterable[str], find: Callable[[str], Project | None], wanted: Callable[[Project], bool]
) -> list[Project]:
    """The missing projects that Jira, asked for each by itself, still has: a list may be short."""
    found = (find(project_id) for project_id in sorted(missing))
    return [project for project in found if project is not None and wanted(project)]
