"""Lines typed by a person, also while waiting for something else."""

from __future__ import annotations

import contextlib
import os
import select
import sys
import termios
import time
from collections.abc import Callable

_POLL = 0.1


class EndOfInput(Exception):  # noqa: N818  # not an error
    """The person closed the input (Ctrl-D)."""


class Keyboard:
    """Reads whole lines from standard input, without Python's buffer, so that waiting can be abandoned."""

    def __init__(self) -> None:
        self._pending = b""

    def line(self) -> str:
        """The next line, without its end. Raises EndOfInput."""
        return self.line_until(lambda: False) or ""

    def line_until(self, awaited: Callable[[], bool], seconds: float | None = None) -> str | None:
        """The next line; None as soon as `awaited()` is true, or when the time is up. Raises EndOfInput."""
        end = None if seconds is None else time.monotonic() + seconds
        while b"\n" not in self._pending:
            if awaited() or (end is not None and time.monotonic() >= end):
                return None
            if select.select([sys.stdin.fileno()], [], [], _POLL)[0]:
                self._read()
        line, _, self._pending = self._pending.partition(b"\n")
        return line.decode("utf-8", "replace").rstrip("\r")

    def forget_typed(self) -> None:
        """Drop what was typed before now."""
        self._pending = b""
        with contextlib.suppress(termios.error, OSError):
            termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)

    def _read(self) -> None:
        read = os.read(sys.stdin.fileno(), 4096)
        if not read:
            raise EndOfInput
        self._pending += read
