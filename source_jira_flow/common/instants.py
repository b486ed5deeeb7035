"""Instants: Jira's date forms, epoch milliseconds, and RFC 3339 in UTC with milliseconds.

Jira writes dates in four forms: `2024-01-02T03:04:05.678+0000` (platform), `…678Z` or `…+10:00`
(Agile), epoch milliseconds (bulk changelogs), and `2024-01-02` (due dates, which stay as they are).
"""

from __future__ import annotations

import re
from datetime import date, datetime, timezone
from functools import lru_cache

import pendulum

SECOND = 1000
MINUTE = 60 * SECOND
DAY = 24 * 60 * MINUTE
_UTC_SUFFIXES = ("+0000", "-0000")
# The platform's form in UTC, in a year that exists.
_PLATFORM = re.compile(r"(?!0000)\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d\.\d{3}[+-]0000")
_EPOCH = date(1970, 1, 1)
_YEAR_10000 = 253_402_300_800_000
# Clocks that differ by less are taken to agree: nodes of one Jira do, and machines that ask a time server.
CLOCKS_AGREE = 5 * MINUTE


def utc_if_readable(value: object) -> str | None:
    """RFC 3339 in UTC with milliseconds, None for a form that nobody knows.

    Dates already in UTC are cut, not parsed: it is a hot path.
    """
    if not value or not isinstance(value, (str, int)):
        return None
    if isinstance(value, str) and _PLATFORM.fullmatch(value):
        return value[:23] + "Z"
    try:
        return from_milliseconds(milliseconds(value))
    except (ValueError, ArithmeticError, OSError):
        return None


def instant(value: object) -> int | None:
    """Epoch milliseconds of an instant in any of Jira's forms, None for a form that nobody knows."""
    try:
        found = _parse(value) if type(value) is str else value
    except (ValueError, ArithmeticError, OSError):
        return None
    return found if type(found) is int and 0 <= found < _YEAR_10000 else None


@lru_cache(maxsize=4_096)
def _day(text: str) -> int:
    return (date.fromisoformat(text) - _EPOCH).days * DAY


@lru_cache(maxsize=16_384)
def _parse(text: str) -> int:
    zone = text[-5:]
    if len(text) == 28 and zone in _UTC_SUFFIXES:
        time_of_day = (int(text[11:13]) * 60 + int(text[14:16])) * MINUTE + int(text[17:19]) * SECOND
        return _day(text[:10]) + time_of_day + int(text[20:23])
    if len(text) == 28 and zone[0] in "+-":
        moment = datetime.fromisoformat(f"{text[:26]}:{text[26:]}")
    else:
        parsed = pendulum.parse(text, tz="UTC")
        if not isinstance(parsed, datetime):
            raise ValueError(f"'{text}' is not an instant.")
        moment = parsed
    whole = int(moment.replace(microsecond=0).timestamp())
    return whole * SECOND + moment.microsecond // 1000


def day_of(text: str | None) -> int:
    """The day of an instant as this connector writes it, in days since 1970; 0 where there is none."""
    return _day(text[:10]) // DAY if text else 0


def milliseconds(value: str | int) -> int:
    """Epoch milliseconds of an instant in any of Jira's forms. Raises ValueError."""
    return value if isinstance(value, int) else _parse(value)


def from_milliseconds(epoch_milliseconds: int) -> str:
    """RFC 3339 in UTC with milliseconds: `2024-01-02T03:04:05.678Z`."""
    whole, rest = divmod(epoch_milliseconds, SECOND)
    return f"{datetime.fromtimestamp(whole, timezone.utc):%Y-%m-%dT%H:%M:%S}.{rest:03d}Z"


def floor_second(epoch_milliseconds: int) -> int:
    """The beginning of the second that the instant lies in."""
    return epoch_milliseconds - epoch_milliseconds % SECOND


def ceil_second(epoch_milliseconds: int) -> int:
    """The first whole second at or after the instant."""
    return -(-epoch_milliseconds // SECOND) * SECOND
