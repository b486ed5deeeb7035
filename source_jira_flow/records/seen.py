"""Users and sprints seen on the issues of a sync, for when Jira truncates or refuses their lists."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import Any

from source_jira_flow.common.json import JsonObject
from source_jira_flow.jira.people import person_id
from source_jira_flow.records.field_map import FieldMap
from source_jira_flow.records.sprint_field import parse_sprint

_PEOPLE = ("assignee", "reporter", "creator")


class Seen:
    """What the issue scan has seen so far, and whether it has ended.

    `people` are Jira's user objects by id, `sprints` the values of the sprint field by id, `coverage` the rows of a
    census, if one was taken. All are complete once `wait` has returned. What is not wanted costs nothing.
    """

    def __init__(self, *, people: bool, sprints: bool) -> None:
        """Whether people and sprints are wanted."""
        self.people: dict[str, JsonObject] = {}
        self.sprints: dict[int, Mapping[str, Any]] = {}
        self.coverage: list[JsonObject] = []
        self._wants_people = people
        self._wants_sprints = sprints
        self._ended = threading.Event()
        self._failure: Exception | None = None

    def note(self, issues: Iterable[JsonObject], field_map: FieldMap) -> None:
        """Add the people and sprints of some issues. Thread-safe."""
        if not (self._wants_people or self._wants_sprints):
            return
        for issue in issues:
            if self._wants_people:
                self._note_people(issue["fields"])
            if self._wants_sprints:
                self._note_sprints(issue["fields"], field_map)

    def end(self, failure: Exception | None = None) -> None:
        """Mark the scan as ended; `failure` is its error, if it failed."""
        self._failure = failure
        self._ended.set()

    def wait(self) -> Exception | None:
        """Wait for the end of the scan; returns its error, if it failed."""
        self._ended.wait()
        return self._failure

    def _note_people(self, fields: JsonObject) -> None:
        found = [fields.get(name) for name in _PEOPLE]
        for comment in (fields.get("comment") or {}).get("comments", ()):
            found += [comment.get("author"), comment.get("updateAuthor")]
        for user in found:
            identifier = person_id(user)
            if user is not None and identifier:
                self.people[identifier] = user

    def _note_sprints(self, fields: JsonObject, field_map: FieldMap) -> None:
        for name in field_map.sprints:
            values = fields.get(name)
            for value in values if isinstance(values, list) else ():
                sprint = parse_sprint(value)
                if sprint is not None:
                    self.sprints[int(sprint["id"])] = sprint
