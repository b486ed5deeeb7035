"""Calls of one function for many items at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_parallel(
    function: Callable[[Item], Result], items: Iterable[Item], workers: int
) -> Iterator[tuple[Item, Result]]:
    """Each item with its result, as they come. The first error is raised, and what was not begun stays undone.

    Only a few items wait at a time, so that neither they nor results pile up.
    """
    waiting = iter(items)
    under_way: dict[Future[Result], Item] = {}
    pool = ThreadPoolExecutor(workers, thread_name_prefix=getattr(function, "__name__", "parallel"))
    try:
        while True:
            for item in islice(waiting, 2 * workers - len(under_way)):
                under_way[pool.submit(function, item)] = item
            if not under_way:
                return
            done, _ = wait(under_way, return_when=FIRST_COMPLETED)
            for future in done:
                yield under_way.pop(future), future.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
