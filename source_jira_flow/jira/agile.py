"""What refusals of Jira Software's boards and sprints mean."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from source_jira_flow.errors import Forbidden, JiraFlowError, NotFound, ServerFault, SignInRefused


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
