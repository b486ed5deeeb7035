"""What single streams that are made of issues keep besides how far the scan has come.

`issue_changes` has {entries}: how many entries of each history went out; `worklogs` {deletions_until}: up to when the
deletions that Jira lists were told; `labels` {labels}: those that went out, where Jira has no list of them. Each is
empty to start over, and raises ConfigurationError where it can't be read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from source_jira_flow.common.instants import from_milliseconds, milliseconds
from source_jira_flow.state.migrations import readable
from source_jira_flow.state.packing import pack_digests, unpack_digests
from source_jira_flow.state.sent_entries import SentEntries


def stored_entries(state: Mapping[str, Any]) -> SentEntries:
    with readable("issue_changes"):
        return SentEntries(state["entries"] if state else ())


def written_entries(entries: SentEntries) -> dict[str, Any]:
    return {"entries": entries.texts()}


def stored_deletions(state: Mapping[str, Any]) -> int | None:
    """From a state of `worklogs`: epoch milliseconds."""
    with readable("worklogs"):
        return milliseconds(str(state["deletions_until"])) if state.get("deletions_until") else None


def written_deletions(until: int | None) -> dict[str, Any]:
    return {} if until is None else {"deletions_until": from_milliseconds(until)}


def stored_labels(state: Mapping[str, Any]) -> set[str]:
    with readable("labels"):
        return set(unpack_digests(state["labels"])) if state else set()


def written_labels(labels: Iterable[str]) -> dict[str, Any]:
    return {"labels": pack_digests(dict.fromkeys(labels, b""))}
