"""`python -m benchmarks.scale --issues 10000 1000000`: what first and later syncs cost, and how large the state is."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.serving import ServedSite

_STREAMS = ("issues", "comments")
_STATE = b'"type":"STATE"'
_RECORD = b'"type":"RECORD"'
_BYTES_PER_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True)
class Sync:
    """One sync: records, calls, seconds, peak memory, and the bytes of the last state of all streams."""

    records: int
    calls: int
    seconds: float
    peak_bytes: int
    state_bytes: int


def measure(issues: int, folder: Path) -> tuple[Sync, Sync]:
    """A first sync of so many issues, and one after it in which nothing changed."""
    with ServedSite(issues, "benchmarks.large_jira") as jira:
        config = folder / "config.json"
        config.write_text(json.dumps({name: jira.description[name] for name in ("base_url", "credentials")}))
        return _sync(jira, folder, []), _sync(jira, folder, ["--state", str(folder / "state.json")])


def _sync(jira: ServedSite, folder: Path, options: Sequence[str]) -> Sync:
    catalog = folder / "catalog.json"
    catalog.write_text(json.dumps({"streams": [_chosen(name) for name in _STREAMS]}))
    files = ["--config", str(folder / "config.json"), "--catalog", str(catalog), *options]
    jira.begin(0.0)
    began = time.monotonic()
    records, states = 0, {}
    with subprocess.Popen(
        [sys.executable, "-m", "source_jira_flow", "read", *files], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            records += _RECORD in line[:60]
            if _STATE in line[:60]:
                state = json.loads(line)["state"]
                states[state["stream"]["stream_descriptor"]["name"]] = state
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"The sync ended with {process.returncode}.")
    text = json.dumps(list(states.values()))
    (folder / "state.json").write_text(text)
    seconds = time.monotonic() - began
    return Sync(records, jira.served().total, seconds, usage.ru_maxrss * _BYTES_PER_RSS_UNIT, len(text))


def _chosen(name: str) -> dict[str, object]:
    stream = {"name": name, "json_schema": {}, "supported_sync_modes": ["full_refresh", "incremental"]}
    return {"stream": stream, "sync_mode": "incremental", "destination_sync_mode": "append"}


def row(issues: int, first: Sync, later: Sync) -> str:
    """A row of the table in docs/scale.md."""
    cells = (
        f"{issues:,}",
        f"{first.calls:,}",
        f"{later.calls:,}",
        f"{first.peak_bytes / 1e6:.0f} MB",
        f"{first.state_bytes / 1e3:.0f} KB",
        f"{first.records / first.seconds:,.0f}",
    )
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--issues", type=int, nargs="+", default=[10_000, 1_000_000])
    print("| Issues | Calls, first sync | Calls, later sync | Peak memory | State | Records/s |")
    print("|---:|---:|---:|---:|---:|---:|")
    for issues in parser.parse_args().issues:
        with tempfile.TemporaryDirectory() as folder:
            print(row(issues, *measure(issues, Path(folder))), flush=True)


if __name__ == "__main__":
    main()
