"""From the streams' states and today's projects to the groups of a scan.

Streams may have come to different places: one was chosen later, or reset. Projects in which each stream has come as
far form a group; what a stream lacks in it decides what is read. A project is read from its beginning when a stream
does not know it, when its key was renamed (which changes the key of every issue, and no `updated`), or when
`start_date` moved to an earlier time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from source_jira_flow.common.instants import CLOCKS_AGREE
from source_jira_flow.errors import ConfigurationError
from source_jira_flow.jira.missing_permissions import no_longer_imported, no_project, unknown_projects
from source_jira_flow.jira.projects import Project
from source_jira_flow.state.issues import IssueState, Pending, Progress, in_queries
from source_jira_flow.state.progress import BEGINNING, Group, Window
from source_jira_flow.sync import Sync


def make_plan(
    states: Mapping[str, IssueState], projects: Iterable[Project], start_date: int | None, now: int
) -> list[Group]:
    """`projects` are those to import; `now` is T0. Projects of a state that are not among them are forgotten."""
    imported = list(projects)
    nothing = Progress(now, (Pending(BEGINNING, now, None),))
    known = {stream: _behind(_known(state, imported, start_date), now) for stream, state in states.items()}
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
    """A stream's progress in the projects that need not be read from the beginning."""
    # Where the start date is earlier than the one that the state was made with, all are.
    if state.start_date is not None and (start_date is None or start_date < state.start_date):
        return {}
    return {
        project.id: state.progress[project.id]
        for project in imported
        if project.id in state.progress and state.keys.get(project.id, project.key) == project.key
    }


def _behind(known: Mapping[str, Progress], now: int) -> dict[str, Progress]:
    """A watermark that lies ahead of T0 was made with a wrong clock: nothing says up to when changes were read.

    Clocks that agree may still differ by a little: then the changes of that little time are read again.
    """
    return {
        project: replace(progress, updated=now - CLOCKS_AGREE) if progress.updated > now else progress
        for project, progress in known.items()
        if progress.updated <= now + CLOCKS_AGREE
    }


def watermark_ahead(state: IssueState, now: int) -> int | None:
    """The latest watermark that is further ahead of T0 than clocks differ: its projects start over."""
    latest = max((progress.updated for progress in state.progress.values()), default=0)
    return latest if latest > now + CLOCKS_AGREE else None


def _group(project_ids: tuple[str, ...], by_stream: Mapping[str, Progress]) -> Group:
    windows: dict[tuple[int, int], Window] = {}
    for stream, progress in by_stream.items():
        for pending in progress.pending:
            window = windows.setdefault((pending.start, pending.end), Window(pending.start, pending.end, {}))
            window.positions[stream] = pending.position
    updated = {stream: progress.updated for stream, progress in by_stream.items()}
    return Group(project_ids, updated, list(windows.values()))


def projects_to_read(
    sync: Sync,
    states: Iterable[IssueState],
    find: Callable[[str], Project | None],
    fail_at_end: Callable[[Exception], None],
) -> list[Project]:
    """The projects to import, including known ones that Jira's list lacks but Jira, asked by id, still has.

    Raises ConfigurationError where the account sees none at all; configured ones that are unknown fail at the end.
    """
    listed, selection, kind = sync.projects, sync.select_projects(), sync.jira.kind
    if not listed:
        raise ConfigurationError(no_project(kind))
    for project in selection.not_importable:
        sync.logger.warning(
            "Project %s (%s) is not imported: only live software and business projects are.", project.key, project.name
        )
    found = map(find, sorted(missing_projects(states, (project.id for project in listed))))
    kept = [one for one in found if one is not None and one.is_live and sync.options.wants(one.key)]
    unknown = [key for key in selection.unknown if key.upper() not in {project.key.upper() for project in kept}]
    if unknown:
        fail_at_end(ConfigurationError(unknown_projects(unknown, listed, kind)))
    imported = [*selection.imported, *kept]
    if not sync.options.projects:
        _mention_lost(sync, states, imported)
    return imported


def _mention_lost(sync: Sync, states: Iterable[IssueState], imported: Iterable[Project]) -> None:
    """Warn of lost projects: with automatic import, nobody else would notice that one is missing."""
    now = {project.id for project in imported}
    keys = {key for state in states for project, key in state.keys.items() if project not in now}
    lost = sorted(filter(sync.options.wants, keys))
    if lost:
        sync.logger.warning(no_longer_imported(lost, sync.jira.kind))


def missing_projects(states: Iterable[IssueState], listed: Iterable[str]) -> set[str]:
    """Projects of the states that Jira's list no longer shows: a list may be short."""
    known = {project_id for state in states for project_id in state.progress}
    return known - set(listed)
