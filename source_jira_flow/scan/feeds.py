"""What the sweep feeds: the streams that are made of issues, each with the fields that it asks for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from typing import Any, ClassVar

import orjson

from source_jira_flow.common.instants import utc
from source_jira_flow.common.json import JsonObject
from source_jira_flow.jira.base import Jira
from source_jira_flow.records.comments import comment_record
from source_jira_flow.records.field_map import FieldMap
from source_jira_flow.records.issues import issue_record
from source_jira_flow.records.labels import label_columns
from source_jira_flow.records.observed import observed
from source_jira_flow.state.labels import stored_labels, written_labels
from source_jira_flow.streams import COMMENTS, ISSUES, LABELS

_EVERYTHING = ("*all", "-worklog", "-attachment")
# The keyset needs the instants, and every record tells its project.
_ALWAYS = ("created", "updated", "project")


class Feed(ABC):
    """One stream of the sweep."""

    name: ClassVar[str]
    fields: ClassVar[tuple[str, ...]]

    def prepare(self, issues: Sequence[JsonObject]) -> None:
        """Called with the issues of a page before their records are made."""

    @abstractmethod
    def records(self, issue: JsonObject) -> Iterable[Mapping[str, Any]]:
        """The stream's records of one issue."""

    def commit(self, issues: Sequence[JsonObject]) -> None:
        """Called under the sweep's lock once all records of a page are out."""

    def extra_state(self) -> dict[str, Any]:
        """What the stream's state holds besides the sweep's progress. Called under the sweep's lock."""
        return {}


class IssueFeed(Feed):
    """Issues with all fields; `comment` is among them for its total.

    With `as_json` the column `fields`, nine tenths of a record, is JSON as soon as it is made: the page is still in the
    processor's cache then, and what waits for output is a fifth of the size.
    """

    name = ISSUES.name
    fields = _EVERYTHING

    def __init__(self, field_map: FieldMap, site_url: str, *, as_json: bool) -> None:
        self._field_map = field_map
        self._site_url = site_url
        self._as_json = as_json

    def records(self, issue: JsonObject) -> Iterable[Mapping[str, Any]]:
        record = issue_record(issue, self._field_map, self._site_url)
        if self._as_json:
            record["fields"] = orjson.Fragment(orjson.dumps(record["fields"]))
        return (record,)


class CommentFeed(Feed):
    """All comments of each issue. Those that Jira did not embed are asked for, issue by issue, in parallel."""

    name = COMMENTS.name
    fields = (*_ALWAYS, "comment")

    def __init__(self, jira: Jira, executor: Executor) -> None:
        self._jira = jira
        self._executor = executor

    def prepare(self, issues: Sequence[JsonObject]) -> None:
        """Replace what Jira embedded where its total says that there is more."""
        cut = [issue for issue in issues if _is_cut(issue["fields"].get("comment"))]
        for issue, comments in zip(cut, self._executor.map(self._all_comments, cut), strict=True):
            issue["fields"]["comment"]["comments"] = comments

    def _all_comments(self, issue: JsonObject) -> list[JsonObject]:
        return list(self._jira.comments(issue["id"]))

    def records(self, issue: JsonObject) -> Iterable[Mapping[str, Any]]:
        embedded = issue["fields"].get("comment")
        if not embedded:
            return ()
        issue_updated = utc(issue["fields"].get("updated"))
        return [comment_record(comment, issue, issue_updated) for comment in embedded["comments"]]


def _is_cut(embedded: JsonObject | None) -> bool:
    return embedded is not None and embedded["total"] > len(embedded["comments"])


class LabelFeed(Feed):
    """Labels as they occur, each once, for a Jira that has no list of them. Never told as gone."""

    name = LABELS.name
    fields = (*_ALWAYS, "labels")

    def __init__(self, state: Mapping[str, Any], observed_at: str) -> None:
        self._out = stored_labels(state)
        # Each label is sent with the first issue that claims it, and counts as out once that issue's page does.
        self._claims: dict[str, str] = dict.fromkeys(self._out, "")
        self._observed_at = observed_at

    def records(self, issue: JsonObject) -> Iterator[Mapping[str, Any]]:
        for label in issue["fields"].get("labels") or ():
            # setdefault is one step for all lanes.
            if label not in self._claims and self._claims.setdefault(label, issue["id"]) == issue["id"]:
                yield observed(label_columns(label), self._observed_at)

    def commit(self, issues: Sequence[JsonObject]) -> None:
        for issue in issues:
            for label in issue["fields"].get("labels") or ():
                if self._claims.get(label) == issue["id"]:
                    self._out.add(label)

    def extra_state(self) -> dict[str, Any]:
        return written_labels(self._out)


def asked_fields(feeds: Iterable[Feed]) -> list[str]:
    """The fields that these feeds need together, by name."""
    if any(feed.fields == _EVERYTHING for feed in feeds):
        return list(_EVERYTHING)
    return sorted({*_ALWAYS, *(name for feed in feeds for name in feed.fields)})
