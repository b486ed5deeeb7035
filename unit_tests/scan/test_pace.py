"""How many workers are at work at once."""

from __future__ import annotations

import threading
import time

import pytest

from source_jira_flow.scan import pace as pace_module
from source_jira_flow.scan.pace import Pace

WORKERS = 8


def paced(monkeypatch: pytest.MonkeyPatch, wait: float, work: float, pages: int = 20) -> Pace:
    """After some pages, each of which took Jira `wait` seconds and this process `work` seconds of CPU."""
    cpu = [100.0]
    monkeypatch.setattr(time, "process_time", lambda: cpu[0])
    pace = Pace(WORKERS)
    for _ in range(pages):
        pace.page_came(wait)
        cpu[0] += work
    return pace


@pytest.mark.parametrize(
    ("wait", "work", "workers"),
    [(0.2, 0.01, WORKERS), (0.03, 0.01, 3), (0.015, 0.01, 2), (0.009, 0.01, 1), (0.0, 0.01, 1), (0.5, 0.0, WORKERS)],
)
def test_workers_are_as_many_as_wait_for_jira_while_a_page_is_worked_on(
    wait: float, work: float, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert paced(monkeypatch, wait, work).wanted == workers


def test_all_workers_work_until_jira_s_time_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    assert paced(monkeypatch, 0.0, 0.01, pages=7).wanted == WORKERS


def test_a_worker_too_many_goes_on_when_another_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace_module, "_LONGEST_WAIT", 60.0)
    pace = paced(monkeypatch, 0.0, 0.01)
    entered = threading.Event()

    def worker() -> None:
        with pace.at_work():
            entered.set()

    with pace.at_work():
        other = threading.Thread(target=worker)
        other.start()
        assert not entered.wait(0.05)
    assert entered.wait(30)
    other.join()


def test_a_worker_waits_for_a_while_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace_module, "_LONGEST_WAIT", 0.01)
    pace = paced(monkeypatch, 0.0, 0.01)
    began = time.monotonic()
    with pace.at_work(), pace.at_work():
        assert time.monotonic() - began >= 0.01


def test_a_worker_that_fails_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace_module, "_LONGEST_WAIT", 60.0)
    pace = paced(monkeypatch, 0.0, 0.01)
    for _ in range(3):
        with pytest.raises(KeyError), pace.at_work():
            raise KeyError


def test_a_page_is_parsed_when_the_one_before_it_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace_module, "_LONGEST_WAIT", 60.0)
    pace = Pace(WORKERS)
    parsed = threading.Event()

    def worker() -> None:
        with pace.at_work():
            pace.page_comes()
            parsed.set()

    with pace.at_work():
        pace.page_comes()
        other = threading.Thread(target=worker)
        other.start()
        assert not parsed.wait(0.05)
    assert parsed.wait(30)
    other.join()


def test_a_worker_is_not_held_back_by_its_own_page() -> None:
    pace = Pace(WORKERS)
    began = time.monotonic()
    with pace.at_work():
        pace.page_comes()
        pace.page_comes()
    assert time.monotonic() - began < 30


def test_who_reads_no_page_is_not_held_back() -> None:
    pace = Pace(WORKERS)
    with pace.at_work():
        pace.page_comes()
        outsider = threading.Thread(target=pace.page_comes)
        outsider.start()
        outsider.join(0.5)
        assert not outsider.is_alive()


def test_few_begin_where_pages_are_large(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Pace(WORKERS, at_first=2).wanted == 2
    assert Pace(1, at_first=2).wanted == 1
