"""Which issues Jira lists: all of them, or, where its counts are exact, those of the days on which a count differs.

Ids alone are cheap. They are listed by windows of `created`, each sized to fit a page by the days of the issues that
were sent. A window is a range of days; the first begins before any issue.

A count says nothing if as many issues appeared as vanished. The page that comes with it shows the newest issues, which
are most of both.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from typing import Any, Protocol, TypeVar

from source_jira_flow.common.instants import DAY, SECOND, floor_second, instant
from source_jira_flow.common.json import JsonObject
from source_jira_flow.common.parallel import in_parallel
from source_jira_flow.errors import PassingFault
from source_jira_flow.jira import jql
from source_jira_flow.jira.base import ID_PAGE_SIZE, Count, SearchPage
from source_jira_flow.records.sound import is_listed
from source_jira_flow.scan.by_id import IdRead, Search
from source_jira_flow.state.issue_ids import UNKNOWN_PROJECT, IssueTable, merged
from source_jira_flow.state.progress import Group
from source_jira_flow.sync import Sync

# How full a page should be: a few issues are new since the days were recorded.
_FILLED = 0.97
# Pages per window, if it must be found by counts.
_PAGES_IN_WINDOW = 5

Days = tuple[int, int]
_Answer = TypeVar("_Answer")


@dataclass
class Listing:
    """`issues` are those that Jira lists in the windows `days`, which cover everything if `whole`.

    `expected` is the number of issues that Jira counted, or listed, in total.
    """

    issues: IssueTable
    days: list[Days]
    expected: int
    whole: bool = False

    def covers(self, day: int) -> bool:
        """Whether the issues created on a day were listed; a future day is not, even in a complete listing."""
        return any(first <= day < end for first, end in self.days)


class Reader(Protocol):
    """What a listing needs from `scan.reader.IssueReader`."""

    sync: Sync

    @property
    def search(self) -> Search:
        """Asks for issues."""

    def asking(self, group: Group, ask: Callable[[], _Answer]) -> _Answer | None:
        """The answer to a query about a group; None if none of its projects is left."""

    def count(self, group: Group, span: str) -> Count:
        """The number of the group's issues in a span (JQL)."""


class Lister:
    """Lists the issues of some `groups` that were created before T0, and updated at `start_date` or later."""

    def __init__(self, reader: Reader, groups: Sequence[Group], keys: Mapping[str, int]) -> None:
        """`keys` are projects' ids by key."""
        self._reader = reader
        self._jira = reader.sync.jira
        self._now = reader.sync.now
        self._groups = groups
        self._keys = keys
        start = reader.sync.options.start_date
        self._extra = "" if start is None else jql.at_or_after("updated", start)
        self._end = self._now // DAY + 1

    # -- all ---------------------------------------------------------------------------------------

    def whole(self, kept: IssueTable, *, is_known: bool) -> Listing:
        """All issues. `kept` are those that were sent, if known: they show where issues lie."""
        windows = self._cut(kept) if is_known else self._counted_windows()
        issues = self._listed(windows)
        return Listing(issues, windows, len(issues), whole=True)

    def _cut(self, kept: IssueTable) -> list[Days]:
        """Windows of about a page each."""
        most, cuts, size = self._jira.ids_in_page * _FILLED, [0], 0
        for day, issues in sorted(Counter(kept.days).items()):
            if size and size + issues > most:
                cuts.append(day)
                size = 0
            size += issues
        return list(zip(cuts, [*cuts[1:], self._end], strict=True))

    def _counted_windows(self) -> list[Days]:
        """Windows of some pages each; a single one if a search can be read to any depth."""
        if self._jira.result_window is None:
            return [(0, self._end)]
        return list(self._halved(0, self._end, self.count()))

    def _halved(self, first: int, end: int, counted: int) -> Iterator[Days]:
        if counted <= _PAGES_IN_WINDOW * self._jira.ids_in_page or end - first < 2:
            yield first, end
            return
        middle = (first + end) // 2
        left = self.count(first, middle)
        yield from self._halved(first, middle, left)
        yield from self._halved(middle, end, counted - left)

    # -- what differs ------------------------------------------------------------------------------

    def differing(self, kept: IssueTable) -> Listing:
        """The issues of the days on which Jira's count differs from the number sent. One call if none does."""
        if len(kept) <= self._jira.ids_in_page:
            return self.whole(kept, is_known=True)
        newest, sent = self._newest(0, self._end), _Sent(kept, self._jira.ids_in_page)
        older = self._looked_into(sent, 0, newest.first, newest.counted - len(newest.issues))
        found = [((newest.first, self._end), newest.issues), *older]
        return Listing(merged([issues for _, issues in found]), [days for days, _ in found], newest.counted)

    def _looked_into(self, sent: _Sent, first: int, end: int, counted: int) -> Iterator[tuple[Days, IssueTable]]:
        """The issues in the parts of a range whose counts differ; the call that counts a part also lists a page."""
        expected, middle = sent.between(first, end), sent.middle(first, end)
        if counted == expected:
            return
        if max(counted, expected) <= self._jira.ids_in_page or middle is None:
            yield (first, end), self._listed([(first, end)])
            return
        newest = self._newest(first, middle)
        yield (newest.first, middle), newest.issues
        yield from self._looked_into(sent, first, newest.first, newest.counted - len(newest.issues))
        yield from self._looked_into(sent, middle, end, counted - newest.counted)

    def _newest(self, first: int, end: int) -> _Newest:
        found = [self._newest_of(group, first, end) for group in self._groups]
        since = max(newest.first for newest in found)
        issues = merged([newest.issues for newest in found])
        issues = issues.where(day >= since for day in issues.days)
        return _Newest(issues, since, sum(newest.counted for newest in found))

    def _newest_of(self, group: Group, first: int, end: int) -> _Newest:
        span = self._span(*self._instants((first, end)))
        page = self._reader.asking(
            group, lambda: self._page(jql.newest_first(jql.both(jql.in_projects(group.projects), span)))
        )
        if page is None:
            return _Newest(IssueTable(), first, 0)
        issues = self._table(page.issues)
        # The last day may continue on the next page; an unknown day says nothing.
        oldest = min(issues.days, default=0)
        since = first if page.next is None else oldest + 1 if oldest else end
        return _Newest(issues, since, page.total or 0)

    # -- requests ----------------------------------------------------------------------------------

    def count(self, first: int = 0, end: int | None = None) -> int:
        """Jira's count of the issues on these days."""
        span = self._span(*self._instants((first, self._end if end is None else end)))
        return sum(self._reader.count(group, span).number for group in self._groups)

    def before_start(self) -> frozenset[int]:
        """The ids of the issues that were last updated before `start_date`."""
        span = jql.between("updated", 0, self._reader.sync.options.start_date or 0)
        return frozenset(int(issue_id) for group in self._groups for issue_id in self._ids(group, span))

    def _listed(self, windows: Sequence[Days]) -> IssueTable:
        asks = [(group, *self._instants(window)) for group in self._groups for window in windows]
        tables = in_parallel(lambda ask: merged([*map(self._table, self._pages(*ask))]), asks, self._jira.workers)
        return merged([table for _, table in tables])

    def _instants(self, days: Days) -> tuple[int, int]:
        return days[0] * DAY, min(days[1] * DAY, self._now)

    def _table(self, rows: Iterable[JsonObject]) -> IssueTable:
        return IssueTable.of(map(self._place, rows))

    def _place(self, row: JsonObject) -> tuple[int, int, int]:
        project = self._keys.get(row["key"].rpartition("-")[0], UNKNOWN_PROJECT)
        fields = row.get("fields")
        created = instant(fields.get("created")) if isinstance(fields, dict) else None
        return int(row["id"]), project, created // DAY if created else 0

    def _pages(self, group: Group, start: int, end: int) -> Iterator[list[JsonObject]]:
        window, span = self._jira.result_window, self._span(start, end)
        position, rows = None, 0
        while True:
            page = self._reader.asking(group, partial(self._next, group, span, position))
            if page is None:
                return
            yield page.issues
            rows += len(page.issues)
            position = page.next
            if position is None:
                return
            if not page.issues:
                raise PassingFault("Jira gave an empty page in the middle of its list of issues.")
            if window is not None and rows + self._jira.ids_in_page > window:
                yield from self._parts(group, start, end)
                return

    def _parts(self, group: Group, start: int, end: int) -> Iterator[list[JsonObject]]:
        """Both halves of a span with more issues than a search can be read to; a single second is read by ids."""
        middle = floor_second((start + end) // 2)
        if middle <= start:
            yield [{"id": each, "key": ""} for each in self._ids(group, self._span(start, start + SECOND))]
            return
        yield from self._pages(group, start, middle)
        yield from self._pages(group, middle, end)

    def _ids(self, group: Group, span: str) -> Iterable[str]:
        return self._reader.asking(group, IdRead(self._reader.search, group, span).ids) or ()

    def _next(self, group: Group, span: str, position: Any | None) -> SearchPage:
        return self._page(jql.ascending(jql.both(jql.in_projects(group.projects), span), "created"), position)

    def _page(self, query: str, position: Any | None = None) -> SearchPage:
        page = self._jira.search(query, self._jira.fields_with_ids, ID_PAGE_SIZE, position)
        if not all(map(is_listed, page.issues)):
            raise PassingFault("Jira listed an issue without id or key.")
        return page

    def _span(self, start: int, end: int) -> str:
        return jql.both(jql.between("created", start, end), self._extra)


@dataclass(frozen=True)
class _Newest:
    """The newest issues of a group, with all that were created on day `first` or later."""

    issues: IssueTable
    first: int
    counted: int


class _Sent:
    """The number of issues sent, by day of creation."""

    def __init__(self, kept: IssueTable, page: int) -> None:
        by_day = sorted(Counter(kept.days).items())
        self._days = [day for day, _ in by_day]
        self._before = [0, *accumulate(issues for _, issues in by_day)]
        self._page = page

    def between(self, first: int, end: int) -> int:
        """The number of these days."""
        return self._before[bisect_left(self._days, end)] - self._before[bisect_left(self._days, first)]

    def middle(self, first: int, end: int) -> int | None:
        """The day at which to split a range; None if it can't be split.

        The first part, less its newest page, is as large as the second.
        """
        low, high = bisect_left(self._days, first), bisect_left(self._days, end)
        if high - low < 2:
            return None
        pages = -(-(self._before[high] - self._before[low]) // self._page)
        aim = self._before[low] + (pages // 2 + (pages > 2)) * self._page
        place = bisect_left(self._before, aim + 1, low + 1, high) - 1
        return self._days[min(max(place, low + 1), high - 1)]
