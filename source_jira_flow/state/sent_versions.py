"""Which versions of issues went out lately: a census holds them against the versions that Jira lists.

Search can miss an edit: its index lags behind, is being rebuilt, or the issue is hidden when changes are read. An edit
counts as sent only when the versions agree.

    versions: {since, compared_at, sent}

`sent` are texts of `sent_entries` with `updated` (epoch ms) in the place of numbers; the others are instants (RFC
3339).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from source_jira_flow.common.instants import DAY, floor_second, from_milliseconds, milliseconds
from source_jira_flow.state.columns import rows_in
from source_jira_flow.state.sent_entries import SentEntries, entries_of, pack_entries

# About 300 KB. What changes beyond is not noted, and so sent once more by the next comparison.
MOST_VERSIONS = 50_000
_MANY = 10_000


class SentVersions(SentEntries):
    """The versions that were `updated` at `since` or later, in whole seconds. `compared_at` is T0 of the last census
    that left nothing unexplained. `unseen` are projects in which this sync did not look back so far."""

    def __init__(self, since: int, compared_at: int, texts: Iterable[str] = ()) -> None:
        super().__init__(texts)
        self.since = floor_second(since)
        self.compared_at = compared_at
        self.unseen: set[int] = set()
        self._new: set[int] = set()

    @classmethod
    def parse(cls, stored: Mapping[str, Any] | None, now: int) -> SentVersions:
        """From the state of a census. One from before versions were kept says nothing of what was sent until `now`."""
        if stored is None:
            return cls(now, now)
        return cls(milliseconds(stored["since"]), milliseconds(stored["compared_at"]), stored["sent"])

    @property
    def is_full(self) -> bool:
        """Whether versions may be missing."""
        return sum(map(rows_in, self._texts)) + len(self._noted) >= MOST_VERSIONS

    def note(self, issue_id: int, number: int) -> None:
        """This version is out."""
        if number >= self.since and not self.is_full:
            super().note(issue_id, number)
            self._new.add(issue_id)

    def is_other(self, issue_id: int, updated: int) -> bool:
        """Whether this is another version than the one that had gone out when the sync began, and none did since."""
        return updated >= self.since and issue_id not in self._new and self.of(issue_id) != updated

    def compared(self, now: int, whole_at: int, *, is_explained: bool) -> None:
        """A census at T0 looked back. Each edit is looked for in two that left nothing unexplained, and for a day: one
        answer proves nothing. Where only counts were compared since `whole_at`, from there on, unless that is much."""
        if self.is_full:
            self.forget(now)
        elif is_explained:
            since = min(self.compared_at, now - DAY)
            if len(self._keep(min(since, whole_at))) > _MANY:
                self._keep(since)
            self.compared_at = now

    def forget(self, now: int) -> None:
        """Begin anew at T0."""
        self.since, self.compared_at = floor_second(now), now
        self._texts.clear()
        self._noted.clear()

    def _keep(self, since: int) -> Mapping[int, int]:
        self.since = max(self.since, floor_second(since))
        kept = {issue_id: updated for issue_id, updated in entries_of(self.texts()) if updated >= self.since}
        self._texts = [pack_entries(kept)] if kept else []
        return kept

    def written(self) -> dict[str, Any]:
        return {
            "since": from_milliseconds(self.since),
            "compared_at": from_milliseconds(self.compared_at),
            "sent": self.texts(),
        }
