"""Reads the sprints of all boards, or in most syncs only those that can have changed.

Closed sprints hardly ever change, and there are many. A quiet sync asks each board for its open sprints only; one that
was open and no longer is, is asked for by itself. All are read again once a day, those of a new board at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum
from logging import Logger

import orjson

from source_jira_flow.common.json import JsonObject
from source_jira_flow.common.parallel import in_parallel
from source_jira_flow.errors import BadRequest, Forbidden, NotFound, RefusedRequest, ServerFault
from source_jira_flow.jira.agile import is_broken_board
from source_jira_flow.jira.base import Jira
from source_jira_flow.records.volatile import without_volatile
from source_jira_flow.state.sprint_boards import SprintBoards

_OPEN_STATES = "active,future"
# Where more closed at once, the lists of closed ones are fewer calls.
_MOST_ASKED_SINGLY = 50
_UNPROCESSABLE = 422


class _Refusal(Enum):
    """What it means that a board lists no sprints."""

    NO_SPRINTS = "It has none, or is hidden from this account."
    BROKEN = "It can't list them now: it keeps those that it showed."


class SprintReading:
    """One reading; `read` first. Sprints are kept as JSON: there can be a hundred thousand of them."""

    def __init__(self, jira: Jira, before: SprintBoards, now: int, logger: Logger) -> None:
        """`now` is Jira's clock in epoch milliseconds."""
        self.is_full = before.is_full_pass_due(now)
        self.absent: set[int] = set()
        self._jira = jira
        self._before = before
        self._now = now
        self._logger = logger
        self._found: dict[int, bytes] = {}
        self._open: set[int] = set()
        self._shown: dict[int, set[int]] = {}
        self._without: set[int] = set()

    def read(self) -> None:
        """Ask Jira. Raises what `Jira.boards` raises, and PassingFault."""
        boards = {int(board["id"]): board for board in self._jira.boards()}
        self._read_boards(boards)
        closed = self._before.open - self._found.keys()
        if not self.is_full and len(closed) > _MOST_ASKED_SINGLY:
            self.is_full = True
            self._read_boards(boards)
        elif not self.is_full:
            self._read_closed(closed)

    def sprints(self) -> Iterator[JsonObject]:
        """The sprints that were read, without what is volatile in them."""
        return map(orjson.loads, self._found.values())

    def tells_of(self, sprint_id: int) -> bool:
        """Whether a missing sprint means anything: broken boards keep theirs, closed ones wait for a full pass."""
        if self.is_full:
            return not any(sprint_id in sprints for sprints in self._shown.values())
        return sprint_id in self.absent

    def boards(self) -> SprintBoards:
        """What is known of the boards after this reading."""
        # Jira did not say what has become of these.
        unread = self._before.open - self._found.keys() - self.absent
        if self.is_full:
            unread &= set().union(*self._shown.values())
        return SprintBoards(
            boards={board: frozenset(sprints) for board, sprints in self._shown.items()},
            without_sprints=frozenset(self._without),
            open=frozenset(self._open | unread),
            full_pass_at=self._now if self.is_full else self._before.full_pass_at,
        )

    def _read_boards(self, boards: dict[int, JsonObject]) -> None:
        before = self._before
        if self.is_full:
            self._shown, self._without = {}, set()
        else:
            # Boards that are gone keep their closed sprints until the next full pass.
            self._shown = {board: set(sprints - before.open) for board, sprints in before.boards.items()}
            self._without = set(before.without_sprints & boards.keys())
        for (board, _), answer in in_parallel(self._ask, list(self._questions(boards)), self._jira.workers):
            board_id = int(board["id"])
            if isinstance(answer, _Refusal):
                self._note_refusal(board_id, answer)
            else:
                self._shown.setdefault(board_id, set()).update(map(self._note, answer))

    def _questions(self, boards: dict[int, JsonObject]) -> Iterable[tuple[JsonObject, str | None]]:
        """Boards, and the states of the sprints to ask each for; None for all."""
        for board_id, board in boards.items():
            if self.is_full or (board_id not in self._before.boards and board_id not in self._without):
                yield board, None
            elif board_id in self._before.boards:
                yield board, _OPEN_STATES

    def _ask(self, question: tuple[JsonObject, str | None]) -> list[JsonObject] | _Refusal:
        """The sprints that a board shows, or why it shows none. Raises PassingFault where that may pass."""
        board, states = question
        board_id = int(board["id"])
        try:
            return self._jira.board_sprints(board_id, states)
        except (NotFound, Forbidden):
            return _Refusal.NO_SPRINTS
        except ServerFault as fault:
            if not is_broken_board(fault):
                raise
            return _Refusal.BROKEN
        except RefusedRequest as refused:
            # Jira's way to say that the board is of a kind that has no sprints.
            if isinstance(refused, BadRequest) and any("support sprints" in said.lower() for said in refused.messages):
                return _Refusal.NO_SPRINTS
            if refused.status != _UNPROCESSABLE:
                self._logger.warning(
                    "The sprints of board %s (%d) can't be read: %s", board.get("name"), board_id, refused
                )
            return _Refusal.BROKEN

    def _note_refusal(self, board_id: int, refusal: _Refusal) -> None:
        known = self._before.boards.get(board_id)
        if known is not None and refusal is _Refusal.BROKEN:
            self._shown[board_id] = set(known)
        else:
            self._shown.pop(board_id, None)
            self._without.add(board_id)

    def _note(self, sprint: JsonObject) -> int:
        sprint_id = int(sprint["id"])
        self._found[sprint_id] = orjson.dumps(without_volatile(sprint))
        if str(sprint.get("state")).lower() != "closed":
            self._open.add(sprint_id)
        return sprint_id

    def _read_closed(self, sprints: Iterable[int]) -> None:
        """Those that no board shows as open any more: closed, gone, or out of sight."""
        for sprint_id, sprint in in_parallel(self._find, sorted(sprints), self._jira.workers):
            if sprint is None:
                self.absent.add(sprint_id)
            elif sprint:
                self._note(sprint)
                # Closed, it shows where it did; open and on no board, it may have left them or they came back short:
                # the next full pass knows.
                for board, before in self._before.boards.items():
                    if sprint_id in before and board in self._shown:
                        self._shown[board].add(sprint_id)

    def _find(self, sprint_id: int) -> JsonObject | None:
        """The sprint, None where Jira says that there is none, an empty object where it does not say."""
        try:
            return self._jira.sprint(sprint_id)
        except Forbidden:
            return {}
