"""What the stream `labels` keeps where Jira has no list of labels: those that went out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from source_jira_flow.state.migrations import readable
from source_jira_flow.state.packing import pack_digests, unpack_digests


def stored_labels(state: Mapping[str, Any]) -> set[str]:
    """From the stream's state, empty to start over. Raises ConfigurationError where it can't be read."""
    with readable("labels"):
        return set(unpack_digests(state["labels"])) if state else set()


def written_labels(labels: Iterable[str]) -> dict[str, Any]:
    """The part of a state that `stored_labels` reads."""
    return {"labels": pack_digests(dict.fromkeys(labels, b""))}
