"""The columns of each board, which teams report by instead of statuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from source_jira_flow.common.json import JsonObject
from source_jira_flow.common.parallel import in_parallel
from source_jira_flow.common.text import listed
from source_jira_flow.errors import JiraFlowError, NotFound, ServerFault
from source_jira_flow.jira.agile import is_broken_board, is_out_of_reach
from source_jira_flow.sync import Sync


def board_columns(sync: Sync) -> Iterator[dict[str, Any]]:
    """The records of `board_columns`: one call per board. Boards that Jira can't show are named in the log."""
    try:
        boards = [int(board["id"]) for board in sync.jira.boards()]
    except JiraFlowError as refused:
        if not is_out_of_reach(refused):
            raise
        sync.logger.warning("board_columns stays empty, without Jira Software: %s", refused)
        return

    refusals: dict[int, JiraFlowError] = {}
    found = dict(in_parallel(lambda board: _configuration(sync, board, refusals), boards, sync.workers))
    if refusals:
        sync.logger.warning(
            "board_columns lacks the boards %s, which this account can't see: %s",
            listed([str(board_id) for board_id in sorted(refusals)]),
            refusals[min(refusals)],
        )
    for board_id in boards:
        yield from _columns(board_id, found[board_id])


def _configuration(sync: Sync, board_id: int, refusals: dict[int, JiraFlowError]) -> JsonObject:
    """What Jira says of a board, or nothing where it can't show it; that it must not is noted in `refusals`."""
    try:
        return sync.jira.board_configuration(board_id)
    except NotFound:
        sync.logger.info("The board %s is hidden from this account: its columns are left out.", board_id)
    except ServerFault as fault:
        if not is_broken_board(fault):
            raise
        sync.logger.warning("The board %s can't show its columns: %s", board_id, fault)
    except JiraFlowError as refused:
        if not is_out_of_reach(refused):
            raise
        refusals[board_id] = refused
    return {}


def _columns(board_id: int, configuration: JsonObject) -> Iterator[dict[str, Any]]:
    filter_id = (configuration.get("filter") or {}).get("id")
    estimation = (configuration.get("estimation") or {}).get("field") or {}
    for position, column in enumerate((configuration.get("columnConfig") or {}).get("columns") or (), start=1):
        yield {
            "board_id": board_id,
            "position": position,
            "name": column.get("name"),
            "min": column.get("min"),
            "max": column.get("max"),
            "statuses": [status["id"] for status in column.get("statuses") or ()],
            "estimation_field": estimation.get("fieldId"),
            "filter_id": None if filter_id is None else str(filter_id),
        }
