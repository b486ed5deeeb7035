"""Lists by offset (`startAt`, `values`, `total`, `isLast`), read by the rows that came.

Jira gives fewer rows a page than asked wherever it likes, so that a short page is not the end. An empty page that
contradicts what came before is asked for again: a proxy or a node that lags behind must not cut a list.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from typing import Any

import orjson

from source_jira_flow.errors import BrokenPromise, PassingFault

_TRIES_OF_AN_EMPTY_PAGE = 6


def offset_rows(ask: Callable[[Mapping[str, Any]], Any], size: int, what: str, *, sure: bool = True) -> Iterator[Any]:
    """All rows of a list, each once; `ask` gets `startAt` and `maxResults`, and `what` names the list in errors.

    With `sure`, a list that is empty from its first page on is asked for twice. Rows that shift while they are read
    show in a total that is larger than what came: then the list is read once more.
    Raises PassingFault where Jira counts rows that it doesn't give, BrokenPromise where the list would never end.
    """
    progress = Progress(what)
    total = yield from _once_through(ask, size, progress, sure)
    if len(progress.seen) < total:
        progress.is_first_pass = False
        yield from _once_through(ask, size, progress, sure=False)


def _once_through(
    ask: Callable[[Mapping[str, Any]], Any], size: int, progress: Progress, sure: bool
) -> Generator[Any, None, int]:
    """Returns the total that Jira counted last, 0 where it counts none."""
    start = largest_total = empty = 0
    while True:
        page = ask({"startAt": start, "maxResults": size})
        rows, total = page["values"], page.get("total")
        counted = total if isinstance(total, int) else 0
        largest_total = max(largest_total, counted)
        if rows:
            yield from progress.new(rows)
            start, empty = start + len(rows), 0
            if _is_end(start, total, page.get("isLast")):
                return counted
            continue
        empty += 1
        doubtful = start < largest_total or (start == 0 and sure) or page.get("isLast") is False
        if _is_end(start, total, page.get("isLast")) and (empty > 1 or not doubtful):
            return counted
        if empty >= _TRIES_OF_AN_EMPTY_PAGE:
            raise PassingFault(f"Jira gave {start} of {largest_total or 'more'} rows of {progress.what} and then none.")


class Progress:
    """The rows of a list, page by page, each once. `what` names the list in errors.

    `seen` has what tells rows apart. In another pass than the first, most rows are known.
    """

    def __init__(self, what: str) -> None:
        self.what = what
        self.seen: set[Any] = set()
        self.is_first_pass = True
        self._stalled = False

    def new(self, rows: Sequence[Any]) -> list[Any]:
        """Those of a page that did not come before. Raises BrokenPromise where a page repeats others.

        A page of one row can be the one before it, which a new row has shifted; two in a row can't.
        """
        fresh = []
        for row in rows:
            identity = _identity(row)
            if identity not in self.seen:
                self.seen.add(identity)
                fresh.append(row)
        if rows and not fresh and self.is_first_pass and (len(rows) > 1 or self._stalled):
            raise BrokenPromise(
                f"Jira gave the same rows of {self.what} again where the next ones should be: the list would never end."
                " Ask your network team whether a proxy drops parameters of requests."
            )
        self._stalled = not fresh
        return fresh


def _identity(row: Any) -> Any:
    if not isinstance(row, dict):
        return row if isinstance(row, str) else orjson.dumps(row)
    named = row.get("accountId") or row.get("id") or row.get("key")
    return str(named) if named else orjson.dumps(row, option=orjson.OPT_SORT_KEYS)


def _is_end(start: int, total: Any, is_last: Any) -> bool:
    # The total is what Jira counted; `isLast` is reported to be wrong at times.
    return start >= total if isinstance(total, int) else is_last is not False
