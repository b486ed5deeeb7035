"""Jira's JSON documents, as one account gets them: its time zone, the comments it may see, and Cloud's ways or not."""

import re
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from .clock import agile_date, platform_date
from .entities import (
    Attachment,
    Board,
    BoardColumn,
    Change,
    ChangeItem,
    Comment,
    Component,
    Issue,
    IssueLink,
    IssueType,
    LinkType,
    NamedValue,
    Project,
    SecurityLevel,
    Sprint,
    Status,
    User,
    Version,
    Worklog,
)
from .fields import Selection, fields_of
from .site import Site

Document = dict[str, Any]

_CATEGORIES: dict[str, Document] = {
    "undefined": {"id": 1, "key": "undefined", "colorName": "medium-gray", "name": "No Category"},
    "new": {"id": 2, "key": "new", "colorName": "blue-gray", "name": "To Do"},
    "indeterminate": {"id": 4, "key": "indeterminate", "colorName": "yellow", "name": "In Progress"},
    "done": {"id": 3, "key": "done", "colorName": "green", "name": "Done"},
}
_EXPANDABLE = "operations,versionedRepresentations,editmeta,changelog,renderedFields"
_SPRINT_ORDERS = (
    ("id", "rapidViewId", "state", "name", "startDate", "endDate", "completeDate", "activatedDate", "sequence", "goal"),
    ("completeDate", "endDate", "goal", "id", "name", "rapidViewId", "sequence", "startDate", "state", "activatedDate"),
    ("id", "rapidViewId", "state", "goal", "startDate", "endDate", "completeDate", "sequence", "activatedDate", "name"),
)


class Documents:
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

    def resolution(self, resolution: NamedValue) -> Document:
        return {
            "self": f"{self._api}/resolution/{resolution.id}",
            "id": resolution.id,
            "description": resolution.description,
            "name": resolution.name,
        }

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
        return {
            "self": f"{self._api}/securitylevel/{level.id}",
            "id": level.id,
            "description": level.description,
            "name": level.name,
        }

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
        return {
            "self": f"{self._api}/projectCategory/{category.id}",
            "id": category.id,
            "description": category.description,
            "name": category.name,
        }

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

    # Parts of issues

    def comment(self, issue: Issue, comment: Comment) -> Document:
        document: Document = {
            "self": f"{self._api}/issue/{issue.id}/comment/{comment.id}",
            "id": comment.id,
            "author": self.user(comment.author),
            "body": comment.body,
            "updateAuthor": self.user(comment.update_author),
            "created": self.date(comment.created),
            "updated": self.date(comment.updated),
        }
        if comment.visibility:
            kind, name = comment.visibility
            document["visibility"] = {"type": kind, "value": name}
        if self._cloud:
            document["jsdPublic"] = True
        return document

    def visible_comments(self, issue: Issue) -> list[Comment]:
        return [comment for comment in issue.comments if self._site.can_see_comment(self._account, comment)]

    def worklog(self, issue: Issue, worklog: Worklog) -> Document:
        document = {
            "self": f"{self._api}/issue/{issue.id}/worklog/{worklog.id}",
            "author": self.user(worklog.author),
            "updateAuthor": self.user(worklog.update_author or worklog.author),
            "comment": worklog.comment,
            "created": self.date(worklog.created),
            "updated": self.date(worklog.updated),
            "started": self.date(worklog.started),
            "timeSpent": f"{worklog.seconds // 3600}h",
            "timeSpentSeconds": worklog.seconds,
            "id": worklog.id,
            "issueId": issue.id,
        }
        if worklog.visibility:
            kind, name = worklog.visibility
            document["visibility"] = {"type": kind, "value": name}
        return document

    def visible_worklogs(self, issue: Issue) -> list[Worklog]:
        return [worklog for worklog in issue.worklogs if self._site.can_see_comment(self._account, worklog)]

    def link_type(self, kind: LinkType) -> Document:
        return {
            "id": kind.id,
            "name": kind.name,
            "inward": kind.inward,
            "outward": kind.outward,
            "self": f"{self._api}/issueLinkType/{kind.id}",
        }

    def _links(self, issue: Issue) -> list[Document]:
        return (
            [self._link(issue, link) for link in self._site.visible_links(issue, self._account)] if issue.links else []
        )

    def _link(self, issue: Issue, link: IssueLink) -> Document:
        """Where the issue is the source, the other end is called outward."""
        end, other = ("outwardIssue", link.target) if link.source is issue else ("inwardIssue", link.source)
        return {
            "id": link.id,
            "self": f"{self._api}/issueLink/{link.id}",
            "type": self.link_type(link.type),
            end: self._relative(other),
        }

    def attachment(self, attachment: Attachment) -> Document:
        return {
            "self": f"{self._api}/attachment/{attachment.id}",
            "id": attachment.id,
            "filename": attachment.filename,
            "author": self.user(attachment.author),
            "created": self.date(attachment.created),
            "size": attachment.size,
            "mimeType": attachment.mime_type,
            "content": f"{self._base}/secure/attachment/{attachment.id}/{attachment.filename}",
        }

    def change(self, change: Change, epoch: bool = False) -> Document:
        """A changelog entry; `changelog/bulkfetch` writes its instant as milliseconds."""
        document: Document = {"id": change.id}
        if change.author is not None:
            document["author"] = self.user(change.author)
        elif self._cloud:
            # Self-hosted Jira leaves it out.
            document["author"] = None
        document["created"] = change.created if epoch else self.date(change.created)
        if change.rule is not None:
            document["historyMetadata"] = {"type": "automation", "cause": {"id": change.rule, "type": "rule"}}
        document["items"] = [self._change_item(item) for item in change.items]
        return document

    def _change_item(self, item: ChangeItem) -> Document:
        document = {
            "field": item.field,
            "fieldtype": "custom" if item.custom else "jira",
            "from": item.from_id,
            "fromString": item.from_text,
            "to": item.to_id,
            "toString": item.to_text,
        }
        if self._cloud and item.field_id is not None and not self._site.settings.changelog_items_without_field_id:
            document["fieldId"] = item.field_id
        return document

    def _relative(self, issue: Issue) -> Document:
        return {
            "id": issue.id,
            "key": issue.key,
            "self": f"{self._api}/issue/{issue.id}",
            "fields": {
                "summary": issue.summary,
                "status": self.status(issue.status),
                "priority": self.priority(issue.priority) if issue.priority else None,
                "issuetype": self.issue_type(issue.issue_type),
            },
        }

    # Issues

    def issue(self, issue: Issue, selection: Selection, expand: Sequence[str] = ()) -> Document:
        if selection.id_only and self._cloud and not expand:
            return {"id": issue.id}
        document: Document = {
            "expand": _EXPANDABLE,
            "id": issue.id,
            "self": f"{self._api}/issue/{issue.id}",
            "key": issue.key,
        }
        if not selection.is_light:
            document["fields"] = self._fields(issue, selection)
        if "changelog" in expand:
            document["changelog"] = self._changelog(issue)
        if "renderedFields" in expand:
            fields: Document = document.get("fields", {})
            document["renderedFields"] = {name: self._rendered(name, value) for name, value in fields.items()}
        return document

    def _fields(self, issue: Issue, selection: Selection) -> Document:
        fields: Document = {}
        for name in selection.names:
            getter = _FIELDS.get(name)
            fields[name] = self._custom_field(name, issue) if getter is None else getter(self, issue)
        if fields.get("parent", issue) is None:
            # Of all fields this one is left out rather than null.
            del fields["parent"]
        return fields

    def _changelog(self, issue: Issue) -> Document:
        settings, shown = self._site.settings, issue.history
        if self._cloud:
            shown = shown[-settings.embedded_changes :]
        return {
            "startAt": 0,
            "maxResults": len(shown),
            "total": 0 if settings.changelog_total_is_zero else len(issue.history),
            "histories": [self.change(change) for change in (shown[::-1] if settings.newest_changes_first else shown)],
        }

    def _rendered(self, name: str, value: Any) -> Any:
        if name in ("description", "environment") and value:
            return f"<p>{value}</p>"
        if name == "comment":
            comments = [comment | {"body": f"<p>{comment['body']}</p>"} for comment in value["comments"]]
            return value | {"comments": comments}
        if name in ("created", "updated", "resolutiondate") and value:
            return re.sub(r"^(\d{4})-(\d\d)-(\d\d)T(\d\d:\d\d).*", r"\3/\2/\1 \4", value)
        return None

    def _comments(self, issue: Issue) -> Document:
        visible = self.visible_comments(issue)
        shown = visible[: self._site.settings.embedded_comments] if self._cloud else visible
        document: Document = {
            "comments": [self.comment(issue, comment) for comment in shown],
            "maxResults": len(shown),
            "total": len(visible),
            "startAt": 0,
        }
        if self._cloud:
            document["self"] = f"{self._api}/issue/{issue.id}/comment"
        return document

    def _worklogs(self, issue: Issue) -> Document:
        cap, visible = self._site.settings.embedded_worklogs, self.visible_worklogs(issue)
        return {
            "startAt": 0,
            "maxResults": cap,
            "total": len(visible),
            "worklogs": [self.worklog(issue, worklog) for worklog in visible[:cap]],
        }

    def _time_tracking(self, issue: Issue) -> Document:
        seconds = {
            "originalEstimate": issue.original_estimate,
            "remainingEstimate": issue.remaining_estimate,
            "timeSpent": issue.seconds_spent,
        }
        known = {name: value for name, value in seconds.items() if value is not None}
        texts = {name: f"{value // 3600}h {value % 3600 // 60}m" for name, value in known.items()}
        return texts | {f"{name}Seconds": value for name, value in known.items()}

    def _parent(self, issue: Issue) -> Document | None:
        # On self-hosted Jira an epic is no parent.
        container = issue.parent or (issue.epic if self._cloud else None)
        return self._relative(container) if container else None

    def _subtasks(self, issue: Issue) -> list[Document]:
        return [self._relative(child) for child in issue.subtasks] if issue.children else []

    def _security(self, issue: Issue) -> Document | None:
        return self.security_level(issue.security_level) if issue.security_level else None

    def _custom_field(self, name: str, issue: Issue) -> Any:
        ids = self._site.field_ids
        if name == ids.sprint:
            return [self._sprint_value(sprint) for sprint in issue.sprints] or None
        if name == ids.sprint_namesake:
            return "after lunch" if issue.sprints and issue.number % 5 == 0 else None
        if name == ids.epic_link:
            return issue.epic.key if issue.epic and not issue.project.team_managed else None
        if name == ids.epic_name:
            return issue.summary if issue.issue_type.level == 1 else None
        # On Cloud team-managed projects estimate in a field of their own.
        if name == ids.story_points:
            return None if issue.project.team_managed else issue.story_points
        if name == ids.story_point_estimate:
            return issue.story_points if issue.project.team_managed else None
        if name == ids.rank:
            return f"0|i{int(issue.id):05x}:"
        return None

    def _sprint_value(self, sprint: Sprint) -> Document | str:
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

    # Agile

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

    def field_names(self) -> Document:
        return {field.id: field.name for field in fields_of(self._site)}


_Getter = Callable[[Documents, Issue], Any]


def _optional(value: Any, render: Callable[[Any], Any]) -> Any:
    return None if value is None else render(value)


_FIELDS: dict[str, _Getter] = {
    "summary": lambda _, issue: issue.summary,
    "description": lambda _, issue: issue.description,
    "environment": lambda _, issue: issue.environment,
    "issuetype": lambda d, issue: d.issue_type(issue.issue_type),
    "project": lambda d, issue: d.project_reference(issue.project),
    "status": lambda d, issue: d.status(issue.status),
    "statuscategorychangedate": lambda d, issue: d.date(issue.status_changed or issue.created),
    "priority": lambda d, issue: _optional(issue.priority, d.priority),
    "resolution": lambda d, issue: _optional(issue.resolution, d.resolution),
    "resolutiondate": lambda d, issue: _optional(issue.resolved, d.date),
    "created": lambda d, issue: d.date(issue.created),
    "updated": lambda d, issue: d.date(issue.updated),
    "duedate": lambda _, issue: issue.due_date,
    "lastViewed": lambda _, issue: None,
    "labels": lambda _, issue: issue.labels,
    "creator": lambda d, issue: d.user(issue.creator),
    "reporter": lambda d, issue: _optional(issue.reporter, d.user),
    "assignee": lambda d, issue: _optional(issue.assignee, d.user),
    "components": lambda d, issue: [d.component(component) for component in issue.components],
    "fixVersions": lambda d, issue: [d.version(version) for version in issue.fix_versions],
    "versions": lambda _, issue: [],
    "parent": Documents._parent,
    "subtasks": Documents._subtasks,
    "issuelinks": Documents._links,
    "security": Documents._security,
    "comment": Documents._comments,
    "worklog": Documents._worklogs,
    "attachment": lambda d, issue: [d.attachment(attachment) for attachment in issue.attachments],
    "votes": lambda d, issue: {"self": f"{d._api}/issue/{issue.key}/votes", "votes": issue.votes, "hasVoted": False},
    "watches": lambda d, issue: {
        "self": f"{d._api}/issue/{issue.key}/watchers",
        "watchCount": issue.watchers,
        "isWatching": False,
    },
    "timespent": lambda _, issue: issue.seconds_spent,
    "aggregatetimespent": lambda _, issue: issue.seconds_spent,
    "timeestimate": lambda _, issue: issue.remaining_estimate,
    "timeoriginalestimate": lambda _, issue: issue.original_estimate,
    "timetracking": Documents._time_tracking,
    "archiveddate": lambda d, issue: _optional(issue.archived, d.date),
    "archivedby": lambda d, issue: None if issue.archived is None else d.user(d._site.admin),
    "workratio": lambda _, issue: -1,
    "progress": lambda _, issue: {"progress": 0, "total": 0},
}
