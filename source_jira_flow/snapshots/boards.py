"""What each board tells of its sprints, and what it means when one refuses."""

from __future__ import annotations

from enum import Enum
from logging import Logger

from source_jira_flow.common.json import JsonObject
from source_jira_flow.errors import BadRequest, Forbidden, NotFound, RefusedRequest, ServerFault
from source_jira_flow.jira.agile import is_broken_board
from source_jira_flow.jira.base import Jira

_UNPROCESSABLE = 422


class Refusal(Enum):
    """Why a board tells nothing of sprints."""

    HAS_NONE = "does not support sprints"
    HIDDEN = "is not to be seen by this account"
    BROKEN = "has no columns with a mapped status"
    UNKNOWN = "refuses for a reason that is not known"


def sprints_of(jira: Jira, board: JsonObject, states: str | None, logger: Logger) -> list[JsonObject] | Refusal:
    """The sprints that a board shows, or why it shows none. Raises PassingFault where that may be passing."""
    board_id = int(board["id"])
    try:
        return jira.board_sprints(board_id, states)
    except (NotFound, Forbidden):
        return Refusal.HIDDEN
    except ServerFault as fault:
        if not is_broken_board(fault):
            raise
        return Refusal.BROKEN
    except RefusedRequest as refused:
        if isinstance(refused, BadRequest) and _says(refused, "support sprints"):
            return Refusal.HAS_NONE
        if refused.status == _UNPROCESSABLE:
            return Refusal.BROKEN
        logger.warning("The sprints of board %s (%d) can't be read: %s", board.get("name"), board_id, refused)
        return Refusal.UNKNOWN


def _says(refused: RefusedRequest, words: str) -> bool:
    return any(words in message.lower() for message in refused.messages)
