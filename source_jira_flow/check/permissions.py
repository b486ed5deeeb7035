"""Findings about permissions: what the account may do on each project, and what is missing.

Permission schemes are changed by Jira administrators. A project administrator can only add the account to a role.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from source_jira_flow.check.findings import Finding, FixedBy, Severity, failed, info, warning
from source_jira_flow.common.text import counted, listed, naming
from source_jira_flow.config import Config
from source_jira_flow.jira.missing_permissions import (
    BROWSE_PROJECTS,
    CREATE_ISSUES,
    WORDS,
    JiraWords,
    no_project,
    unknown_projects,
)
from source_jira_flow.jira.projects import Project, Selection

_TYPE_TITLES: Mapping[str, str] = {
    "service_desk": "Service Management",
    "product_discovery": "Product Discovery",
    "customer_service": "Customer Service Management",
}


@dataclass(frozen=True)
class ProjectRow:
    """One visible project. `browse` and `create` are None where Jira was not asked or did not say."""

    project: Project
    browse: bool | None
    create: bool | None
    imported: bool


def project_rows(
    projects: Sequence[Project], held: Mapping[str, frozenset[str]], selection: Selection
) -> list[ProjectRow]:
    """A row for every visible project, sorted by key. `held` has the permissions on each, by project ID."""
    chosen = {project.id for project in selection.imported}

    def holds(project: Project, permission: str) -> bool | None:
        return permission in held[project.id] if project.id in held else None

    return [
        ProjectRow(
            project=project,
            browse=holds(project, BROWSE_PROJECTS),
            create=holds(project, CREATE_ISSUES),
            imported=project.id in chosen and holds(project, BROWSE_PROJECTS) is not False,
        )
        for project in sorted(projects, key=lambda project: project.key)
    ]


def project_findings(
    rows: Sequence[ProjectRow], selection: Selection, config: Config, renamed: Mapping[str, str], kind: str
) -> Iterator[Finding]:
    """Everything about the visible projects and those that are configured.

    `renamed` has the current key by the configured one, where Jira still knows the old key.
    """
    yield from configured_findings(selection, rows, renamed, kind)
    yield from unbrowsable_findings(rows, config.projects, kind)
    yield from _nothing_to_import(rows, selection, config.projects, kind)
    yield from create_issues_findings(rows, config.projects, kind, required=config.require_create_issues)
    others = sum(not row.project.importable for row in rows)
    if others and not config.projects:
        yield info(
            "other_types",
            f"{counted(others, 'project')} can't be imported, since only Jira Software and business projects can."
            " The projects stream lists them.",
        )


def configured_findings(
    selection: Selection, rows: Sequence[ProjectRow], renamed: Mapping[str, str], kind: str
) -> Iterator[Finding]:
    """Configured projects that do not exist, were renamed, or can't be imported."""
    unknown = [key for key in selection.unknown if key not in renamed]
    if unknown:
        text = unknown_projects(unknown, [row.project for row in rows], kind)
        yield failed("project_unknown", FixedBy.YOU, text)
    if renamed:
        changes = listed([f"{old} is now {new}" for old, new in renamed.items()])
        text = f"Configured projects have a new key: {changes}. Put the new keys into the list of projects."
        yield failed("project_renamed", FixedBy.YOU, text)
    others = [project for project in selection.not_importable if not project.importable]
    for type_name in sorted({project.type for project in others}):
        keys = [project.key for project in others if project.type == type_name]
        title = _TYPE_TITLES.get(type_name, type_name)
        text = naming(f"{title} projects can't be imported. Remove {{names}} from the list of projects.", keys)
        yield warning("not_importable", FixedBy.YOU, text)
    archived = [project.key for project in selection.not_importable if project.importable]
    if archived:
        text = naming(
            "Archived projects can't be imported. Remove {names} from the list of projects, or ask your Jira"
            " administrator to restore them.",
            archived,
        )
        yield warning("archived", FixedBy.YOU, text)


def unbrowsable_findings(rows: Sequence[ProjectRow], configured: Sequence[str], kind: str) -> Iterator[Finding]:
    """Projects that an administrator's account sees but can't browse: it fails where they are configured."""
    wanted = {key.upper() for key in configured}
    lacking = [
        row.project.key
        for row in rows
        if row.browse is False and (row.project.key.upper() in wanted if wanted else row.project.is_live)
    ]
    if lacking:
        words = WORDS[kind]
        text = naming(
            f"The account lacks {words.browse} on {{names}}, so nothing is read from there. Ask your Jira administrator"
            f" to grant it ({words.schemes}); in a team-managed project, an administrator of the project adds the"
            " account as Member.",
            lacking,
        )
        severity = Severity.FAILED if wanted else Severity.WARNING
        yield Finding("browse_projects", severity, FixedBy.JIRA_ADMINISTRATOR, text)


def _nothing_to_import(
    rows: Sequence[ProjectRow], selection: Selection, configured: Sequence[str], kind: str
) -> Iterator[Finding]:
    """Why no project can be imported, if that is so and unknown keys do not explain it already."""
    if any(row.imported for row in rows):
        return
    if all(row.browse is False for row in rows):
        yield failed("nothing_to_browse", FixedBy.JIRA_ADMINISTRATOR, no_project(kind))
    elif not configured:
        words = WORDS[kind]
        yield failed(
            "nothing_to_import",
            FixedBy.JIRA_ADMINISTRATOR,
            f"None of the {counted(len(rows), 'project')} that the account sees can be imported, since only Jira"
            f" Software and business projects can. Ask your Jira administrator for {words.browse} on such projects"
            f" ({words.schemes}).",
        )
    elif not selection.unknown:
        yield failed(
            "nothing_to_import",
            FixedBy.YOU,
            "None of the configured projects can be imported. Put the key of a Jira Software or business project that"
            " the account can browse into the list of projects, or leave the list empty to import all.",
        )


def create_issues_findings(
    rows: Sequence[ProjectRow], configured: Sequence[str], kind: str, *, required: bool
) -> Iterator[Finding]:
    """Create issues on the projects to import: missing on all suggests a global cause, else those projects are named.

    Fails the check on a configured project, or when it is missing on all; never where it is not required.
    """
    asked = [row for row in rows if row.imported and row.create is not None]
    lacking = [row.project for row in asked if not row.create]
    everywhere = len(lacking) == len(asked)
    severity = Severity.FAILED if required and (configured or everywhere) else Severity.WARNING
    team_managed = [project.key for project in lacking if project.is_team_managed]
    company_managed = [project.key for project in lacking if not project.is_team_managed]
    words = WORDS[kind]
    if everywhere and len(company_managed) > 1:
        text = _create_missing_globally(len(lacking), words)
        yield Finding("create_issues_everywhere", severity, FixedBy.JIRA_ADMINISTRATOR, text)
    elif company_managed:
        text = _create_missing(company_managed, len(team_managed), len(asked), words)
        yield Finding("create_issues", severity, FixedBy.JIRA_ADMINISTRATOR, text)
    if team_managed:
        text = _create_missing_in_team_managed(team_managed, words)
        yield Finding("create_issues_team_managed", severity, FixedBy.PROJECT_ADMINISTRATOR, text)


def _create_missing_globally(number: int, words: JiraWords) -> str:
    return (
        f"{words.create} is missing on all {counted(number, 'project')}{words.also}, so probably globally. Ask your"
        f" Jira administrator to grant it in the permission scheme ({words.schemes}). The Permission helper"
        f" ({words.helper}) shows why it is missing."
    )


def _create_missing(keys: Sequence[str], team_managed: int, asked: int, words: JiraWords) -> str:
    share = f"{len(keys) + team_managed:,} of {counted(asked, 'project')}{words.also}: " if asked > 1 else ""
    others = f" and {team_managed:,} team-managed" if team_managed else ""
    return naming(
        f"{words.create} is missing on {share}{{names}}{others}. Ask your Jira administrator to grant it"
        f" ({words.schemes}). Project administrators can only add the account to a role ({words.roles}).",
        keys,
    )


def _create_missing_in_team_managed(keys: Sequence[str], words: JiraWords) -> str:
    what, its = ("project", "its") if len(keys) == 1 else ("projects", "each project's")
    return naming(
        f"{words.create} is missing on team-managed {what} {{names}}. Ask {its} administrator to add the account as"
        f" Member or Administrator ({words.members}).",
        keys,
    )


def unasked_findings(rows: Sequence[ProjectRow]) -> Iterator[Finding]:
    """For projects whose permissions Jira did not report in time."""
    imported = [row for row in rows if row.imported]
    asked = sum(row.create is not None for row in imported)
    if asked < len(imported):
        yield warning(
            "permissions_unasked",
            FixedBy.YOU,
            f"Jira reported the permissions of {asked:,} of {counted(len(imported), 'project')} in"
            " time. To see the rest, run source-jira-flow diagnose, which waits longer.",
        )
