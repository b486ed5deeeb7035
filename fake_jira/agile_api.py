"""Boards and sprints, `/rest/agile/1.0`."""

from collections.abc import Callable, Sequence
from typing import Any

from .calls import Call
from .entities import Board
from .messages import Handler, JiraError, Response, Route, html_response, json_response

PAGE_CAP = 50
_STATES = ("closed", "active", "future")
_NO_BOARD = (
    "The requested board cannot be viewed because it either does not exist or you do not have permission to view it."
)
_BOARD_SCOPES = ("read:board-scope:jira-software",)
_CONFIGURATION_SCOPES = ("read:board-scope.admin:jira-software",)
_SPRINT_SCOPES = ("read:sprint:jira-software",)


def _with_software(handler: Handler) -> Handler:
    """Jira Software may be missing, or not licensed for the account."""

    def handle(call: Call) -> Response:
        agile = call.site.settings.agile
        if agile == "absent":
            return html_response("Oops, you've found a dead link.", "", 404)
        if agile == "unlicensed":
            raise JiraError(403, "The user does not have a valid license for Jira Software.")
        return handler(call)

    return handle


def _page(call: Call, things: Sequence[Any], render: Callable[[Any], Any]) -> Response:
    """Fifty are the most, whatever is asked."""
    return json_response(call.values(things, render, call.size(PAGE_CAP, PAGE_CAP)))


@_with_software
def boards(call: Call) -> Response:
    visible = call.site.visible_boards(call.account)
    kinds = call.request.listed("type")
    project = call.request.text("projectKeyOrId")
    found = [
        board
        for board in visible
        if (not kinds or board.type in kinds) and (project is None or project in (board.project.key, board.project.id))
    ]
    return _page(call, found, call.documents.board)


def _board(call: Call) -> Board:
    text = call.parts["board"]
    board = call.site.boards.get(int(text)) if text.isdigit() else None
    if board is None or board.quirk == "private" or not call.site.can_see_board(call.account, board):
        raise JiraError(404, _NO_BOARD)
    return board


@_with_software
def board(call: Call) -> Response:
    return json_response(call.documents.board(_board(call)))


@_with_software
def board_configuration(call: Call) -> Response:
    """Also of boards without sprints; one that is broken has no columns."""
    return json_response(call.documents.board_configuration(_board(call)))


@_with_software
def board_sprints(call: Call) -> Response:
    found = _board(call)
    if found.quirk == "no_sprints":
        raise JiraError(400, "The board does not support sprints")
    if found.quirk == "broken":
        raise JiraError(500, f"The board {found.id} has no columns with a mapped status.")
    if found.quirk == "unprocessable":
        raise JiraError(422, f"The board {found.id} has no columns with a mapped status.")
    states = call.request.listed("state") or list(_STATES)
    if set(states) - set(_STATES):
        raise JiraError(400, f"The sprint state must be one of: {', '.join(_STATES)}")
    sprints = [sprint for state in _STATES for sprint in found.sprints if sprint.state == state and state in states]
    return _page(call, sprints, call.documents.sprint)


@_with_software
def sprint(call: Call) -> Response:
    text = call.parts["sprint"]
    found = call.site.sprints.get(int(text)) if text.isdigit() else None
    site, account = call.site, call.account
    if found is not None and (
        site.can_see_board(account, found.origin_board)
        or any(found in issue.sprints for issue in site.visible_issues(account, None))
    ):
        return json_response(call.documents.sprint(found))
    raise JiraError(404, "Sprint does not exist or you do not have permission to view it.")


ROUTES = [
    Route("GET", "/rest/agile/1.0/board", boards, scopes=_BOARD_SCOPES, anonymous=False),
    Route("GET", "/rest/agile/1.0/board/{board}", board, scopes=_BOARD_SCOPES, anonymous=False),
    Route(
        "GET",
        "/rest/agile/1.0/board/{board}/configuration",
        board_configuration,
        scopes=_CONFIGURATION_SCOPES,
        anonymous=False,
    ),
    Route("GET", "/rest/agile/1.0/board/{board}/sprint", board_sprints, scopes=_SPRINT_SCOPES, anonymous=False),
    Route("GET", "/rest/agile/1.0/sprint/{sprint}", sprint, scopes=_SPRINT_SCOPES, anonymous=False),
]
