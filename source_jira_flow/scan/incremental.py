"""Reads changes: issues by `updated`, from each stream's watermark up to T0."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from source_jira_flow.common.instants import MINUTE
from source_jira_flow.common.json import JsonObject
from source_jira_flow.errors import PassingFault
from source_jira_flow.jira import jql
from source_jira_flow.jira.base import Count
from source_jira_flow.scan.batch import Batch
from source_jira_flow.scan.look_back import LookBack
from source_jira_flow.scan.pages import Range
from source_jira_flow.scan.reader import IssueReader
from source_jira_flow.scan.verification import is_large
from source_jira_flow.state.issues import looked_back
from source_jira_flow.state.progress import Group, Position
from source_jira_flow.state.sent_versions import SentVersions

# How long documents may be newer than the index.
_UNSETTLED = 15 * MINUTE


class Incremental:
    """The changes in one group. `since` says from which instant each stream lacks them; it omits streams whose backfill
    begins with this sync. With `versions`, also what search did not show to earlier syncs."""

    def __init__(
        self,
        reader: IssueReader,
        group: Group,
        versions: SentVersions | None,
        went_out: Callable[[str, str, int], bool],
    ) -> None:
        """`went_out(stream, issue_id, updated)` says whether a version was sent recently."""
        self._reader = reader
        self._sync = reader.sync
        self._group = group
        self._versions = versions
        self._went_out = went_out
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
        # Without an end: some issues are dated in the future.
        span = jql.at_or_after("updated", begin)
        back = self._look_back(begin, settled)
        # An empty list was checked against a count when it arrived.
        counted = Count(0, exact=False) if back and back.is_empty else self._reader.count(self._group, span)
        changes = Range("updated", self._sync.now, settled, counted=counted)
        out = back.newer if back and self._are_out(back.newer, counted) else None
        came: set[str] = set(out or ())
        pages, whole = 0, True
        for page in self._reader.pages(self._group, changes, Position(begin)) if out is None else ():
            pages += 1
            came.update(issue["id"] for issue in page.issues)
            whole = page.whole
            yield self._batch(page.issues, page.position.second if page.position is not None and whole else None)
        # Looking again takes few calls: an estimate may be right, too.
        if pages > 1 or counted.number > len(came):
            yield from self._look_again(span, counted, came)
        for issues in back.missed(came) if back else ():
            yield Batch(issues, tuple(self.since))
        if whole:
            yield self._batch((), self._sync.now)
            if back:
                yield Batch((), (), settle=back.is_done)

    def _look_back(self, begin: int, settled: int) -> LookBack | None:
        """For pending windows, nothing says what was sent."""
        if self._versions is None or self._group.windows:
            return None
        unreadable = self._reader.search.unreadable.references
        return LookBack(self._reader, self._group, self._versions, begin, settled, unreadable)

    def _are_out(self, listed: Mapping[str, int], counted: Count) -> bool:
        """Whether everything that Jira counts is listed and was sent in this version: then nothing has to be read."""
        return counted.number == len(listed) and all(
            self._went_out(stream, issue_id, updated)
            for issue_id, updated in listed.items()
            for stream, since in self.since.items()
            if updated >= since
        )

    def _batch(self, issues: Sequence[JsonObject], before: int | None = None) -> Batch:
        """`before` is up to where the changes are out with these issues, where they say so."""
        streams = tuple(self.since)
        settle = None if before is None else partial(self._group.changes_are_out, streams, before)
        return Batch(issues, streams, self._wants, settle, passes_over_recent=True)

    def _wants(self, stream: str, issue: JsonObject) -> bool:
        return bool(issue["updated_ms"] >= self.since[stream])

    def _look_again(self, span: str, counted: Count, came: set[str]) -> Iterator[Batch]:
        """Read by ids: searches can end early without an error, and the index may lag behind the documents.

        The result includes issues edited after T0, which the next sync reads, and issues dated in the future.
        """
        for issues in self._reader.missing(self._group, span, came):
            came.update(issue["id"] for issue in issues)
            yield self._batch(issues)
        if counted.exact and is_large(counted.number - len(came), counted.number):
            raise PassingFault(
                f"Jira counts {counted.number} changed issues and gave {len(came)}, also when asked again: sync again."
            )
