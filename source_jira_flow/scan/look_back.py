"""Which versions of a group's issues Jira lists since the comparison before: those that were not sent are read again.

An edit stays unsent where search does not show it when changes are read, as while the index lags behind or is rebuilt,
or while the issue is hidden. Once search shows it, its `updated` lies before all that later syncs read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Protocol

from source_jira_flow.common.instants import instant
from source_jira_flow.common.json import JsonObject
from source_jira_flow.records.sound import version_of
from source_jira_flow.scan.pages import FOREVER, Range, ScanPage
from source_jira_flow.state.progress import Group, Position
from source_jira_flow.state.sent_versions import SentVersions
from source_jira_flow.sync import Sync


class Reader(Protocol):
    """What this asks with; see `scan.reader.IssueReader`."""

    sync: Sync

    def versions(self, group: Group, span: Range, begin: Position) -> Iterator[ScanPage]:
        """Pages of a range, of issues that have `updated` alone."""

    def by_id(self, group: Group, issue_ids: Iterable[str]) -> Iterator[list[JsonObject]]:
        """Issues of the group as search shows them."""


class LookBack:
    """Lists when it is made. What was `updated` at `begin` or later (epoch ms) is left to the incremental read: it is
    `newer`, its `updated` by id. Where the list `is_empty`, nothing is there by Jira's count too."""

    def __init__(
        self,
        reader: Reader,
        group: Group,
        versions: SentVersions,
        begin: int,
        settled: int,
        unreadable: Collection[str],
    ) -> None:
        """From `settled` on search may not have caught up. The `unreadable` are asked for in each sync already."""
        self._reader = reader
        self._group = group
        self._versions = versions
        self._begin = begin
        self._unreadable = frozenset(unreadable)
        self.newer: dict[str, int] = {}
        self._lacking: set[str] = set()
        self._whole = self.is_empty = True
        earliest = max(versions.since, reader.sync.options.start_date or 0)
        # Open to the end: some issues are dated in the future.
        for page in reader.versions(group, Range("updated", FOREVER, settled), Position(min(begin, earliest))):
            self._whole, self.is_empty = page.whole, self.is_empty and not page.issues
            for issue in page.issues:
                self._note(issue)

    def _note(self, issue: JsonObject) -> None:
        updated = instant(issue["fields"].get("updated"))
        if updated is not None and updated >= self._begin:
            self.newer[issue["id"]] = updated
        elif self._versions.is_other(int(issue["id"]), version_of(issue)):
            self._lacking.update({issue["id"]} if self._unreadable.isdisjoint((issue["id"], issue["key"])) else ())

    def missed(self, came: set[str]) -> Iterator[list[JsonObject]]:
        """The issues of which another version was sent, without those that came meanwhile."""
        return self._reader.by_id(self._group, self._lacking - came)

    def is_done(self) -> None:
        """All that was missed is out."""
        if self._whole:
            self._versions.unseen.difference_update(map(int, self._group.projects))
