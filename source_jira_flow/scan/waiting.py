"""Issues whose records must wait, since Jira embedded only a part of what they need: the rest is requested together.

One call serves the issues of several pages. Until it was made, the states must not claim
the pages that these issues were on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import chain

from airbyte_cdk.sources.types import Record

from source_jira_flow.cdk.lines import as_lines
from source_jira_flow.common.json import JsonObject
from source_jira_flow.scan.batch import Outgoing
from source_jira_flow.scan.fed_stream import FedStream
from source_jira_flow.scan.unreadable import Unreadable

Settle = Callable[[], None]
# What is raised where a record is made of an issue in an unknown form.
_ODD = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)
# What records need of an issue but the part that Jira cut.
_KEPT_FIELDS = ("project", "updated")


class Waiting:
    """The issues of one job that wait. `most` is how many parts of them may be due before they are asked for."""

    def __init__(self, most: int, unreadable: Unreadable) -> None:
        self._most = most
        self._unreadable = unreadable
        self._issues: dict[tuple[FedStream, bool], list[JsonObject]] = {}
        self._settle: list[Settle] = []
        self._due = 0

    def __bool__(self) -> bool:
        return bool(self._issues)

    @property
    def is_full(self) -> bool:
        """Whether it is time to ask."""
        return self._due >= self._most

    def add(
        self, stream: FedStream, issues: Sequence[JsonObject], late: Sequence[JsonObject], only_new: bool
    ) -> list[JsonObject]:
        """Keep the incomplete ones among these issues waiting; returns the others."""
        ids = {issue["id"] for issue in late}
        self._issues.setdefault((stream, only_new), []).extend(map(_slim, late))
        self._due += sum(map(stream.size, late))
        return [issue for issue in issues if issue["id"] not in ids]

    def settling(self, settle: Settle | None) -> Settle | None:
        """What settles a batch now: nothing while issues of this or an earlier batch wait."""
        if not self._issues or settle is None:
            return settle
        self._settle.append(settle)
        return None

    def completed(self) -> Outgoing:
        """The records of all that waited; nothing waits any longer."""
        issues, settle = self._issues, self._settle
        self._issues, self._settle, self._due = {}, [], 0
        for (stream, only_new), waited in issues.items():
            stream.complete(waited, only_new)
        by_stream: dict[FedStream, list[JsonObject]] = {}
        for (stream, _), waited in issues.items():
            by_stream.setdefault(stream, []).extend(waited)
        return outgoing(by_stream, partial(_call_all, settle), self._unreadable)


def outgoing(
    wanted: Mapping[FedStream, Sequence[JsonObject]], settle: Settle | None, unreadable: Unreadable
) -> Outgoing:
    """The records of these issues by stream. An issue that no record can be made from is noted, and requested again."""
    try:
        records, sound = _lines(wanted), wanted
    except _ODD:
        records, sound = _one_by_one(wanted, unreadable)
    return Outgoing(
        records,
        {stream.name: {issue["id"]: issue["updated_ms"] for issue in issues} for stream, issues in wanted.items()},
        settle,
        notes={stream.name: list(map(stream.note, issues)) for stream, issues in sound.items()},
    )


def _lines(wanted: Mapping[FedStream, Sequence[JsonObject]]) -> list[Record]:
    rows = {stream.name: chain.from_iterable(map(stream.records, issues)) for stream, issues in wanted.items()}
    return list(as_lines(rows))


def _one_by_one(
    wanted: Mapping[FedStream, Sequence[JsonObject]], unreadable: Unreadable
) -> tuple[list[Record], Mapping[FedStream, Sequence[JsonObject]]]:
    """The records, and the issues that they could be made from."""
    records: list[Record] = []
    sound: dict[FedStream, list[JsonObject]] = {stream: [] for stream in wanted}
    for stream, issues in wanted.items():
        for issue in issues:
            try:
                records += _lines({stream: [issue]})
                sound[stream].append(issue)
            except _ODD:
                unreadable.note(issue["id"], issue["key"])
    return records, sound


def _slim(issue: JsonObject) -> JsonObject:
    fields = {name: issue["fields"].get(name) for name in _KEPT_FIELDS}
    return {**issue, "fields": fields}


def _call_all(calls: Sequence[Settle]) -> None:
    for call in calls:
        call()
