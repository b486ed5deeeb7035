"""What a sync is doing, while it does it: one line that moves on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner

_REFRESH_SECONDS = 0.2
_SECONDS_BETWEEN_LINES = 5.0
_STREAMS_SHOWN = 4


@contextmanager
def spinning(console: Console, text: str) -> Iterator[Callable[[str], None]]:
    """A line that moves on a terminal until the end of the block; gives a function that changes its text."""
    if not console.is_terminal:
        yield lambda changed: None
        return
    spinner = Spinner("dots", text)
    # Rich's own status would take over standard error, and show what was sent elsewhere.
    with Live(spinner, console=console, transient=True, redirect_stdout=False, redirect_stderr=False):
        yield lambda changed: spinner.update(text=changed)


@contextmanager
def shown_progress(console: Console) -> Iterator[None]:
    """Shows the progress of PyAirbyte's read that happens within."""
    from airbyte.progress import ProgressTracker
    from airbyte.sources import base

    trackers: list[ProgressTracker] = []

    class Watched(ProgressTracker):
        """Tells of itself: `Source.read` makes its own tracker and takes none from outside."""

        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            trackers.append(self)

    ended = threading.Event()
    shown = threading.Thread(target=_show, args=(console, trackers, ended), daemon=True)
    with patch.object(base, "ProgressTracker", Watched):
        shown.start()
        try:
            yield
        finally:
            ended.set()
            shown.join()


def _show(console: Console, trackers: list[Any], ended: threading.Event) -> None:
    began = time.monotonic()
    if not console.is_terminal:
        while not ended.wait(_SECONDS_BETWEEN_LINES):
            console.print(f"  {time.monotonic() - began:3.0f} s: {_doing(trackers)}")
        return
    with spinning(console, "starting the connector") as update:
        while not ended.wait(_REFRESH_SECONDS):
            update(f"{_doing(trackers)} ({time.monotonic() - began:.0f} s)")


def _doing(trackers: list[Any]) -> str:
    if not trackers:
        return "starting the connector"
    tracker = trackers[-1]
    counts = dict(tracker.stream_read_counts)
    if not counts:
        return "asking Jira"
    if tracker.finalize_start_time is not None:
        return f"writing {sum(counts.values()):,} records into DuckDB"
    most = sorted(counts.items(), key=lambda item: -item[1])[:_STREAMS_SHOWN]
    return "reading: " + ", ".join(f"{count:,} {name}" for name, count in most)
