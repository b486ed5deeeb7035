"""The sweep: plans what is to be read, reads it in parallel lanes, and holds what came against Jira's count."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TypeVar

from airbyte_cdk.sources.types import Record

from source_jira_flow import jql
from source_jira_flow.errors import BadRequest, ConfigurationError, SignInRefused
from source_jira_flow.instants import SECOND, floor_second, milliseconds
from source_jira_flow.jira.base import Count, Document
from source_jira_flow.missing_permissions import NO_PROJECT, lost_projects, unknown_projects
from source_jira_flow.projects import Project
from source_jira_flow.scan.by_id import IdRead
from source_jira_flow.scan.feeds import Feed, asked_fields
from source_jira_flow.scan.keyset import Range, RangeReader, ScanPage
from source_jira_flow.scan.lanes import JobQueue
from source_jira_flow.scan.ledger import Ledger, looked_back
from source_jira_flow.scan.plan import confirmed, make_plan, missing_projects
from source_jira_flow.scan.progress import BEGINNING, Position, Scope, Window
from source_jira_flow.scan.state import IssueState
from source_jira_flow.scan.verification import Coverage, Verdict, WindowCount
from source_jira_flow.sync import Sync

# A window up to this many times larger than aimed at is read as it is.
_TOLERANCE = 1.5
# After so many jobs in a row that failed, the rest would fail as well.
_FAILURES_IN_A_ROW = 3
# Documents may be newer than the index for about this long.
_UNSETTLED = 15 * 60 * SECOND

_Job = Callable[[], Iterable[Record]]
_Wanted = Callable[[str, Document], bool]
_Answer = TypeVar("_Answer")
_Sending = Generator[Record, None, Mapping[str, Sequence[Document]]]


class IssueSweep:
    """One sweep for all chosen streams that are made of issues. `lane` is run by several threads at once."""

    def __init__(self, sync: Sync, feeds: Sequence[Feed], observe: Callable[[Document], None]) -> None:
        """`observe` is shown every issue that is sent."""
        self._sync = sync
        self._jira = sync.jira
        self._settings = sync.jira.client.settings
        self._feeds = {feed.name: feed for feed in feeds}
        self._fields = asked_fields(feeds)
        self._observe = observe
        self._states = {name: IssueState.parse(name, sync.stored_state(name)) for name in self._feeds}
        self._ledger = Ledger(sync, feeds, self._states)
        self._changes: dict[Scope, dict[str, int]] = {}
        self._coverage: dict[Scope, Coverage] = {}
        self._queue: JobQueue[_Job] = JobQueue([lambda: [self._plan], self._verifications, self._second_looks])
        self._failures: list[Exception] = []
        self._failed_in_a_row = 0
        self._lock = threading.Lock()
        self._finished = False
        start = sync.config.start_date
        self._extra = "" if start is None else jql.at_or_after("updated", start)

    # -- lanes -------------------------------------------------------------------------------------

    def lane(self) -> Iterator[Record]:
        """Do jobs until there are none. The last lane ends the sweep, and raises what failed in it."""
        while (job := self._queue.take()) is not None:
            try:
                yield from job()
                self._failed_in_a_row = 0
            except Exception as error:  # noqa: BLE001  # whatever fails one job must not end the others
                self._note_failure(error)
            finally:
                self._queue.done()
        with self._lock:
            last, self._finished = not self._finished, True
        if last:
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
        scopes = make_plan(self._states, projects, self._sync.config.start_date, self._sync.now)
        self._ledger.open(scopes, {project.id: project.key for project in projects})
        for scope in scopes:
            self._changes[scope] = self._changes_from(scope)
            self._queue.add([partial(self._read_window, scope, window) for window in list(scope.windows)])
            if self._changes[scope]:
                self._queue.add([partial(self._read_changes, scope)])
        return ()

    def _projects(self) -> list[Project]:
        visible = self._sync.projects
        selection = self._sync.select_projects()
        if not visible:
            raise ConfigurationError(NO_PROJECT)
        for project in selection.not_importable:
            self._sync.logger.warning(
                "Project %s (%s) is not imported: only live software and business projects are.",
                project.key,
                project.name,
            )
        missing = missing_projects(self._states.values(), (project.id for project in visible))
        kept = confirmed(missing, self._find_project, self._is_wanted)
        imported = [*selection.imported, *kept]
        unknown = [key for key in selection.unknown if key.upper() not in {project.key.upper() for project in kept}]
        if unknown:
            self._fail_at_end(ConfigurationError(unknown_projects(unknown, visible)))
        return imported

    def _find_project(self, project_id: str) -> Project | None:
        document = self._jira.project(project_id)
        return None if document is None else Project.of(document)

    def _is_wanted(self, project: Project) -> bool:
        keys = {key.upper() for key in self._sync.config.projects}
        return project.importable and not project.archived and (not keys or project.key.upper() in keys)

    def _forget_versions_of_renamed(self, projects: Iterable[Project]) -> None:
        keys = {project.id: project.key for project in projects}
        for stream, state in self._states.items():
            if any(keys.get(project_id, key) != key for project_id, key in state.keys.items()):
                self._ledger.forget_versions(stream)

    def _changes_from(self, scope: Scope) -> dict[str, int]:
        """From which instant each stream lacks changes; streams whose history begins with this sync lack none."""
        earliest = self._sync.config.start_date or 0
        return {
            stream: max(looked_back(updated, self._sync.config.lookback), earliest)
            for stream, updated in scope.updated.items()
            if updated < self._sync.now
        }

    # -- history: windows of `created` -------------------------------------------------------------

    def _read_window(
        self, scope: Scope, window: Window, count: int | None = None, aim: int | None = None
    ) -> Iterator[Record]:
        if not self._narrow(scope, window):
            return
        whole = not any(window.positions.values())
        self._cut_to_size(scope, window, count, aim)
        span = Range("created", window.end, self._sync.now, self._settings.page_size, self._extra)
        coming = WindowCount(window.start, window.end)
        begin = window.begin()
        wanted = partial(self._wanted_in_window, scope, dict(window.positions), begin)
        for page in self._pages(scope, span, begin):
            sent = yield from self._send(page.issues, tuple(window.positions), wanted)
            coming.add(page.issues)
            self._ledger.commit_window(scope, window, page.position, sent)
            self._ledger.checkpoint_if_due()
        if whole:
            with self._lock:
                self._coverage.setdefault(scope, Coverage()).windows.append((coming, tuple(window.positions)))

    def _narrow(self, scope: Scope, window: Window) -> bool:
        """Let a history begin at its first issue; False where there is none."""
        if window.start != BEGINNING:
            return True
        first = self._asking(scope, lambda: self._jira.search(self._oldest_first(scope), ["created"], 1).issues)
        start = floor_second(milliseconds(first[0]["fields"]["created"])) if first else window.end
        if start >= window.end:
            self._ledger.commit_window(scope, window, None, {})
            return False
        window.start = start
        return True

    def _oldest_first(self, scope: Scope) -> str:
        return jql.ascending(jql.both(jql.in_projects(scope.projects), self._extra), "created")

    def _cut_to_size(self, scope: Scope, window: Window, count: int | None, aim: int | None) -> None:
        """Halve the window until it is small enough to read; the other halves become jobs of their own.

        Counts may be estimates: a window that turns out larger is simply read on.
        """
        if count is None:
            count = self._count(scope, window.begin().second, window.end).number
        if aim is None:
            # Smaller windows where large ones would leave lanes idle.
            most = self._settings.window_size
            aim = max(most // 2, min(most, count // (3 * self._sync.config.workers)))
        while count > aim * _TOLERANCE:
            start = window.begin().second
            middle = floor_second((start + window.end) // 2)
            if middle <= start:
                return
            left = self._count(scope, start, middle).number
            right = self._ledger.split(scope, window, middle)
            self._queue.add([partial(self._read_window, scope, right, max(0, count - left), aim)])
            count = left

    def _count(self, scope: Scope, start: int, end: int) -> Count:
        """How many issues were created in [start, end), by Jira's count."""
        span = jql.both(jql.between("created", start, end), self._extra)
        counted = self._asking(scope, lambda: self._jira.count(jql.both(jql.in_projects(scope.projects), span)))
        return counted or Count(0, exact=True)

    def _wanted_in_window(
        self, scope: Scope, positions: Mapping[str, Position | None], begin: Position, stream: str, issue: Document
    ) -> bool:
        changes_from = self._changes[scope].get(stream)
        if changes_from is not None and issue["updated_ms"] >= changes_from:
            return False  # The read of changes brings it.
        reached = positions[stream]
        if reached is None or reached == begin:
            return True
        second = floor_second(milliseconds(issue["fields"]["created"]))
        return Position(second, int(issue["id"])) > reached if reached.after else second >= reached.second

    # -- changes: `updated` up to T0 ---------------------------------------------------------------

    def _read_changes(self, scope: Scope) -> Iterator[Record]:
        changes_from = self._changes[scope]
        span = Range("updated", self._sync.now, self._settled(), self._settings.page_size)
        for page in self._pages(scope, span, Position(min(changes_from.values()))):
            sent = yield from self._send(
                page.issues,
                tuple(changes_from),
                lambda stream, issue: (
                    issue["updated_ms"] >= changes_from[stream]
                    and not self._ledger.went_out(stream, issue["id"], issue["updated_ms"])
                ),
            )
            self._ledger.commit_updated(scope, tuple(changes_from), page.position, sent)
            self._ledger.checkpoint_if_due()

    def _settled(self) -> int:
        return self._sync.now - max(self._sync.config.lookback, _UNSETTLED)

    # -- pages and records -------------------------------------------------------------------------

    def _pages(self, scope: Scope, span: Range, begin: Position) -> Iterator[ScanPage]:
        """The pages of a range. Projects that vanish meanwhile are left out, and the read goes on where it stood."""
        reader = RangeReader(self._jira, lambda: scope.projects, self._fields, span, begin)
        while scope.projects:
            projects = scope.projects
            try:
                yield from reader.pages()
                return
            except BadRequest as refused:
                self._drop_vanished(scope, projects, refused)
        yield ScanPage([], None)

    def _asking(self, scope: Scope, ask: Callable[[], _Answer]) -> _Answer | None:
        """The answer to a query about a scope, without projects that vanished meanwhile; None when none is left."""
        while scope.projects:
            projects = scope.projects
            try:
                return ask()
            except BadRequest as refused:
                self._drop_vanished(scope, projects, refused)
        return None

    def _drop_vanished(self, scope: Scope, asked: tuple[str, ...], refused: BadRequest) -> None:
        """Jira refuses a whole query for one project that is gone. Any other refusal is raised again."""
        with self._lock:
            if scope.projects != asked:
                return  # Another lane has found it out.
            listed = {str(document["id"]) for document in self._jira.projects()}
            gone = frozenset(
                project for project in asked if project not in listed and self._find_project(project) is None
            )
            if not gone:
                raise refused
            names = sorted(project.key for project in self._sync.projects if project.id in gone)
            self._ledger.drop_projects(scope, gone)
        self._fail_at_end(ConfigurationError(lost_projects(names or sorted(gone))))

    def _send(self, issues: Sequence[Document], streams: Sequence[str], wanted: _Wanted) -> _Sending:
        """The records of a page; returns the issues that were sent, by stream.

        What was edited at or after T0 belongs to the next sync, so that no issue comes twice in one.
        """
        now = self._sync.now
        for issue in issues:
            issue["updated_ms"] = milliseconds(issue["fields"]["updated"])
        before = [issue for issue in issues if issue["updated_ms"] < now]
        sent = {
            stream: [issue for issue in before if wanted(stream, issue)] for stream in self._feeds if stream in streams
        }
        for stream, chosen in sent.items():
            self._feeds[stream].prepare(chosen)
        for stream, chosen in sent.items():
            records = self._feeds[stream].records
            for issue in chosen:
                for data in records(issue):
                    yield Record(data=data, stream_name=stream)
        for issue in max(sent.values(), key=len, default=[]):
            self._observe(issue)
        return sent

    # -- the count at the end ----------------------------------------------------------------------

    def _verifications(self) -> Iterable[_Job]:
        return [partial(self._verify, scope) for scope in self._coverage if scope.projects]

    def _verify(self, scope: Scope) -> Iterator[Record]:
        """Read again, by ids, the windows in which Jira counts more than came."""
        coverage = self._coverage[scope]
        for window, streams in coverage.differing(partial(self._count, scope)):
            yield from self._read_again(scope, window, streams)
            coverage.looked_into.append((window, streams))

    def _read_again(self, scope: Scope, window: WindowCount, streams: tuple[str, ...]) -> Iterator[Record]:
        span = jql.both(jql.between("created", window.start, window.end), self._extra)
        again = IdRead(self._jira, lambda: scope.projects, self._fields, span)
        wanted = partial(self._wanted_in_window, scope, dict.fromkeys(streams), Position(window.start))
        missing = self._asking(scope, again.ids)
        for issues, _ in again.rows(sorted((missing or set()) - window.known(), key=int), self._settings.page_size):
            sent = yield from self._send(issues, streams, wanted)
            window.add(issues)
            self._ledger.commit_rows(sent)

    def _second_looks(self) -> Iterable[_Job]:
        return [
            partial(self._judge, scope)
            for scope, coverage in self._coverage.items()
            if coverage.looked_into and scope.projects
        ]

    def _judge(self, scope: Scope) -> Iterable[Record]:
        verdict = self._coverage[scope].verdict(partial(self._count, scope))
        if verdict.missing:
            self._report(scope, verdict)
        return ()

    def _report(self, scope: Scope, verdict: Verdict) -> None:
        named = [project.key for project in self._sync.projects if project.id in scope.projects]
        message = (
            f"Jira counts {verdict.counted} issues in {', '.join(named[:10])}{' and others' if len(named) > 10 else ''}"
            f" where {verdict.came} came; reading again brought no more."
        )
        if not verdict.is_failure:
            self._sync.logger.warning("%s%s", message, "" if verdict.exact else " The count is an estimate.")
            return
        for window, streams in verdict.windows:
            self._ledger.add_window(scope, Window(window.start, window.end, dict.fromkeys(streams)))
        raise verdict.error(message)
