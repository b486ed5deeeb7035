"""What a census needs of the syncs before it: a part of the state of `issues`.

    census: {taken_at, whole_at, archived_at, archived_after, start_date, projects, unlisted, waiting, sent, archived,
     versions}

`sent` and `archived` are lists of texts of `issue_ids`, `archived_after` is an issue id, the others are instants (RFC
3339) and lists of project ids; for `versions` see `sent_versions`. A state from before there was a census has none of
it: the ids of its issues were never kept, so its projects are `unlisted`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from source_jira_flow.common.instants import DAY, from_milliseconds, milliseconds
from source_jira_flow.state.issue_ids import SentIssues
from source_jira_flow.state.migrations import readable
from source_jira_flow.state.sent_versions import SentVersions

_STREAM = "issues"


@dataclass
class CensusState:
    """`sent` are the issues that the warehouse has, `archived` those of them that Jira has archived.

    `taken_at` is when the last census was taken, `whole_at` when the last one that listed every issue was, `start_date`
    and `projects` what it looked at; it did not come to those that are `waiting`. `archived_at` is when archived issues
    were last asked for by the day's portion, `archived_after` the id at which that ended. Times are epoch milliseconds.
    """

    versions: SentVersions
    sent: SentIssues = field(default_factory=SentIssues)
    archived: SentIssues = field(default_factory=SentIssues)
    taken_at: int | None = None
    whole_at: int | None = None
    start_date: int | None = None
    projects: frozenset[int] = frozenset()
    unlisted: frozenset[int] = frozenset()
    waiting: frozenset[int] = frozenset()
    archived_at: int | None = None
    archived_after: int = 0

    @classmethod
    def parse(cls, state: Mapping[str, Any], projects: Iterable[str], now: int, start_date: int | None) -> CensusState:
        """From the stream's state, with the projects that it knows. To begin anew, nothing is overdue at `now`."""
        if not state:
            # A day: the index may lag behind when the first sync reads.
            versions = SentVersions(now - DAY, now)
            return cls(versions, taken_at=now, whole_at=now, archived_at=now, start_date=start_date)
        stored = state.get("census")
        if stored is None:
            return cls(SentVersions(now, now), unlisted=frozenset(map(int, projects)))
        with readable(_STREAM):
            return cls(
                versions=SentVersions.parse(stored.get("versions"), now),
                sent=SentIssues(stored["sent"]),
                archived=SentIssues(stored["archived"]),
                taken_at=_instant(stored["taken_at"]),
                whole_at=_instant(stored["whole_at"]),
                start_date=_instant(stored["start_date"]),
                projects=frozenset(map(int, stored["projects"])),
                unlisted=frozenset(map(int, stored["unlisted"])),
                waiting=frozenset(map(int, stored.get("waiting") or ())),
                archived_at=_instant(stored.get("archived_at")),
                archived_after=int(stored.get("archived_after") or 0),
            )

    def written(self) -> dict[str, Any]:
        return {
            "taken_at": _written(self.taken_at),
            "whole_at": _written(self.whole_at),
            "start_date": _written(self.start_date),
            "projects": sorted(self.projects),
            "unlisted": sorted(self.unlisted),
            "waiting": sorted(self.waiting),
            "archived_at": _written(self.archived_at),
            "archived_after": self.archived_after,
            "sent": self.sent.texts(),
            "archived": self.archived.texts(),
            "versions": self.versions.written(),
        }


def _instant(text: str | None) -> int | None:
    return None if text is None else milliseconds(text)


def _written(instant: int | None) -> str | None:
    return None if instant is None else from_milliseconds(instant)
