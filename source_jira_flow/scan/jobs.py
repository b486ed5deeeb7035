"""Jobs shared by several workers: a worker that finds none waits while another may still add some."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator

from source_jira_flow.scan.batch import Job


class JobQueue:
    """Jobs in phases: when all jobs of a phase are done, the next phase begins.

    The latest job is taken first, so that a range that is split repeatedly leaves few pieces pending.
    """

    def __init__(self, phases: Iterable[Callable[[], Iterable[Job]]]) -> None:
        self._phases: Iterator[Callable[[], Iterable[Job]]] = iter(phases)
        self._jobs: deque[Job] = deque()
        self._active = 0
        self._change = threading.Condition()
        self.abandoned = False

    def take(self) -> Job | None:
        """A job, or None when all are done. Every job taken must be given back by `done`."""
        with self._change:
            while not self._jobs:
                if self._active:
                    self._change.wait()
                    continue
                phase = next(self._phases, None)
                if phase is None:
                    self._change.notify_all()
                    return None
                self._jobs.extend(phase())
                self._change.notify_all()
            self._active += 1
            return self._jobs.pop()

    def add(self, jobs: Iterable[Job]) -> None:
        """Add jobs to the current phase."""
        with self._change:
            self._jobs.extend(jobs)
            self._change.notify_all()

    def done(self) -> None:
        """Report that a taken job has ended, successfully or not."""
        with self._change:
            self._active -= 1
            self._change.notify_all()

    def abandon(self) -> None:
        """Hand out no further jobs."""
        with self._change:
            self.abandoned = True
            self._jobs.clear()
            self._phases = iter(())
            self._change.notify_all()
