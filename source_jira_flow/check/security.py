"""Issue security: levels that the account is not in hide issues from it, without any error.

Jira shows a project's security scheme to administrators of the project only
(`project/{id}/issuesecuritylevelscheme`), and the levels that the account is in only where it may set them
(`project/{id}/securitylevel`). So this tells what Jira lets us know, which for most service accounts is nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from source_jira_flow.check.findings import Finding, FixedBy, warning
from source_jira_flow.common.text import listed
from source_jira_flow.errors import JiraFlowError, SignInRefused
from source_jira_flow.jira.projects import Project
from source_jira_flow.jira.rest import RestJira

ADMINISTER_PROJECTS = "ADMINISTER_PROJECTS"
SET_ISSUE_SECURITY = "SET_ISSUE_SECURITY"
MOST_PROJECTS = 40


def hidden_level_findings(
    jira: RestJira, projects: Sequence[Project], held: Mapping[str, frozenset[str]]
) -> list[Finding]:
    """A warning where projects have security levels that the account is not in, or may not be in."""
    asked = [project for project in projects if ADMINISTER_PROJECTS in held.get(project.id, frozenset())]
    with ThreadPoolExecutor(jira.client.workers) as pool:
        levels = list(pool.map(lambda project: _levels(jira, project), asked[:MOST_PROJECTS]))
    hidden, unknown = [], []
    for project, (all_levels, own_levels) in zip(asked, levels, strict=False):
        missing = sorted(all_levels - own_levels)
        if missing and SET_ISSUE_SECURITY in held[project.id]:
            hidden.append(f"{project.key} ({listed(missing, most=3, longest=40)})")
        elif missing:
            unknown.append(project.key)
    return _hidden(hidden) + _unknown(unknown)


def _levels(jira: RestJira, project: Project) -> tuple[frozenset[str], frozenset[str]]:
    """All levels of a project, and those that the account is in; nothing where Jira does not tell."""
    root = f"/rest/api/2/project/{project.id}"
    try:
        everything = _names(jira.client.get(f"{root}/issuesecuritylevelscheme", tries=1))
        return everything, _names(jira.client.get(f"{root}/securitylevel", tries=1)) if everything else frozenset()
    except SignInRefused as refused:
        if refused.reason != "scope":
            raise
    except JiraFlowError:
        # No scheme is a 404, no right to see it a 403: nothing to say either way.
        pass
    return frozenset(), frozenset()


def _names(document: object) -> frozenset[str]:
    levels = document.get("levels") if isinstance(document, dict) else None
    return frozenset(str(level.get("name")) for level in levels or [] if isinstance(level, dict))


def _hidden(projects: Sequence[str]) -> list[Finding]:
    if not projects:
        return []
    text = (
        f"Some issues are hidden by security levels that the account is not in: {listed(projects)}. Ask your Jira"
        " administrator to add the account to these levels (Project settings → Issue security)."
    )
    return [warning("issue_security", FixedBy.JIRA_ADMINISTRATOR, text)]


def _unknown(projects: Sequence[str]) -> list[Finding]:
    if not projects:
        return []
    text = (
        f"Some issues may be hidden, since these projects have security levels: {listed(projects)}. Ask your Jira"
        " administrator whether the account is in all of them (Project settings → Issue security)."
    )
    return [warning("issue_security", FixedBy.JIRA_ADMINISTRATOR, text)]
