"""What is taken from the inside of the CDK."""

from __future__ import annotations

import threading
from collections import Counter
from queue import Queue
from types import SimpleNamespace
from typing import Any, cast

from airbyte_cdk.sources.declarative.concurrent_declarative_source import ConcurrentDeclarativeSource

from source_jira_flow.cdk.seam import RECORDS_IN_QUEUE, bound_record_queue

_WORKERS = 8
_RECORDS_EACH = 2_000


def bounded() -> Queue[Any]:
    queue: Queue[Any] = Queue(maxsize=10_000)
    source = SimpleNamespace(_concurrent_source=SimpleNamespace(_queue=queue))
    bound_record_queue(cast(ConcurrentDeclarativeSource, source))
    return queue


def test_all_records_pass_the_bounded_queue_and_never_more_than_allowed_wait() -> None:
    queue = bounded()

    def work(own: int) -> None:
        for count in range(_RECORDS_EACH):
            queue.put((own, count))

    workers = [threading.Thread(target=work, args=(number,)) for number in range(_WORKERS)]
    for worker in workers:
        worker.start()
    came: Counter[int] = Counter()
    longest = 0
    for _ in range(_WORKERS * _RECORDS_EACH):
        longest = max(longest, queue.qsize())
        worker_number, count = queue.get(timeout=30)
        assert count == came[worker_number]
        came[worker_number] += 1
    for worker in workers:
        worker.join(timeout=30)
    assert queue.empty()
    assert longest <= RECORDS_IN_QUEUE


def test_a_worker_that_waits_at_a_full_queue_goes_on_when_half_of_it_is_free() -> None:
    queue = bounded()
    for number in range(RECORDS_IN_QUEUE):
        queue.put(number)
    went_on = threading.Event()

    def work() -> None:
        queue.put("more")
        went_on.set()

    worker = threading.Thread(target=work)
    worker.start()
    for _ in range(RECORDS_IN_QUEUE // 2 - 1):
        queue.get()
    assert not went_on.wait(0.05)
    queue.get()
    assert went_on.wait(30)
    worker.join()
