"""The sweep: plans what is to be read, reads it in parallel lanes, and ends with the states and what failed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence

from airbyte_cdk.sources.types import Record

from source_jira_flow.common.json import JsonObject
from source_jira_flow.errors import ConfigurationError, SignInRefused
from source_jira_flow.jira.missing_permissions import no_project, unknown_projects
from source_jira_flow.jira.projects import Project
from source_jira_flow.scan.backfill import History, Job
from source_jira_flow.scan.checkpoints import Ledger
from source_jira_flow.scan.feeds import Feed
from source_jira_flow.scan.incremental import Changes
from source_jira_flow.scan.jobs import JobQueue
from source_jira_flow.scan.plan import confirmed, make_plan, missing_projects
from source_jira_flow.scan.reader import IssueReader
from source_jira_flow.state.issues import IssueState
from source_jira_flow.sync import Sync

# After so many jobs in a row that failed, the rest would fail as well.
_FAILURES_IN_A_ROW = 3


class IssueSweep:
    """One sweep for all chosen streams that are made of issues. `lane` is run by several threads at once."""

    def __init__(self, sync: Sync, feeds: Sequence[Feed], observe: Callable[[JsonObject], None]) -> None:
        """`observe` is shown every issue that is sent."""
        self._sync = sync
        self._states = {feed.name: IssueState.parse(feed.name, sync.states.stored(feed.name)) for feed in feeds}
        self._ledger = Ledger(sync, feeds, self._states)
        self._reader = IssueReader(sync, feeds, self._ledger, self._fail_at_end, observe)
        self._histories: list[History] = []
        self._queue: JobQueue[Job] = JobQueue(
            [
                lambda: [self._plan],
                lambda: [history.look_again for history in self._histories],
                lambda: [history.judge for history in self._histories],
            ]
        )
        self._failures: list[Exception] = []
        self._failed_in_a_row = 0
        self._lock = threading.Lock()
        self._finished = False

    # -- lanes -------------------------------------------------------------------------------------

    def lane(self) -> Iterator[Record]:
        """Do jobs until there are none. The first lane to find none ends the sweep, and raises what failed in it."""
        while (job := self._queue.take()) is not None:
            try:
                yield from job()
                self._failed_in_a_row = 0
            except Exception as error:  # noqa: BLE001  # whatever fails one job must not end the others
                self._note_failure(error)
            finally:
                self._queue.done()
        with self._lock:
            first, self._finished = not self._finished, True
        if first:
            self._finish()

    def emit_last_states(self) -> None:
        """The states as they stand: they never claim more than what came."""
        self._ledger.emit_last()

    def _fail_at_end(self, error: Exception) -> None:
        """The rest is read all the same; the streams end with this error."""
        self._sync.logger.warning("A part of the issue scan failed: %s", error)
        with self._lock:
            self._failures.append(error)

    def _note_failure(self, error: Exception) -> None:
        self._fail_at_end(error)
        with self._lock:
            self._failed_in_a_row += 1
            hopeless = isinstance(error, SignInRefused) or self._failed_in_a_row >= _FAILURES_IN_A_ROW
        if hopeless:
            self._queue.abandon()

    def _finish(self) -> None:
        self._ledger.emit_last()
        self._sync.sweep_failure = self._failures[0] if self._failures else None
        self._sync.issues_read.set()
        if self._failures:
            raise self._failures[0]

    # -- the plan ----------------------------------------------------------------------------------

    def _plan(self) -> Iterable[Record]:
        projects = self._projects()
        self._forget_versions_of_renamed(projects)
        scopes = make_plan(self._states, projects, self._sync.options.start_date, self._sync.now)
        self._ledger.open(scopes, {project.id: project.key for project in projects})
        for scope in scopes:
            changes = Changes(self._reader, scope)
            history = History(self._reader, scope, changes.since, lambda job: self._queue.add([job]))
            self._histories.append(history)
            self._queue.add(history.jobs())
            if changes.since:
                self._queue.add([changes.read])
        return ()

    def _projects(self) -> list[Project]:
        visible = self._sync.projects
        selection = self._sync.select_projects()
        if not visible:
            raise ConfigurationError(no_project(self._sync.jira.kind))
        for project in selection.not_importable:
            self._sync.logger.warning(
                "Project %s (%s) is not imported: only live software and business projects are.",
                project.key,
                project.name,
            )
        missing = missing_projects(self._states.values(), (project.id for project in visible))
        kept = confirmed(missing, self._reader.find_project, self._is_wanted)
        unknown = [key for key in selection.unknown if key.upper() not in {project.key.upper() for project in kept}]
        if unknown:
            self._fail_at_end(ConfigurationError(unknown_projects(unknown, visible, self._sync.jira.kind)))
        return [*selection.imported, *kept]

    def _is_wanted(self, project: Project) -> bool:
        keys = {key.upper() for key in self._sync.options.projects}
        return project.is_live and (not keys or project.key.upper() in keys)

    def _forget_versions_of_renamed(self, projects: Iterable[Project]) -> None:
        keys = {project.id: project.key for project in projects}
        for stream, state in self._states.items():
            if any(keys.get(project_id, key) != key for project_id, key in state.keys.items()):
                self._ledger.forget_versions(stream)
