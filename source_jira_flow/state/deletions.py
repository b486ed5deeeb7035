"""What the stream `worklogs` keeps: up to when the deletions that Jira lists were told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from source_jira_flow.common.instants import from_milliseconds, milliseconds
from source_jira_flow.state.migrations import readable


def stored_deletions(state: Mapping[str, Any]) -> int | None:
    """Epoch milliseconds, or None to start over. Raises ConfigurationError where the state can't be read."""
    with readable("worklogs"):
        return milliseconds(str(state["deletions_until"])) if state.get("deletions_until") else None


def written_deletions(until: int | None) -> dict[str, Any]:
    """The part of a state that `stored_deletions` reads."""
    return {} if until is None else {"deletions_until": from_milliseconds(until)}
