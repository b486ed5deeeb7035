"""Which fields of this site hold sprints, story points and epic links, by their schema, never by an id; and which field
an item of a history refers to, since it does not always give the id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from source_jira_flow.common.json import JsonObject

_SPRINT = "com.pyxis.greenhopper.jira:gh-sprint"
_EPIC_LINK = "com.pyxis.greenhopper.jira:gh-epic-link"
_STORY_POINTS = "com.pyxis.greenhopper.jira:jsw-story-points"
_CUSTOM = "custom"
# The names of some of Jira's own fields in histories, since Jira 4. The others appear with their id.
_SYSTEM_FIELDS = {
    "key": "issuekey",
    "component": "components",
    "fix version": "fixVersions",
    "version": "versions",
    "link": "issuelinks",
}
_NUMBER = "com.atlassian.jira.plugin.system.customfieldtypes:float"


@dataclass(frozen=True)
class FieldMap:
    """Ids of the fields. If there are several of a kind, the first with a value counts."""

    sprints: tuple[str, ...] = ()
    story_points: tuple[str, ...] = ()
    epic_links: tuple[str, ...] = ()
    names: Mapping[tuple[bool, str], str] = field(default_factory=dict)
    """Ids by whether the field is a custom one, and its name in lower case (of Jira's own fields the id as well);
    names that several fields have are left out."""

    def changed_field(self, name: str | None, kind: str | None) -> str | None:
        """The id of the field with this name in a history, or None if that is uncertain. `kind` is its `fieldtype`."""
        called = (name or "").lower()
        if kind != _CUSTOM:
            called = _SYSTEM_FIELDS.get(called, called).lower()
        return self.names.get((kind == _CUSTOM, called))

    def written(self) -> dict[str, list[str]]:
        """For the state, to notice when columns would come from other fields."""
        columns = {"sprints": self.sprints, "story_points": self.story_points, "epic_links": self.epic_links}
        return {name: list(ids) for name, ids in columns.items()}

    @classmethod
    def of(cls, fields: Iterable[JsonObject]) -> FieldMap:
        """From Jira's list of fields. A plain number field counts as story points by its name alone."""
        by_kind: dict[str, list[str]] = {}
        named: list[str] = []
        listed = list(fields)
        for field_ in listed:
            kind = (field_.get("schema") or {}).get("custom") or ""
            by_kind.setdefault(kind, []).append(field_["id"])
            if kind == _NUMBER and str(field_.get("name")).strip().lower() == "story points":
                named.append(field_["id"])
        return cls(
            sprints=tuple(by_kind.get(_SPRINT, ())),
            story_points=tuple(by_kind.get(_STORY_POINTS, ())) + tuple(named),
            epic_links=tuple(by_kind.get(_EPIC_LINK, ())),
            names=_names(listed),
        )


def _names(fields: Iterable[JsonObject]) -> dict[tuple[bool, str], str]:
    ids: dict[tuple[bool, str], set[str]] = {}
    for field_ in fields:
        custom = bool(field_.get("custom"))
        for name in (field_.get("name"), None if custom else field_["id"]):
            ids.setdefault((custom, str(name or "").lower()), set()).add(field_["id"])
    return {called: next(iter(found)) for called, found in ids.items() if len(found) == 1 and called[1]}
