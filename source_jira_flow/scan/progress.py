"""How far the sweep has come, for every stream that it feeds.

A scope is a set of projects in which every stream has its own progress: `updated`, up to which all versions went
out, and windows of `created` that still have to be read. A stream's state is its share of all scopes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

# Where a window begins before its first issue is known. A history is pending from the moment it is planned.
BEGINNING = 0


@dataclass(frozen=True, order=True)
class Position:
    """Where a read goes on: at a second (epoch ms), and inside a crowded one after an issue id (0: from the first)."""

    second: int
    after: int = 0


@dataclass(eq=False)
class Window:
    """A half-open range of `created` still to be read, with each stream's position in it (None: its beginning)."""

    start: int
    end: int
    positions: dict[str, Position | None]

    def begin(self) -> Position:
        """Where to read on so that every stream gets what it lacks."""
        return min(
            (position or Position(self.start) for position in self.positions.values()), default=Position(self.start)
        )


@dataclass(eq=False)
class Scope:
    """Projects that are asked for in one query, and the progress of each stream in them.

    `projects` is replaced, never changed in place: a running query holds the list that it was made from.
    """

    projects: tuple[str, ...]
    updated: dict[str, int]
    windows: list[Window] = field(default_factory=list)

    def split(self, window: Window, middle: int) -> Window:
        """Cut the window at `middle`; it keeps the first half, and the other half is returned.

        A stream that has come further than `middle` goes on from there in the other half.
        """
        positions = {
            stream: reached if reached is not None and reached.second >= middle else None
            for stream, reached in window.positions.items()
        }
        right = Window(middle, window.end, positions)
        window.end = middle
        self.windows.append(right)
        return right
