"""Boards and sprints of Jira Software, the same on Cloud and self-hosted: `/rest/agile/1.0`, 50 rows a page at most."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from source_jira_flow.client import JiraClient
from source_jira_flow.errors import NotFound, ServerFault
from source_jira_flow.jira.paging import offset_rows

_BOARDS = "/rest/agile/1.0/board"
_PAGE = 50


def boards(client: JiraClient) -> Iterator[dict[str, Any]]:
    """All boards that the account can see. Raises NotFound or Forbidden where it has no Jira Software."""
    return offset_rows(lambda page: client.get(_BOARDS, page), _PAGE, _BOARDS)


def board_sprints(client: JiraClient, board_id: int, states: str | None = None) -> list[dict[str, Any]]:
    """All sprints that a board shows, or those in `states` (`active,future`).

    Raises BadRequest for a board without sprints, ServerFault (500) or RefusedRequest (422) for a broken one, NotFound
    for a private one.
    """
    path = f"{_BOARDS}/{board_id}/sprint"
    wanted = {} if states is None else {"state": states}

    def ask(page: Mapping[str, Any]) -> Any:
        return client.get(path, {**wanted, **page}, lasting=is_broken_board)

    return list(offset_rows(ask, _PAGE, path, sure=states is None))


def is_broken_board(fault: ServerFault) -> bool:
    """Whether a 500 is Jira's way to say that the board's columns hold no status: it will stay so."""
    return any("column" in message.lower() or "mapped status" in message.lower() for message in fault.messages)


def sprint(client: JiraClient, sprint_id: int) -> dict[str, Any] | None:
    """One sprint, or None where Jira confirms that the account can't see it (404)."""
    try:
        document: dict[str, Any] = client.get(f"/rest/agile/1.0/sprint/{sprint_id}")
    except NotFound:
        return None
    return document
