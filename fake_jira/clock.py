"""Jira's clock, and the ways in which Jira writes an instant."""

import time
from datetime import UTC, datetime, tzinfo
from threading import Lock

SECOND_MS = 1_000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS


class Clock:
    """Milliseconds since 1970 as this Jira sees them.

    It runs with real time, `offset_ms` away from the machine's clock, or stands still (`frozen`) until `advance` is
    called. `now_ms` says what it shows at the start.
    """

    def __init__(self, now_ms: int | None = None, offset_ms: int = 0, frozen: bool = False) -> None:
        machine_ms = time.time_ns() // 1_000_000
        shown_ms = (machine_ms if now_ms is None else now_ms) + offset_ms
        self.frozen = frozen
        self._lock = Lock()
        self._frozen_at_ms = shown_ms
        self._offset_ms = shown_ms - machine_ms

    def now(self) -> int:
        if self.frozen:
            return self._frozen_at_ms
        return time.time_ns() // 1_000_000 + self._offset_ms

    def advance(self, milliseconds: int) -> None:
        with self._lock:
            self._frozen_at_ms += milliseconds
            self._offset_ms += milliseconds


def platform_date(instant_ms: int, zone: tzinfo) -> str:
    """`2024-01-02T03:04:05.678+0000`, as the platform's documents have it."""
    seconds, milliseconds = divmod(instant_ms, SECOND_MS)
    text = datetime.fromtimestamp(seconds, zone).isoformat(timespec="seconds")
    return f"{text[:19]}.{milliseconds:03d}{text[19:22]}{text[23:25]}"


def agile_date(instant_ms: int, zone: tzinfo) -> str:
    """`2024-01-02T03:04:05.678Z` or `…+10:00`, as the Agile documents have it."""
    seconds, milliseconds = divmod(instant_ms, SECOND_MS)
    text = datetime.fromtimestamp(seconds, zone).isoformat(timespec="seconds")
    offset = "Z" if text[19:] == "+00:00" else text[19:]
    return f"{text[:19]}.{milliseconds:03d}{offset}"


def calendar_date(instant_ms: int) -> str:
    return datetime.fromtimestamp(instant_ms // SECOND_MS, UTC).date().isoformat()
