"""The streams that are made of issues, and the one scan that feeds them.

The first of the chosen streams reads the scan, whose records go to all of them by name; the others wait for its end,
and fail when it fails.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from airbyte_cdk.sources.streams.concurrent.cursor import CursorField
from airbyte_cdk.sources.streams.concurrent.default_stream import DefaultStream
from airbyte_cdk.sources.streams.concurrent.partitions.partition import Partition
from airbyte_cdk.sources.types import Record

from source_jira_flow.cdk.seam import FunctionPartition, GivenPartitions, OwnStateCursor
from source_jira_flow.records.seen import Seen
from source_jira_flow.scan.fed import chosen_streams
from source_jira_flow.scan.scan import IssueScan
from source_jira_flow.streams import COMMENTS, ISSUES, SPRINTS, USERS, StreamDefinition
from source_jira_flow.sync import Sync


class SharedScan:
    """The scan of the running sync, and what it has seen; both are made by whichever stream asks first."""

    def __init__(self, running_sync: Callable[[], Sync]) -> None:
        self._running_sync = running_sync
        self._lock = threading.Lock()
        self._seen: Seen | None = None
        self._scan: IssueScan | None = None

    @property
    def seen(self) -> Seen:
        """What issues show; at its end from the beginning where no chosen stream is made of issues."""
        with self._lock:
            if self._seen is None:
                sync = self._running_sync()
                self._seen = Seen(people=USERS.name in sync.chosen, sprints=SPRINTS.name in sync.chosen)
                if not chosen_streams(sync):
                    self._seen.end()
            return self._seen

    def partitions(self, stream: str) -> Iterable[Partition]:
        """The scan for the first chosen stream, a wait for its end for the others."""
        is_first = stream == chosen_streams(self._running_sync())[0].name
        return [FunctionPartition(stream, "scan", self._read if is_first else self._wait)]

    def emit_last_states(self) -> None:
        """For the CDK, which wants a state at the end of every stream."""
        if self._scan is not None:
            self._scan.emit_last_states()

    def _read(self) -> Iterator[Record]:
        try:
            self._scan = IssueScan(self._running_sync(), self.seen)
        except Exception as error:
            self.seen.end(error)
            raise
        return self._scan.records()

    def _wait(self) -> Iterator[Record]:
        failure = self.seen.wait()
        if failure is not None:
            raise failure
        return
        yield


def issue_streams(scan: SharedScan, logger: logging.Logger) -> list[DefaultStream]:
    """The streams `issues` and `comments`."""
    return [fed_stream(definition, scan, logger) for definition in (ISSUES, COMMENTS)]


def fed_stream(definition: StreamDefinition, scan: SharedScan, logger: logging.Logger) -> DefaultStream:
    """A stream that the scan feeds."""
    return DefaultStream(
        partition_generator=GivenPartitions(partial(scan.partitions, definition.name)),
        name=definition.name,
        json_schema=definition.schema,
        primary_key=[definition.primary_key],
        cursor_field=CursorField(definition.cursor),
        logger=logger,
        cursor=OwnStateCursor(scan.emit_last_states),
    )
