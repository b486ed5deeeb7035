"""The stream `projects`: all that the account sees, whatever is configured."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from source_jira_flow.common.instants import from_milliseconds
from source_jira_flow.common.json import JsonObject
from source_jira_flow.errors import ConfigurationError
from source_jira_flow.jira.missing_permissions import no_project
from source_jira_flow.records.observed import REMOVED_AT, Columns
from source_jira_flow.records.projects import project_columns
from source_jira_flow.snapshots.base import Snapshot


class ProjectSnapshot(Snapshot):
    """One reading of the projects, which the sync asked for anyway.

    The state keeps which projects were imported, and until when those were that are not any more.
    """

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._imported = frozenset(project.id for project in self.sync.select_projects().imported)
        self._imported_before = frozenset(self.stored.own.get("imported") or ())
        self._until: dict[str, str] = {}

    def list(self) -> Iterable[JsonObject]:
        return self.sync.project_documents

    def find(self, identifier: str) -> JsonObject | None:
        return self.sync.jira.listed_project(identifier)

    def columns(self, document: JsonObject) -> Columns:
        identifier = str(document["id"])
        return {
            **project_columns(document, self.sync.account.site_url),
            "imported": identifier in self._imported,
            "imported_until": self._imported_until(identifier),
        }

    def explain_empty_list(self) -> None:
        """Raises ConfigurationError if the account saw projects before."""
        if self.stored.listed:
            raise ConfigurationError(
                f"{no_project(self.sync.jira.kind)} It saw projects before. Nothing is concluded about them."
            )

    def own_state(self, *, complete: bool) -> dict[str, Any]:
        if not complete:
            return {name: self.stored.own[name] for name in ("imported", "imported_until") if name in self.stored.own}
        return {"imported": sorted(self._imported), "imported_until": self._until}

    def _differences(self) -> Iterator[Columns]:
        for columns in super()._differences():
            if columns.get(REMOVED_AT):
                columns |= {"imported": False, "imported_until": self._imported_until(columns["id"])}
            yield columns

    def _imported_until(self, identifier: str) -> str | None:
        """For a project that is no longer imported: the last sync that did."""
        if identifier in self._imported:
            return None
        if identifier in self._imported_before and self.stored.observed_at is not None:
            until: str | None = from_milliseconds(self.stored.observed_at)
        else:
            until = (self.stored.own.get("imported_until") or {}).get(identifier)
        if until is not None:
            self._until[identifier] = until
        return until
