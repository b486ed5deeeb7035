"""The result of a census: how many issues Jira lists and how many the warehouse has, for each project."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from source_jira_flow.common.instants import from_milliseconds
from source_jira_flow.common.json import JsonObject
from source_jira_flow.state.issue_ids import UNKNOWN_PROJECT
from source_jira_flow.sync import Sync

_PROJECTS_IN_LOG = 50


@dataclass(frozen=True)
class Proof:
    """Issues by project: those that Jira lists, those that the warehouse has, and of these the ones that this census
    sent; and those that it removed. `keys` are the keys of the projects that were compared."""

    keys: Mapping[int, str]
    listed: Counter[int]
    sent: Counter[int]
    read: Counter[int]
    removed: Counter[int]

    def tell(self, sync: Sync) -> list[JsonObject]:
        """A line in the log for each project, and one for all; returns the rows of `coverage`.

        If not every project is known, nothing can be said about single ones.
        """
        known = [] if self.sent[UNKNOWN_PROJECT] else sorted(self.keys, key=self.keys.__getitem__)
        for project in known[:_PROJECTS_IN_LOG]:
            self._log(sync, self.keys[project], [project])
        if len(known) != 1:
            self._log(sync, f"All {len(self.keys)} projects", [*self.keys, UNKNOWN_PROJECT])
        return [self._row(project, from_milliseconds(sync.now)) for project in known]

    def _log(self, sync: Sync, title: str, projects: list[int]) -> None:
        of_these = [
            sum(counter[each] for each in projects) for counter in (self.listed, self.sent, self.read, self.removed)
        ]
        sync.logger.info("%s: Jira lists %d issues, the warehouse has %d (%d sent now, %d removed).", title, *of_these)

    def _row(self, project: int, taken_at: str) -> JsonObject:
        return {
            "project_id": str(project),
            "project_key": self.keys[project],
            "listed": self.listed[project],
            "sent": self.sent[project],
            "removed": self.removed[project],
            "difference": self.listed[project] - self.sent[project],
            "taken_at": taken_at,
        }
