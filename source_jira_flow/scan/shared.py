"""The one scan that feeds all streams made of issues.

The first of the chosen streams reads the scan, whose records go to all of them by name; the others wait for its end,
and fail when it fails.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping

from airbyte_cdk.sources.streams.concurrent.partitions.partition import Partition
from airbyte_cdk.sources.types import Record

from source_jira_flow.cdk.seam import FunctionPartition
from source_jira_flow.records.seen import Seen
from source_jira_flow.scan.fed_stream import FedStream
from source_jira_flow.scan.scan import COVERAGE, IssueScan
from source_jira_flow.sync import Sync


class SharedScan:
    """The scan of the running sync, and what it has seen; both are made by whichever stream asks first.

    `fed_streams` gives the chosen streams that are made of issues, by name.
    """

    def __init__(
        self, running_sync: Callable[[], Sync], fed_streams: Callable[[Sync], Mapping[str, type[FedStream]]]
    ) -> None:
        self._running_sync = running_sync
        self._fed_streams = fed_streams
        self._lock = threading.Lock()
        self._seen: Seen | None = None
        self._scan: IssueScan | None = None

    @property
    def seen(self) -> Seen:
        """What issues show; already complete if no chosen stream is made of issues."""
        with self._lock:
            if self._seen is None:
                sync = self._running_sync()
                self._seen = Seen(people="users" in sync.chosen, sprints="sprints" in sync.chosen)
                if not self._fed_streams(sync):
                    self._seen.end()
            return self._seen

    def partitions(self, stream: str) -> Iterable[Partition]:
        """The scan for the first chosen stream, a wait for its end for the others."""
        is_first = stream == next(iter(self._fed_streams(self._running_sync())))
        return [FunctionPartition(stream, "scan", self._read if is_first else self._wait)]

    def emit_last_states(self) -> None:
        """For the CDK, which wants a state at the end of every stream."""
        if self._scan is not None:
            self._scan.emit_last_states()

    def _read(self) -> Iterator[Record]:
        try:
            sync = self._running_sync()
            self._scan = IssueScan(sync, self._fed_streams(sync), self.seen)
        except Exception as error:
            self.seen.end(error)
            raise
        return self._scan.records()

    def coverage(self) -> Iterator[Record]:
        """The rows of the census, where one was taken in this sync, and the stream's state."""
        sync = self._running_sync()
        # A scan that failed has failed the stream issues; there is nothing to add to that.
        self.seen.wait()
        if "issues" not in sync.chosen:
            sync.logger.warning("coverage describes the stream issues: choose that one, too.")
        elif sync.options.find_deleted_issues == "never":
            sync.logger.warning("coverage needs comparisons: set find_deleted_issues to daily or every_sync.")
        for row in self.seen.coverage:
            yield Record(data=row, stream_name=COVERAGE)
        if self.seen.coverage:
            state = {**sync.states.new(COVERAGE), "taken_at": self.seen.coverage[0]["taken_at"]}
            sync.states.emitter().emit(lambda: {COVERAGE: state})

    def _wait(self) -> Iterable[Record]:
        failure = self.seen.wait()
        if failure is not None:
            raise failure
        return ()
