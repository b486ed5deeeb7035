"""Work that ends in time, whatever hangs in it."""

import threading
import time

import pytest

from source_jira_flow.http.deadline import Unfinished, finish_by, map_by


def soon() -> float:
    return time.monotonic() + 0.2


def test_work_that_is_done_in_time_gives_its_result() -> None:
    assert finish_by(soon, lambda: 42) == 42


def test_work_that_fails_raises_its_error() -> None:
    with pytest.raises(ZeroDivisionError):
        finish_by(soon, lambda: 1 // 0)


def test_work_that_hangs_is_left_behind() -> None:
    began = time.monotonic()
    with pytest.raises(Unfinished):
        finish_by(soon, threading.Event().wait)
    assert time.monotonic() - began < 1


def test_work_within_work_needs_no_thread_of_its_own() -> None:
    def outer() -> tuple[int, int]:
        return threading.get_ident(), finish_by(soon, threading.get_ident)

    own, inner = finish_by(soon, outer)
    assert own == inner


def test_all_items_are_done_when_nothing_hangs() -> None:
    assert map_by(None, lambda number: number * 2, range(100), threads=4) == {n: n * 2 for n in range(100)}


def test_what_is_done_by_the_deadline_is_kept() -> None:
    never = threading.Event()
    began = time.monotonic()
    done = map_by(soon(), lambda number: never.wait() if number == 2 else number, [1, 2, 3], threads=2)
    assert done == {1: 1, 3: 3}
    assert time.monotonic() - began < 1


def test_the_first_error_ends_the_rest() -> None:
    begun: list[int] = []

    def work(number: int) -> int:
        begun.append(number)
        return 1 // number

    with pytest.raises(ZeroDivisionError):
        map_by(None, work, range(1000), threads=1)
    assert len(begun) == 1


def test_no_more_are_under_way_at_once_than_threads() -> None:
    under_way, most, lock = 0, 0, threading.Lock()

    def work(number: int) -> int:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.005)
        with lock:
            under_way -= 1
        return number

    map_by(None, work, range(40), threads=5)
    assert most <= 5
