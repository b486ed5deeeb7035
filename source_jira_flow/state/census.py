"""What a census needs of the syncs before it: a part of the state of `issues`.

    census: {taken_at, whole_at, start_date, projects, unlisted, sent: […], archived: […]}

`sent` and `archived` are texts of `issue_ids`, the others instants (RFC 3339) and project ids. A state from before
there was a census has none of it: the ids of its issues were never kept, so its projects are `unlisted`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from source_jira_flow.common.instants import from_milliseconds, milliseconds
from source_jira_flow.state.issue_ids import SentIssues
from source_jira_flow.state.migrations import readable

_STREAM = "issues"


@dataclass
class CensusState:
    """`sent` are the issues that the warehouse has, `archived` those of them that Jira has archived.

    `taken_at` is when the last census was taken, `whole_at` when the last one that listed every issue was, `start_date`
    and `projects` what it looked at. Times are epoch milliseconds.
    """

    sent: SentIssues = field(default_factory=SentIssues)
    archived: SentIssues = field(default_factory=SentIssues)
    taken_at: int | None = None
    whole_at: int | None = None
    start_date: int | None = None
    projects: frozenset[int] = frozenset()
    unlisted: frozenset[int] = frozenset()

    @classmethod
    def parse(cls, state: Mapping[str, Any], projects: Iterable[str], now: int) -> CensusState:
        """From the stream's state, with the projects that it knows. To begin anew, nothing is overdue at `now`."""
        if not state:
            return cls(taken_at=now, whole_at=now)
        stored = state.get("census")
        if stored is None:
            return cls(unlisted=frozenset(map(int, projects)))
        with readable(_STREAM):
            return cls(
                sent=SentIssues(stored["sent"]),
                archived=SentIssues(stored["archived"]),
                taken_at=_instant(stored["taken_at"]),
                whole_at=_instant(stored["whole_at"]),
                start_date=_instant(stored["start_date"]),
                projects=frozenset(map(int, stored["projects"])),
                unlisted=frozenset(map(int, stored["unlisted"])),
            )

    def written(self) -> dict[str, Any]:
        """As the state holds it."""
        return {
            "taken_at": _written(self.taken_at),
            "whole_at": _written(self.whole_at),
            "start_date": _written(self.start_date),
            "projects": sorted(self.projects),
            "unlisted": sorted(self.unlisted),
            "sent": self.sent.texts(),
            "archived": self.archived.texts(),
        }


def _instant(text: str | None) -> int | None:
    return None if text is None else milliseconds(text)


def _written(instant: int | None) -> str | None:
    return None if instant is None else from_milliseconds(instant)
