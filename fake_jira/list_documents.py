"""Jira's JSON documents of all but issues, as one account gets them: its time zone, and Cloud's ways or not."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from .clock import agile_date, platform_date
from .entities import (
    Board,
    BoardColumn,
    Component,
    IssueType,
    NamedValue,
    Project,
    SecurityLevel,
    Sprint,
    Status,
    User,
    Version,
)
from .site import Site

Document = dict[str, Any]

_CATEGORIES: dict[str, Document] = {
    "undefined": {"id": 1, "key": "undefined", "colorName": "medium-gray", "name": "No Category"},
    "new": {"id": 2, "key": "new", "colorName": "blue-gray", "name": "To Do"},
    "indeterminate": {"id": 4, "key": "indeterminate", "colorName": "yellow", "name": "In Progress"},
    "done": {"id": 3, "key": "done", "colorName": "green", "name": "Done"},
}
_SPRINT_ORDERS = (
    ("id", "rapidViewId", "state", "name", "startDate", "endDate", "completeDate", "activatedDate", "sequence", "goal"),
    ("completeDate", "endDate", "goal", "id", "name", "rapidViewId", "sequence", "startDate", "state", "activatedDate"),
    ("id", "rapidViewId", "state", "goal", "startDate", "endDate", "completeDate", "sequence", "activatedDate", "name"),
)


class ListDocuments:
    def __init__(self, site: Site, account: User | None) -> None:
        self._site = site
        self._account = account
        self._cloud = site.flavor.cloud
        self._zone = site.zone_of(account)
        self._base = site.settings.advertised_base_url
        self._api = f"{self._base}/rest/api/2"
        self._agile = f"{self._base}/rest/agile/1.0"
        self._people: dict[User, Document] = {}

    def date(self, instant_ms: int) -> str:
        return platform_date(instant_ms, self._zone)

    # People

    def user(self, user: User) -> Document:
        """Made once for each person: in histories the same few stand a thousand times."""
        known = self._people.get(user)
        if known is None:
            known = self._people[user] = self._cloud_user(user) if self._cloud else self._server_user(user)
        return known

    def _server_user(self, user: User) -> Document:
        return {
            "self": f"{self._api}/user?username={user.name}",
            "name": user.name,
            "key": user.key,
            # An address that is hidden or was never given is an empty text there.
            "emailAddress": user.email or "",
            "avatarUrls": self._avatars(f"useravatar?ownerId={user.key}"),
            "displayName": user.display_name,
            "active": user.active,
            "timeZone": user.time_zone,
        }

    def _cloud_user(self, user: User) -> Document:
        document: Document = {
            "self": f"{self._api}/user?accountId={user.account_id}",
            "accountId": user.account_id,
            "accountType": user.account_type,
        }
        if user.email:
            document["emailAddress"] = user.email
        document |= {
            "avatarUrls": self._avatars(f"useravatar?id={user.account_id}"),
            "displayName": "Former user" if user.deleted else user.display_name,
            "active": user.active,
            "timeZone": user.time_zone,
        }
        return document

    def person(self, user: User) -> Document:
        """Of `user` and the lists of users: with the extras that a list in an issue lacks."""
        document = self.user(user) | {"locale": "en_US"}
        if not self._cloud:
            document["deleted"] = user.deleted
        return document

    def myself(self, user: User) -> Document:
        groups = {"size": len(user.groups), "items": []}
        expansions = {
            "groups": groups,
            "applicationRoles": {"size": 1, "items": []},
            "expand": "groups,applicationRoles",
        }
        document = self.person(user) | expansions
        if self._cloud:
            document.setdefault("emailAddress", None)
        return document

    def _avatars(self, path: str) -> Document:
        address = f"{self._base}/secure/{path}"
        return {f"{size}x{size}": f"{address}&size={size}" for size in (48, 24, 16, 32)}

    # Vocabulary

    def category(self, key: str) -> Document:
        document = _CATEGORIES[key]
        return {"self": f"{self._api}/statuscategory/{document['id']}"} | document

    def categories(self) -> list[Document]:
        return [self.category(key) for key in _CATEGORIES]

    def status(self, status: Status) -> Document:
        document = {
            "self": f"{self._api}/status/{status.id}",
            "description": status.description,
            "iconUrl": f"{self._base}/images/icons/statuses/generic.png",
            "name": status.name,
            "id": status.id,
            "statusCategory": self.category(status.category),
        }
        if status.project_id is not None:
            document["scope"] = self._scope(status.project_id)
        return document

    def issue_type(self, kind: IssueType) -> Document:
        document: Document = {
            "self": f"{self._api}/issuetype/{kind.id}",
            "id": kind.id,
            "description": f"Issues of type {kind.name}.",
            "iconUrl": f"{self._base}/secure/viewavatar?avatarType=issuetype&avatarId=10315",
            "name": kind.name,
            "subtask": kind.level < 0,
            "avatarId": 10315,
        }
        if self._cloud:
            document["hierarchyLevel"] = kind.level
            if kind.project_id is not None:
                document["scope"] = self._scope(kind.project_id)
        return document

    def _scope(self, project_id: str) -> Document:
        return {"type": "PROJECT", "project": {"id": project_id}}

    def priority(self, priority: NamedValue, listed: bool = False) -> Document:
        document = {
            "self": f"{self._api}/priority/{priority.id}",
            "iconUrl": f"{self._base}/images/icons/priorities/{priority.name.lower()}.svg",
            "name": priority.name,
            "id": priority.id,
        }
        return document | {"description": priority.description, "statusColor": "#ff7452"} if listed else document

    def _named(self, path: str, thing: NamedValue | SecurityLevel) -> Document:
        return {
            "self": f"{self._api}/{path}/{thing.id}",
            "id": thing.id,
            "description": thing.description,
            "name": thing.name,
        }

    def resolution(self, resolution: NamedValue) -> Document:
        return self._named("resolution", resolution)

    def component(self, component: Component, project: Project | None = None) -> Document:
        document: Document = {
            "self": f"{self._api}/component/{component.id}",
            "id": component.id,
            "name": component.name,
        }
        if component.description:
            document["description"] = component.description
        if project is not None:
            document |= {
                "assigneeType": "PROJECT_DEFAULT",
                "realAssigneeType": "PROJECT_DEFAULT",
                "isAssigneeTypeValid": True,
                "project": project.key,
                "projectId": int(project.id),
            }
            if component.lead is not None:
                document["lead"] = self.user(component.lead)
            if self._site.flavor.archived_components:
                document |= {"archived": component.archived, "deleted": False}
        return document

    def version(self, version: Version, project: Project | None = None) -> Document:
        document: Document = {
            "self": f"{self._api}/version/{version.id}",
            "id": version.id,
            "description": version.description,
            "name": version.name,
            "archived": version.archived,
            "released": version.released,
        }
        if version.start_date:
            document["startDate"] = version.start_date
        if version.release_date:
            document["releaseDate"] = version.release_date
        if project is not None:
            document["projectId"] = int(project.id)
        return document

    def security_level(self, level: SecurityLevel) -> Document:
        return self._named("securitylevel", level)

    # Projects

    def project_reference(self, project: Project) -> Document:
        document: Document = {
            "self": f"{self._api}/project/{project.id}",
            "id": project.id,
            "key": project.key,
            "name": project.name,
            "projectTypeKey": project.type_key,
        }
        if self._cloud:
            document["simplified"] = project.team_managed
        document["avatarUrls"] = self._avatars(f"projectavatar?pid={project.id}")
        if project.category:
            document["projectCategory"] = self.project_category(project.category)
        return document

    def project_category(self, category: NamedValue) -> Document:
        return self._named("projectCategory", category)

    def project(self, project: Project, expand: Sequence[str], single: bool = False) -> Document:
        """An entry of a list; alone (`single`), with lead, description and more whatever is expanded."""
        document: Document = {"expand": "description,lead,issueTypes,url,projectKeys,permissions,insight"}
        document |= self.project_reference(project)
        if self._cloud:
            document |= {
                "style": "next-gen" if project.team_managed else "classic",
                "isPrivate": False,
                "properties": {},
            }
            if project.team_managed:
                document["uuid"] = f"{int(project.id):08x}-0000-4000-8000-000000000002"
        if not self._cloud or project.archived:
            document["archived"] = project.archived
        if single or "description" in expand:
            document["description"] = project.description
        if single or "lead" in expand:
            document["lead"] = self.user(project.lead)
        if "insight" in expand and self._cloud:
            document["insight"] = self._insight(project)
        if "projectKeys" in expand:
            document["projectKeys"] = [project.key, *project.former_keys]
        if single or "issueTypes" in expand:
            document["issueTypes"] = [self.issue_type(kind) for kind in project.issue_types]
        if single:
            document |= {
                "components": [self.component(component) for component in project.components],
                "versions": [self.version(version, project) for version in project.versions],
                "assigneeType": "UNASSIGNED",
                "roles": {},
            }
        return document

    def _insight(self, project: Project) -> Document:
        counted, newest = self._insights.get(project, (0, 0))
        return {"totalIssueCount": counted} | ({"lastIssueUpdateTime": self.date(newest)} if counted else {})

    @cached_property
    def _insights(self) -> dict[Project, tuple[int, int]]:
        found: dict[Project, tuple[int, int]] = {}
        for issue in self._site.issues.values():
            counted, newest = found.get(issue.project, (0, 0))
            found[issue.project] = counted + 1, max(newest, issue.updated)
        return found

    def issue_types_with_statuses(self, project: Project) -> list[Document]:
        return [
            {
                "self": f"{self._api}/issuetype/{kind.id}",
                "id": kind.id,
                "name": kind.name,
                "subtask": kind.level < 0,
                "statuses": [self.status(status) for status in project.statuses],
            }
            for kind in project.issue_types
        ]

    # Boards and sprints

    def board(self, board: Board) -> Document:
        document: Document = {
            "id": board.id,
            "self": f"{self._agile}/board/{board.id}",
            "name": board.name,
            "type": board.type,
        }
        if self._cloud:
            document["location"] = {
                "projectId": int(board.project.id),
                "displayName": f"{board.project.name} ({board.project.key})",
                "projectName": board.project.name,
                "projectKey": board.project.key,
                "projectTypeKey": board.project.type_key,
                "name": f"{board.project.name} ({board.project.key})",
            }
            document["isPrivate"] = board.quirk == "private"
        return document

    def sprint(self, sprint: Sprint) -> Document:
        document: Document = {
            "id": sprint.id,
            "self": f"{self._agile}/sprint/{sprint.id}",
            "state": sprint.state,
            "name": sprint.name,
        }
        for name, instant in self._sprint_dates(sprint):
            document[name] = agile_date(instant, self._zone)
        if self._cloud:
            document["createdDate"] = agile_date(sprint.created, self._zone)
        elif sprint.activated is not None:
            document["activatedDate"] = agile_date(sprint.activated, self._zone)
        document["originBoardId"] = sprint.origin_board.id
        if sprint.goal is not None or self._cloud:
            document["goal"] = sprint.goal or ""
        if self._site.flavor.sprint_extras:
            document |= {"synced": False, "autoStartStop": False}
        return document

    def board_configuration(self, board: Board) -> Document:
        document = self.board(board)
        document["filter"] = {"id": board.filter_id, "self": f"{self._api}/filter/{board.filter_id}"}
        if board.type == "kanban":
            document["subQuery"] = {"query": "fixVersion in unreleasedVersions() OR fixVersion is EMPTY"}
        document["columnConfig"] = {
            "columns": [self._board_column(column) for column in board.columns],
            "constraintType": "issueCount",
        }
        ids = self._site.field_ids
        if board.type != "kanban":
            field_id = ids.story_point_estimate if board.project.team_managed else ids.story_points
            document["estimation"] = {
                "type": "field",
                "field": {"fieldId": field_id, "displayName": "Story Points"},
            }
        document["ranking"] = {"rankCustomFieldId": int(ids.rank.removeprefix("customfield_"))}
        return document

    def _board_column(self, column: BoardColumn) -> Document:
        document: Document = {
            "name": column.name,
            "statuses": [{"id": status.id, "self": f"{self._api}/status/{status.id}"} for status in column.statuses],
        }
        limits = {"min": column.min, "max": column.max}
        return document | {name: limit for name, limit in limits.items() if limit is not None}

    def sprint_value(self, sprint: Sprint) -> Document | str:
        """In an issue: an object on Cloud; a text on self-hosted Jira, in which nothing is escaped."""
        if self._cloud:
            document: Document = {
                "id": sprint.id,
                "name": sprint.name,
                "state": sprint.state,
                "boardId": sprint.origin_board.id,
                "goal": sprint.goal or "",
            }
            for name, instant in self._sprint_dates(sprint):
                document[name] = agile_date(instant, self._zone)
            return document
        values: dict[str, Any] = {
            "id": sprint.id,
            "rapidViewId": sprint.origin_board.id,
            "state": sprint.state.upper(),
            "name": sprint.name,
            "sequence": sprint.id,
            "goal": sprint.goal or "",
        }
        dates = dict(self._sprint_dates(sprint))
        if sprint.activated is not None:
            dates["activatedDate"] = sprint.activated
        for name in ("startDate", "endDate", "completeDate", "activatedDate"):
            values[name] = agile_date(dates[name], self._zone) if name in dates else "<null>"
        order = _SPRINT_ORDERS[sprint.id % len(_SPRINT_ORDERS)]
        inner = ",".join(f"{name}={values[name]}" for name in order)
        return f"com.atlassian.greenhopper.service.sprint.Sprint@{sprint.id * 7919:x}[{inner}]"

    def _sprint_dates(self, sprint: Sprint) -> list[tuple[str, int]]:
        dates = (("startDate", sprint.start), ("endDate", sprint.end), ("completeDate", sprint.complete))
        return [(name, instant) for name, instant in dates if instant is not None]
