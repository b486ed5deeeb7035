"""What the stream `issue_changes` keeps besides how far the scan has come: how many entries of each history went out.

{entries}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from source_jira_flow.state.migrations import readable
from source_jira_flow.state.sent_entries import SentEntries


def stored_entries(state: Mapping[str, Any]) -> SentEntries:
    """From a state of `issue_changes`, empty to start over. Raises ConfigurationError where it can't be read."""
    with readable("issue_changes"):
        return SentEntries(state["entries"] if state else ())


def written_entries(entries: SentEntries) -> dict[str, Any]:
    """The part of a state that `stored_entries` reads."""
    return {"entries": entries.texts()}
