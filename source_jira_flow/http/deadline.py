"""Work that ends by a given instant of `time.monotonic()`, whatever hangs in it.

The timeouts of `requests` count from one received byte to the next, and name resolution has none: a server that drips
bytes, or a dead name server, can hold a caller forever. So the work runs in a thread of its own, which is left behind
when the time is up. It is a daemon, so it does not keep the process from ending.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import copy_context
from typing import TypeVar

Result = TypeVar("Result")


class Unfinished(Exception):
    """The work was not done by its deadline; it was left behind."""


def finish_by(deadline: Callable[[], float], work: Callable[[], Result]) -> Result:
    """The result of `work`, or Unfinished at `deadline`, which may move while the work makes progress.

    The work runs in a copy of the caller's context.
    """
    outcome: Future[Result] = Future()

    def do() -> None:
        try:
            outcome.set_result(work())
        except BaseException as error:  # noqa: BLE001  # handed to the caller
            outcome.set_exception(error)

    thread = threading.Thread(target=copy_context().run, args=(do,), name="until-deadline", daemon=True)
    thread.start()
    while not outcome.done():
        left = deadline() - time.monotonic()
        if left <= 0:
            raise Unfinished
        thread.join(left)
    return outcome.result()
