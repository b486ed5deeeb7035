"""How many workers are at work at once: as many as keep the interpreter busy, and no more."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

_SAMPLES = 16
_FEWEST_SAMPLES = 8
# Nothing depends on the wait: it ends in any case.
_LONGEST_WAIT = 1.0
# A page takes a second where the machine is busy, and its worker never waits for one that waits here.
_LONGEST_WAIT_FOR_ANOTHER = 60.0
# The next one is parsed while the records of this one are sent.
_MOST_PARSED = 1


class Pace:
    """Holds workers back where Jira answers sooner than this process can work on what it gave.

    More workers bring nothing, and cost a fifth of the speed: their threads contend for the interpreter with those that
    parse and send. Where a page is on the wire for as long as many others take to be worked on, all workers work.
    `at_first` are at work before that is known: fewer where pages are so large that memory matters.
    """

    def __init__(self, workers: int, at_first: int | None = None) -> None:
        self._workers = workers
        self._at_first = min(workers, at_first or workers)
        self._change = threading.Condition()
        self._at_work = 0
        self._parsed = 0
        self._here = threading.local()
        self._waits: deque[float] = deque(maxlen=_SAMPLES)
        self._pages = 0
        self._cpu_before = time.process_time()

    @property
    def wanted(self) -> int:
        """How many workers are enough: those that wait for Jira while one page is worked on."""
        waits = sorted(self._waits)
        if len(waits) < min(_FEWEST_SAMPLES, self._at_first):
            return self._at_first
        # A wait is Jira's time and that of other threads: the shortest tell Jira's; one may have been a short page's.
        wait = waits[min(1, len(waits) - 1)]
        work = max(1e-6, (time.process_time() - self._cpu_before) / self._pages)
        return min(self._workers, max(1, math.ceil(wait / work)))

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """For one page, from before it is asked for until the sender takes it. May wait before it begins."""
        with self._change:
            self._change.wait_for(lambda: self._at_work < self.wanted, _LONGEST_WAIT)
            self._at_work += 1
        self._here.parsed, self._here.held_back = 0, 0.0
        try:
            yield
        finally:
            with self._change:
                self._at_work -= 1
                # An abandoned read may be closed by another thread.
                self._parsed -= getattr(self._here, "parsed", None) or 0
                self._change.notify_all()
            self._here.parsed = None

    def page_is_there(self) -> None:
        """To be called by a worker before it parses a page: holds it back while enough pages are parsed and not sent.

        Parsed, a page with histories is three times as large as on the wire, and only one thread can work on pages.
        """
        # Others than workers are not held back, nor is a worker by its own page.
        if getattr(self._here, "parsed", None) != 0:
            return
        began = time.monotonic()
        with self._change:
            self._change.wait_for(lambda: self._parsed < _MOST_PARSED, _LONGEST_WAIT_FOR_ANOTHER)
            self._parsed += 1
        self._here.parsed += 1
        self._here.held_back += time.monotonic() - began

    def page_came(self, waited: float) -> None:
        """So many seconds after it was asked for."""
        with self._change:
            self._waits.append(max(0.0, waited - getattr(self._here, "held_back", 0.0)))
            self._pages += 1
