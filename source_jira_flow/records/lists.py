"""The columns of users, projects, sprints and labels, from Jira's own objects.

Jira's object stands beside the columns, without what is no property of the thing it describes: addresses (`self`,
pictures; they depend on the way by which Jira was asked, and Jira changes them at will), what `expand` could add,
and when somebody was last seen or an issue last changed. These would make everything new in every sync.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from source_jira_flow.common.instants import utc
from source_jira_flow.common.json import JsonObject
from source_jira_flow.jira.projects import Project
from source_jira_flow.records.people import person_id
from source_jira_flow.records.sprint_field import SprintValue
from source_jira_flow.streams import REMOVED_AT

Columns = dict[str, Any]

_VOLATILE = frozenset(
    {
        "self",
        "expand",
        "avatarUrls",
        "avatarUrl",
        "iconUrl",
        "insight",
        "lastLoginTime",
        "loginInfo",
        "lastIssueUpdateTime",
    }
)
# What a project has besides when it is asked for by itself; components, versions and types have their own streams.
_DETAILS_OF_A_PROJECT = frozenset(
    "components versions issueTypes issueTypeHierarchy roles assigneeType permissions landingPageInfo".split()
)


def lasting(value: Any) -> Any:
    """Jira's own value without what is volatile and what is null, at every depth."""
    if isinstance(value, dict):
        return {name: lasting(part) for name, part in value.items() if part is not None and name not in _VOLATILE}
    if isinstance(value, list):
        return [lasting(part) for part in value]
    return value


def user_columns(user: JsonObject) -> Columns:
    """The columns of `users`. Hidden e-mail addresses and zones are null; only self-hosted users have a user name."""
    return {
        "id": person_id(user),
        "username": None if user.get("accountId") else user.get("name") or None,
        "name": user.get("displayName") or None,
        "email": user.get("emailAddress") or None,
        "active": user.get("active"),
        "account_type": user.get("accountType") or None,
        "time_zone": user.get("timeZone") or None,
        "document": lasting(user),
    }


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
        "document": lasting({name: part for name, part in document.items() if name not in _DETAILS_OF_A_PROJECT}),
    }


def sprint_columns(sprint: JsonObject, board_ids: frozenset[int]) -> Columns:
    """The columns of `sprints`, from the sprint as Jira Software lists it, with all boards that show it."""
    state = sprint.get("state")
    return {
        "id": int(sprint["id"]),
        "name": sprint.get("name") or None,
        "state": str(state).lower() if state else None,
        "goal": sprint.get("goal") or None,
        "board_id": sprint.get("originBoardId"),
        "board_ids": sorted(board_ids),
        "start_date": utc(sprint.get("startDate")),
        "end_date": utc(sprint.get("endDate")),
        "complete_date": utc(sprint.get("completeDate")),
        "activated_date": utc(sprint.get("activatedDate")),
        "created_date": utc(sprint.get("createdDate")),
        "document": lasting(sprint),
    }


def field_sprint_columns(sprint: SprintValue) -> Columns:
    """The columns of `sprints` where only issues tell of the sprint: no board that the account sees shows it."""
    return {
        "id": sprint.id,
        "name": sprint.name,
        "state": sprint.state,
        "goal": sprint.goal,
        "board_id": sprint.board_id,
        "board_ids": [],
        "start_date": sprint.start_date,
        "end_date": sprint.end_date,
        "complete_date": sprint.complete_date,
        "activated_date": None,
        "created_date": None,
        "document": None,
    }


def label_record(name: str, observed_at: str) -> dict[str, Any]:
    """The record of a label, kept as written. `observed_at` is RFC 3339 in UTC."""
    return observed({"name": name}, observed_at)


def observed(columns: Mapping[str, Any], observed_at: str) -> dict[str, Any]:
    """A record of what is there. It says so: a row that was removed before must lose that mark."""
    return {**columns, "observed_at": observed_at, REMOVED_AT: None}


def removal(key: str, identifier: str | int, columns: Mapping[str, Any], observed_at: str) -> dict[str, Any]:
    """The record of what is gone: its key, and null in every other of the stream's `columns`."""
    return {**dict.fromkeys(columns), key: identifier, "observed_at": observed_at, REMOVED_AT: observed_at}
