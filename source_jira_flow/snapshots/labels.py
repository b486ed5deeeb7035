"""The stream `labels` where Jira lists them (Cloud). Elsewhere the scan of issues gathers them."""

from __future__ import annotations

from collections.abc import Iterable

from source_jira_flow.common.json import JsonObject
from source_jira_flow.jira.jql import has_label
from source_jira_flow.records.labels import label_columns
from source_jira_flow.records.observed import Columns
from source_jira_flow.snapshots.absences import NOT_TOLD
from source_jira_flow.snapshots.base import Snapshot

_PAGE = 100
_MOST_PAGES = 10


class LabelSnapshot(Snapshot):
    """One reading of the labels. Jira has no object of a label: it is its name."""

    def list(self) -> Iterable[JsonObject]:
        return map(label_columns, self.sync.jira.labels())

    def find(self, identifier: str) -> JsonObject | None:
        """A label can't be asked for by itself, but its issues can; the query does not tell capitals from others."""
        position = None
        for _ in range(_MOST_PAGES):
            page = self.sync.jira.search(has_label(identifier), ["labels"], _PAGE, position)
            if any(identifier in (issue["fields"].get("labels") or ()) for issue in page.issues):
                return label_columns(identifier)
            position = page.next
            if position is None:
                return None
        return NOT_TOLD

    def columns(self, document: JsonObject) -> Columns:
        return document

    def explain_empty_list(self) -> None:
        """To nobody, Jira shows no labels. Raises SignInRefused."""
        self.sync.account.prove_sign_in()
