"""The scan: plans what to read, lets workers read it, and sends what they bring from one thread.

That one thread yields a batch's records, commits them, and emits states between batches. So no state claims a record
that is not out before it, and none comes between the records of one issue.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Any

from airbyte_cdk.sources.types import Record

from source_jira_flow.common.instants import MINUTE, SECOND, from_milliseconds
from source_jira_flow.common.json import JsonObject
from source_jira_flow.common.parallel import in_parallel, merged
from source_jira_flow.errors import JiraFlowError, PassingFault, SignInRefused
from source_jira_flow.records.field_map import FieldMap
from source_jira_flow.records.seen import Seen
from source_jira_flow.records.sound import UNREAD, version_of
from source_jira_flow.scan.backfill import Backfill
from source_jira_flow.scan.batch import Batch, Outgoing
from source_jira_flow.scan.census import Census, groups_of
from source_jira_flow.scan.checkpoints import Checkpoints
from source_jira_flow.scan.due import is_due, projects_due
from source_jira_flow.scan.fed import IssueStream
from source_jira_flow.scan.fed_stream import FedStream, asked_expand, asked_fields
from source_jira_flow.scan.incremental import Incremental
from source_jira_flow.scan.jobs import JobQueue
from source_jira_flow.scan.listing import Lister
from source_jira_flow.scan.plan import make_plan, projects_to_read, watermark_ahead
from source_jira_flow.scan.reader import IssueReader
from source_jira_flow.scan.unreadable import Unreadable
from source_jira_flow.scan.waiting import Waiting, outgoing
from source_jira_flow.state.issues import IssueState
from source_jira_flow.sync import Sync

Workers = Sequence[Iterator[Outgoing]]
COVERAGE = "coverage"
# After so many jobs in a row that failed, the rest would fail as well.
_FAILURES_IN_A_ROW = 3
_FURTHER_AHEAD = 15 * MINUTE


class IssueScan:
    """One scan for all chosen streams that are made of issues. `seen` is shown every issue that is sent."""

    def __init__(self, sync: Sync, streams: Mapping[str, type[FedStream]], seen: Seen) -> None:
        self._sync = sync
        self._seen = seen
        self._began = time.monotonic()
        stored = {name: sync.states.stored(name) for name in streams}
        self._field_map = _field_map(sync, stored.values())
        self._streams = [stream(name, sync, self._field_map) for name, stream in streams.items()]
        self._issues = next((stream for stream in self._streams if isinstance(stream, IssueStream)), None)
        self._states = {stream.name: self._state(stream, stored[stream.name]) for stream in self._streams}
        self._unreadable = Unreadable(each for state in self._states.values() for each in state.unread)
        self._checkpoints = Checkpoints(sync, self._streams, self._states, self._unreadable)
        self._reader = IssueReader(
            sync, asked_fields(self._streams), asked_expand(self._streams), self._unreadable, self._fail_at_end
        )
        self._backfills: list[Backfill] = []
        self._jobs = JobQueue(
            [
                lambda: [self._plan],
                lambda: [backfill.look_again for backfill in self._backfills],
                lambda: [backfill.judge for backfill in self._backfills],
            ]
        )
        self._failures: list[Exception] = []
        self._failed_in_a_row = 0
        self._lock = threading.Lock()

    # -- sending -----------------------------------------------------------------------------------

    def records(self, merge: Callable[[Workers], Iterable[Outgoing]] = merged) -> Iterator[Record]:
        """The records of all streams, by stream name; raises at the end what failed. `merge` runs the workers."""
        try:
            read = merge([self._worker() for _ in range(self._sync.workers)])
            for outgoing in chain(read, self._sent(self._census())):
                yield from outgoing.records
                self._checkpoints.commit(outgoing)
                # Not held while the next one is on its way.
                del outgoing
            self._checkpoints.emit()
            failure = self._failures[0] if self._failures else self._unreadable.error()
        except Exception as error:  # noqa: BLE001  # raised below, once those that wait for the scan know of it
            failure = error
        except BaseException:
            failure = RuntimeError("The scan of issues was abandoned.")
            raise
        finally:
            self._seen.end(failure)
        if failure is not None:
            raise failure

    def emit_last_states(self) -> None:
        """The states as they stand: they never claim more than what came."""
        self._checkpoints.emit()

    # -- working -----------------------------------------------------------------------------------

    def _worker(self) -> Iterator[Outgoing]:
        """Do jobs until none is left."""
        while (job := self._jobs.take()) is not None:
            try:
                yield from self._sent(job())
                self._failed_in_a_row = 0
            except Exception as error:  # noqa: BLE001  # whatever fails one job must not end the others
                self._note_failure(error)
            finally:
                self._jobs.done()

    def _sent(self, batches: Iterable[Batch | Outgoing]) -> Iterator[Outgoing]:
        """What is made of a job's batches. What waits is sent for several at once, and before a job fails.

        While something waits nothing is settled: what came after it is settled with it.
        """
        waiting = Waiting(self._sync.settings.waiting_changes, self._unreadable)
        try:
            for batch in batches:
                outgoing = batch if isinstance(batch, Outgoing) else self._outgoing(batch, waiting)
                # The issues are not held while their records are sent.
                del batch
                yield outgoing
                del outgoing
                if waiting.is_full:
                    yield waiting.completed()
        except Exception:
            if waiting:
                yield waiting.completed()
            raise
        if waiting:
            yield waiting.completed()

    def _outgoing(self, batch: Batch, waiting: Waiting) -> Outgoing:
        """The records of a batch. What was edited at or after T0 is for the next sync: no issue comes twice in one.

        What is dated further ahead than this sync has taken was not edited since: it is dated in the future.
        """
        readable = [issue for issue in batch.issues if UNREAD not in issue]
        ahead = self._sync.now + int((time.monotonic() - self._began) * SECOND) + _FURTHER_AHEAD
        for issue in readable:
            issue["updated_ms"] = version_of(issue)
        now = [issue for issue in readable if not self._sync.now <= issue["updated_ms"] < ahead]
        wanted = {
            stream: [issue for issue in now if self._is_wanted(batch, stream.name, issue)]
            for stream in self._streams
            if stream.name in batch.streams
        }
        most: list[JsonObject] = max(wanted.values(), key=len, default=[])
        self._seen.note(most, self._field_map)
        for stream, issues in wanted.items():
            late = stream.prepare(issues, batch.passes_over_recent)
            if late:
                wanted[stream] = waiting.add(stream, issues, late, batch.passes_over_recent)
        return outgoing(wanted, waiting.settling(batch.settle), self._unreadable)

    # -- the census --------------------------------------------------------------------------------

    def _census(self) -> Iterator[Batch | Outgoing]:
        """What the comparison with Jira's list brings, once everything else is out."""
        issues = self._issues
        if issues is None or self._jobs.abandoned:
            return
        imported, complete = self._checkpoints.imported(issues.name)
        issues.census.waiting &= imported.keys()
        try:
            due = projects_due(
                self._sync,
                issues.census,
                complete,
                lambda: Lister(self._reader, groups_of(complete), {}).count(),
                asked_for=self._wants_coverage(),
                quiet=self._checkpoints.is_quiet,
            )
            if due:
                census = Census(self._reader, issues, tuple(self._states), imported, due, is_full=due == complete)
                yield from census.batches()
                self._seen.coverage += census.proof
            issues.census.sent.settle()
        except SignInRefused as error:
            self._fail_at_end(error)
        except JiraFlowError as error:
            self._sync.logger.warning(
                "Jira's issues could not be compared with those that were sent: %s Nothing is concluded, and the next"
                " sync looks again.",
                error,
            )

    def _wants_coverage(self) -> bool:
        """Whether the stream `coverage` begins anew: else it waits for a census that is due."""
        return COVERAGE in self._sync.chosen and not self._sync.states.stored(COVERAGE)

    def _is_wanted(self, batch: Batch, stream: str, issue: JsonObject) -> bool:
        return batch.wants(stream, issue) and not (
            batch.passes_over_recent and self._checkpoints.went_out(stream, issue["id"], issue["updated_ms"])
        )

    def _removals(self, stream: FedStream) -> Iterator[Outgoing]:
        for records, settle in stream.removals():
            yield Outgoing([Record(data=data, stream_name=stream.name) for data in records], {}, settle)

    # -- failures ----------------------------------------------------------------------------------

    def _fail_at_end(self, error: Exception) -> None:
        """Read the rest, and then fail the streams with this error."""
        self._sync.logger.warning("A part of the issue scan failed: %s", error)
        with self._lock:
            self._failures.append(error)

    def _note_failure(self, error: Exception) -> None:
        self._fail_at_end(error)
        with self._lock:
            self._failed_in_a_row += 1
            hopeless = isinstance(error, SignInRefused) or self._failed_in_a_row >= _FAILURES_IN_A_ROW
        if hopeless:
            self._jobs.abandon()

    # -- the plan ----------------------------------------------------------------------------------

    def _state(self, stream: FedStream, stored: Mapping[str, Any]) -> IssueState:
        state = IssueState.parse(stream.name, stored)
        ahead = watermark_ahead(state, self._sync.now)
        if ahead is not None:
            self._sync.logger.warning(
                "The stored watermark of %s (%s) lies ahead of Jira's clock (%s): all issues are read again.",
                stream.name,
                from_milliseconds(ahead),
                from_milliseconds(self._sync.now),
            )
        if not stream.is_remapped(stored):
            return state
        self._sync.logger.warning(
            "Jira's fields for sprints, story points or epics changed since the last sync: all issues are read again."
        )
        # All: `is not EMPTY` would miss issues whose column must become null, and fields that can't be searched.
        return replace(state, progress={}, recent={})

    def _ask_again(self) -> Iterator[Batch]:
        """Request the issues that earlier syncs could not read."""
        references = self._unreadable.stored
        issues = self._reader.search.by_reference(references)
        yield Batch(issues, tuple(self._states), settle=partial(self._unreadable.asked_again, references))

    def _plan(self) -> Iterable[Batch]:
        projects = projects_to_read(self._sync, self._states.values(), self._reader.find_project, self._fail_at_end)
        keys = {project.id: project.key for project in projects}
        self._forget_versions_of_renamed(keys)
        groups = make_plan(self._states, projects, self._sync.options.start_date, self._sync.now)
        self._checkpoints.open(groups, keys)
        self._jobs.add([partial(self._removals, stream) for stream in self._streams])
        if self._unreadable.stored:
            self._jobs.add([self._ask_again])
        is_census_due = self._issues and is_due(self._sync, self._issues.census, asked_for=self._wants_coverage())
        versions = self._issues.census.versions if self._issues and is_census_due else None
        for group in groups:
            incremental = Incremental(self._reader, group, versions, self._checkpoints.went_out)
            backfill = Backfill(self._reader, group, incremental.since, lambda job: self._jobs.add([job]))
            self._backfills.append(backfill)
            self._jobs.add(backfill.jobs())
            if incremental.since:
                self._jobs.add([incremental.read])
                if self._issues:
                    self._issues.census.versions.unseen.update(map(int, group.projects))
        return ()

    def _forget_versions_of_renamed(self, keys: Mapping[str, str]) -> None:
        for stream, state in self._states.items():
            if any(keys.get(project_id, key) != key for project_id, key in state.keys.items()):
                self._checkpoints.forget_versions(stream)
                next(each for each in self._streams if each.name == stream).forget()


def _field_map(sync: Sync, stored: Iterable[Mapping[str, Any]]) -> FieldMap:
    """From Jira's fields; its projects, for the plan, are asked for at the same time.

    A list that differs from that of the `stored` states counts when it comes twice.
    """
    asks: dict[str, Callable[[], list[Any]]] = {"fields": sync.jira.fields, "projects": lambda: sync.projects}
    answers = dict(in_parallel(lambda name: asks[name](), asks, len(asks)))
    found = FieldMap.of(answers["fields"])
    before = [state["fields"] for state in stored if state.get("fields")]
    if not before or found.written() in before:
        return found
    again = FieldMap.of(sync.jira.fields())
    if again.written() not in (found.written(), *before):
        raise PassingFault("Jira's list of fields changes from one answer to the next. Sync again.")
    return again
