"""Many calls at once, and many iterators at once, each in threads that end with it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from queue import SimpleQueue
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def portions(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


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


def merged(iterators: Sequence[Iterator[Item]], room: int = 1) -> Iterator[Item]:
    """What all iterators give, as it comes; those of one iterator in its order. Each is run by a thread of its own.

    At most `room` items are here at a time, with the one that the caller has. An error of an iterator is raised once
    what came before it was given; the others then end at their next item.
    """
    given: SimpleQueue[tuple[Item] | Exception | None] = SimpleQueue()
    places = threading.Semaphore(room)
    abandoned = threading.Event()

    def run(iterator: Iterator[Item]) -> None:
        try:
            for item in iterator:
                places.acquire()
                if abandoned.is_set():
                    return
                given.put((item,))
                # Not held while the next one is on its way.
                del item
        except Exception as error:  # noqa: BLE001  # raised again by the thread that takes the items
            given.put(error)
        else:
            given.put(None)

    pool = ThreadPoolExecutor(len(iterators), thread_name_prefix="worker")
    try:
        for iterator in iterators:
            pool.submit(run, iterator)
        running = len(iterators)
        while running:
            got = given.get()
            if isinstance(got, Exception):
                raise got
            if got is None:
                running -= 1
                continue
            yield got[0]
            del got
            places.release()
    finally:
        abandoned.set()
        places.release(len(iterators))
        pool.shutdown(wait=False, cancel_futures=True)
