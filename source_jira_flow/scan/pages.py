"""Reads a range of time page by page, so that nothing that changes meanwhile can shift what was not read yet.

Each page is a fresh query from the last second seen, never a deep offset and never a long-lived token. What came
already of that second is passed over by id. Instants are compared by whole seconds, since a server's index may hold
no finer. A second that fills half a page or more is read by the ids in it, in ascending order.

Search may lag behind the documents it returns: a row can carry a newer `updated` than the one that it was found
by. Such a row must not carry the read past rows that were not seen, so where a page reaches the unsettled end of
the range, the next page begins at the earliest instant of its latter half.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from source_jira_flow.common.instants import SECOND, ceil_second, floor_second, instant
from source_jira_flow.common.json import JsonObject
from source_jira_flow.errors import BrokenPromise
from source_jira_flow.jira import jql
from source_jira_flow.jira.base import Count
from source_jira_flow.scan.by_id import IdRead
from source_jira_flow.scan.search import IssueSearch
from source_jira_flow.state.progress import Group, Position

# Pages that bring no new issue, before a search counts as endless.
_MOST_PAGES_IN_VAIN = 50
# The end of the year 9999.
FOREVER = 253_402_300_799_000


@dataclass(frozen=True)
class Range:
    """What to read: issues whose `field` lies in [start, end), narrowed by `extra` JQL.

    From `settled` on (epoch ms) search may not have caught up with the documents. `counted` is how many issues Jira
    counted in this range or a larger one.
    """

    field: str
    end: int
    settled: int
    extra: str = ""
    counted: Count | None = None


@dataclass(frozen=True)
class ScanPage:
    """Rows that did not come before in this read, and where it resumes once they are out (None: at the end).

    From a page on that is not `whole`, nothing counts as read: an issue before it is not known.
    """

    issues: list[JsonObject]
    position: Position | None
    whole: bool = True


class RangeReader:
    """One read of a range. After an error, `pages` can be called again and resumes where it stopped.

    The projects of the `group` are looked up for every page, since projects can vanish meanwhile.
    """

    def __init__(self, search: IssueSearch, group: Group, range_: Range, begin: Position) -> None:
        self._search = search
        self._group = group
        self._range = range_
        self._second = floor_second(begin.second)
        self._end = ceil_second(range_.end)
        self._after = begin.after
        self._seen: dict[str, int | None] = {}
        self._whole = True

    def pages(self) -> Iterator[ScanPage]:
        """The pages of the range, in the order of its instants."""
        if self._after:
            yield from self._crowded(self._after)
        cursor: Any | None = None
        cursors: set[Any] = set()
        counted, in_vain = self._range.counted, 0
        while self._second < self._end:
            page = self._search.page(self._query(), cursor, counted)
            self._whole = self._whole and page.whole
            fresh = self._fresh(page.issues)
            if page.next is None:
                break
            counted, in_vain = None, 0 if fresh else in_vain + 1
            if in_vain > _MOST_PAGES_IN_VAIN:
                raise BrokenPromise("Jira gives page after page without a new issue: the search would never end.")
            anchor = self._anchor(page.issues)
            if anchor > self._second:
                self._second, cursor = anchor, None
                cursors.clear()
                self._seen = {each: at for each, at in self._seen.items() if at is None or at >= anchor}
                yield ScanPage(fresh, Position(anchor), self._whole)
                # Not held while the next page is on its way: two pages a worker are 5 MB, and slower than one.
                del page, fresh
            elif page.issues and all(map(self._is_in_this_second, page.issues)):
                for row in fresh:
                    del self._seen[row["id"]]
                yield from self._crowded(0)
                cursor = None
                cursors.clear()
            else:
                if page.next in cursors:
                    raise BrokenPromise("Jira's page tokens loop: the search would never end.")
                cursor = page.next
                cursors.add(cursor)
                yield ScanPage(fresh, Position(self._second), self._whole)
        else:
            fresh = []
        yield ScanPage(fresh, None, self._whole)

    def _query(self) -> str:
        span = jql.between(self._range.field, self._second, self._end)
        where = jql.both(jql.in_projects(self._group.projects), span, self._range.extra)
        return jql.ascending(where, self._range.field)

    def _fresh(self, rows: Sequence[JsonObject]) -> list[JsonObject]:
        fresh = [row for row in rows if row["id"] not in self._seen]
        for row in fresh:
            self._seen[row["id"]] = self._instant(row)
        return fresh

    def _instant(self, row: JsonObject) -> int | None:
        return instant(row["fields"].get(self._range.field))

    def _is_in_this_second(self, row: JsonObject) -> bool:
        at = self._instant(row)
        return at is None or self._second <= at < self._second + SECOND

    def _anchor(self, rows: Sequence[JsonObject]) -> int:
        """The second at which the next query begins: never after a row that is still to come.

        Never at or after the end: rows dated there were edited after search indexed them.
        """
        if not rows:
            return self._second
        last = self._instant(rows[-1])
        if last is None or last >= self._range.settled:
            latter = [self._instant(row) for row in rows[len(rows) // 2 :]]
            last = min((at for at in latter if at is not None and at < self._range.end), default=self._second)
        return floor_second(last)

    def _crowded(self, after: int) -> Iterator[ScanPage]:
        """One second, read by ids. Rows that this read already brought are skipped."""
        span = jql.both(jql.between(self._range.field, self._second, self._second + SECOND), self._range.extra)
        second = IdRead(self._search, self._group, span)
        lacking = sorted((each for each in second.ids() - self._seen.keys() if int(each) > after), key=int)
        self._whole = self._whole and second.whole
        for rows, last_id in second.rows(lacking):
            yield ScanPage(self._fresh(rows), Position(self._second, last_id), self._whole)
            self._after = last_id
        self._second += SECOND
        self._after = 0
        self._seen.clear()
