"""Which sprints each board shows: what is kept of it from one sync to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from source_jira_flow.common.instants import DAY
from source_jira_flow.state.migrations import readable
from source_jira_flow.state.packing import pack_integers, unpack_integers

_OPEN = 0
_WITHOUT_SPRINTS = 1


@dataclass(frozen=True)
class SprintBoards:
    """What is known after a sync.

    `boards` holds the sprints by board, of those that have sprints; `without_sprints` are the others, which are not
    asked in every sync; `open` the sprints that are active or future; `full_pass_at` is Jira's clock when all sprints
    were last read.
    """

    boards: Mapping[int, frozenset[int]] = field(default_factory=dict)
    without_sprints: frozenset[int] = frozenset()
    open: frozenset[int] = frozenset()
    full_pass_at: int | None = None

    @classmethod
    def parse(cls, state: Mapping[str, Any], stream: str) -> SprintBoards:
        """From a stream's state. Raises ConfigurationError where it can't be read."""
        if not state:
            return cls()
        with readable(stream):
            sets, full_pass_at = unpack_integers(state["sets"]), state["full_pass_at"]
            return cls(
                boards=unpack_integers(state["boards"]),
                without_sprints=sets[_WITHOUT_SPRINTS],
                open=sets[_OPEN],
                full_pass_at=None if full_pass_at is None else int(full_pass_at),
            )

    def as_state(self) -> dict[str, Any]:
        """For a stream's state."""
        return {
            "boards": pack_integers(self.boards),
            "sets": pack_integers({_OPEN: self.open, _WITHOUT_SPRINTS: self.without_sprints}),
            "full_pass_at": self.full_pass_at,
        }

    def is_full_pass_due(self, now: int) -> bool:
        """Whether a day has gone by since all were read, or Jira's clock stepped back. `now` in epoch milliseconds."""
        return self.full_pass_at is None or not 0 <= now - self.full_pass_at < DAY

    def by_sprint(self) -> dict[int, frozenset[int]]:
        """The boards that show each sprint."""
        shown: dict[int, set[int]] = {}
        for board, sprints in self.boards.items():
            for sprint in sprints:
                shown.setdefault(sprint, set()).add(board)
        return {sprint: frozenset(boards) for sprint, boards in shown.items()}
