"""The streams users, projects, sprints and labels."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol

from airbyte_cdk.sources.streams.concurrent.cursor import CursorField
from airbyte_cdk.sources.streams.concurrent.default_stream import DefaultStream
from airbyte_cdk.sources.streams.concurrent.partitions.partition import Partition
from airbyte_cdk.sources.types import Record

from source_jira_flow.cdk.seam import FunctionPartition, GivenPartitions, OwnStateCursor
from source_jira_flow.records.seen import Seen
from source_jira_flow.scan.streams import SharedScan
from source_jira_flow.snapshots.comparison import Comparison
from source_jira_flow.snapshots.labels import LabelSnapshot
from source_jira_flow.snapshots.projects import ProjectSnapshot
from source_jira_flow.snapshots.sprints import SprintSnapshot
from source_jira_flow.snapshots.users import UserSnapshot
from source_jira_flow.state.snapshots import StoredSnapshot
from source_jira_flow.streams import LABELS, PROJECTS, SPRINTS, USERS, StreamDefinition
from source_jira_flow.sync import Sync


class Snapshot(Protocol):
    """One reading of a list in one sync."""

    def records(self) -> Iterator[dict[str, Any]]:
        """What is new, changed or gone since the state."""

    def extra_state(self) -> dict[str, Any]:
        """What the stream's state holds besides digests: of this reading at its end, of the last before."""


_SNAPSHOTS: Mapping[StreamDefinition, Callable[[Sync, Comparison, Seen], Snapshot]] = {
    USERS: UserSnapshot,
    PROJECTS: ProjectSnapshot,
    SPRINTS: SprintSnapshot,
    LABELS: LabelSnapshot,
}


def snapshot_streams(running_sync: Callable[[], Sync], scan: SharedScan, logger: logging.Logger) -> list[DefaultStream]:
    """The streams of lists; where Jira has no list of labels, they come from the scan of issues."""

    def partitions(definition: StreamDefinition) -> Iterable[Partition]:
        sync = running_sync()
        if definition is LABELS and not sync.jira.lists_labels:
            return scan.partitions(definition.name)
        return [FunctionPartition(definition.name, "list", lambda: read_snapshot(sync, definition, scan.seen))]

    def emit_last_state() -> None:
        # A snapshot emits its state when it has come to its end; the scan has more to say.
        if not running_sync().jira.lists_labels:
            scan.emit_last_states()

    return [
        DefaultStream(
            partition_generator=GivenPartitions(lambda definition=definition: partitions(definition)),  # type: ignore[misc]
            name=definition.name,
            json_schema=definition.schema,
            primary_key=[definition.primary_key],
            cursor_field=CursorField(definition.cursor),
            logger=logger,
            cursor=OwnStateCursor(emit_last_state if definition is LABELS else lambda: None),
        )
        for definition in _SNAPSHOTS
    ]


def read_snapshot(sync: Sync, definition: StreamDefinition, seen: Seen) -> Iterator[Record]:
    """The records of one list, and its state after the last of them: also after those that came before an error."""
    stored = StoredSnapshot.parse(sync.states.stored(definition.name), definition.name)
    comparison = Comparison(definition, stored, sync.now)
    snapshot = _SNAPSHOTS[definition](sync, comparison, seen)
    # Asks Jira for its projects: before anything goes out that only a state makes good.
    common = sync.states.new(definition.name)

    def emit(compared: Mapping[str, Any]) -> None:
        state = {**common, **compared, **snapshot.extra_state()}
        sync.states.emitter().emit(lambda: {definition.name: state})

    sent = 0
    try:
        for data in snapshot.records():
            sent += 1
            yield Record(data=data, stream_name=definition.name)
    except Exception:
        if sent:
            emit(comparison.state_so_far())
        raise
    emit(comparison.state())
