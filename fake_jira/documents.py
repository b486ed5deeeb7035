"""Jira's JSON documents, as one account gets them: the comments it may see, its time zone, and Cloud's ways or not."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from .entities import Attachment, Change, ChangeItem, Comment, Issue, IssueLink, LinkType, Worklog
from .fields import Selection, fields_of
from .list_documents import Document, ListDocuments

_EXPANDABLE = "operations,versionedRepresentations,editmeta,changelog,renderedFields"


class Documents(ListDocuments):
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
            return [self.sprint_value(sprint) for sprint in issue.sprints] or None
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
