"""`python -m benchmarks.readers NAME MARKS …`: runs a reader and notes when it first went to the network.

What comes before is imports and set-up, paid once however long a sync is; records a second are counted from there.
"""

from __future__ import annotations

import atexit
import json
import runpy
import sys
import time
from pathlib import Path
from typing import Any

_MODULES = {
    "bare_loop": "benchmarks.readers.bare_loop",
    "server_ceiling": "benchmarks.readers.server_ceiling",
    "declarative": "benchmarks.readers.declarative",
    "source_jira_flow": "source_jira_flow",
}


class Stopwatch:
    """Notes the first connection and the end: seconds of the monotonic clock, and of this process's CPU."""

    def __init__(self, marks: Path) -> None:
        self._marks = marks
        self._started = time.monotonic()
        self._connected: tuple[float, float] | None = None
        sys.addaudithook(self._audit)
        atexit.register(self._write)

    def _audit(self, event: str, _: Any) -> None:
        if event == "socket.connect" and self._connected is None:
            self._connected = (time.monotonic(), time.process_time())

    def _write(self) -> None:
        connected, cpu = self._connected or (time.monotonic(), time.process_time())
        noted = {"started": self._started, "connected": connected, "cpu_before": cpu, "ended": time.monotonic()}
        self._marks.write_text(json.dumps({**noted, "peak_bytes": _peak_bytes()}))


def _peak_bytes() -> int | None:
    """The most memory that this process held. `wait4` would count what its parent held before the fork as well."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), None)


if __name__ == "__main__":
    name, marks_file = sys.argv[1:3]
    Stopwatch(Path(marks_file))
    sys.argv = [name, *sys.argv[3:]]
    runpy.run_module(_MODULES[name], run_name="__main__", alter_sys=True)
