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
    """The ids that came for some streams in one window of `created`, eight bytes each."""

    def __init__(self, start: int, end: int, streams: tuple[str, ...]) -> None:
        self.start = start
        self.end = end
        self.streams = streams
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


@dataclass(frozen=True)
class Verdict:
    """The difference that remains after windows were read again."""

    counted: int
    came: int
    exact: bool
    windows: Sequence[WindowCount]

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
    """The windows of one group that this sync read from beginning to end; all workers append to them."""

    windows: list[WindowCount] = field(default_factory=list)
    looked_into: list[WindowCount] = field(default_factory=list)

    def differing(self, count: CountBetween) -> Iterator[WindowCount]:
        """The windows in which Jira counts more issues than came, found by halving."""
        self.windows.sort(key=lambda window: window.start)
        for run in _contiguous(self.windows):
            yield from _differing(run, count)

    def verdict(self, count: CountBetween) -> Verdict:
        """Count again the windows that were read again."""
        counts = [(window, count(window.start, window.end)) for window in self.looked_into]
        return Verdict(
            counted=sum(counted.number for _, counted in counts),
            came=sum(map(len, self.looked_into)),
            exact=all(counted.exact for _, counted in counts),
            windows=[window for window, counted in counts if counted.number > len(window)],
        )


def _contiguous(windows: Sequence[WindowCount]) -> Iterator[list[WindowCount]]:
    """Runs of windows without a gap between them, so that one count covers a run."""
    run: list[WindowCount] = []
    for window in windows:
        if run and run[-1].end != window.start:
            yield run
            run = []
        run.append(window)
    if run:
        yield run


def _differing(run: Sequence[WindowCount], count: CountBetween) -> Iterator[WindowCount]:
    if count(run[0].start, run[-1].end).number <= sum(map(len, run)):
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
