"""Work that ends in time, whatever hangs in it."""

import threading
import time
from contextvars import ContextVar

import pytest

from source_jira_flow.http.deadline import Unfinished, finish_by


def soon() -> float:
    return time.monotonic() + 0.2


def test_work_that_is_done_in_time_gives_its_result() -> None:
    assert finish_by(soon, lambda: 42) == 42


def test_work_that_fails_raises_its_error() -> None:
    with pytest.raises(ZeroDivisionError):
        finish_by(soon, lambda: 1 // 0)


def test_work_that_hangs_is_left_behind() -> None:
    began = time.monotonic()
    deadline = soon()
    with pytest.raises(Unfinished):
        finish_by(lambda: deadline, threading.Event().wait)
    assert time.monotonic() - began < 1


def test_a_deadline_that_moves_on_gives_work_more_time() -> None:
    began = time.monotonic()
    finish_by(lambda: min(soon(), began + 5), lambda: time.sleep(0.5))
    assert time.monotonic() - began >= 0.5


def test_the_work_sees_the_context_of_the_caller() -> None:
    asking: ContextVar[str] = ContextVar("asking", default="nobody")
    asking.set("a worker")
    assert finish_by(soon, asking.get) == "a worker"
