"""Reads what changed: issues by `updated`, from where each stream stands up to T0."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from airbyte_cdk.sources.types import Record

from source_jira_flow.common.instants import MINUTE, ceil_second
from source_jira_flow.common.json import JsonObject
from source_jira_flow.errors import PassingFault
from source_jira_flow.jira import jql
from source_jira_flow.scan.checkpoints import looked_back
from source_jira_flow.scan.pages import Range
from source_jira_flow.scan.progress import Position, Scope
from source_jira_flow.scan.reader import IssueReader
from source_jira_flow.scan.verification import is_large, is_noticeable

# Documents may be newer than the index for about this long.
_UNSETTLED = 15 * MINUTE


class Changes:
    """The changes in one scope. `since` says from which instant each stream lacks them; one whose history begins with
    this sync lacks none, and is not among them."""

    def __init__(self, reader: IssueReader, scope: Scope) -> None:
        sync = reader.sync
        self._reader = reader
        self._sync = sync
        self._scope = scope
        earliest = sync.options.start_date or 0
        self.since: Mapping[str, int] = {
            stream: max(looked_back(updated, sync.options.lookback), earliest)
            for stream, updated in scope.updated.items()
            if updated < sync.now
        }

    def read(self) -> Iterator[Record]:
        """The records of the changes. The watermark reaches T0 only when Jira's count agrees."""
        reader, streams = self._reader, tuple(self.since)
        begin = min(self.since.values())
        settled = self._sync.now - max(self._sync.options.lookback, _UNSETTLED)
        span = Range("updated", self._sync.now, settled, reader.settings.page_size)
        came: set[str] = set()
        for page in reader.pages(self._scope, span, Position(begin)):
            sent = yield from reader.send(page.issues, streams, self._is_wanted)
            came.update(issue["id"] for issue in page.issues)
            if page.position is None:
                reader.ledger.commit_rows(sent)
            else:
                reader.ledger.commit_updated(self._scope, streams, page.position, sent)
        yield from self._verify(begin, came)
        reader.ledger.commit_updated(self._scope, streams, None, {})

    def _is_wanted(self, stream: str, issue: JsonObject) -> bool:
        return issue["updated_ms"] >= self.since[stream] and not self._reader.ledger.went_out(
            stream, issue["id"], issue["updated_ms"]
        )

    def _verify(self, begin: int, came: set[str]) -> Iterator[Record]:
        """A search was seen to end early without an error: where Jira counts more than came, look again by ids.

        What was edited meanwhile has left the span, so a smaller count says nothing.
        """
        reader = self._reader
        span = jql.between("updated", begin, ceil_second(self._sync.now))
        counted = reader.count(self._scope, span)
        if not is_noticeable(counted, len(came)):
            return
        for issues in reader.missing(self._scope, span, came):
            sent = yield from reader.send(issues, tuple(self.since), self._is_wanted)
            came.update(issue["id"] for issue in issues)
            reader.ledger.commit_rows(sent)
        again = reader.count(self._scope, span)
        if again.exact and is_large(again.number - len(came), again.number):
            raise PassingFault(
                f"Jira counts {again.number} changed issues and gave {len(came)}, also when asked again: sync again."
            )
