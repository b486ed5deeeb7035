"""Issue security: levels that the account does not belong to hide issues from it, without any error.

Two ways show that a project uses levels. Anyone can count the visible issues that have one (`level is not EMPTY`).
Administrators of a project can read its scheme (`project/{id}/issuesecuritylevelscheme`) and, if they may set levels,
those that they belong to (`project/{id}/securitylevel`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from source_jira_flow.check.findings import Finding, FixedBy, warning
from source_jira_flow.common.parallel import in_parallel, portions
from source_jira_flow.common.text import listed, naming
from source_jira_flow.errors import JiraFlowError, SignInRefused
from source_jira_flow.jira.jql import both, in_projects
from source_jira_flow.jira.missing_permissions import ADMINISTER_PROJECTS, SET_ISSUE_SECURITY, WORDS
from source_jira_flow.jira.projects import Project
from source_jira_flow.jira.rest import RestJira

MOST_PROJECTS = 40
# Projects in one query, and queries at once when the projects that use levels are looked for.
_MOST_IN_QUERY = 1_000
_PARTS = 32
_MOST_COUNTED = 128


def hidden_level_findings(
    jira: RestJira, projects: Sequence[Project], held: Mapping[str, frozenset[str]]
) -> list[Finding]:
    """Warnings about projects with security levels that the account does not belong to, or may not belong to."""
    administered = [project for project in projects if ADMINISTER_PROJECTS in held.get(project.id, frozenset())]
    shown = dict(in_parallel(lambda project: _levels(jira, project), administered[:MOST_PROJECTS], jira.workers))
    hidden: list[str] = []
    unknown: list[str] = []
    for project, (levels, of_account) in shown.items():
        missing = sorted(levels - of_account)
        if missing and SET_ISSUE_SECURITY in held[project.id]:
            hidden.append(f"{project.key} ({listed(missing, most=3, longest=40)})")
        elif missing:
            unknown.append(project.key)
    told = {project for project, (levels, _) in shown.items() if levels}
    unknown += [project.key for project in _with_visible_levels(jira, projects) if project not in told]
    where = WORDS[jira.kind].security
    return [warning("issue_security", FixedBy.JIRA_ADMINISTRATOR, text) for text in _texts(hidden, unknown, where)]


def _with_visible_levels(jira: RestJira, projects: Sequence[Project]) -> list[Project]:
    """Projects in which the account sees issues with a level: by one count of all, then of parts, then of each."""
    found = _hits(jira, projects, _MOST_IN_QUERY)
    size = -(-len(found) // _PARTS)
    if size > 1:
        found = _hits(jira, found, size)
    return _hits(jira, found[:_MOST_COUNTED], 1)


def _hits(jira: RestJira, projects: Sequence[Project], size: int) -> list[Project]:
    """The projects of those parts, of so many each, in which any visible issue has a security level."""
    parts = [tuple(part) for part in portions(projects, size)]
    counts = dict(in_parallel(lambda part: _count(jira, part), parts, jira.workers))
    return [project for part in parts if counts[part] for project in part]


def _count(jira: RestJira, projects: Sequence[Project]) -> int:
    jql = both(in_projects(project.id for project in projects), "level is not EMPTY")
    try:
        return jira.count(jql).number
    except SignInRefused:
        raise
    except JiraFlowError as error:
        # A warning needs evidence: without an answer there is none.
        jira.client.logger.debug("Issues with a security level could not be counted: %s", error)
        return 0


def _levels(jira: RestJira, project: Project) -> tuple[frozenset[str], frozenset[str]]:
    """The names of all its levels, and of those that the account belongs to; empty where Jira shows neither."""
    root = f"/rest/api/2/project/{project.id}"
    try:
        of_project = _names(jira.client.get(f"{root}/issuesecuritylevelscheme", tries=1))
        of_account = _names(jira.client.get(f"{root}/securitylevel", tries=1)) if of_project else frozenset()
        return of_project, of_account
    except SignInRefused as refused:
        if refused.reason != "scope":
            raise
    except JiraFlowError as error:
        # 404: no scheme. 403: not allowed to see it. Neither says anything about hidden issues.
        jira.client.logger.debug("The security levels of %s are not shown: %s", project.key, error)
    return frozenset(), frozenset()


def _names(document: object) -> frozenset[str]:
    levels = document.get("levels") if isinstance(document, dict) else None
    return frozenset(str(level.get("name")) for level in levels or [] if isinstance(level, dict))


def _texts(hidden: Sequence[str], unknown: Sequence[str], where: str) -> Iterator[str]:
    if hidden:
        yield naming(
            "Some issues are hidden by security levels that the account does not belong to: {names}. Ask your Jira"
            f" administrator to add the account to these levels ({where}).",
            hidden,
        )
    if unknown:
        yield naming(
            "Some issues may be hidden, since these projects use security levels: {names}. Ask your Jira administrator"
            f" whether the account belongs to all of them ({where}).",
            unknown,
        )
