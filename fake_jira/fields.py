"""The fields of an issue, as `field` lists them and as `fields=` chooses among them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .site import Site


@dataclass(frozen=True)
class Field:
    id: str
    name: str
    type: str
    items: str | None = None
    custom: str | None = None
    navigable: bool = True
    cloud_only: bool = False


_SYSTEM_FIELDS = (
    Field("statuscategorychangedate", "Status Category Changed", "datetime", cloud_only=True),
    Field("issuetype", "Issue Type", "issuetype"),
    Field("timespent", "Time Spent", "number"),
    Field("project", "Project", "project"),
    Field("fixVersions", "Fix versions", "array", "version"),
    Field("aggregatetimespent", "Σ Time Spent", "number"),
    Field("resolution", "Resolution", "resolution"),
    Field("resolutiondate", "Resolved", "datetime"),
    Field("workratio", "Work Ratio", "number"),
    Field("lastViewed", "Last Viewed", "datetime"),
    Field("watches", "Watchers", "watches"),
    Field("created", "Created", "datetime"),
    Field("priority", "Priority", "priority"),
    Field("labels", "Labels", "array", "string"),
    Field("timeestimate", "Remaining Estimate", "number"),
    Field("timeoriginalestimate", "Original Estimate", "number"),
    Field("versions", "Affects versions", "array", "version"),
    Field("issuelinks", "Linked Issues", "array", "issuelinks"),
    Field("assignee", "Assignee", "user"),
    Field("updated", "Updated", "datetime"),
    Field("status", "Status", "status"),
    Field("components", "Components", "array", "component"),
    Field("description", "Description", "string"),
    Field("timetracking", "Time tracking", "timetracking", navigable=False),
    Field("security", "Security Level", "securitylevel"),
    Field("attachment", "Attachment", "array", "attachment", navigable=False),
    Field("summary", "Summary", "string"),
    Field("creator", "Creator", "user"),
    Field("subtasks", "Sub-tasks", "array", "issuelinks"),
    Field("parent", "Parent", "issuelink", navigable=False),
    Field("reporter", "Reporter", "user"),
    Field("environment", "Environment", "string"),
    Field("duedate", "Due date", "date"),
    Field("progress", "Progress", "progress"),
    Field("votes", "Votes", "votes"),
    Field("comment", "Comment", "comments-page", navigable=False),
    Field("worklog", "Log Work", "array", "worklog", navigable=False),
    Field("archiveddate", "Archived", "datetime", navigable=False),
    Field("archivedby", "Archiver", "user", navigable=False),
)

_GREENHOPPER = "com.pyxis.greenhopper.jira"
_TYPES = "com.atlassian.jira.plugin.system.customfieldtypes"


def fields_of(site: Site) -> tuple[Field, ...]:
    ids = site.field_ids
    cloud = site.flavor.cloud
    custom = [
        Field(ids.sprint, "Sprint", "array", "json" if cloud else "string", f"{_GREENHOPPER}:gh-sprint"),
        Field(ids.sprint_namesake, "Sprint", "string", custom=f"{_TYPES}:textfield"),
        Field(ids.epic_link, "Epic Link", "any", custom=f"{_GREENHOPPER}:gh-epic-link"),
        Field(ids.epic_name, "Epic Name", "string", custom=f"{_GREENHOPPER}:gh-epic-label"),
        Field(ids.story_points, "Story Points", "number", custom=f"{_TYPES}:float"),
        Field(
            ids.story_point_estimate,
            "Story point estimate",
            "number",
            custom=f"{_GREENHOPPER}:jsw-story-points",
            cloud_only=True,
        ),
        Field(ids.rank, "Rank", "any", custom=f"{_GREENHOPPER}:gh-lexo-rank"),
        Field(ids.flagged, "Flagged", "array", "option", f"{_TYPES}:multicheckboxes"),
        *(
            Field(field_id, f"Unused {place}", "string", custom=f"{_TYPES}:textarea")
            for place, field_id in enumerate(ids.unused)
        ),
    ]
    hidden = site.settings.hidden_fields
    return tuple(
        field for field in (*_SYSTEM_FIELDS, *custom) if (cloud or not field.cloud_only) and field.id not in hidden
    )


def field_documents(site: Site) -> list[dict[str, Any]]:
    """The answer of `GET field`; key and id of issues are listed there too, though they are no fields."""
    documents: list[dict[str, Any]] = [
        {
            "id": "issuekey",
            "key": "issuekey",
            "name": "Key",
            "custom": False,
            "orderable": False,
            "navigable": True,
            "searchable": False,
            "clauseNames": ["id", "issue", "issuekey", "key"],
        }
    ]
    for field in fields_of(site):
        schema: dict[str, Any] = {"type": field.type}
        if field.items:
            schema["items"] = field.items
        if field.custom:
            number = int(field.id.removeprefix("customfield_"))
            schema |= {"custom": field.custom, "customId": number}
            names = [f"cf[{number}]", field.name]
        else:
            schema["system"] = field.id
            names = [field.id]
        documents.append(
            {
                "id": field.id,
                "key": field.id,
                "name": field.name,
                "custom": field.custom is not None,
                "orderable": True,
                "navigable": field.navigable,
                "searchable": True,
                "clauseNames": names,
                "schema": schema,
            }
        )
    if not site.flavor.cloud:
        for document in documents:
            del document["key"]
        return documents
    # A team-managed project has fields of its own.
    owner = next((project for project in site.projects.values() if project.team_managed), None)
    for document in documents:
        if owner is not None and document["id"] == site.field_ids.unused[0]:
            document["scope"] = {"type": "PROJECT", "project": {"id": owner.id}}
    return documents


@dataclass(frozen=True)
class Selection:
    """Which fields an answer carries; `id_only` is Cloud's default, an issue without even a key."""

    names: tuple[str, ...]
    id_only: bool = False
    key_only: bool = False

    @property
    def is_light(self) -> bool:
        return self.id_only or self.key_only


def select(site: Site, asked: Sequence[str], default: str) -> Selection:
    """`asked` holds names, `*all`, `*navigable`, and names to leave out with a minus; empty means `default`."""
    known = fields_of(site)
    included = [name for name in asked if not name.startswith("-")]
    excluded = {name[1:] for name in asked if name.startswith("-")}
    if not included:
        included = [default]
    if all(name in ("id", "key", "issuekey") for name in included):
        light = included == ["id"]
        return Selection((), id_only=light, key_only=not light)
    chosen = {name for name in included if not name.startswith("*")}
    names = tuple(
        field.id
        for field in known
        if field.id not in excluded
        and (field.id in chosen or "*all" in included or ("*navigable" in included and field.navigable))
    )
    return Selection(names)
