"""Who and what occurs in the issues of a sync: for lists of users and sprints that Jira cuts or refuses."""

from __future__ import annotations

from typing import Any

from source_jira_flow.common.json import JsonObject
from source_jira_flow.jira.people import person_id
from source_jira_flow.records.field_map import FieldMap
from source_jira_flow.records.sprint_field import parse_sprint
from source_jira_flow.sync import Sync

_PEOPLE = ("assignee", "reporter", "creator")


class Occurrences:
    """Collects into the sync's `seen_people` and `seen_sprints`; what is not wanted costs nothing."""

    def __init__(self, sync: Sync, field_map: FieldMap, *, people: bool, sprints: bool) -> None:
        self._people = sync.seen_people if people else None
        self._sprints = sync.seen_sprints if sprints else None
        self._sprint_fields = field_map.sprints

    def note(self, issue: JsonObject) -> None:
        """The people and sprints of one issue."""
        fields = issue["fields"]
        if self._people is not None:
            self._note_people(fields, self._people)
        if self._sprints is not None:
            for name in self._sprint_fields:
                for value in fields.get(name) or ():
                    self._note_sprint(value, self._sprints)

    @staticmethod
    def _note_people(fields: JsonObject, people: dict[str, JsonObject]) -> None:
        found = [fields.get(name) for name in _PEOPLE]
        for comment in (fields.get("comment") or {}).get("comments", ()):
            found += [comment.get("author"), comment.get("updateAuthor")]
        for user in found:
            identifier = person_id(user)
            if user is not None and identifier:
                people[identifier] = user

    @staticmethod
    def _note_sprint(value: Any, sprints: dict[int, Any]) -> None:
        sprint = parse_sprint(value)
        if sprint is not None:
            sprints[sprint.id] = value
