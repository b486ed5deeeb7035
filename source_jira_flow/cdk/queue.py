"""The queue between the workers and the output."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from queue import Full, Queue
from typing import Any


class HalfEmptyQueue(Queue[Any]):
    """A queue of at most `size` items that lets waiting producers continue when half of it is free.

    If every item that is taken woke a producer, eight workers and the output would mostly switch threads. Producers
    wait in `_put` and are woken in `_get`: the methods that `Queue` offers to subclasses and calls under its lock.
    """

    def __init__(self, size: int) -> None:
        # Without a limit of its own the base class never waits.
        super().__init__()
        self._size = size
        self._room = threading.Condition(self.mutex)

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """As in `Queue`: raises Full where there is no room at once, or within `timeout` seconds."""
        super().put(item if block and timeout is None else _Hasty(item, timeout if block and timeout else 0.0))

    def full(self) -> bool:
        """Whether a producer would have to wait."""
        return self.qsize() >= self._size

    def _put(self, item: Any) -> None:
        if isinstance(item, _Hasty):
            if not self._room.wait_for(self._has_room, item.patience):
                raise Full
            item = item.item
        while not self._has_room():
            self._room.wait()
        super()._put(item)

    def _get(self) -> Any:
        item = super()._get()
        if 2 * self._qsize() <= self._size:
            self._room.notify_all()
        return item

    def _has_room(self) -> bool:
        return self._qsize() < self._size


@dataclass(frozen=True)
class _Hasty:
    """An item whose producer waits at most `patience` seconds."""

    item: Any
    patience: float
