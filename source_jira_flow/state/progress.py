"""How far the issue scan has come, for every stream that it feeds.

A group is a set of projects that are read together, in which every stream has its own progress: `updated`, up to
which all versions went out, and windows of `created` that still have to be read. A stream's state is its share of all
groups.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

# Where a window begins before its first issue is known. A history is pending from the moment it is planned.
BEGINNING = 0


@dataclass(frozen=True, order=True)
class Position:
    """Where a read resumes: at a second (epoch ms), and inside a crowded one after an issue id (0: from the first)."""

    second: int
    after: int = 0


@dataclass(eq=False)
class Window:
    """A half-open range of `created` still to be read, with each stream's position in it (None: its beginning)."""

    start: int
    end: int
    positions: dict[str, Position | None]

    def begin(self) -> Position:
        """Where to resume so that every stream gets what it lacks."""
        beginning = Position(self.start)
        return min((position or beginning for position in self.positions.values()), default=beginning)


@dataclass(eq=False)
class Group:
    """Projects that are asked for in one query, and the progress of each stream in them, for any thread to change.

    `projects` is replaced, never changed in place: a running query holds the list that it was made from.
    """

    projects: tuple[str, ...]
    updated: dict[str, int]
    windows: list[Window] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def add(self, window: Window) -> None:
        """A window to be read, pending from now on."""
        with self.lock:
            self.windows.append(window)

    def split(self, window: Window, middle: int) -> Window:
        """Cut a pending window at `middle`; it keeps the first half, and the other half is returned.

        A stream that has come further than `middle` resumes from there in the other half.
        """
        with self.lock:
            positions = {
                stream: reached if reached is not None and reached.second >= middle else None
                for stream, reached in window.positions.items()
            }
            right = Window(middle, window.end, positions)
            window.end = middle
            self.windows.append(right)
            return right

    def drop(self, gone: frozenset[str]) -> None:
        """Projects that Jira confirmed to be out of sight: a later sync begins with them anew."""
        with self.lock:
            self.projects = tuple(project for project in self.projects if project not in gone)

    def window_is_out(self, window: Window, position: Position | None) -> None:
        """Everything before `position` of a window went out; None where all of it did."""
        with self.lock:
            if position is None:
                self.windows.remove(window)
                return
            for stream, reached in window.positions.items():
                window.positions[stream] = position if reached is None else max(reached, position)

    def changes_are_out(self, streams: Iterable[str], before: int) -> None:
        """All versions that were `updated` before this instant (epoch ms) went out."""
        with self.lock:
            for stream in streams:
                self.updated[stream] = max(self.updated[stream], before)
