"""The streams made of issues, fed by the scan.

To add one, write a class here (the fields it needs, its records for one issue) and a row in the table of `streams`.
"""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

import orjson

from source_jira_flow.common.instants import MINUTE, day_of, from_milliseconds, utc_if_readable
from source_jira_flow.common.json import JsonObject
from source_jira_flow.common.parallel import in_parallel
from source_jira_flow.common.text import listed
from source_jira_flow.errors import Forbidden, NotFound
from source_jira_flow.jira.base import Jira
from source_jira_flow.records.attachments import attachment_record
from source_jira_flow.records.comments import comment_record
from source_jira_flow.records.field_map import FieldMap
from source_jira_flow.records.issues import issue_record, removed_issue
from source_jira_flow.records.labels import label_columns
from source_jira_flow.records.links import link_record
from source_jira_flow.records.observed import observed
from source_jira_flow.records.sound import NO_YEAR
from source_jira_flow.records.stream import StreamDefinition
from source_jira_flow.records.worklogs import worklog_record, worklog_removal
from source_jira_flow.scan.fed_stream import ALL, FedStream
from source_jira_flow.state.census import CensusState
from source_jira_flow.state.issues import IssueState
from source_jira_flow.state.own_parts import stored_deletions, stored_labels, written_deletions, written_labels
from source_jira_flow.sync import Sync

_TRIES_OF_PARTS = 2


class IssueStream(FedStream):
    """Issues with all fields; `comment` is included for its total.

    The column `fields`, nine tenths of a record, is serialized at once.
    """

    fields = (ALL, "-worklog", "-attachment")

    def __init__(self, name: str, sync: Sync, field_map: FieldMap) -> None:
        super().__init__(name, sync, field_map)
        self._site_url = sync.account.site_url
        self._columns = tuple(StreamDefinition(name, ("id",)).schema()["properties"])
        state = sync.states.stored(self.name)
        known = IssueState.parse(self.name, state)
        self._ahead = {
            issue_id: from_milliseconds(version)
            for issue_id, version in known.recent.items()
            if sync.now < version < NO_YEAR
        }
        self.census = CensusState.parse(state, known.progress, sync.now, sync.options.start_date)
        if sync.options.find_deleted_issues == "never":
            self.census.versions.forget(sync.now)

    def gone(self, issue_ids: Iterable[str]) -> list[dict[str, Any]]:
        """The records of removed issues."""
        removed_at = from_milliseconds(self._sync.now)
        return [
            removed_issue(issue_id, self._columns, removed_at, self._ahead.get(issue_id, "")) for issue_id in issue_ids
        ]

    def note(self, issue: JsonObject) -> tuple[bool, int, int, int, int]:
        """Whether it is archived; its version; its id, its project's, and the day it was created on."""
        fields = issue["fields"]
        project = str((fields.get("project") or {}).get("id"))
        day = day_of(utc_if_readable(fields.get("created")))
        place = int(issue["id"]), int(project) if project.isdecimal() else 0, day
        return bool(fields.get("archiveddate")), issue["updated_ms"], *place

    def commit(self, notes: Sequence[tuple[bool, int, int, int, int]]) -> None:
        for is_archived, version, *issue in notes:
            (self.census.archived if is_archived else self.census.sent).note(*issue)
            self.census.versions.note(issue[0], version)

    def own_state(self) -> dict[str, Any]:
        return {"fields": self._field_map.written(), "census": self.census.written()}

    def records(self, issue: JsonObject) -> Iterable[Mapping[str, Any]]:
        record = issue_record(issue, self._field_map, self._site_url)
        try:
            fields = orjson.dumps(record["fields"])
        except orjson.JSONEncodeError:
            fields = self._flattened(record, issue["key"])
        record["fields"] = orjson.Fragment(fields)
        return (record,)

    def _flattened(self, record: dict[str, Any], key: str) -> bytes:
        """The column `fields`. Values nested deeper than serializers support become text, in columns too."""
        fields: JsonObject = record["fields"]
        deep = [name for name, value in fields.items() if not _is_writable(value)]
        self._sync.logger.warning("Issue %s: %s nested very deep, and kept as a text.", key, listed(deep))
        for column, value in record.items():
            if column != "fields" and not _is_writable(value):
                record[column] = json.dumps(value)
        return orjson.dumps({**fields, **{name: json.dumps(fields[name]) for name in deep}})

    def is_remapped(self, stored: Mapping[str, Any]) -> bool:
        return stored.get("fields") not in (None, self._field_map.written())


def _is_writable(value: Any) -> bool:
    try:
        orjson.dumps(value)
    except orjson.JSONEncodeError:
        return False
    return True


class PartStream(FedStream):
    """Parts of each issue, from its first field. `record` makes one's record, from it and its issue."""

    record: ClassVar[staticmethod[[JsonObject, JsonObject], Mapping[str, Any]]]

    def prepare(self, issues: Sequence[JsonObject], only_new: bool) -> Sequence[JsonObject]:
        for issue in issues:
            issue[self.name] = self.sound(self._embedded(issue), issue)
        return ()

    def _embedded(self, issue: JsonObject) -> Any:
        return issue["fields"].get(self.fields[0])

    def records(self, issue: JsonObject) -> Iterator[Mapping[str, Any]]:
        for row in issue[self.name]:
            yield self.record(row, issue)


class LinkStream(PartStream):
    """All links of each issue whose other end the account sees."""

    fields = ("issuelinks",)
    record = staticmethod(link_record)


class AttachmentStream(PartStream):
    """Facts about each attachment, without its content."""

    fields = ("attachment",)
    record = staticmethod(attachment_record)


class CountedPartStream(PartStream):
    """All parts of each issue. Those that Jira did not embed are requested per issue, in parallel.

    `rows` is their name in the field, next to their `total`.
    """

    rows: ClassVar[str]

    def prepare(self, issues: Sequence[JsonObject], only_new: bool) -> Sequence[JsonObject]:
        """Replace what Jira embedded if its total says that there is more."""
        cut = [issue for issue in issues if self._total(issue) > len(self._embedded(issue))]
        for issue, rows in in_parallel(self._whole, cut, self._sync.workers):
            issue["fields"][self.fields[0]][self.rows] = rows
        return super().prepare(issues, only_new)

    def _embedded(self, issue: JsonObject) -> list[JsonObject]:
        rows = (issue["fields"].get(self.fields[0]) or {}).get(self.rows)
        return rows if isinstance(rows, list) else []

    def _total(self, issue: JsonObject) -> int:
        total = (issue["fields"].get(self.fields[0]) or {}).get("total")
        return total if isinstance(total, int) else 0

    def _whole(self, issue: JsonObject) -> list[JsonObject]:
        """Requested twice if fewer come than the issue counts; the embedded ones stay if even fewer come."""
        found, total = self._embedded(issue), self._total(issue)
        for _ in range(_TRIES_OF_PARTS):
            found = max(self._all_rows(issue), found, key=len)
            if len(found) >= total:
                return found
        # To an anonymous caller, Jira says that the issue does not exist.
        self._sync.account.prove_answer()
        self._sync.logger.warning("Jira counts %s %s of %s and gives %s.", total, self.name, issue["key"], len(found))
        return found

    @abstractmethod
    def _all_rows(self, issue: JsonObject) -> list[JsonObject]: ...


class CommentStream(CountedPartStream):
    """All comments of each issue."""

    fields = ("comment",)
    rows = "comments"
    record = staticmethod(comment_record)

    def _all_rows(self, issue: JsonObject) -> list[JsonObject]:
        return list(self._sync.jira.comments(issue["id"]))


class WorklogStream(CountedPartStream):
    """All work logs of each issue, and removals of deleted ones.

    Jira lists deletions up to a minute late. So each sync covers the deletions from a minute before the previous sync
    began until a minute before its own start: each one once.
    """

    fields = ("worklog",)
    rows = "worklogs"
    record = staticmethod(worklog_record)

    def __init__(self, name: str, sync: Sync, field_map: FieldMap) -> None:
        super().__init__(name, sync, field_map)
        self._since = stored_deletions(sync.states.stored(name))
        self._until = sync.now - MINUTE

    def _all_rows(self, issue: JsonObject) -> list[JsonObject]:
        return list(self._sync.jira.worklogs(issue["id"]))

    def removals(self) -> Iterator[tuple[Sequence[Mapping[str, Any]], Callable[[], None]]]:
        since = self._since
        if since is None:
            yield (), self._removals_are_out
            return
        try:
            # Jira may leave out `since` itself, or not.
            deleted = dict(self._sync.jira.deleted_worklogs(since - 1))
        except (NotFound, Forbidden) as refused:
            self._sync.logger.warning("Jira does not tell which work logs were deleted: %s", refused)
            return
        gone = [(key, at) for key, at in deleted.items() if since <= at < self._until]
        columns = tuple(StreamDefinition(self.name, ("id",)).schema()["properties"])
        yield [worklog_removal(key, columns, at) for key, at in gone], self._removals_are_out

    def _removals_are_out(self) -> None:
        self._since = max(self._since or 0, self._until)

    def own_state(self) -> dict[str, Any]:
        return written_deletions(self._since)


class LabelStream(FedStream):
    """Labels seen on issues, each once, for a Jira without a list of labels. Removals are never sent."""

    fields = ("labels",)

    def __init__(self, name: str, sync: Sync, field_map: FieldMap) -> None:
        super().__init__(name, sync, field_map)
        self._out = stored_labels(sync.states.stored(name))
        # Each label is sent with the first issue that has it.
        self._claims: dict[str, str] = dict.fromkeys(self._out, "")
        self._observed_at = from_milliseconds(sync.now)

    @classmethod
    def is_fed(cls, jira: Jira) -> bool:
        return not jira.lists_labels

    def records(self, issue: JsonObject) -> Iterator[Mapping[str, Any]]:
        for label in issue["fields"].get("labels") or ():
            # setdefault is atomic.
            if self._claims.setdefault(label, issue["id"]) == issue["id"]:
                yield observed(label_columns(label), self._observed_at)

    def note(self, issue: JsonObject) -> list[str]:
        """The labels that were sent with it."""
        return [label for label in issue["fields"].get("labels") or () if self._claims[label] == issue["id"]]

    def commit(self, notes: Sequence[list[str]]) -> None:
        self._out.update(*notes)

    def own_state(self) -> dict[str, Any]:
        return written_labels(self._out)
