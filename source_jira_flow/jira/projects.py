"""Which projects are imported, and what of a project's type follows from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from source_jira_flow.common.json import JsonObject

IMPORTABLE_TYPES = frozenset({"software", "business"})


@dataclass(frozen=True)
class Project:
    """A project as far as the choice of issues needs it. `id` survives renames, `key` does not."""

    id: str
    key: str
    name: str
    type: str
    is_team_managed: bool
    archived: bool

    @classmethod
    def of(cls, document: JsonObject) -> Project:
        return cls(
            id=str(document["id"]),
            key=str(document.get("key") or ""),
            name=str(document.get("name") or ""),
            type=str(document.get("projectTypeKey") or ""),
            is_team_managed=document.get("style") == "next-gen" or document.get("simplified") is True,
            archived=bool(document.get("archived")),
        )

    @property
    def importable(self) -> bool:
        """Whether issues of this type of project are read; Service Management's and others are only listed."""
        return self.type in IMPORTABLE_TYPES

    @property
    def is_live(self) -> bool:
        """Whether its issues are read: importable, and not archived, since search has no issues of archived ones."""
        return self.importable and not self.archived


@dataclass(frozen=True)
class Selection:
    """The outcome of `select`: what to import, and what was asked for and can't be."""

    imported: tuple[Project, ...]
    unknown: tuple[str, ...]
    not_importable: tuple[Project, ...]


def select(projects: Iterable[Project], configured: Sequence[str], excluded: Sequence[str] = ()) -> Selection:
    """Configured keys against what the account sees; no keys means every importable project but the excluded ones.

    Keys are compared without regard to case. Archived projects have no issues in search, so they are not imported.
    """
    known = list(projects)
    if not configured:
        left_out = {key.upper() for key in excluded}
        wanted = tuple(project for project in known if project.is_live and project.key.upper() not in left_out)
        return Selection(wanted, (), ())
    by_key = {project.key.upper(): project for project in known}
    found = [by_key[key.upper()] for key in configured if key.upper() in by_key]
    return Selection(
        imported=tuple(project for project in found if project.is_live),
        unknown=tuple(key for key in configured if key.upper() not in by_key),
        not_importable=tuple(project for project in found if not project.is_live),
    )


def nearest_key(key: str, projects: Iterable[Project]) -> str | None:
    """The existing key that a mistyped one most likely meant, by key or by name."""
    known = list(projects)
    keys = get_close_matches(key.upper(), [project.key for project in known], n=1, cutoff=0.65)
    if keys:
        return keys[0]
    names = {project.name.upper(): project.key for project in known}
    close = get_close_matches(key.upper(), names, n=1, cutoff=0.7)
    return names[close[0]] if close else None
