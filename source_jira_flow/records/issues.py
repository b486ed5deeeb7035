"""The columns of an issue. A hot path: slices and look-ups only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from source_jira_flow.common.instants import utc_if_readable
from source_jira_flow.common.json import JsonObject
from source_jira_flow.jira.people import person_id, person_name
from source_jira_flow.records.field_map import FieldMap
from source_jira_flow.records.observed import REMOVED_AT
from source_jira_flow.records.sound import ASIDE
from source_jira_flow.records.sprint_field import sprint_ids

# Fields that have their own streams, or grow without bound. `fields` omits them.
LEFT_OUT = frozenset({"comment", "worklog", "attachment"})
_EPIC_LEVEL = 1
_NOTHING: JsonObject = {}


def issue_record(issue: JsonObject, field_map: FieldMap, site_url: str) -> dict[str, Any]:
    """The record of `issues` for one row of a search that requested all fields and `comment`."""
    fields: JsonObject = issue["fields"]
    get = fields.get
    key = issue["key"]
    project = get("project") or _NOTHING
    issue_type = get("issuetype") or _NOTHING
    status = get("status") or _NOTHING
    parent = get("parent") or _NOTHING
    # Ordered by module, each finished before the next.
    kept = {name: value for name, value in fields.items() if value is not None and name not in LEFT_OUT}
    if ASIDE in issue:
        kept.update((name, value) for name, value in issue[ASIDE].items() if name not in LEFT_OUT)
    components = [component.get("name") for component in get("components") or ()]
    fix_versions = [version.get("name") for version in get("fixVersions") or ()]
    sprints = _first(fields, field_map.sprints)
    epic_key = _first(fields, field_map.epic_links) or _epic(parent)
    story_points = _first(fields, field_map.story_points)
    resolved, created, updated = map(utc_if_readable, (get("resolutiondate"), get("created"), get("updated")))
    assignee, reporter = get("assignee"), get("reporter")
    return {
        "id": issue["id"],
        "key": key,
        "project_id": project.get("id"),
        "project_key": project.get("key") or key.rpartition("-")[0],
        "issue_type": issue_type.get("name"),
        "issue_type_id": issue_type.get("id"),
        "is_subtask": issue_type.get("subtask"),
        "parent_id": parent.get("id"),
        "parent_key": parent.get("key"),
        "epic_key": epic_key,
        "summary": get("summary"),
        "description": get("description"),
        "status": status.get("name"),
        "status_id": status.get("id"),
        "status_category": (status.get("statusCategory") or _NOTHING).get("name"),
        "priority": (get("priority") or _NOTHING).get("name"),
        "resolution": (get("resolution") or _NOTHING).get("name"),
        "resolved": resolved,
        "assignee_id": person_id(assignee),
        "assignee_name": person_name(assignee),
        "reporter_id": person_id(reporter),
        "reporter_name": person_name(reporter),
        "creator_id": person_id(get("creator")),
        "labels": get("labels") or [],
        "sprint_ids": sprint_ids(sprints) if type(sprints) is list else [],
        "created": created,
        "updated": updated,
        "due_date": get("duedate"),
        "story_points": story_points,
        "comment_count": (get("comment") or _NOTHING).get("total"),
        "watch_count": (get("watches") or _NOTHING).get("watchCount"),
        "vote_count": (get("votes") or _NOTHING).get("votes"),
        "time_spent": get("timespent"),
        "time_estimate": get("timeestimate"),
        "original_estimate": get("timeoriginalestimate"),
        "components": components,
        "fix_versions": fix_versions,
        "security_level": (get("security") or _NOTHING).get("name"),
        "environment": get("environment"),
        "url": f"{site_url}/browse/{key}",
        "archived": bool(get("archiveddate")),
        REMOVED_AT: None,
        "fields": kept,
    }


def removed_issue(issue_id: str, columns: Iterable[str], removed_at: str, latest: str) -> dict[str, Any]:
    """The record of a removed issue. Its cursor is when that was noticed, or `latest`, the last `updated` sent, if
    that is in the future: destinations keep the row with the greatest cursor."""
    return {**dict.fromkeys(columns), "id": issue_id, "updated": max(removed_at, latest), REMOVED_AT: removed_at}


def _first(fields: JsonObject, names: tuple[str, ...]) -> Any:
    for name in names:
        value = fields.get(name)
        if value is not None:
            return value
    return None


def _epic(parent: JsonObject) -> str | None:
    """The parent's key if the parent is an epic: Cloud stores the epic as the parent."""
    kind = (parent.get("fields") or _NOTHING).get("issuetype") or _NOTHING
    return parent.get("key") if kind.get("hierarchyLevel") == _EPIC_LEVEL else None
