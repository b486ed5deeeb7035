"""How long to wait before asking Jira again, by its own headers.

The order is Atlassian's: Retry-After, X-RateLimit-Reset, X-RateLimit-Interval-Seconds, then our own
back-off. Jira's instants are held against the Date of the same answer, never against this machine's clock.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from source_jira_flow.common.instants import SECOND, instant
from source_jira_flow.settings import Settings


def requested_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds that Jira asks for, or None. Data Center sends `Retry-After: 0` on healthy answers: no request."""
    asked = (read(headers) for read in (_retry_after, _reset, _interval))
    return next((seconds for seconds in asked if seconds is not None and seconds > 0), None)


def backoff(attempt: int, settings: Settings) -> float:
    """Seconds before try number `attempt` + 1: doubling, with full jitter on the upper half."""
    longest = min(settings.backoff_cap, settings.backoff_base * 2.0 ** (attempt - 1))
    return longest * random.uniform(0.5, 1.0)  # spreads load, guards nothing


def jittered(seconds: float) -> float:
    """Never shorter than asked (asking early lengthens the limit), a little longer so that clients spread."""
    return seconds + random.uniform(0.0, min(1.0, seconds * 0.1))


def date_of(headers: Mapping[str, str]) -> int | None:
    """The Date header in epoch milliseconds, or None."""
    try:
        return int(parsedate_to_datetime(headers["Date"]).timestamp() * SECOND)
    except (KeyError, TypeError, ValueError):
        return None


def _retry_after(headers: Mapping[str, str]) -> float | None:
    text = headers.get("Retry-After", "").strip()
    try:
        return float(text)
    except ValueError:
        return _until(date_of({"Date": text}), headers)


def _reset(headers: Mapping[str, str]) -> float | None:
    return _until(instant(headers.get("X-RateLimit-Reset", "").strip()), headers)


def _until(then: int | None, headers: Mapping[str, str]) -> float | None:
    now = date_of(headers)
    return None if then is None or now is None else (then - now) / SECOND


def _interval(headers: Mapping[str, str]) -> float | None:
    try:
        return float(headers["X-RateLimit-Interval-Seconds"])
    except (KeyError, ValueError):
        return None
