"""Boards and sprints of Jira Software, the same on Cloud and self-hosted: `/rest/agile/1.0`, 50 rows a page at most."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from source_jira_flow.common.json import JsonObject
from source_jira_flow.errors import Forbidden, JiraFlowError, NotFound, ServerFault, SignInRefused
from source_jira_flow.http.client import JiraClient
from source_jira_flow.jira.base import Jira
from source_jira_flow.jira.paging import offset_rows
from source_jira_flow.jira.shape import an_object

_BOARDS = "/rest/agile/1.0/board"
_PAGE = 50


class AgileJira(Jira):
    """The boards and sprints of a Jira that is asked through one client."""

    client: JiraClient

    def boards(self) -> Iterator[JsonObject]:
        def ask(page: Mapping[str, Any]) -> Any:
            with scopes_named():
                return self.client.get(_BOARDS, page, accept=an_object(_BOARDS, values=list))

        return offset_rows(ask, _PAGE, _BOARDS)

    def board_sprints(self, board_id: int, states: str | None = None) -> list[JsonObject]:
        path = f"{_BOARDS}/{board_id}/sprint"
        wanted = {} if states is None else {"state": states}
        accept = an_object(path, values=list)

        def ask(page: Mapping[str, Any]) -> Any:
            with scopes_named():
                return self.client.get(path, {**wanted, **page}, accept=accept, lasting=is_broken_board)

        found = list(offset_rows(ask, _PAGE, path, sure=states is None))
        # Closed sprints are listed once a day, and often without a total: what is behind a short last page is asked
        # for.
        is_short = states is None and len(found) % _PAGE > 0
        if is_short and ask({"startAt": len(found), "maxResults": _PAGE})["values"]:
            return list(offset_rows(ask, _PAGE, path))
        return found

    def board_configuration(self, board_id: int) -> JsonObject:
        path = f"{_BOARDS}/{board_id}/configuration"
        with scopes_named("read:board-scope.admin:jira-software"):
            accept = an_object(path, columnConfig=dict)
            document: JsonObject = self.client.get(path, accept=accept, lasting=is_broken_board)
        return document

    def sprint(self, sprint_id: int) -> JsonObject | None:
        path = f"/rest/agile/1.0/sprint/{sprint_id}"
        return self.client.find(path, accept=an_object(path, id=int))


def is_broken_board(fault: ServerFault) -> bool:
    """Whether a 500 is Jira's way to say that the board's columns hold no status: it will stay so."""
    return any("column" in message.lower() or "mapped status" in message.lower() for message in fault.messages)


def is_out_of_reach(error: JiraFlowError) -> bool:
    """Whether boards and sprints are not for this account: no Jira Software, no licence for it, no scope for it."""
    return isinstance(error, (NotFound, Forbidden)) or (isinstance(error, SignInRefused) and error.reason == "scope")


@contextmanager
def scopes_named(*more: str) -> Iterator[None]:
    """Where a token lacks a scope for these requests, the error says which it needs, and `more`."""
    try:
        yield
    except SignInRefused as refused:
        if refused.reason != "scope":
            raise
        scopes = ("read:board-scope:jira-software", "read:project:jira", "read:sprint:jira-software", *more)
        raise SignInRefused(
            f"The token lacks the scopes for boards and sprints: create one with {', '.join(scopes[:-1])} and"
            f" {scopes[-1]}.",
            reason="scope",
            status=refused.status,
        ) from refused
