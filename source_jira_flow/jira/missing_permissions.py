"""Missing permissions, in the words of the reader's own Jira. `check` and `read` say the same.

Cloud's words are those of Atlassian's support pages: projects are spaces there, and issues are work items. Self-hosted
Jira's are those of its administration guide. `docs/permissions.md` has the links.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from source_jira_flow.common.text import naming, suggesting
from source_jira_flow.jira.projects import Project, nearest_key

# Jira's names for permissions in its REST API.
BROWSE_USERS = "USER_PICKER"
BROWSE_PROJECTS = "BROWSE_PROJECTS"
CREATE_ISSUES = "CREATE_ISSUES"
ADMINISTER_PROJECTS = "ADMINISTER_PROJECTS"
SET_ISSUE_SECURITY = "SET_ISSUE_SECURITY"


@dataclass(frozen=True)
class JiraWords:
    """What a kind of Jira calls permissions, and the pages on which they are granted.

    Jira administrators change `schemes`, `global_permissions` and `security`, project administrators change `roles`.
    """

    browse: str
    create: str
    also: str
    access: str
    schemes: str
    roles: str
    members: str
    global_permissions: str
    helper: str
    security: str


WORDS: Mapping[str, JiraWords] = {
    "cloud": JiraWords(
        browse="“Browse spaces”",
        create="“Create work items”",
        also=" (spaces)",
        access="Atlassian Administration → Directory → Users",
        schemes="Settings → Work items → Permission schemes",
        roles="Space settings → People",
        members="Space settings → Access",
        global_permissions="Settings → System → Global permissions",
        helper="Settings → System → Permission helper",
        security="Settings → Work items → Work item security schemes",
    ),
    "self_hosted": JiraWords(
        browse="“Browse projects”",
        create="“Create issues”",
        also="",
        access="Administration → Applications → Application access",
        schemes="Administration → Issues → Permission schemes",
        roles="Project settings → Users and roles",
        members="Project settings → Users and roles",
        global_permissions="Administration → System → Global permissions",
        helper="Administration → System → Permission helper",
        security="Administration → Issues → Issue security schemes",
    ),
}

# Atlassian's pages about what a finding of `check` is about, by its code.
_GLOBAL, _PROJECT, _ROLE, _SECURITY = "global", "project", "role", "security"
_SUBJECTS: Mapping[str, str] = {
    "browse_users": _GLOBAL,
    "nothing_to_browse": _PROJECT,
    "nothing_to_import": _PROJECT,
    "browse_projects": _PROJECT,
    "create_issues": _PROJECT,
    "create_issues_everywhere": _PROJECT,
    "create_issues_team_managed": _ROLE,
    "issue_security": _SECURITY,
}
_CLOUD_PAGES = "https://support.atlassian.com"
_ADMINISTRATION = "https://confluence.atlassian.com/adminjiraserver"
PAGES: Mapping[str, Mapping[str, str]] = {
    "cloud": {
        _GLOBAL: f"{_CLOUD_PAGES}/jira-cloud-administration/docs/manage-global-permissions/",
        _PROJECT: f"{_CLOUD_PAGES}/jira-cloud-administration/docs/manage-project-permissions/",
        _ROLE: f"{_CLOUD_PAGES}/jira-software-cloud/docs/add-people-to-team-managed-projects/",
        _SECURITY: f"{_CLOUD_PAGES}/jira-cloud-administration/docs/configure-issue-security-schemes/",
    },
    "self_hosted": {
        _GLOBAL: f"{_ADMINISTRATION}/managing-global-permissions-938847142.html",
        _PROJECT: f"{_ADMINISTRATION}/managing-project-permissions-938847145.html",
        _SECURITY: f"{_ADMINISTRATION}/configuring-issue-level-security-938847117.html",
    },
}


def page_about(code: str, kind: str) -> str | None:
    """Atlassian's page about the permission that a finding is about, for this kind of Jira."""
    return PAGES.get(kind, {}).get(_SUBJECTS.get(code, ""))


def no_browse_users(kind: str) -> str:
    """The account may not see who there is."""
    return (
        "The account lacks the global permission “Browse users and groups”. Ask your Jira administrator to grant it to"
        f" its group ({WORDS[kind].global_permissions})."
    )


def no_project(kind: str) -> str:
    """The account may not browse any project."""
    words = WORDS[kind]
    return (
        "The account can't browse a single project. Ask your Jira administrator for access to Jira"
        f" ({words.access}) and {words.browse} ({words.schemes}). See the Permission helper ({words.helper})."
    )


def unknown_projects(keys: Sequence[str], known: Iterable[Project], kind: str) -> str:
    """Configured keys that are not among the `known` projects, each with the nearest that is."""
    projects = list(known)
    # Suggest a project that cannot be imported only if there is no better one.
    live = [project for project in projects if project.is_live]
    what, verb, them, key_noun = (
        ("project", "does", "it", "key") if len(keys) == 1 else ("projects", "do", "them", "keys")
    )
    words = WORDS[kind]
    return naming(
        f"The configured {what} {{names}} {verb} not exist, or the account can't browse {them}. Correct the {key_noun},"
        f" or ask your Jira administrator for {words.browse} ({words.schemes}).",
        [suggesting(key, nearest_key(key, live) or nearest_key(key, projects)) for key in keys],
    )


def no_longer_imported(keys: Sequence[str], kind: str) -> str:
    """Projects that were imported by the last sync, and are archived or no longer visible."""
    what, are, they, there = (
        ("project", "is", "It was", "on it") if len(keys) == 1 else ("projects", "are", "They were", "on them")
    )
    words = WORDS[kind]
    return naming(
        f"The {what} {{names}} {are} no longer imported. {they} archived or deleted in Jira, or the account lost"
        f" {words.browse} {there}. If that is not intended, ask your Jira administrator ({words.schemes}).",
        keys,
    )


def lost_projects(keys: Sequence[str], kind: str) -> str:
    """Projects that disappeared while a sync was running."""
    what, was, there = ("Project", "it was", "on it") if len(keys) == 1 else ("Projects", "they were", "on them")
    words = WORDS[kind]
    return naming(
        f"{what} {{names}} disappeared during the sync: {was} deleted in Jira, or the account lost {words.browse}"
        f" {there}. Ask your Jira administrator to grant it again ({words.schemes}). All others were read.",
        keys,
    )
