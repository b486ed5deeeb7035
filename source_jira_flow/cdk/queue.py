"""The queue between the workers and the output."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from queue import Full, Queue
from typing import Any

from airbyte_cdk.sources.types import Record

from source_jira_flow.cdk.lines import count_of


class HalfEmptyQueue(Queue[Any]):
    """A queue of at most `size` items that lets waiting producers continue when half of it is free.

    If every `get` woke a producer, eight workers and the output would mostly switch threads. Producers wait in `_put`
    and are woken in `_get`, the methods that `Queue` offers to subclasses and calls under its lock. Records that travel
    together count as that many items, and are accepted if there is room for one.
    """

    def __init__(self, size: int) -> None:
        # Without its own limit, the base class never waits.
        super().__init__()
        self._size = size
        self._room = threading.Condition(self.mutex)
        self._held = 0

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """As in `Queue`: raises Full if there is no room at once, or within `timeout` seconds."""
        super().put(item if block and timeout is None else _Hasty(item, timeout if block and timeout else 0.0))

    def full(self) -> bool:
        """Whether a producer would have to wait."""
        return not self._has_room()

    def _put(self, item: Any) -> None:
        if isinstance(item, _Hasty):
            if not self._room.wait_for(self._has_room, item.patience):
                raise Full
            item = item.item
        while not self._has_room():
            self._room.wait()
        self._held += _length(item)
        super()._put(item)

    def _get(self) -> Any:
        item = super()._get()
        self._held -= _length(item)
        if 2 * self._held <= self._size:
            self._room.notify_all()
        return item

    def _has_room(self) -> bool:
        return self._held < self._size


def _length(item: Any) -> int:
    return count_of(item.data) if isinstance(item, Record) else 1


@dataclass(frozen=True)
class _Hasty:
    """An item whose producer waits at most `patience` seconds."""

    item: Any
    patience: float
