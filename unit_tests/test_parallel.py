"""Iterators that are run by threads and merged into one."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from source_jira_flow.common.parallel import merged


def test_everything_comes_and_what_one_iterator_gives_in_its_order() -> None:
    came = list(merged([iter([(name, number) for number in range(50)]) for name in "abc"]))
    assert sorted(came) == [(name, number) for name in "abc" for number in range(50)]
    for name in "abc":
        assert [number for source, number in came if source == name] == list(range(50))


def test_an_iterator_is_not_run_further_ahead_than_there_is_room() -> None:
    given: list[int] = []

    def counting() -> Iterator[int]:
        for number in range(100):
            given.append(number)
            yield number

    came = merged([counting()], room=2)
    assert next(came) == 0
    time.sleep(0.05)
    # One that the caller has, one that waits for it, one that waits for room.
    assert given == [0, 1, 2]
    assert list(came) == list(range(1, 100))


def test_an_error_is_raised_after_what_came_before_it() -> None:
    def failing() -> Iterator[int]:
        yield 1
        raise KeyError("lost")

    came = merged([failing()])
    assert next(came) == 1
    with pytest.raises(KeyError, match="lost"):
        next(came)


def test_iterators_end_when_nobody_takes_any_more() -> None:
    closed = threading.Semaphore(0)

    def endless() -> Iterator[int]:
        try:
            while True:
                yield 0
        finally:
            closed.release()

    came = merged([endless() for _ in range(3)])
    next(came)
    came.close()  # type: ignore[attr-defined]  # a generator
    assert all(closed.acquire(timeout=30) for _ in range(3))
