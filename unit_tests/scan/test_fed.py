"""The streams that the scan feeds: which fields they ask for together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pytest

from source_jira_flow.common.json import JsonObject
from source_jira_flow.scan.fed_stream import FedStream, asked_fields


def stream(*needed: str) -> FedStream:
    """A stream that needs these fields."""

    class Needing(FedStream):
        name = "made_up"
        fields = needed

        def __init__(self) -> None:
            """It needs no sync."""

        def records(self, issue: JsonObject) -> Iterable[Mapping[str, Any]]:
            return ({"worklog": issue["fields"]["worklog"]},)

    return Needing()


ISSUES = ("*all", "-worklog", "-attachment")


@pytest.mark.parametrize(
    ("streams", "asked"),
    [
        ([ISSUES], ["*all", "-worklog", "-attachment"]),
        ([ISSUES, ("worklog",)], ["*all", "-attachment"]),
        ([("worklog",), ISSUES, ("comment",)], ["*all", "-attachment"]),
        ([ISSUES, ("attachment",), ("worklog",)], ["*all"]),
        ([ISSUES, ("*all", "-worklog")], ["*all", "-worklog"]),
        ([("comment",)], ["comment", "created", "project", "updated"]),
        ([("comment",), ("labels", "worklog")], ["comment", "created", "labels", "project", "updated", "worklog"]),
    ],
)
def test_what_one_stream_leaves_out_is_asked_for_where_another_needs_it(
    streams: Sequence[tuple[str, ...]], asked: list[str]
) -> None:
    assert asked_fields([stream(*fields) for fields in streams]) == asked
