"""The columns of a sprint, as Jira Software lists it or as an issue shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from source_jira_flow.common.instants import utc_if_readable
from source_jira_flow.records.observed import Columns
from source_jira_flow.records.volatile import without_volatile


def sprint_columns(sprint: Mapping[str, Any], board_ids: frozenset[int]) -> Columns:
    """The columns of `sprints`, from Jira Software's list, with all boards that show the sprint."""
    state = sprint.get("state")
    return {
        "id": int(sprint["id"]),
        "name": sprint.get("name") or None,
        "state": str(state).lower() if state else None,
        "goal": sprint.get("goal") or None,
        "board_id": sprint.get("originBoardId"),
        "board_ids": sorted(board_ids),
        "start_date": utc_if_readable(sprint.get("startDate")),
        "end_date": utc_if_readable(sprint.get("endDate")),
        "complete_date": utc_if_readable(sprint.get("completeDate")),
        "activated_date": utc_if_readable(sprint.get("activatedDate")),
        "created_date": utc_if_readable(sprint.get("createdDate")),
        "document": without_volatile(sprint),
    }


def field_sprint_columns(sprint: Mapping[str, Any]) -> Columns:
    """The columns of `sprints` for a sprint that only issues show: it is on no board that the account can see."""
    board = sprint.get("boardId")
    return {**sprint_columns(sprint, frozenset()), "board_id": int(board) if board else None, "document": None}
