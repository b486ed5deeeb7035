"""From the streams' states and today's projects to the groups of a scan.

Streams may have come to different places: one was chosen later, or reset. Projects in which each stream has come as
far form a group; what a stream lacks in it decides what is read. A project is read from its beginning when a stream
does not know it, when its key was renamed (which changes the key of every issue, and no `updated`), or when
`start_date` moved to an earlier time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from source_jira_flow.jira.projects import Project
from source_jira_flow.state.issues import IssueState, Pending, Progress, in_queries
from source_jira_flow.state.progress import BEGINNING, Group, Window


def make_plan(
    states: Mapping[str, IssueState], projects: Iterable[Project], start_date: int | None, now: int
) -> list[Group]:
    """`projects` are those to import; `now` is T0. Projects of a state that are not among them are forgotten."""
    imported = list(projects)
    nothing = Progress(now, (Pending(BEGINNING, now, None),))
    known = {stream: _known(state, imported, start_date) for stream, state in states.items()}
    alike: dict[tuple[Progress, ...], list[str]] = {}
    for project in imported:
        reached = tuple(progress.get(project.id, nothing) for progress in known.values())
        alike.setdefault(reached, []).append(project.id)
    return [
        _group(some, dict(zip(known, reached, strict=True)))
        for reached, project_ids in alike.items()
        for some in in_queries(sorted(project_ids, key=int))
    ]


def _known(state: IssueState, imported: Iterable[Project], start_date: int | None) -> dict[str, Progress]:
    """A stream's progress in those of the projects that are not to be read from their beginning."""
    if _reaches_back(start_date, state.start_date):
        return {}
    return {
        project.id: state.progress[project.id]
        for project in imported
        if project.id in state.progress and state.keys.get(project.id, project.key) == project.key
    }


def _reaches_back(start_date: int | None, stored: int | None) -> bool:
    """Whether the start date is earlier than the one that the state was made with."""
    return stored is not None and (start_date is None or start_date < stored)


def _group(project_ids: tuple[str, ...], by_stream: Mapping[str, Progress]) -> Group:
    windows: dict[tuple[int, int], Window] = {}
    for stream, progress in by_stream.items():
        for pending in progress.pending:
            window = windows.setdefault((pending.start, pending.end), Window(pending.start, pending.end, {}))
            window.positions[stream] = pending.position
    updated = {stream: progress.updated for stream, progress in by_stream.items()}
    return Group(project_ids, updated, list(windows.values()))


def missing_projects(states: Iterable[IssueState], listed: Iterable[str]) -> set[str]:
    """Projects of the states that Jira's list no longer shows."""
    known = {project_id for state in states for project_id in state.progress}
    return known - set(listed)


def confirmed(
    missing: Iterable[str], find: Callable[[str], Project | None], wanted: Callable[[Project], bool]
) -> list[Project]:
    """The missing projects that Jira, asked for each by itself, still has: a list may be short."""
    found = (find(project_id) for project_id in sorted(missing))
    return [project for project in found if project is not None and wanted(project)]
