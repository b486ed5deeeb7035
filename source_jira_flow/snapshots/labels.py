"""The stream `labels` where Jira lists them (Cloud). Elsewhere the scan of issues gathers them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from source_jira_flow.errors import PassingFault
from source_jira_flow.snapshots.comparison import Comparison
from source_jira_flow.sync import Sync


class LabelSnapshot:
    """One reading of the labels, as they are written: those that differ in case are two."""

    def __init__(self, sync: Sync, comparison: Comparison) -> None:
        self._sync = sync
        self._comparison = comparison

    def records(self) -> Iterator[dict[str, Any]]:
        """What is new or gone. Raises PassingFault for an empty list while issues have labels."""
        yield from self._list()
        if not self._comparison.listed:
            # To nobody, Jira shows no labels.
            self._sync.instance.prove_sign_in()
        if not self._comparison.missing():
            return
        # No label can be asked for by itself: gone is what a second list lacks as well.
        yield from self._list()
        if not self._comparison.listed and self._sync.jira.count("labels is not EMPTY").number:
            raise PassingFault("Jira gave an empty list of labels, although issues have labels. Sync again.")
        self._sync.instance.prove_sign_in()
        for label in self._comparison.missing():
            yield self._comparison.remove(label, label)

    def extra_state(self) -> dict[str, Any]:
        """Nothing besides the digests."""
        return {}

    def _list(self) -> Iterator[dict[str, Any]]:
        for label in self._sync.jira.labels():
            yield from self._comparison.see({"name": label})
