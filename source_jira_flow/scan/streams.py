"""The streams that are made of issues, and the one sweep that feeds them.

The first of the chosen streams reads the sweep's lanes, whose records go to all of them by name; the others wait for
its end, and fail when it fails.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from airbyte_cdk.sources.streams.concurrent.cursor import CursorField
from airbyte_cdk.sources.streams.concurrent.default_stream import DefaultStream
from airbyte_cdk.sources.streams.concurrent.partitions.partition import Partition
from airbyte_cdk.sources.types import Record

from source_jira_flow.cdk.seam import FunctionPartition, GivenPartitions, OwnStateCursor
from source_jira_flow.common.instants import from_milliseconds
from source_jira_flow.records.field_map import FieldMap
from source_jira_flow.scan.feeds import CommentFeed, Feed, IssueFeed, LabelFeed
from source_jira_flow.scan.seen import Occurrences
from source_jira_flow.scan.sweep import IssueSweep
from source_jira_flow.streams import COMMENTS, ISSUES, LABELS, SPRINTS, USERS, StreamDefinition
from source_jira_flow.sync import Sync


class SharedSweep:
    """The sweep of the running sync, made by whichever stream asks first."""

    def __init__(self, running_sync: Callable[[], Sync]) -> None:
        self._running_sync = running_sync
        self._lock = threading.Lock()
        self._sweep: IssueSweep | None = None

    def partitions(self, stream: str) -> Iterable[Partition]:
        """The lanes for the first chosen stream, a wait for the end for the others."""
        sync = self._running_sync()
        if stream != fed_streams(sync)[0]:
            return [FunctionPartition(stream, "sweep", partial(_wait_for_end, sync))]
        try:
            lane = self._made(sync).lane
        except Exception as error:
            sync.sweep_failure = error
            sync.issues_read.set()
            raise
        return [FunctionPartition(stream, f"lane {number}", lane) for number in range(sync.workers)]

    def emit_last_states(self) -> None:
        """For the CDK, which wants a state at the end of every stream."""
        if self._sweep is not None:
            self._sweep.emit_last_states()

    def _made(self, sync: Sync) -> IssueSweep:
        with self._lock:
            if self._sweep is None:
                self._sweep = _sweep(sync)
            return self._sweep


def fed_streams(sync: Sync) -> Sequence[str]:
    """The chosen streams that the sweep feeds; labels are among them where Jira has no list of labels."""
    fed = [ISSUES.name, COMMENTS.name] + ([] if sync.jira.lists_labels else [LABELS.name])
    return [name for name in fed if name in sync.chosen]


def _sweep(sync: Sync) -> IssueSweep:
    executor = ThreadPoolExecutor(sync.workers, thread_name_prefix="comments")
    # Beside the fields, for the plan. Should it fail, the plan asks again.
    executor.submit(lambda: sync.projects)
    field_map = FieldMap.of(sync.jira.fields())
    feeds: dict[str, Callable[[], Feed]] = {
        ISSUES.name: lambda: IssueFeed(field_map, sync.account.site_url, as_json=sync.writes_json),
        COMMENTS.name: lambda: CommentFeed(sync.jira, executor),
        LABELS.name: lambda: LabelFeed(sync.states.stored(LABELS.name), from_milliseconds(sync.now)),
    }
    occurrences = Occurrences(sync, field_map, people=USERS.name in sync.chosen, sprints=SPRINTS.name in sync.chosen)
    return IssueSweep(sync, [feeds[name]() for name in fed_streams(sync)], occurrences.note)


def _wait_for_end(sync: Sync) -> Iterator[Record]:
    sync.issues_read.wait()
    if sync.sweep_failure is not None:
        raise sync.sweep_failure
    return
    yield


def issue_streams(sweep: SharedSweep, logger: logging.Logger) -> list[DefaultStream]:
    """The streams `issues` and `comments`."""
    return [fed_stream(definition, sweep, logger) for definition in (ISSUES, COMMENTS)]


def fed_stream(definition: StreamDefinition, sweep: SharedSweep, logger: logging.Logger) -> DefaultStream:
    """A stream that the sweep feeds."""
    return DefaultStream(
        partition_generator=GivenPartitions(lambda: sweep.partitions(definition.name)),
        name=definition.name,
        json_schema=definition.schema,
        primary_key=[definition.primary_key],
        cursor_field=CursorField(definition.cursor),
        logger=logger,
        cursor=OwnStateCursor(sweep.emit_last_states),
    )
