"""Work that ends by a given instant of `time.monotonic()`, whatever hangs in it.

The time-outs of `requests` count from one received byte to the next, and name resolution has none: a server that drips
bytes, or a dead name server, holds a caller for as long as it likes. So the work is done in threads of its own that are
left behind when the time is up; being daemons, they keep no process from ending.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_here = threading.local()


class Unfinished(Exception):
    """The work was not done by its deadline; it was left behind."""


def finish_by(deadline: Callable[[], float], work: Callable[[], Result]) -> Result:
    """The result of `work`, or Unfinished at `deadline`, which may move while the work makes progress.

    Within other work that has a deadline it is simply done: who waits for that leaves this behind as well.
    """
    if getattr(_here, "is_left_behind", False):
        return work()
    outcome: list[Result] = []
    failure: list[BaseException] = []

    def do() -> None:
        _here.is_left_behind = True
        try:
            outcome.append(work())
        except BaseException as error:  # noqa: BLE001  # handed to the caller
            failure.append(error)

    thread = threading.Thread(target=do, name="until-deadline", daemon=True)
    thread.start()
    while thread.is_alive() and (left := _seconds_until(deadline())) > 0:
        thread.join(left)
    if failure:
        raise failure[0]
    if not outcome:
        raise Unfinished
    return outcome[0]


def map_by(
    deadline: float | None, work: Callable[[Item], Result], items: Sequence[Item], *, threads: int
) -> dict[Item, Result]:
    """The results of `work` by item, so many at once: those that there are at `deadline`, all of them without one.

    The first error that `work` raises is raised here, and ends the rest.
    """
    waiting: queue.SimpleQueue[Item] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[Item, Result] | BaseException] = queue.SimpleQueue()
    over = threading.Event()
    for item in items:
        waiting.put(item)

    def do() -> None:
        _here.is_left_behind = deadline is not None
        while not over.is_set():
            try:
                item = waiting.get_nowait()
                done.put((item, work(item)))
            except queue.Empty:
                return
            except BaseException as error:  # noqa: BLE001  # handed to the caller
                done.put(error)
                return

    for _ in range(min(threads, len(items))):
        threading.Thread(target=do, name="until-deadline", daemon=True).start()
    results: dict[Item, Result] = {}
    try:
        while len(results) < len(items):
            outcome = done.get(timeout=None if deadline is None else _seconds_until(deadline))
            if isinstance(outcome, BaseException):
                raise outcome
            results[outcome[0]] = outcome[1]
    except queue.Empty:
        pass
    finally:
        over.set()
    return results


def _seconds_until(deadline: float) -> float:
    return max(0.0, deadline - time.monotonic())
