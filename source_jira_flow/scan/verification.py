"""Compares what a backfill brought with what Jira counts, window by window.

A count may be an estimate, and issues are deleted while they are read, so a difference proves nothing alone: the
windows in which Jira counts more than came are found by halves and read again by their ids. What then remains is a
failure only where the count is exact, larger than a handful, and the same when asked again.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from source_jira_flow.common.json import JsonObject
from source_jira_flow.jira.base import Count

_FEW = 20
_SHARE = 0.01

CountBetween = Callable[[int, int], Count]


class WindowCount:
    """The ids that came in one window of `created`, eight bytes each."""

    def __init__(self, start: int, end: int) -> None:
        self.start = start
        self.end = end
        self._ids = array("Q")

    def add(self, issues: Iterable[JsonObject]) -> None:
        """Issues that came, wanted or not."""
        self._ids.extend(int(issue["id"]) for issue in issues)

    def known(self) -> frozenset[str]:
        """The ids as Jira writes them."""
        return frozenset(str(issue_id) for issue_id in self._ids)

    def __len__(self) -> int:
        """How many different issues came: pages overlap."""
        return len(set(self._ids))


_Entry = tuple[WindowCount, tuple[str, ...]]


@dataclass(frozen=True)
class Verdict:
    """The difference that remains after windows were read again."""

    counted: int
    came: int
    exact: bool
    windows: Sequence[_Entry]

    @property
    def missing(self) -> int:
        """How many issues Jira counts that did not come."""
        return max(0, self.counted - self.came)

    @property
    def is_failure(self) -> bool:
        """Neither an estimate alone nor a handful is a failure: issues come and go while they are counted."""
        return self.exact and is_large(self.missing, self.counted)


@dataclass
class Coverage:
    """The windows of one group that this sync read from beginning to end, each with its streams."""

    windows: list[_Entry] = field(default_factory=list)
    looked_into: list[_Entry] = field(default_factory=list)

    def add(self, window: WindowCount, streams: tuple[str, ...]) -> None:
        """A window that came whole. Appending is one step for all workers."""
        self.windows.append((window, streams))

    def differing(self, count: CountBetween) -> Iterator[_Entry]:
        """The windows in which Jira counts more issues than came, found by halving."""
        self.windows.sort(key=lambda entry: entry[0].start)
        for run in _contiguous(self.windows):
            yield from _differing(run, count)

    def verdict(self, count: CountBetween) -> Verdict:
        """Count again the windows that were read again."""
        entries = self.looked_into
        counts = [(entry, count(entry[0].start, entry[0].end)) for entry in entries]
        short = [entry for entry, counted in counts if counted.number > len(entry[0])]
        return Verdict(
            counted=sum(counted.number for _, counted in counts),
            came=sum(len(window) for window, _ in entries),
            exact=all(counted.exact for _, counted in counts),
            windows=short,
        )


def _contiguous(windows: Sequence[_Entry]) -> Iterator[list[_Entry]]:
    """Runs of windows without a gap between them, so that one count covers a run."""
    run: list[_Entry] = []
    for entry in windows:
        if run and run[-1][0].end != entry[0].start:
            yield run
            run = []
        run.append(entry)
    if run:
        yield run


def _differing(run: Sequence[_Entry], count: CountBetween) -> Iterator[_Entry]:
    came = sum(len(window) for window, _ in run)
    counted = count(run[0][0].start, run[-1][0].end)
    if counted.number <= came:
        return
    if len(run) == 1:
        yield run[0]
        return
    middle = len(run) // 2
    yield from _differing(run[:middle], count)
    yield from _differing(run[middle:], count)


def is_large(difference: int, counted: int) -> bool:
    """Whether a difference is more than issues that come and go while they are counted."""
    return difference > _FEW and difference > counted * _SHARE
