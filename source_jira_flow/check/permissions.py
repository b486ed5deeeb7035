"""Findings about permissions: what the account may do on each project, and what is missing.

Permission schemes are changed by Jira administrators. A project administrator can only add the account to a role.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from source_jira_flow.check.findings import Finding, FixedBy, Severity, failed, warning
from source_jira_flow.common.text import counted, listed, naming
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


def nothing_to_import_finding(
    rows: Sequence[ProjectRow], configured: Sequence[str], unknown: Sequence[str], kind: str
) -> Finding | None:
    """Why no project can be imported, if that is so and `unknown` keys do not explain it already."""
    if any(row.imported for row in rows):
        return None
    if not any(row.browse is not False for row in rows):
        return failed("nothing_to_browse", FixedBy.JIRA_ADMINISTRATOR, no_project(kind))
    if unknown:
        return None
    if configured:
        return failed(
            "nothing_to_import",
            FixedBy.YOU,
            "None of the configured projects can be imported. Put the key of a Jira Software or business project that"
            " the account can browse into the list of projects, or leave the list empty to import all.",
        )
    words = WORDS[kind]
    return failed(
        "nothing_to_import",
        FixedBy.JIRA_ADMINISTRATOR,
        f"None of the {counted(len(rows), 'project')} that the account sees can be imported, since only Jira Software"
        f" and business projects can. Ask your Jira administrator for {words.browse} on such projects"
        f" ({words.schemes}).",
    )


def configured_findings(
    selection: Selection, rows: Sequence[ProjectRow], configured: Sequence[str], renamed: Mapping[str, str], kind: str
) -> list[Finding]:
    """Configured projects that do not exist, can't be browsed, were renamed, or are of a type that is not imported.

    `renamed` has the current key by the configured one, where Jira still knows the old key.
    """
    found: list[Finding] = []
    unknown = [key for key in selection.unknown if key not in renamed]
    if unknown:
        text = unknown_projects(unknown, [row.project for row in rows], kind)
        found.append(failed("project_unknown", FixedBy.YOU, text))
    if renamed:
        changes = listed([f"{old} is now {new}" for old, new in renamed.items()])
        found.append(
            failed(
                "project_renamed",
                FixedBy.YOU,
                f"Configured projects have a new key: {changes}. Put the new keys into the list of projects.",
            )
        )
    wanted = {key.upper() for key in configured}
    unbrowsable = [row for row in rows if row.browse is False and row.project.key.upper() in wanted]
    if unbrowsable:
        found.append(_unbrowsable(unbrowsable, Severity.FAILED, WORDS[kind]))
    return found + _not_importable(selection.not_importable)


def unbrowsable_findings(rows: Sequence[ProjectRow], configured: Sequence[str], kind: str) -> list[Finding]:
    """When every project is imported: those that an administrator's account sees but can't browse."""
    if configured:
        return []
    left_out = [row for row in rows if row.browse is False and row.project.is_live]
    return [_unbrowsable(left_out, Severity.WARNING, WORDS[kind])] if left_out else []


def create_issues_findings(
    rows: Sequence[ProjectRow], configured: Sequence[str], kind: str, *, required: bool
) -> list[Finding]:
    """Create issues on the projects to import: missing on all suggests a global cause, else those projects are named.

    Fails the check on a configured project, or when it is missing on all; never where it is not required.
    """
    asked = [row for row in rows if row.imported and row.create is not None]
    lacking = [row for row in asked if not row.create]
    if not lacking:
        return []
    everywhere = len(lacking) == len(asked)
    severity = Severity.FAILED if required and (configured or everywhere) else Severity.WARNING
    team_managed = [row.project.key for row in lacking if row.project.is_team_managed]
    company_managed = [row.project.key for row in lacking if not row.project.is_team_managed]
    words = WORDS[kind]
    found: list[Finding] = []
    if company_managed and everywhere and len(company_managed) > 1:
        found.append(_create_missing_globally(len(lacking), severity, words))
    elif company_managed:
        found.append(_create_missing(company_managed, len(team_managed), len(asked), severity, words))
    if team_managed:
        found.append(_create_missing_in_team_managed(team_managed, severity, words))
    return found


def unasked_finding(rows: Sequence[ProjectRow]) -> Finding | None:
    """For projects whose permissions Jira did not report in time."""
    imported = [row for row in rows if row.imported]
    unasked = [row for row in imported if row.create is None]
    if not unasked:
        return None
    return warning(
        "permissions_unasked",
        FixedBy.YOU,
        f"Jira reported the permissions of {len(imported) - len(unasked):,} of {counted(len(imported), 'project')} in"
        " time. To see the rest, run source-jira-flow diagnose, which waits longer.",
    )


def _unbrowsable(rows: Sequence[ProjectRow], severity: Severity, words: JiraWords) -> Finding:
    text = naming(
        f"The account lacks {words.browse} on {{names}}, so nothing is read from there. Ask your Jira administrator to"
        f" grant it ({words.schemes}); in a team-managed project, an administrator of the project adds the account as"
        " Member.",
        [row.project.key for row in rows],
    )
    return Finding("browse_projects", severity, FixedBy.JIRA_ADMINISTRATOR, text)


def _not_importable(projects: Sequence[Project]) -> list[Finding]:
    found: list[Finding] = []
    for type_name in sorted({project.type for project in projects if not project.importable}):
        keys = [project.key for project in projects if project.type == type_name]
        title = _TYPE_TITLES.get(type_name, type_name)
        text = naming(f"{title} projects can't be imported. Remove {{names}} from the list of projects.", keys)
        found.append(warning("not_importable", FixedBy.YOU, text))
    archived = [project.key for project in projects if project.importable and project.archived]
    if archived:
        text = naming(
            "Archived projects can't be imported. Remove {names} from the list of projects, or ask your Jira"
            " administrator to restore them.",
            archived,
        )
        found.append(warning("archived", FixedBy.YOU, text))
    return found


def _create_missing_globally(number: int, severity: Severity, words: JiraWords) -> Finding:
    return Finding(
        "create_issues_everywhere",
        severity,
        FixedBy.JIRA_ADMINISTRATOR,
        f"{words.create} is missing on all {counted(number, 'project')}{words.also}, so probably globally. Ask your"
        f" Jira administrator to grant it in the permission scheme ({words.schemes}). The Permission helper"
        f" ({words.helper}) shows why it is missing.",
    )


def _create_missing(
    keys: Sequence[str], team_managed: int, asked: int, severity: Severity, words: JiraWords
) -> Finding:
    share = f"{len(keys) + team_managed:,} of {counted(asked, 'project')}{words.also}: " if asked > 1 else ""
    others = f" and {team_managed:,} team-managed" if team_managed else ""
    text = naming(
        f"{words.create} is missing on {share}{{names}}{others}. Ask your Jira administrator to grant it"
        f" ({words.schemes}). Project administrators can only add the account to a role ({words.roles}).",
        keys,
    )
    return Finding("create_issues", severity, FixedBy.JIRA_ADMINISTRATOR, text)


def _create_missing_in_team_managed(keys: Sequence[str], severity: Severity, words: JiraWords) -> Finding:
    what, its = ("project", "its") if len(keys) == 1 else ("projects", "each project's")
    text = naming(
        f"{words.create} is missing on team-managed {what} {{names}}. Ask {its} administrator to add the account as"
        f" Member or Administrator ({words.members}).",
        keys,
    )
    return Finding("create_issues_team_managed", severity, FixedBy.PROJECT_ADMINISTRATOR, text)
