"""The columns of a project."""

from __future__ import annotations

from source_jira_flow.common.json import JsonObject
from source_jira_flow.jira.people import person_id
from source_jira_flow.jira.projects import Project
from source_jira_flow.records.observed import Columns
from source_jira_flow.records.volatile import without_volatile

# A project requested by itself has these too. Components, versions and types have their own streams.
_DETAILS = frozenset(
    "components versions issueTypes issueTypeHierarchy roles assigneeType permissions landingPageInfo".split()
)


def project_columns(document: JsonObject, site_url: str) -> Columns:
    """The columns of `projects`. `site_url` is Jira's address for people."""
    project = Project.of(document)
    category = document.get("projectCategory") or {}
    return {
        "id": project.id,
        "key": project.key or None,
        "name": project.name or None,
        "project_type": project.type or None,
        "is_team_managed": project.is_team_managed,
        "importable": project.importable,
        "lead_id": person_id(document.get("lead")),
        "description": document.get("description") or None,
        "category": category.get("name") or None,
        "archived": project.archived,
        "url": f"{site_url}/browse/{project.key}" if project.key else None,
        "document": without_volatile({name: part for name, part in document.items() if name not in _DETAILS}),
    }
