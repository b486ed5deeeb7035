"""Which custom fields of this site hold sprints, story points and epic links: by their schema, never by an id."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from source_jira_flow.common.json import JsonObject

_SPRINT = "com.pyxis.greenhopper.jira:gh-sprint"
_EPIC_LINK = "com.pyxis.greenhopper.jira:gh-epic-link"
_STORY_POINTS = "com.pyxis.greenhopper.jira:jsw-story-points"
_NUMBER = "com.atlassian.jira.plugin.system.customfieldtypes:float"


@dataclass(frozen=True)
class FieldMap:
    """Ids of the fields; several of a kind can exist, and the first that is filled counts."""

    sprints: tuple[str, ...] = ()
    story_points: tuple[str, ...] = ()
    epic_links: tuple[str, ...] = ()

    @classmethod
    def of(cls, fields: Iterable[JsonObject]) -> FieldMap:
        """From Jira's list of fields. A plain number field counts as story points by its name alone."""
        by_kind: dict[str, list[str]] = {}
        named: list[str] = []
        for field in fields:
            kind = (field.get("schema") or {}).get("custom") or ""
            by_kind.setdefault(kind, []).append(field["id"])
            if kind == _NUMBER and str(field.get("name")).strip().lower() == "story points":
                named.append(field["id"])
        return cls(
            sprints=tuple(by_kind.get(_SPRINT, ())),
            story_points=tuple(by_kind.get(_STORY_POINTS, ())) + tuple(named),
            epic_links=tuple(by_kind.get(_EPIC_LINK, ())),
        )
