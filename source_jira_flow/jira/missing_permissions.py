"""What `check` and `read` say alike about permissions that the account lacks. The names are Jira's own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from source_jira_flow.common.text import listed
from source_jira_flow.jira.projects import Project, nearest_key

NO_BROWSE_USERS = (
    "The account lacks the global permission “Browse users and groups”: ask your Jira administrator to grant it to one"
    " of the account's groups (Administration → System → Global permissions)."
)
NO_PROJECT = (
    "The account can't browse a single project: ask your Jira administrator to give it access to Jira (Application"
    " access) and “Browse projects” (Project settings → Permissions). The Permission helper shows what is missing."
)


def unknown_projects(keys: Sequence[str], known: Iterable[Project]) -> str:
    """Configured keys that are not among the `known` projects, each with the nearest that is."""
    projects = list(known)
    # A project that can't be imported is the second guess.
    live = [project for project in projects if project.importable and not project.archived]
    near = {key: nearest_key(key, live) or nearest_key(key, projects) for key in keys}
    named = listed([f"{key} (did you mean {near[key]}?)" if near[key] else key for key in keys])
    what, verb, them, key_noun = (
        ("project", "does", "it", "key") if len(keys) == 1 else ("projects", "do", "them", "keys")
    )
    return (
        f"The configured {what} {named} {verb} not exist, or the account can't browse {them}: correct the {key_noun},"
        " or ask for “Browse projects” there (Project settings → Permissions)."
    )


def lost_projects(keys: Sequence[str]) -> str:
    """Projects that were there when a sync began and are not any more."""
    what, who, there = ("Project", "it was", "on it") if len(keys) == 1 else ("Projects", "they were", "on them")
    return (
        f"{what} {listed(keys)} went out of sight during the sync: {who} deleted in Jira, or the account lost “Browse"
        f" projects” {there}. Ask for it again (Project settings → Permissions). All others were read."
    )
