"""A list is read to its end, and nothing that looks like an end is taken for one without need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from source_jira_flow.errors import BrokenPromise, PassingFault
from source_jira_flow.jira.paging import offset_rows


class Pages:
    """A list of numbers, by pages of at most `cap`; `spoilt` answers come instead, by the number of the request."""

    def __init__(self, count: int, cap: int = 50, *, total: bool = True, is_last: bool = True) -> None:
        self.count, self.cap, self.total, self.is_last = count, cap, total, is_last
        self.spoilt: dict[int, Any] = {}
        self.asked = 0

    def __call__(self, page: Mapping[str, Any]) -> Any:
        self.asked += 1
        if self.asked in self.spoilt:
            return self.spoilt[self.asked]
        start, size = page["startAt"], min(page["maxResults"], self.cap)
        answer: dict[str, Any] = {"values": list(range(start, min(start + size, self.count)))}
        if self.total:
            answer["total"] = self.count
        if self.is_last:
            answer["isLast"] = start + size >= self.count
        return answer

    def read(self, size: int = 100, sure: bool = True) -> list[int]:
        return list(offset_rows(self, size, "/rest/x", sure=sure))


@pytest.mark.parametrize("marks", [{"total": True}, {"total": False}, {"is_last": False}])
@pytest.mark.parametrize("count", [1, 49, 50, 51, 120])
def test_all_rows_come_whatever_jira_tells_of_the_end(count: int, marks: dict[str, bool]) -> None:
    assert Pages(count, **marks).read() == list(range(count))


def test_short_pages_are_not_the_end() -> None:
    assert Pages(120, cap=7).read() == list(range(120))


def test_an_empty_list_is_asked_for_twice_unless_that_is_not_needed() -> None:
    pages = Pages(0)
    assert pages.read() == []
    assert pages.asked == 2
    pages = Pages(0)
    assert pages.read(sure=False) == []
    assert pages.asked == 1


@pytest.mark.parametrize("request_number", [1, 2, 3])
@pytest.mark.parametrize(
    "empty", [{"values": [], "total": 120, "isLast": False}, {"values": [], "total": 0, "isLast": True}]
)
def test_an_empty_page_is_asked_for_again(request_number: int, empty: dict[str, Any]) -> None:
    pages = Pages(120)
    pages.spoilt = {request_number: empty}
    assert pages.read() == list(range(120))


def test_rows_that_are_counted_and_never_come_are_a_fault() -> None:
    pages = Pages(120)
    pages.spoilt = {number: {"values": [], "total": 120} for number in range(2, 9)}
    with pytest.raises(PassingFault, match="50 of 120 rows"):
        pages.read()


def test_rows_that_were_deleted_meanwhile_are_no_fault() -> None:
    pages = Pages(120)
    pages.spoilt = {number: {"values": [], "total": 40, "isLast": True} for number in range(2, 9)}
    assert pages.read() == list(range(50))


def test_a_page_that_comes_again_ends_the_list_with_an_error() -> None:
    def first_page_again(page: Mapping[str, Any]) -> Any:
        return {"values": [1, 2, 3], "isLast": False}

    with pytest.raises(BrokenPromise, match="would never end"):
        list(offset_rows(first_page_again, 100, "/rest/x"))


def test_rows_that_shift_while_the_list_is_read_are_found_by_reading_it_again() -> None:
    pages = Pages(120)

    def insert_one(page: Mapping[str, Any]) -> Any:
        answer = pages(page)
        shifted = pages.asked == 2
        return {**answer, "values": [49, *answer["values"][:-1]] if shifted else answer["values"]}

    assert sorted(offset_rows(insert_one, 100, "/rest/x")) == list(range(120))
