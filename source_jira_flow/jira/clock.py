"""What time it is: Jira tells it twice, this machine a third time, and any of the three can be wrong."""

from __future__ import annotations

import time
from collections.abc import Mapping
from logging import Logger
from typing import Any

from source_jira_flow.common.instants import CLOCKS_AGREE, SECOND, floor_second, from_milliseconds, instant
from source_jira_flow.http.waiting import date_of


def agreed_time(server_time: Any, headers: Mapping[str, str], logger: Logger) -> int | None:
    """Jira's clock in epoch milliseconds; None where Jira tells no time at all.

    Where the clocks differ by minutes, it is the earliest: what is read up to a time that is still to come would count
    as read before it was written.
    """
    by_jira = {"serverInfo": instant(server_time), "the Date header": date_of(headers)}
    told = {clock: at for clock, at in by_jira.items() if at is not None}
    if len(told) == len(by_jira) and floor_second(told["serverInfo"]) == told["the Date header"]:
        # The same, to the second.
        del told["the Date header"]
    if not told:
        return None
    told["this machine"] = int(time.time() * SECOND)
    earliest = min(told.values())
    if max(told.values()) - earliest <= CLOCKS_AGREE:
        return next(iter(told.values()))
    logger.warning(
        "The clocks disagree: %s. The sync takes the earliest. Correct the wrong clock, preferably with a time server.",
        ", ".join(f"{clock} says {from_milliseconds(instant)}" for clock, instant in told.items()),
    )
    return earliest
