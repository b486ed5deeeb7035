"""Work that ends by a given instant, whatever hangs in it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


class Unfinished(Exception):
    """The work was not done by its deadline; it was left behind."""


def finish_by(deadline: float, work: Callable[[], Result]) -> Result:
    """The result of `work`, or Unfinished at `deadline`, an instant of `time.monotonic()`.

    The time-outs of `requests` count from one received byte to the next, and name resolution has none: a server that
    drips bytes, or a dead name server, holds a caller for as long as it likes. So the work is done in a thread of its
    own that is left behind when the time is up; being a daemon, it keeps no process from ending.
    """
    outcome: list[Result] = []
    failure: list[BaseException] = []

    def do() -> None:
        try:
            outcome.append(work())
        except BaseException as error:  # noqa: BLE001  # handed to the caller
            failure.append(error)

    thread = threading.Thread(target=do, name="until-deadline", daemon=True)
    thread.start()
    thread.join(max(0.0, deadline - time.monotonic()))
    if failure:
        raise failure[0]
    if not outcome:
        raise Unfinished
    return outcome[0]
