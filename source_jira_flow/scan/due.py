"""When a census is due, and of which projects."""

from __future__ import annotations

from collections.abc import Callable

from source_jira_flow.common.instants import DAY, MINUTE
from source_jira_flow.scan.verification import is_large
from source_jira_flow.state.census import CensusState
from source_jira_flow.state.issue_ids import UNKNOWN_PROJECT
from source_jira_flow.sync import Sync

# A daily sync may begin a little earlier than the day before, and still counts as a day later.
A_DAY = DAY - 60 * MINUTE


def is_older(instant: int | None, age: int, now: int) -> bool:
    """Whether something is this old. A clock that was once ahead must not postpone it forever."""
    return instant is None or not instant <= now < instant + age


def is_due(sync: Sync, state: CensusState, *, asked_for: bool) -> bool:
    """Whether to compare all projects, whatever Jira counts. `asked_for`: a stream wants its rows."""
    chosen = sync.options.find_deleted_issues
    return chosen == "every_sync" or (chosen == "daily" and (asked_for or is_older(state.taken_at, A_DAY, sync.now)))


def projects_due(
    sync: Sync,
    state: CensusState,
    complete: frozenset[int],
    count: Callable[[], int],
    *,
    asked_for: bool,
    quiet: bool,
) -> frozenset[int]:
    """Of the `complete` projects, whose backfill is done, those to compare now: all, the waiting ones, or none.

    A quiet sync does not request Jira's estimate (`count`).
    """
    if sync.options.find_deleted_issues == "never":
        return frozenset()
    if is_due(sync, state, asked_for=asked_for):
        return complete
    if quiet or sync.jira.counts_exactly or not complete or not _is_clearly_off(state, complete, count()):
        return state.waiting & complete
    return complete


def _is_clearly_off(state: CensusState, complete: frozenset[int], counted: int) -> bool:
    sent = sum(project in complete or project == UNKNOWN_PROJECT for project in state.sent.table().projects)
    return is_large(abs(counted - sent), max(counted, sent))
