"""Runs a reader as a process, and says what it brought and what it cost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

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
    """What a reader wrote: records by stream, and all bytes."""

    records: Mapping[str, int]
    written_bytes: int


@dataclass(frozen=True)
class Run:
    """One measured run. Seconds and CPU seconds count from the first connection; memory is the process's peak in bytes."""

    seconds: float
    cpu_seconds: float
    startup_seconds: float
    peak_bytes: int
    served: Served


class Failed(RuntimeError):
    """A reader did not end well, or did other work than when it was counted."""


class Workshop:
    """Runs readers against one served site; files go to `directory`."""

    def __init__(self, site: ServedSite, directory: Path) -> None:
        self._site = site
        self._directory = directory

    def count(self, reader: Reader) -> tuple[Output, Served]:
        """Run once, warm the server up by it, and look at every message that was written."""
        path = self._directory / "output.jsonl"
        with path.open("wb") as output:
            run = self._run(reader, output)
        with path.open("rb") as lines:
            counted = _counted(lines)
        path.unlink()
        return counted, run.served

    def measure(self, reader: Reader) -> Run:
        """Run with the output thrown away."""
        with Path(os.devnull).open("wb") as output:
            return self._run(reader, output)

    def _run(self, reader: Reader, output: IO[bytes]) -> Run:
        marks = self._directory / "marks.json"
        arguments = [reader.name, str(marks), "read", "--config", self._config(reader), "--catalog", self._catalog(reader)]
        self._site.begin(reader.latency)
        with (self._directory / "errors.txt").open("w+b") as errors:
            process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.readers", *arguments], stdout=output, stderr=errors
            )
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode:
                errors.seek(0)
                said = errors.read()[-_SHOWN_OF_ERRORS:].decode("utf-8", "replace")
                raise Failed(f"{reader.name} ended with {process.returncode}:\n{said}{_last_lines(output)}")
        noted = json.loads(marks.read_text())
        return Run(
            seconds=noted["ended"] - noted["connected"],
            cpu_seconds=usage.ru_utime + usage.ru_stime - noted["cpu_before"],
            startup_seconds=noted["connected"] - noted["started"],
            peak_bytes=usage.ru_maxrss * _BYTES_PER_RSS_UNIT,
            served=self._site.served(),
        )

    def _config(self, reader: Reader) -> str:
        described = self._site.description
        config = {
            "base_url": described["base_url"],
            "credentials": described["credentials"],
            "num_workers": reader.workers,
            # What the readers that know nothing of Jira's projects need beforehand.
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


def _counted(lines: IO[bytes]) -> Output:
    records: dict[str, int] = {}
    written = 0
    for line in lines:
        message = orjson.loads(line)
        if message["type"] == "RECORD":
            stream = message["record"]["stream"]
            records[stream] = records.get(stream, 0) + 1
            written += len(line)
    return Output(records, written)


def _last_lines(output: IO[bytes]) -> str:
    path = Path(output.name)
    if not path.is_file():
        return ""
    with path.open("rb") as written:
        written.seek(max(0, path.stat().st_size - _SHOWN_OF_ERRORS))
        return written.read().decode("utf-8", "replace")
