"""The table of all streams: name, primary key, cursor, and how each is read.

A stream's columns stand in `schemas/<name>.json` for the destination, and are made in `records/<name>.py`, or where
`manifest.yaml` says. One more stream is one more row here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from airbyte_cdk.sources.streams.concurrent.abstract_stream import AbstractStream
from airbyte_cdk.sources.streams.concurrent.cursor import CursorField
from airbyte_cdk.sources.streams.concurrent.default_stream import DefaultStream
from airbyte_cdk.sources.streams.concurrent.partitions.partition import Partition
from airbyte_cdk.sources.types import Record

from source_jira_flow.cdk.seam import FunctionPartition, GivenPartitions, OwnStateCursor
from source_jira_flow.lists.board_columns import board_columns
from source_jira_flow.lists.security_levels import security_levels
from source_jira_flow.records.stream import StreamDefinition
from source_jira_flow.scan.fed import (
    AttachmentStream,
    CommentStream,
    IssueStream,
    LabelStream,
    LinkStream,
    WorklogStream,
)
from source_jira_flow.scan.fed_changes import ChangeStream
from source_jira_flow.scan.fed_stream import FedStream
from source_jira_flow.scan.shared import SharedScan
from source_jira_flow.snapshots.base import Snapshot
from source_jira_flow.snapshots.labels import LabelSnapshot
from source_jira_flow.snapshots.projects import ProjectSnapshot
from source_jira_flow.snapshots.sprints import SprintSnapshot
from source_jira_flow.snapshots.users import UserSnapshot
from source_jira_flow.sync import Sync


@dataclass(frozen=True)
class Stream(StreamDefinition):
    """`fed`: the scan of issues makes its records. `snapshot`: a list, of which only what is new, changed or gone is
    sent. Both: by the list where Jira has one. `left_by_scan`: what the scan has found out. `whole`: a small list that
    takes more than one call. None of them: a small list, read whole as `manifest.yaml` says."""

    fed: type[FedStream] | None = None
    snapshot: type[Snapshot] | None = None
    left_by_scan: Callable[[SharedScan], Iterable[Record]] | None = None
    whole: Callable[[Sync], Iterable[Mapping[str, Any]]] | None = None

    def is_fed(self, sync: Sync) -> bool:
        """Whether it is made of issues on this Jira."""
        return self.fed is not None and self.fed.is_fed(sync.jira)


STREAMS = (
    Stream("issues", ("id",), "updated", fed=IssueStream),
    Stream("comments", ("id",), "issue_updated", fed=CommentStream),
    Stream("issue_changes", ("id",), "changed_at", fed=ChangeStream),
    Stream("worklogs", ("id",), "issue_updated", fed=WorklogStream),
    Stream("issue_links", ("issue_id", "link_id"), "issue_updated", fed=LinkStream),
    Stream("attachments", ("id",), "issue_updated", fed=AttachmentStream),
    Stream("coverage", ("project_id",), "taken_at", left_by_scan=SharedScan.coverage),
    Stream("users", ("id",), "observed_at", snapshot=UserSnapshot),
    Stream("projects", ("id",), "observed_at", snapshot=ProjectSnapshot),
    Stream("sprints", ("id",), "observed_at", snapshot=SprintSnapshot),
    Stream("labels", ("name",), "observed_at", fed=LabelStream, snapshot=LabelSnapshot),
    Stream("board_columns", ("board_id", "position"), whole=board_columns),
    Stream("issue_security_levels", ("id",), whole=security_levels),
    Stream("statuses", ("id",)),
    Stream("issue_types", ("id",)),
    Stream("priorities", ("id",)),
    Stream("resolutions", ("id",)),
    Stream("fields", ("id",)),
    Stream("boards", ("id",)),
    Stream("project_components", ("id",)),
    Stream("project_versions", ("id",)),
    Stream("project_issue_types", ("project_id", "issue_type_id")),
    Stream("issue_link_types", ("id",)),
    Stream("project_categories", ("id",)),
    Stream("status_categories", ("id",)),
    Stream("filters", ("id",)),
    Stream("groups", ("name",)),
    Stream("workflows", ("name",)),
    Stream("project_roles", ("id",)),
    Stream("dashboards", ("id",)),
)


def fed_streams(sync: Sync) -> dict[str, type[FedStream]]:
    """The chosen streams that are made of issues on this Jira, in the order of the table."""
    return {
        stream.name: stream.fed
        for stream in STREAMS
        if stream.fed is not None and stream.is_fed(sync) and stream.name in sync.chosen
    }


def build_streams(
    running_sync: Callable[[], Sync], small_lists: Iterable[AbstractStream], logger: logging.Logger
) -> list[AbstractStream]:
    """All streams as the CDK reads them; `small_lists` are those of `manifest.yaml`, built from it."""
    scan = SharedScan(running_sync, fed_streams)
    ours = [stream for stream in STREAMS if stream.fed or stream.snapshot or stream.left_by_scan or stream.whole]
    return [*(_built(stream, running_sync, scan, logger) for stream in ours), *small_lists]


def _built(
    stream: Stream, running_sync: Callable[[], Sync], scan: SharedScan, logger: logging.Logger
) -> AbstractStream:
    def emit_last_state() -> None:
        # A snapshot emits its state when it has come to its end; the scan has more to say.
        if stream.is_fed(running_sync()):
            scan.emit_last_states()

    return DefaultStream(
        partition_generator=GivenPartitions(partial(_partitions, stream, running_sync, scan)),
        name=stream.name,
        json_schema=stream.schema,
        primary_key=list(stream.primary_key),
        cursor_field=CursorField(stream.cursor) if stream.cursor else None,
        logger=logger,
        cursor=OwnStateCursor(emit_last_state),
    )


def _partitions(stream: Stream, running_sync: Callable[[], Sync], scan: SharedScan) -> Iterable[Partition]:
    sync, snapshot, left_by_scan = running_sync(), stream.snapshot, stream.left_by_scan
    if whole := stream.whole:
        return [FunctionPartition(stream.name, "list", lambda: (Record(data, stream.name) for data in whole(sync)))]
    if left_by_scan is not None:
        return [FunctionPartition(stream.name, "census", lambda: left_by_scan(scan))]
    if snapshot is None or stream.is_fed(sync):
        return scan.partitions(stream.name)
    return [FunctionPartition(stream.name, "list", lambda: snapshot(stream, sync, scan.seen).read())]
