"""Reads what changed: issues by `updated`, from where each stream stands up to T0."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from source_jira_flow.common.instants import MINUTE, ceil_second
from source_jira_flow.common.json import JsonObject
from source_jira_flow.errors import PassingFault
from source_jira_flow.jira import jql
from source_jira_flow.scan.batch import Batch
from source_jira_flow.scan.pages import Range
from source_jira_flow.scan.reader import IssueReader
from source_jira_flow.scan.verification import is_large, is_noticeable
from source_jira_flow.state.issues import looked_back
from source_jira_flow.state.progress import Group, Position

# Documents may be newer than the index for about this long.
_UNSETTLED = 15 * MINUTE


class Incremental:
    """The changes in one group. `since` says from which instant each stream lacks them; one whose history begins with
    this sync lacks none, and is not among them."""

    def __init__(self, reader: IssueReader, group: Group) -> None:
        self._reader = reader
        self._sync = reader.sync
        self._group = group
        earliest = self._sync.options.start_date or 0
        self.since: Mapping[str, int] = {
            stream: max(looked_back(updated, self._sync.options.lookback), earliest)
            for stream, updated in group.updated.items()
            if updated < self._sync.now
        }

    def read(self) -> Iterator[Batch]:
        """The changes. The watermark reaches T0 only when Jira's count agrees."""
        begin = min(self.since.values())
        settled = self._sync.now - max(self._sync.options.lookback, _UNSETTLED)
        came: set[str] = set()
        span = Range("updated", self._sync.now, settled)
        for page in self._reader.pages(self._group, span, Position(begin)):
            came.update(issue["id"] for issue in page.issues)
            yield self._batch(page.issues, None if page.position is None else page.position.second)
        yield from self._look_again(begin, came)
        yield self._batch((), self._sync.now)

    def _batch(self, issues: Sequence[JsonObject], before: int | None = None) -> Batch:
        """`before` is up to where the changes are out with these issues, where they say so."""
        streams = tuple(self.since)
        settle = None if before is None else partial(self._group.changes_are_out, streams, before)
        return Batch(issues, streams, self._wants, settle, passes_over_recent=True)

    def _wants(self, stream: str, issue: JsonObject) -> bool:
        return bool(issue["updated_ms"] >= self.since[stream])

    def _look_again(self, begin: int, came: set[str]) -> Iterator[Batch]:
        """A search was seen to end early without an error: where Jira counts more than came, look again by ids.

        What was edited meanwhile has left the span, so a smaller count says nothing.
        """
        span = jql.between("updated", begin, ceil_second(self._sync.now))
        counted = self._reader.count(self._group, span)
        if not is_noticeable(counted, len(came)):
            return
        for issues in self._reader.missing(self._group, span, came):
            came.update(issue["id"] for issue in issues)
            yield self._batch(issues)
        again = self._reader.count(self._group, span)
        if again.exact and is_large(again.number - len(came), again.number):
            raise PassingFault(
                f"Jira counts {again.number} changed issues and gave {len(came)}, also when asked again: sync again."
            )
