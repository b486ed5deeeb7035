"""Runs a reader as a process, and says what it brought and what it cost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from benchmarks.serving import Served, ServedSite

_BYTES_PER_RSS_UNIT = 1 if sys.platform == "darwin" else 1024
_SHOWN_OF_ERRORS = 4_000


@dataclass(frozen=True)
class Reader:
    """What to run: a module of `readers`, the streams it is asked for, its workers, and the latency in seconds."""

    name: str
    streams: Sequence[str] = ("issues",)
    workers: int = 8
    latency: float = 0.0


@dataclass(frozen=True)
class Output:
    """What a reader wrote: records by stream, and their size as lines."""

    records: Mapping[str, int]
    written_bytes: int

    @property
    def total(self) -> int:
        """All records."""
        return sum(self.records.values())


@dataclass(frozen=True)
class Run:
    """One run. Seconds, and those of CPU (user and system), count from the first connection."""

    seconds: float
    cpu_seconds: float
    startup_seconds: float
    peak_bytes: int
    served: Served


class Failed(RuntimeError):
    """A reader did not end well."""


class Workshop:
    """Runs readers against one served site; files go to `directory`."""

    def __init__(self, site: ServedSite, directory: Path) -> None:
        self.site = site
        self._directory = directory
        self._marks = directory / "marks.json"
        self._errors = directory / "errors.txt"

    def count(self, reader: Reader) -> tuple[Output, Run]:
        """Run once and look at every message that is written. It also warms up the server."""
        last: deque[bytes] = deque(maxlen=3)
        with self._started(reader, subprocess.PIPE) as process:
            assert process.stdout is not None
            output = _counted(process.stdout, last)
            run = self._ended(process, last)
        return output, run

    def measure(self, reader: Reader) -> Run:
        """Run with the output thrown away."""
        with self._started(reader, subprocess.DEVNULL) as process:
            return self._ended(process, ())

    def _started(self, reader: Reader, output: int) -> subprocess.Popen[bytes]:
        files = ["--config", self._config(reader), "--catalog", self._catalog(reader)]
        arguments = [reader.name, str(self._marks), "read", *files]
        self.site.begin(reader.latency)
        with self._errors.open("wb") as errors:
            return subprocess.Popen(
                [sys.executable, "-m", "benchmarks.readers", *arguments], stdout=output, stderr=errors
            )

    def _ended(self, process: subprocess.Popen[bytes], last: Iterable[bytes]) -> Run:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said = b"".join(last) + self._errors.read_bytes()
            shown = said[-_SHOWN_OF_ERRORS:].decode("utf-8", "replace")
            raise Failed(f"A reader ended with {process.returncode}:\n{shown}")
        noted = json.loads(self._marks.read_text())
        return Run(
            seconds=noted["ended"] - noted["connected"],
            cpu_seconds=usage.ru_utime + usage.ru_stime - noted["cpu_before"],
            startup_seconds=noted["connected"] - noted["started"],
            peak_bytes=noted["peak_bytes"] or usage.ru_maxrss * _BYTES_PER_RSS_UNIT,
            served=self.site.served(),
        )

    def _config(self, reader: Reader) -> str:
        described = self.site.description
        config = {
            "base_url": described["base_url"],
            "credentials": described["credentials"],
            "num_workers": reader.workers,
            # What readers that don't ask Jira for its projects need beforehand.
            "project_ids": described["projects"],
            "authorization": described["authorization"],
        }
        return self._written("config.json", config)

    def _catalog(self, reader: Reader) -> str:
        streams = [
            {
                "stream": {"name": name, "json_schema": {}, "supported_sync_modes": ["full_refresh", "incremental"]},
                "sync_mode": "incremental",
                "destination_sync_mode": "append",
            }
            for name in reader.streams
        ]
        return self._written("catalog.json", {"streams": streams})

    def _written(self, name: str, content: Mapping[str, Any]) -> str:
        path = self._directory / name
        path.write_text(json.dumps(content))
        return str(path)


def _counted(lines: Iterable[bytes], last: deque[bytes]) -> Output:
    records: Counter[str] = Counter()
    written = 0
    for line in lines:
        last.append(line)
        message = orjson.loads(line)
        if message["type"] == "RECORD":
            records[message["record"]["stream"]] += 1
            written += len(line)
    return Output(dict(records), written)
