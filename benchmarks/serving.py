"""Starts the page server, and asks it to begin a run and what it counted."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True)
class Served:
    """What the page server counted in a run: calls by kind, those it had to make the answer for, and bytes sent."""

    calls: Mapping[str, int]
    made: int
    sent_bytes: int

    @property
    def total(self) -> int:
        """All calls."""
        return sum(self.calls.values())


class ServedSite:
    """The page server's process; `description` has its base_url, credentials, projects, issues and comments."""

    def __init__(self, issues: int, server: str = "benchmarks.page_server", changes: int = 0) -> None:
        """`server` is the module that serves; `changes` is how many entries each history has, 0 for the few usual."""
        numbers = ["--issues", str(issues), *(["--changes", str(changes)] if changes else [])]
        self._process = subprocess.Popen(
            [sys.executable, "-m", server, *numbers],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.description: dict[str, Any] = self._heard()

    @property
    def issues(self) -> int:
        """How many issues the account may import."""
        return int(self.description["issues"])

    def begin(self, latency: float) -> None:
        """Count from here, and wait so many seconds before each answer."""
        self._ask({"latency": latency})

    def served(self) -> Served:
        """What was counted since `begin`."""
        heard = self._ask({})
        calls = {kind: count for kind, count in heard["calls"].items() if kind != "made"}
        return Served(calls, heard["calls"].get("made", 0), heard["sent_bytes"])

    def _ask(self, order: Mapping[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return self._heard()

    def _heard(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"The page server ended with {self._process.wait()}.")
        heard: dict[str, Any] = json.loads(line)
        return heard

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)
        assert self._process.stdout is not None
        self._process.stdout.close()
