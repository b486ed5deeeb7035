"""The stream `projects`: all that the account sees, whatever is configured."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from source_jira_flow.common.json import JsonObject
from source_jira_flow.errors import ConfigurationError
from source_jira_flow.records.observed import Columns
from source_jira_flow.records.projects import project_columns
from source_jira_flow.records.seen import Seen
from source_jira_flow.snapshots.absences import Absences
from source_jira_flow.snapshots.comparison import Comparison
from source_jira_flow.sync import Sync


class ProjectSnapshot:
    """One reading of the projects, which the sync asked for anyway."""

    def __init__(self, sync: Sync, comparison: Comparison, seen: Seen) -> None:
        self._sync = sync
        self._comparison = comparison

    def records(self) -> Iterator[dict[str, Any]]:
        """What is new, changed or gone. Raises ConfigurationError where the account sees nothing any more."""
        documents = self._sync.project_documents
        if not documents and self._comparison.stored.listed:
            raise ConfigurationError(
                "The account does not see a single project any more: ask your Jira administrator to grant it 'Browse"
                " projects' again. Nothing is concluded about the projects that were there."
            )
        for document in documents:
            yield from self._comparison.see(self._columns(document))
        yield from Absences(
            self._comparison,
            self._find,
            self._sync.account.prove_sign_in,
            title="projects",
            workers=self._sync.workers,
            logger=self._sync.logger,
        ).records()

    def extra_state(self) -> dict[str, Any]:
        """Nothing besides the digests."""
        return {}

    def _find(self, identifier: str) -> Columns | None:
        document = self._sync.jira.listed_project(identifier)
        return None if document is None else self._columns(document)

    def _columns(self, document: JsonObject) -> Columns:
        return project_columns(document, self._sync.account.site_url)
