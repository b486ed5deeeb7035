"""Pages of a range whose rows were edited after the read began: found by seeded chaos."""

from __future__ import annotations

from typing import Any, cast

from source_jira_flow.common.instants import SECOND, from_milliseconds
from source_jira_flow.common.json import JsonObject
from source_jira_flow.jira.base import SearchPage
from source_jira_flow.scan.pages import Range, RangeReader
from source_jira_flow.scan.search import IssueSearch
from source_jira_flow.state.progress import Group, Position

BEGIN = 1_760_000_000_000
END = BEGIN + 60 * SECOND
OFFSET = 2


def row(number: int, updated: int) -> JsonObject:
    return {"id": str(number), "key": f"A-{number}", "fields": {"updated": from_milliseconds(updated)}}


class Offsets:
    """A server whose pages of two are told by their offset: the same number in each query."""

    page_size = 2

    def __init__(self) -> None:
        self._pages = iter(
            [
                SearchPage([row(1, BEGIN), row(2, END)], OFFSET),
                SearchPage([row(3, BEGIN), row(4, BEGIN)], OFFSET + 2),
                SearchPage([row(5, BEGIN + SECOND), row(6, END)], OFFSET),
                SearchPage([row(7, BEGIN + 2 * SECOND)], None),
            ]
        )

    def page(self, query: str, cursor: Any | None = None, counted: Any = None) -> SearchPage:
        return SearchPage([row(3, BEGIN), row(4, BEGIN)], None) if "id in" in query else next(self._pages)

    def ids(self, query: str, cursor: Any | None = None) -> SearchPage:
        return SearchPage([row(3, BEGIN), row(4, BEGIN)], None)


def test_the_offset_of_a_second_is_no_circle_in_the_next_one() -> None:
    reader = RangeReader(
        cast(IssueSearch, Offsets()), Group(("1",), {}), Range("updated", END, settled=BEGIN), Position(BEGIN)
    )
    assert {issue["id"] for page in reader.pages() for issue in page.issues} == set("1234567")
