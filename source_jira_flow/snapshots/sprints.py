"""The stream `sprints`: one record per sprint, however many boards show it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from source_jira_flow.common.json import JsonObject
from source_jira_flow.errors import ClosedToAccount, ConfigurationError, JiraFlowError, NotFound
from source_jira_flow.jira.agile import is_out_of_reach
from source_jira_flow.records.observed import Columns
from source_jira_flow.records.sprints import field_sprint_columns, sprint_columns
from source_jira_flow.snapshots.base import Snapshot
from source_jira_flow.snapshots.sprint_reading import SprintReading
from source_jira_flow.state.sprint_boards import SprintBoards


class SprintSnapshot(Snapshot):
    """One reading of the sprints of all boards, and of those that only issues mention."""

    key_type = int
    # Sprints of boards that the account can't see are in no list.
    is_whole = False

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._before = SprintBoards.parse(self.stored.own, self.stream.name)
        self._after = self._before
        self._shown_on: dict[int, frozenset[int]] = {}

    def list(self) -> Iterator[JsonObject]:
        """Raises ConfigurationError where boards are refused that were readable."""
        try:
            reading = self._reading()
        except JiraFlowError as refused:
            self._explain(refused)
            return
        self._after = reading.boards()
        self._shown_on = self._after.by_sprint()
        yield from reading.sprints()
        self.comparison.keep(*(lost for lost in self.comparison.missing() if not reading.tells_of(int(lost))))

    def find(self, identifier: str) -> JsonObject | None:
        return self.sync.jira.sprint(int(identifier))

    def columns(self, document: JsonObject) -> Columns:
        return sprint_columns(document, self._shown_on.get(int(document["id"]), frozenset()))

    def mentioned(self) -> Iterable[tuple[str, Columns]]:
        for sprint_id, sprint in list(self.seen.sprints.items()):
            yield str(sprint_id), field_sprint_columns(sprint)

    def own_state(self, *, complete: bool) -> dict[str, Any]:
        """Which board shows which sprint, and when all were last read."""
        return (self._after if complete else self._before).as_state()

    def _reading(self) -> SprintReading:
        """What Jira says of the sprints. A refusal counts only when it comes twice, and to the right account."""
        reading = SprintReading(self.sync.jira, self._before, self.sync.now, self.sync.logger)
        try:
            reading.read()
        except JiraFlowError as refused:
            if not is_out_of_reach(refused):
                raise
            self.sync.account.prove_sign_in()
            reading.read()
        return reading

    def _explain(self, refused: JiraFlowError) -> None:
        """No sprints without Jira Software; but if there were sprints before, raises."""
        if not is_out_of_reach(refused):
            raise refused
        if isinstance(refused, ClosedToAccount):
            # Read by another way to sign in before: what that saw stays.
            self.comparison.keep(*self.comparison.missing())
        elif self.stored.listed:
            raise ConfigurationError(
                f"Jira now refuses access to boards, which it allowed before: {refused} Ask your Jira administrator"
                " whether the account has lost its license for Jira Software, or clear the stream sprints."
            ) from refused
        if isinstance(refused, NotFound):
            self.sync.logger.info("This Jira has no Jira Software, and so no boards and no sprints.")
        else:
            self.sync.logger.warning(
                "The account can't read boards, so sprints only has those that occur in issues of the same sync%s: %s",
                "" if "issues" in self.sync.chosen else ". Choose the stream issues too to have them",
                refused,
            )
