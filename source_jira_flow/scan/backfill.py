"""The backfill: windows of `created`, which never changes, are cut to size, read, and compared with Jira's count."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

from source_jira_flow.common.instants import DAY, floor_second, instant
from source_jira_flow.common.json import JsonObject
from source_jira_flow.errors import PassingFault
from source_jira_flow.jira import jql
from source_jira_flow.jira.base import Count
from source_jira_flow.scan.batch import Batch, Job
from source_jira_flow.scan.pages import FOREVER, Range
from source_jira_flow.scan.reader import IssueReader
from source_jira_flow.scan.verification import Coverage, Verdict, WindowCount
from source_jira_flow.state.progress import BEGINNING, Group, Position, Window

# A window up to this many times larger than aimed at is read as it is.
_TOLERANCE = 1.5
# Into how many parts a large window is cut at first, for each worker.
_PARTS_PER_WORKER = 2
# A cut must leave at least this share on either side, and is sought with so many counts.
_LEAST_PART = 0.1
_MOST_TRIALS = 6


class Backfill:
    """The windows of one group. What changed after `changes_since` is left to the incremental read."""

    def __init__(
        self, reader: IssueReader, group: Group, changes_since: Mapping[str, int], add: Callable[[Job], None]
    ) -> None:
        """`add` takes the jobs that cutting a window makes."""
        self._reader = reader
        self._sync = reader.sync
        self._group = group
        self._changes_since = changes_since
        self._add = add
        self._coverage = Coverage()
        self._earlier: list[Window] = []
        start = self._sync.options.start_date
        self._extra = "" if start is None else jql.at_or_after("updated", start)

    # -- reading -----------------------------------------------------------------------------------

    def jobs(self) -> list[Job]:
        """One for each pending window, and at the start of a backfill one for issues dated in the future."""
        windows = self._group.windows
        new = {stream: None for window in windows if window.start == BEGINNING for stream in window.positions}
        ahead = [partial(self._read_ahead, tuple(new))] if new else []
        return [*ahead, *(partial(self._read, window) for window in windows)]

    def _read_ahead(self, streams: tuple[str, ...]) -> Iterator[Batch]:
        """Issues dated after T0: those of the future are read; those created during this sync are left to the next."""
        span = Range("created", FOREVER, self._sync.now, self._extra)
        for page in self._reader.pages(self._group, span, Position(self._sync.now)):
            yield Batch(page.issues, streams, self._wants_ahead)

    def _wants_ahead(self, stream: str, issue: JsonObject) -> bool:
        # Search knows whole seconds: the windows bring what was created before T0.
        return (instant(issue["fields"].get("created")) or 0) >= self._sync.now

    def _read(self, window: Window, count: int | None = None, aim: int | None = None) -> Iterator[Batch]:
        streams = tuple(window.positions)
        earlier = window if window.start == BEGINNING else None
        if earlier is not None:
            found = self._from_first_issue(earlier)
            if found is None:
                yield self._nothing(earlier)
                return
            window = found
        whole = not any(window.positions.values())
        self._cut_to_size(window, count, aim)
        span = Range("created", window.end, self._sync.now, self._extra)
        coming = WindowCount(window.start if earlier is None else BEGINNING, window.end, streams)
        begin = window.begin()
        wants = partial(self._wants, dict(window.positions), begin)
        for page in self._reader.pages(self._group, span, begin):
            coming.add(page.issues)
            settle = partial(self._group.window_is_out, window, page.position) if page.whole else None
            whole = whole and page.whole
            yield Batch(page.issues, streams, wants, settle)
            # Nothing of a page is held while the next one is on its way.
            del page
        if whole:
            self._coverage.windows.append(coming)
            if earlier is not None:
                self._earlier.append(earlier)

    def _nothing(self, window: Window) -> Batch:
        """Note that a window is empty."""
        return Batch((), (), settle=partial(self._group.window_is_out, window, None))

    def _from_first_issue(self, window: Window) -> Window | None:
        """The part of a window from its first issue on; None where there is none.

        What is before it stays pending until a count has shown that nothing is there.
        """
        first = self._reader.asking(self._group, self._first_issue)
        start = floor_second(instant(first[0]["fields"].get("created")) or DAY) if first else window.end
        if start >= window.end:
            if not first or not self._count(BEGINNING, window.end).number:
                return None
            start = DAY
        return self._group.split(window, start)

    def _first_issue(self) -> list[JsonObject]:
        query = jql.ascending(jql.both(jql.in_projects(self._group.projects), self._extra), "created")
        return self._reader.search.first(query)

    def _cut_to_size(self, window: Window, count: int | None, aim: int | None) -> None:
        """Halve the window until it is small enough to read; the other halves become jobs of their own.

        Counts may be estimates: a window that turns out larger is still read to its end.
        """
        if count is None:
            count = self._count(window.begin().second, window.end).number
        if aim is None:
            # Smaller windows where large ones would leave workers idle.
            most = self._sync.settings.window_size
            parts = _PARTS_PER_WORKER * self._sync.workers
            aim = max(most // 2, min(most, count // parts))
            count = self._cut_in_parts(window, count, min(parts, count // aim), aim)
        while count > aim * _TOLERANCE:
            cut = self._cut(window.begin().second, window.end, count)
            if cut is None:
                return
            middle, left = cut
            right = self._group.split(window, middle)
            self._add(partial(self._read, right, max(0, count - left), aim))
            count = left

    def _cut_in_parts(self, window: Window, count: int, parts: int, aim: int) -> int:
        """Cut a large window in parts of the same length, for all workers at once; returns the count of the first.

        Halving alone would leave most workers idle until enough halves exist.
        """
        if parts < 2:
            return count
        start, length = window.begin().second, window.end - window.begin().second
        # The latest job is taken first: the last part is added first.
        for number in range(parts - 1, 0, -1):
            middle = floor_second(start + length * number // parts)
            if start < middle < window.end:
                self._add(partial(self._read, self._group.split(window, middle), None, aim))
        return self._count(start, window.end).number

    def _cut(self, start: int, end: int, count: int) -> tuple[int, int] | None:
        """Where to cut so that both parts are worth a window, and the count before the cut.

        None where the issues are so crowded that no place is found soon: cutting further would leave empty windows.
        """
        low, high = start, end
        for _ in range(_MOST_TRIALS):
            middle = floor_second((low + high) // 2)
            if middle <= low:
                return None
            left = self._count(start, middle).number
            if min(left, count - left) >= count * _LEAST_PART:
                return middle, left
            low, high = (middle, high) if left * 2 < count else (low, middle)
        return None

    def _wants(self, positions: Mapping[str, Position | None], begin: Position, stream: str, issue: JsonObject) -> bool:
        created = instant(issue["fields"].get("created"))
        # Search knows whole seconds: what was created since T0 is read ahead, or by the next sync.
        if created is not None and created >= self._sync.now:
            return False
        if stream in self._changes_since and self._changes_since[stream] <= issue["updated_ms"] < self._sync.now:
            return False
        reached = positions[stream]
        if reached is None or reached == begin or created is None:
            return True
        second = floor_second(created)
        return Position(second, int(issue["id"])) > reached if reached.after else second >= reached.second

    def _count(self, start: int, end: int) -> Count:
        return self._reader.count(self._group, self._span(start, end))

    def _span(self, start: int, end: int) -> str:
        return jql.both(jql.between("created", start, end), self._extra)

    # -- the count at the end ----------------------------------------------------------------------

    def look_again(self) -> Iterator[Batch]:
        """Read by id what is missing in the windows in which Jira counts more issues than came.

        Raises PassingFault, after all windows, where the ids prove nothing: such a window is pending again.
        """
        failures: list[PassingFault] = []
        for window in self._coverage.differing(self._count):
            wants = partial(self._wants, dict.fromkeys(window.streams), Position(window.start))
            try:
                for issues in self._reader.missing(self._group, self._span(window.start, window.end), window.known()):
                    window.add(issues)
                    yield Batch(issues, window.streams, wants)
                self._coverage.looked_into.append(window)
            except PassingFault as error:
                self._group.add(Window(window.start, window.end, dict.fromkeys(window.streams)))
                failures.append(error)
        yield from map(self._nothing, self._earlier)
        if failures:
            raise failures[0]

    def judge(self) -> Iterable[Batch]:
        """Count again where something was missing. Raises PassingFault if the difference remains."""
        verdict = self._coverage.verdict(self._count)
        if verdict.missing:
            self._report(verdict)
        return ()

    def _report(self, verdict: Verdict) -> None:
        named = [project.key for project in self._sync.projects if project.id in self._group.projects]
        message = (
            f"Jira counts {verdict.counted} issues in {', '.join(named[:10])}{' and others' if len(named) > 10 else ''}"
            f" where {verdict.came} came; reading again brought no more."
        )
        if not verdict.is_failure:
            self._sync.logger.warning("%s%s", message, "" if verdict.exact else " The count is an estimate.")
            return
        for window in verdict.windows:
            self._group.add(Window(window.start, window.end, dict.fromkeys(window.streams)))
        raise PassingFault(f"{message} The next sync reads that period again.")
