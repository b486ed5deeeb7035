"""Issue security: levels that the account does not belong to hide issues from it, without any error.

Only administrators of a project can read its security scheme (`project/{id}/issuesecuritylevelscheme`), and the levels
of the account are reported only where it may set them (`project/{id}/securitylevel`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from source_jira_flow.check.findings import Finding, FixedBy, warning
from source_jira_flow.common.text import listed, naming
from source_jira_flow.errors import JiraFlowError, SignInRefused
from source_jira_flow.jira.missing_permissions import ADMINISTER_PROJECTS, SET_ISSUE_SECURITY, WORDS
from source_jira_flow.jira.projects import Project
from source_jira_flow.jira.rest import RestJira

MOST_PROJECTS = 40


def hidden_level_findings(
    jira: RestJira, projects: Sequence[Project], held: Mapping[str, frozenset[str]]
) -> list[Finding]:
    """Warnings about projects with security levels that the account does not belong to, or may not belong to."""
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
    where = WORDS[jira.kind].security
    return [warning("issue_security", FixedBy.JIRA_ADMINISTRATOR, text) for text in _texts(hidden, unknown, where)]


def _levels(jira: RestJira, project: Project) -> tuple[frozenset[str], frozenset[str]]:
    """All levels of a project, and those of the account; nothing where Jira does not tell."""
    root = f"/rest/api/2/project/{project.id}"
    try:
        everything = _names(jira.client.get(f"{root}/issuesecuritylevelscheme", tries=1))
        return everything, _names(jira.client.get(f"{root}/securitylevel", tries=1)) if everything else frozenset()
    except SignInRefused as refused:
        if refused.reason != "scope":
            raise
    except JiraFlowError:
        # 404: no scheme. 403: not allowed to see it. Neither says anything about hidden issues.
        pass
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
            "Some issues may be hidden, since these projects have security levels: {names}. Ask your Jira administrator"
            f" whether the account belongs to all of them ({where}).",
            unknown,
        )
