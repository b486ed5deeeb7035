"""The rules of diagnosis for permissions: what the account holds on projects, and what follows from it.

The names of permissions and places are Jira's own: Project settings → Permissions; the Permission helper of
administrators; Administration → System → Global permissions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from source_jira_flow.check.findings import Finding, FixedBy, Severity, failed, warning
from source_jira_flow.common.text import counted, listed
from source_jira_flow.jira.missing_permissions import NO_BROWSE_USERS, NO_PROJECT, unknown_projects
from source_jira_flow.jira.projects import Project, Selection

BROWSE_USERS = "USER_PICKER"
BROWSE_PROJECTS = "BROWSE_PROJECTS"
CREATE_ISSUES = "CREATE_ISSUES"

_TYPE_TITLES: Mapping[str, str] = {
    "service_desk": "Service Management",
    "product_discovery": "Product Discovery",
    "customer_service": "Customer Service Management",
}


@dataclass(frozen=True)
class ProjectRow:
    """What is known of one visible project. `browse` and `create` are None where Jira was not asked or did not say."""

    project: Project
    browse: bool | None
    create: bool | None
    imported: bool


def project_rows(
    projects: Sequence[Project], held: Mapping[str, frozenset[str]], selection: Selection
) -> list[ProjectRow]:
    """A row for every visible project, by key. `held` is what Jira said of each, by project id."""
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


def browse_users_finding(holds: bool) -> Finding | None:
    """Browse users and groups is a global permission that the users stream lives on."""
    if holds:
        return None
    return failed("browse_users", FixedBy.JIRA_ADMINISTRATOR, NO_BROWSE_USERS)


def nothing_to_import_finding(
    rows: Sequence[ProjectRow], configured: Sequence[str], unknown: Sequence[str]
) -> Finding | None:
    """Why there is not a single project to import, where that is so and `unknown` keys don't explain it already."""
    if any(row.imported for row in rows):
        return None
    if not any(row.browse is not False for row in rows):
        return failed("nothing_to_browse", FixedBy.JIRA_ADMINISTRATOR, NO_PROJECT)
    if unknown:
        return None
    if configured:
        return failed(
            "nothing_to_import",
            FixedBy.YOU,
            "None of the configured projects can be imported: put the key of a Jira Software or business project that"
            " the account can browse into the list of projects, or leave it empty for all.",
        )
    return failed(
        "nothing_to_import",
        FixedBy.JIRA_ADMINISTRATOR,
        f"None of the {counted(len(rows), 'project')} that the account sees can be imported, since only Jira Software"
        " and business projects can: ask for “Browse projects” on such projects (Project settings → Permissions).",
    )


def configured_findings(
    selection: Selection, rows: Sequence[ProjectRow], configured: Sequence[str], renamed: Mapping[str, str]
) -> list[Finding]:
    """Configured projects that do not exist, can't be browsed, have another key now, or are of a kind not imported.

    `renamed` has today's key by the configured one, where Jira still knows that.
    """
    found: list[Finding] = []
    unknown = [key for key in selection.unknown if key not in renamed]
    if unknown:
        text = unknown_projects(unknown, [row.project for row in rows])
        found.append(failed("project_unknown", FixedBy.YOU, text))
    if renamed:
        changes = listed([f"{old} is now {new}" for old, new in renamed.items()])
        found.append(
            failed(
                "project_renamed",
                FixedBy.YOU,
                f"Keys of configured projects have changed: {changes}. Put the new ones into the list of projects.",
            )
        )
    wanted = {key.upper() for key in configured}
    unbrowsable = [row for row in rows if row.browse is False and row.project.key.upper() in wanted]
    if unbrowsable:
        found.append(_unbrowsable(unbrowsable, Severity.FAILED))
    return found + _not_importable(selection.not_importable)


def unbrowsable_findings(rows: Sequence[ProjectRow], configured: Sequence[str]) -> list[Finding]:
    """With every project imported: those that are seen (by an administrator's rights) and can't be browsed."""
    if configured:
        return []
    left_out = [row for row in rows if row.browse is False and row.project.importable and not row.project.archived]
    return [_unbrowsable(left_out, Severity.WARNING)] if left_out else []


def create_issues_findings(rows: Sequence[ProjectRow], configured: Sequence[str], *, required: bool) -> list[Finding]:
    """Create issues on the projects to import: missing on all means globally; on some, those are named.

    It fails the check on a configured project, or when it is missing on all; never where it is not required.
    """
    asked = [row for row in rows if row.imported and row.create is not None]
    lacking = [row for row in asked if not row.create]
    if not lacking:
        return []
    everywhere = len(lacking) == len(asked)
    severity = Severity.FAILED if required and (configured or everywhere) else Severity.WARNING
    team_managed = [row.project.key for row in lacking if row.project.is_team_managed]
    company_managed = [row.project.key for row in lacking if not row.project.is_team_managed]
    found: list[Finding] = []
    if company_managed and everywhere and len(company_managed) > 1:
        found.append(_create_missing_globally(len(lacking), severity))
    elif company_managed:
        found.append(_create_missing(company_managed, len(asked), severity))
    if team_managed:
        found.append(_create_missing_in_team_managed(team_managed, severity))
    return found


def unasked_finding(rows: Sequence[ProjectRow]) -> Finding | None:
    """Where the time did not suffice to ask for every project."""
    imported = [row for row in rows if row.imported]
    unasked = [row for row in imported if row.create is None]
    if not unasked:
        return None
    return warning(
        "permissions_unasked",
        FixedBy.YOU,
        f"Jira told the permissions of {len(imported) - len(unasked):,} of {counted(len(imported), 'project')} in time:"
        " run source-jira-flow diagnose, which waits longer, to see the rest.",
    )


def _unbrowsable(rows: Sequence[ProjectRow], severity: Severity) -> Finding:
    named = listed([row.project.key for row in rows])
    return Finding(
        "browse_projects",
        severity,
        FixedBy.PROJECT_ADMINISTRATOR,
        f"The account lacks “Browse projects” on {named}, so nothing of it is read: grant it in the project (Project"
        " settings → Permissions; in a team-managed project add the account as Member).",
    )


def _not_importable(projects: Sequence[Project]) -> list[Finding]:
    found: list[Finding] = []
    archived = [project.key for project in projects if project.importable and project.archived]
    for type_name in sorted({project.type for project in projects if not project.importable}):
        keys = listed([project.key for project in projects if project.type == type_name])
        title = _TYPE_TITLES.get(type_name, type_name)
        found.append(
            warning(
                "not_importable",
                FixedBy.YOU,
                f"{title} projects can't be imported, and these are configured: {keys}. Take them out of the list of"
                " projects; the projects stream shows them all the same.",
            )
        )
    if archived:
        found.append(
            warning(
                "archived",
                FixedBy.YOU,
                f"Archived projects can't be imported, and these are configured: {listed(archived)}. Take them out of"
                " the list of projects, or ask your Jira administrator to restore them.",
            )
        )
    return found


def _create_missing_globally(number: int, severity: Severity) -> Finding:
    return Finding(
        "create_issues_everywhere",
        severity,
        FixedBy.JIRA_ADMINISTRATOR,
        f"“Create issues” is missing on all {counted(number, 'project')}, so most likely globally: ask your Jira"
        " administrator to grant it to the account in the permission scheme (Project settings → Permissions). The"
        " Permission helper shows why it is missing.",
    )


def _create_missing(keys: Sequence[str], number: int, severity: Severity) -> Finding:
    share = f"{len(keys):,} of {counted(number, 'project')}: " if len(keys) < number else ""
    return Finding(
        "create_issues",
        severity,
        FixedBy.PROJECT_ADMINISTRATOR,
        f"“Create issues” is missing on {share}{listed(keys)}. Grant it to the account, its group or its role in the"
        " project's permission scheme (Project settings → Permissions).",
    )


def _create_missing_in_team_managed(keys: Sequence[str], severity: Severity) -> Finding:
    return Finding(
        "create_issues_team_managed",
        severity,
        FixedBy.PROJECT_ADMINISTRATOR,
        f"“Create issues” is missing on team-managed {'project' if len(keys) == 1 else 'projects'} {listed(keys)}:"
        " these have no permission scheme, so add the account to each as Member or Administrator (Project settings →"
        " Access).",
    )
