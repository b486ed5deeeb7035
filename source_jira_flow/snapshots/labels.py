"""The stream `labels` where Jira lists them (Cloud). Elsewhere the scan of issues gathers them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from source_jira_flow.jira.jql import has_label
from source_jira_flow.records.labels import label_columns
from source_jira_flow.records.observed import Columns
from source_jira_flow.records.seen import Seen
from source_jira_flow.snapshots.absences import NOT_TOLD, Absences
from source_jira_flow.snapshots.comparison import Comparison
from source_jira_flow.sync import Sync

_PAGE = 100
_MOST_PAGES = 10


class LabelSnapshot:
    """One reading of the labels, as they are written: those that differ in case are two."""

    def __init__(self, sync: Sync, comparison: Comparison, seen: Seen) -> None:
        self._sync = sync
        self._comparison = comparison

    def records(self) -> Iterator[dict[str, Any]]:
        """What is new or gone. Raises PassingFault where the list came back short of labels that issues have."""
        for label in self._sync.jira.labels():
            yield from self._comparison.see(label_columns(label))
        if not self._comparison.listed:
            # To nobody, Jira shows no labels.
            self._sync.account.prove_sign_in()
        yield from Absences(
            self._comparison,
            self._find,
            self._sync.account.prove_sign_in,
            title="labels",
            workers=self._sync.workers,
            logger=self._sync.logger,
        ).records()

    def extra_state(self) -> dict[str, Any]:
        """Nothing besides the digests."""
        return {}

    def _find(self, label: str) -> Columns | None:
        """A label can't be asked for by itself, but its issues can; those with it in capitals or not don't count."""
        position = None
        for _ in range(_MOST_PAGES):
            page = self._sync.jira.search(has_label(label), ["labels"], _PAGE, position)
            if any(label in (issue["fields"].get("labels") or ()) for issue in page.issues):
                return label_columns(label)
            position = page.next
            if position is None:
                return None
        return NOT_TOLD
