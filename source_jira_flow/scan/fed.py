"""The streams that are made of issues, and so fed by the scan.

One more is a class here (the fields it needs, its records of one issue) and a row in the table of `streams`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

import orjson

from source_jira_flow.common.instants import from_milliseconds
from source_jira_flow.common.json import JsonObject
from source_jira_flow.common.parallel import in_parallel
from source_jira_flow.jira.base import Jira
from source_jira_flow.records.comments import comment_record
from source_jira_flow.records.field_map import FieldMap
from source_jira_flow.records.issues import issue_record
from source_jira_flow.records.labels import label_columns
from source_jira_flow.records.observed import observed
from source_jira_flow.state.labels import stored_labels, written_labels
from source_jira_flow.sync import Sync

_ALL = "*all"
# Pages are read by the instants, and every record names its project.
_ALWAYS = ("created", "updated", "project")


class FedStream(ABC):
    """One stream that the scan feeds. Pages come to several workers at once; a page's records go out together.

    `fields` are names of fields, or `*all` and, each after a `-`, those that this stream does not need of all.
    """

    fields: ClassVar[tuple[str, ...]]

    def __init__(self, name: str, sync: Sync, field_map: FieldMap) -> None:
        self.name = name
        self._sync = sync
        self._field_map = field_map

    @classmethod
    def is_fed(cls, jira: Jira) -> bool:  # those that override it need it
        """Whether the stream is made of issues on this Jira."""
        return True

    def prepare(self, issues: Sequence[JsonObject]) -> None:
        """Called with the issues of a page before their records are made: to ask for what Jira embeds only in part."""

    @abstractmethod
    def records(self, issue: JsonObject) -> Iterable[Mapping[str, Any]]:
        """The stream's records of one issue."""

    def commit(self, records: Iterable[Mapping[str, Any]]) -> None:
        """Called by one thread when these records are out: for a stream that keeps a state of its own."""

    def own_state(self) -> dict[str, Any]:
        """What the stream's state holds besides the progress of the scan: of what was committed, and no more."""
        return {}


class IssueStream(FedStream):
    """Issues with all fields; `comment` is among them for its total.

    Where records are written as JSON, the column `fields`, nine tenths of a record, is JSON as soon as it is made: the
    page is still in the processor's cache then, and what waits for output is a fifth of the size.
    """

    fields = (_ALL, "-worklog", "-attachment")

    def __init__(self, name: str, sync: Sync, field_map: FieldMap) -> None:
        super().__init__(name, sync, field_map)
        self._site_url = sync.account.site_url

    def records(self, issue: JsonObject) -> Iterable[Mapping[str, Any]]:
        record = issue_record(issue, self._field_map, self._site_url)
        if self._sync.writes_json:
            record["fields"] = orjson.Fragment(orjson.dumps(record["fields"]))
        return (record,)


class CommentStream(FedStream):
    """All comments of each issue. Those that Jira did not embed are asked for, issue by issue, in parallel."""

    fields = ("comment",)

    def prepare(self, issues: Sequence[JsonObject]) -> None:
        """Replace what Jira embedded where its total says that there is more."""
        cut = [issue for issue in issues if _is_cut(issue["fields"].get("comment"))]
        for issue, comments in in_parallel(self._all_comments, cut, self._sync.workers):
            issue["fields"]["comment"]["comments"] = comments

    def _all_comments(self, issue: JsonObject) -> list[JsonObject]:
        return list(self._sync.jira.comments(issue["id"]))

    def records(self, issue: JsonObject) -> Iterator[Mapping[str, Any]]:
        embedded = issue["fields"].get("comment")
        for comment in embedded["comments"] if embedded else ():
            yield comment_record(comment, issue)


def _is_cut(embedded: JsonObject | None) -> bool:
    return embedded is not None and embedded["total"] > len(embedded["comments"])


class LabelStream(FedStream):
    """Labels as issues show them, each once, for a Jira that has no list of them. A removal is never told."""

    fields = ("labels",)

    def __init__(self, name: str, sync: Sync, field_map: FieldMap) -> None:
        super().__init__(name, sync, field_map)
        self._out = stored_labels(sync.states.stored(name))
        # Each label is sent with the first issue that claims it.
        self._claims: dict[str, str] = dict.fromkeys(self._out, "")
        self._observed_at = from_milliseconds(sync.now)

    @classmethod
    def is_fed(cls, jira: Jira) -> bool:
        return not jira.lists_labels

    def records(self, issue: JsonObject) -> Iterator[Mapping[str, Any]]:
        for label in issue["fields"].get("labels") or ():
            # setdefault is one step for all workers.
            if label not in self._claims and self._claims.setdefault(label, issue["id"]) == issue["id"]:
                yield observed(label_columns(label), self._observed_at)

    def commit(self, records: Iterable[Mapping[str, Any]]) -> None:
        self._out.update(record["name"] for record in records)

    def own_state(self) -> dict[str, Any]:
        return written_labels(self._out)


def asked_fields(streams: Iterable[FedStream]) -> list[str]:
    """The fields that these streams need together: what one leaves out is asked for where another needs it."""
    wanted = [stream.fields for stream in streams]
    named = {name for fields in wanted for name in fields if name != _ALL and not name.startswith("-")}
    whole = [fields for fields in wanted if _ALL in fields]
    if not whole:
        return sorted(named.union(_ALWAYS))
    left_out = [name for name in whole[0] if name.startswith("-") and all(name in fields for fields in whole)]
    return [_ALL, *(name for name in left_out if name[1:] not in named)]
