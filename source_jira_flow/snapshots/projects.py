"""The stream `projects`: all that the account sees, whatever is configured."""

from __future__ import annotations

from collections.abc import Iterable

from source_jira_flow.common.json import JsonObject
from source_jira_flow.errors import ConfigurationError
from source_jira_flow.records.observed import Columns
from source_jira_flow.records.projects import project_columns
from source_jira_flow.snapshots.base import Snapshot


class ProjectSnapshot(Snapshot):
    """One reading of the projects, which the sync asked for anyway."""

    def list(self) -> Iterable[JsonObject]:
        return self.sync.project_documents

    def find(self, identifier: str) -> JsonObject | None:
        return self.sync.jira.listed_project(identifier)

    def columns(self, document: JsonObject) -> Columns:
        return project_columns(document, self.sync.account.site_url)

    def explain_empty_list(self) -> None:
        """Raises ConfigurationError where the account saw projects before."""
        if self.stored.listed:
            raise ConfigurationError(
                "The account does not see a single project any more: ask your Jira administrator to grant it 'Browse"
                " projects' again. Nothing is concluded about the projects that were there."
            )
