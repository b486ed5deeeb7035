"""Lists by offset (`startAt`, `values`, `total`, `isLast`), read by the rows that came.

Jira gives fewer rows a page than asked wherever it likes, so that a short page is not the end. An empty page that
contradicts what came before is asked for again: a proxy or a node that lags behind must not cut a list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from source_jira_flow.errors import BrokenPromise, PassingFault

_TRIES_OF_AN_EMPTY_PAGE = 6


def offset_rows(ask: Callable[[Mapping[str, Any]], Any], size: int, what: str, *, sure: bool = True) -> Iterator[Any]:
    """All rows of a list; `ask` gets `startAt` and `maxResults`, and `what` names the list in errors.

    With `sure`, a list that is empty from its first page on is asked for twice.
    Raises PassingFault where Jira counts rows that it doesn't give, BrokenPromise for an answer of another form.
    """
    start = largest_total = empty = 0
    while True:
        page = ask({"startAt": start, "maxResults": size})
        rows = rows_of(page, "values", what)
        total = page.get("total")
        largest_total = max(largest_total, total or 0)
        if rows:
            yield from rows
            start, empty = start + len(rows), 0
            if _is_end(start, total, page.get("isLast")):
                return
            continue
        empty += 1
        doubtful = start < largest_total or (start == 0 and sure) or page.get("isLast") is False
        if _is_end(start, total, page.get("isLast")) and (empty > 1 or not doubtful):
            return
        if empty >= _TRIES_OF_AN_EMPTY_PAGE:
            raise PassingFault(f"Jira gave {start} of {largest_total or 'more'} rows of {what} and then none.")


def rows_of(page: Any, name: str, what: str) -> list[Any]:
    """The rows of one page. Raises BrokenPromise where there are none to look at."""
    rows = page.get(name) if isinstance(page, dict) else None
    if not isinstance(rows, list):
        raise BrokenPromise(f"Jira answered {what} in a form that is not known: no '{name}'.")
    return rows


def _is_end(start: int, total: int | None, is_last: bool | None) -> bool:
    # The total is what Jira counted; `isLast` is reported to be wrong at times.
    return start >= total if isinstance(total, int) else is_last is not False
