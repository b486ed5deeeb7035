"""How many workers are at work at once: as many as keep the interpreter busy, and no more."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

_SAMPLES = 16
_FEWEST_SAMPLES = 8
# Nothing depends on a wait: it ends in any case.
_LONGEST_WAIT = 1.0
# A page takes a second where the machine is busy, and its worker never waits for one that waits here.
_LONGEST_WAIT_FOR_ANOTHER = 60.0
# The next one is received and parsed while the records of this one are sent.
_MOST_RECEIVED = 1


class Pace:
    """Holds workers back where Jira answers sooner than this process can work on what it gave.

    More workers bring nothing, and cost a fifth of the speed: their threads contend for the interpreter with those that
    parse and send. Where a page is on the wire for as long as many others take to be worked on, all workers work.
    `at_first` are at work before that is known: fewer where pages are so large that memory matters.
    """

    def __init__(self, workers: int, at_first: int | None = None) -> None:
        self._workers = workers
        self._at_first = min(workers, at_first or workers)
        self._patience = _LONGEST_WAIT if at_first is None else _LONGEST_WAIT_FOR_ANOTHER
        self._change = threading.Condition()
        self._at_work = 0
        self._received = 0
        # By context: a request runs in a thread of its own, in the context of the worker that asks.
        self._page: ContextVar[_Page | None] = ContextVar("page", default=None)
        self._waits: deque[float] = deque(maxlen=_SAMPLES)
        self._pages = 0
        self._cpu_before = time.process_time()

    @property
    def wanted(self) -> int:
        """How many workers are enough: as many as wait for Jira while one page is processed."""
        waits = sorted(self._waits)
        if len(waits) < min(_FEWEST_SAMPLES, self._at_first):
            return self._at_first
        # A wait is Jira's time and that of other threads: the shortest tell Jira's; one may have been a short page's.
        wait = waits[min(1, len(waits) - 1)]
        work = max(1e-6, (time.process_time() - self._cpu_before) / self._pages)
        return min(self._workers, max(1, math.ceil(wait / work)))

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Covers one page, from its request until the sender takes it. May wait before it begins."""
        with self._change:
            self._change.wait_for(lambda: self._at_work < self.wanted, self._patience)
            self._at_work += 1
        page = _Page()
        self._page.set(page)
        try:
            yield
        finally:
            with self._change:
                self._at_work -= 1
                # Of this page, whichever thread ends it: an abandoned read may be closed by another one.
                self._received -= page.is_received
                self._change.notify_all()
            self._page.set(None)

    def page_comes(self) -> None:
        """To be called before the bulk of a large page is received: waits while enough pages are here and not sent.

        Parsed, a page with histories is three times as large as on the wire, and only one thread can work on pages.
        """
        page = self._page.get()
        # Others than workers are not held back, nor is a worker by its own page.
        if page is None or page.is_received:
            return
        began = time.monotonic()
        with self._change:
            self._change.wait_for(lambda: self._received < _MOST_RECEIVED, _LONGEST_WAIT_FOR_ANOTHER)
            self._received += 1
        page.is_received = True
        page.held_back = time.monotonic() - began

    def page_came(self, waited: float) -> None:
        """Note that a page came so many seconds after its request."""
        page = self._page.get()
        with self._change:
            self._waits.append(max(0.0, waited - (page.held_back if page else 0.0)))
            self._pages += 1


@dataclass
class _Page:
    """One page on its way. `held_back` is for how many seconds it had to wait for others."""

    is_received: bool = False
    held_back: float = 0.0
