"""Everything that this package takes from the inside of the CDK, in one place, with a test that it is still there."""

from __future__ import annotations

import ctypes
import gc
import sys
import threading
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from queue import Queue
from typing import Any

from airbyte_cdk.sources.connector_state_manager import ConnectorStateManager
from airbyte_cdk.sources.declarative.concurrent_declarative_source import ConcurrentDeclarativeSource
from airbyte_cdk.sources.message import MessageRepository
from airbyte_cdk.sources.streams.concurrent.cursor import Cursor
from airbyte_cdk.sources.streams.concurrent.partitions.partition import Partition
from airbyte_cdk.sources.streams.concurrent.partitions.partition_generator import PartitionGenerator
from airbyte_cdk.sources.types import Record

from source_jira_flow.errors import as_traced

# M_ARENA_MAX of malloc.h. More arenas keep more memory, fewer make threads wait for each other.
_ARENAS = (-8, 2)
# The CDK's queue between workers and output takes 10,000 records: 300 MB of Jira issues. 200 is as fast.
RECORDS_IN_QUEUE = 200


def bound_record_queue(source: ConcurrentDeclarativeSource) -> None:
    """Let at most `RECORDS_IN_QUEUE` records wait for output."""
    queue = source._concurrent_source._queue
    queue.maxsize = RECORDS_IN_QUEUE
    queue.not_full = _HalfEmpty(queue)


class _HalfEmpty(threading.Condition):
    """In the place of a full queue's "there is room": wakes the workers when half of the queue is free.

    Woken for each single record, eight workers and the output do little else than change threads.
    """

    def __init__(self, queue: Queue[Any]) -> None:
        super().__init__(queue.mutex)
        self._queue = queue

    def notify(self, n: int = 1) -> None:
        if 2 * len(self._queue.queue) <= self._queue.maxsize:
            super().notify(sys.maxsize)


def share_memory() -> None:
    """Let threads share what they allocate from: by glibc's default each keeps what its largest pages took.

    Peak memory of a sync of 20,000 issues fell from 150 to 132 MB. Elsewhere than with glibc nothing is done.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(*_ARENAS)


def tune_garbage_collection() -> None:
    """Keep the collector off what lives as long as the process: for a process that does nothing but one sync.

    Parsed pages hold no cycles; at lower thresholds the collector walks through them again and again.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(1_000_000, 50, 50)


def message_repository(source: ConcurrentDeclarativeSource) -> MessageRepository:
    """Where workers put messages, in order with their records."""
    return source._message_repository


def state_manager(source: ConcurrentDeclarativeSource) -> ConnectorStateManager:
    """The states that the platform handed in."""
    return source._connector_state_manager


class GivenPartitions(PartitionGenerator):
    """Partitions from a function, called when the stream begins."""

    def __init__(self, make: Callable[[], Iterable[Partition]]) -> None:
        self._make = make

    def generate(self) -> Iterable[Partition]:
        try:
            yield from self._make()
        except Exception as error:
            raise as_traced(error) from error


class FunctionPartition(Partition):
    """A partition that reads by calling a function once."""

    def __init__(self, stream_name: str, name: str, read: Callable[[], Iterable[Record]]) -> None:
        self._stream_name = stream_name
        self._name = name
        self._read = read

    def read(self) -> Iterable[Record]:
        try:
            yield from self._read()
        except Exception as error:
            raise as_traced(error) from error

    def to_slice(self) -> Mapping[str, Any]:
        return {"partition": self._name}

    def stream_name(self) -> str:
        return self._stream_name

    def __hash__(self) -> int:
        return hash((self._stream_name, self._name))


class OwnStateCursor(Cursor):
    """A cursor for streams that keep their own state and emit it themselves; the CDK only asks for a last one."""

    def __init__(self, emit_last_state: Callable[[], None]) -> None:
        self._emit_last_state = emit_last_state

    @property
    def state(self) -> MutableMapping[str, Any]:
        return {}

    def observe(self, record: Record) -> None:
        """Nothing: progress is counted in pages, by the reader."""

    def close_partition(self, partition: Partition) -> None:
        """Nothing: states are emitted where the records are made."""

    def ensure_at_least_one_state_emitted(self) -> None:
        self._emit_last_state()

    def should_be_synced(self, record: Record) -> bool:
        return True
