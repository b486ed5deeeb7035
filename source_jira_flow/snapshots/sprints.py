"""The stream `sprints`: one record per sprint, however many boards show it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from source_jira_flow.errors import ConfigurationError, JiraFlowError, NotFound
from source_jira_flow.jira.agile import is_out_of_reach
from source_jira_flow.records.observed import Columns
from source_jira_flow.records.seen import Seen
from source_jira_flow.records.sprint_field import parse_sprint
from source_jira_flow.records.sprints import field_sprint_columns, sprint_columns
from source_jira_flow.snapshots.absences import Absences
from source_jira_flow.snapshots.comparison import Comparison
from source_jira_flow.snapshots.sprint_reading import SprintReading
from source_jira_flow.state.sprint_boards import SprintBoards, boards_by_sprint
from source_jira_flow.sync import Sync


class SprintSnapshot:
    """One comparison of the sprints of all boards, and of those that only issues tell of."""

    def __init__(self, sync: Sync, comparison: Comparison, seen: Seen) -> None:
        self._sync = sync
        self._comparison = comparison
        self._issues = seen
        self._boards = SprintBoards.parse(comparison.stored.extra, "sprints")
        self._boards_by_sprint: dict[int, frozenset[int]] = {}

    def records(self) -> Iterator[dict[str, Any]]:
        """What is new, changed or gone. Raises ConfigurationError where boards are refused that were readable."""
        try:
            reading = self._reading()
        except JiraFlowError as refused:
            self._explain(refused)
            yield from self._met()
            return
        boards = reading.boards()
        self._boards_by_sprint = boards_by_sprint(boards.boards)
        yield from self._seen(reading)
        yield from self._met()
        yield from Absences(
            self._comparison,
            self._find,
            self._sync.account.prove_sign_in,
            title="sprints",
            workers=self._sync.workers,
            logger=self._sync.logger,
            whole=False,
            key=int,
        ).records()
        self._boards = boards

    def _reading(self) -> SprintReading:
        """What Jira says of the sprints. A refusal counts only when it comes twice, and to the right account."""
        reading = SprintReading(self._sync.jira, self._boards, self._sync.now, self._sync.logger)
        try:
            reading.read()
        except JiraFlowError as refused:
            if not is_out_of_reach(refused):
                raise
            self._sync.account.prove_sign_in()
            reading.read()
        return reading

    def extra_state(self) -> dict[str, Any]:
        """Which board shows which sprint, and when all were last read."""
        return self._boards.as_state()

    def _explain(self, refused: JiraFlowError) -> None:
        """Without Jira Software there are no sprints; but what was there once does not vanish without a word."""
        if not is_out_of_reach(refused):
            raise refused
        if self._comparison.stored.listed:
            raise ConfigurationError(
                f"Jira refuses its boards now, and gave them before: {refused} Ask your Jira administrator whether the"
                " account has lost its licence for Jira Software, or reset the stream sprints."
            ) from refused
        if isinstance(refused, NotFound):
            self._sync.logger.info("This Jira has no Jira Software, and so no boards and no sprints.")
        else:
            self._sync.logger.warning(
                "The account gets no boards, so sprints holds only those that occur in issues of the same sync: %s",
                refused,
            )

    def _seen(self, reading: SprintReading) -> Iterator[dict[str, Any]]:
        for sprint in reading.sprints():
            yield from self._comparison.see(self._columns(sprint))
        for identifier in self._comparison.missing():
            if not reading.tells_of(int(identifier)):
                self._comparison.keep(identifier)

    def _met(self) -> Iterator[dict[str, Any]]:
        """Sprints of boards that the account can't see, as far as issues of this sync tell of them."""
        self._issues.wait()
        missing = set(self._comparison.missing())
        for sprint_id, value in list(self._issues.sprints.items()):
            found = self._find(str(sprint_id)) if str(sprint_id) in missing else None
            if found is not None:
                yield from self._comparison.see(found)
            elif (sprint := parse_sprint(value)) is not None:
                yield from self._comparison.meet(field_sprint_columns(sprint))

    def _find(self, identifier: str) -> Columns | None:
        sprint = self._sync.jira.sprint(int(identifier))
        return None if sprint is None else self._columns(sprint)

    def _columns(self, sprint: dict[str, Any]) -> Columns:
        return sprint_columns(sprint, self._boards_by_sprint.get(int(sprint["id"]), frozenset()))
