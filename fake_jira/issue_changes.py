"""Every way in which an issue changes: its fields, comments, work logs, attachments, and its end."""

from collections.abc import Iterable
from typing import Any

from .entities import (
    Attachment,
    Change,
    ChangeItem,
    Comment,
    Issue,
    Project,
    SecurityLevel,
    Status,
    User,
    Worklog,
)
from .state import IssueReference, ProjectReference
from .visibility import Visibility


class IssueChanges(Visibility):
    """A site whose issues change: `updated` moves where Jira moves it, and edits leave an entry in the history."""

    def create_issue(
        self,
        project: ProjectReference,
        summary: str = "A new issue",
        *,
        created: int | None = None,
        updated: int | None = None,
        **values: Any,
    ) -> Issue:
        """A new issue, made now unless said otherwise; `values` are those of `Issue`."""
        with self.lock:
            issue = self._new_issue(self.project(project), summary, created, updated, values)
            self._issues_changed([issue])
            return issue

    def create_issues(
        self,
        project: ProjectReference,
        count: int,
        *,
        created: int | None = None,
        updated: int | None = None,
        **values: Any,
    ) -> list[Issue]:
        """An import: all of one instant."""
        with self.lock:
            found = self.project(project)
            at = self.clock.now() if created is None else created
            issues = [
                self._new_issue(found, f"Imported issue {number}", at, updated, dict(values)) for number in range(count)
            ]
            self._issues_changed(issues)
            return issues

    def _new_issue(
        self, project: Project, summary: str, created: int | None, updated: int | None, values: dict[str, Any]
    ) -> Issue:
        at = self.clock.now() if created is None else created
        values.setdefault("creator", self.admin)
        values.setdefault("issue_type", next(kind for kind in project.issue_types if kind.level == 0))
        values.setdefault("status", project.statuses[0])
        values.setdefault("priority", self.priorities[2] if self.priorities else None)
        values.setdefault("reporter", values["creator"])
        issue = Issue(
            id=self.next_id("issue"),
            project=project,
            number=project.next_number,
            summary=summary,
            created=at,
            updated=at if updated is None else updated,
            **values,
        )
        project.next_number += 1
        self.issues[issue.id] = issue
        self._by_key[issue.key.upper()] = issue
        for container in (issue.parent, issue.epic):
            if container is not None:
                container.children.append(issue)
                container.version += 1
        return issue

    def edit_issue(
        self, reference: IssueReference, *, author: User | None = None, at: int | None = None, **values: Any
    ) -> Issue:
        """Sets fields of `Issue` (summary, labels, assignee, sprints, story_points, parent…), with their history."""
        with self.lock:
            issue = self.issue(reference)
            self._edit(issue, author or self.admin, self.clock.now() if at is None else at, values)
            self._issues_changed([issue])
            return issue

    def bulk_edit(self, references: Iterable[IssueReference], **values: Any) -> None:
        """One change of many issues, all at one instant."""
        with self.lock:
            at = self.clock.now()
            issues = [self.issue(reference) for reference in references]
            for issue in issues:
                self._edit(issue, self.admin, at, values or {"labels": [*issue.labels, f"bulk-{at}"]})
            self._issues_changed(issues)

    def _edit(self, issue: Issue, author: User, at: int, values: dict[str, Any]) -> None:
        items = []
        for name, value in values.items():
            before = getattr(issue, name)
            if name in ("parent", "epic"):
                self._reparent(issue, before, value)
            setattr(issue, name, value)
            items.append(self.change_item(name, before, value))
        self._record(issue, author, at, items)

    def _reparent(self, issue: Issue, before: Issue | None, after: Issue | None) -> None:
        if before is not None and issue in before.children:
            before.children.remove(issue)
            before.version += 1
        if after is not None:
            after.children.append(issue)
            after.version += 1

    def _record(self, issue: Issue, author: User, at: int, items: list[ChangeItem]) -> None:
        issue.history.append(Change(self.next_id("change"), author, at, items))
        issue.updated = at

    def change_item(self, name: str, before: Any, after: Any) -> ChangeItem:
        custom = name in _CUSTOM_NAMES
        return ChangeItem(
            field=_FIELD_NAMES.get(name, name),
            field_id=getattr(self.field_ids, _CUSTOM_NAMES[name]) if custom else _FIELD_NAMES.get(name, name),
            custom=custom,
            from_id=self._value_id(before),
            from_text=self._value_text(before),
            to_id=self._value_id(after),
            to_text=self._value_text(after),
        )

    def _value_id(self, value: Any) -> str | None:
        if isinstance(value, User):
            return self.user_id(value)
        if isinstance(value, list):
            return ", ".join(str(item.id) for item in value if hasattr(item, "id")) or None
        identity = getattr(value, "id", None)
        return None if identity is None else str(identity)

    def _value_text(self, value: Any) -> str | None:
        if value is None:
            return None
        if isinstance(value, User):
            return value.display_name
        if isinstance(value, Issue):
            return value.key
        if isinstance(value, list):
            return " ".join(str(getattr(item, "name", item)) for item in value)
        return str(getattr(value, "name", value))

    def transition(self, reference: IssueReference, status: Status | str, author: User | None = None) -> Issue:
        """To a status of the issue's project, by object or name; into a status of category `done` it is resolved."""
        with self.lock:
            issue, at = self.issue(reference), self.clock.now()
            after = status if isinstance(status, Status) else _named(issue.project.statuses, status)
            items = [self.change_item("status", issue.status, after)]
            resolution = self.resolutions[0] if after.category == "done" else None
            if resolution is not issue.resolution:
                items.append(self.change_item("resolution", issue.resolution, resolution))
            issue.status, issue.status_changed, issue.resolution = after, at, resolution
            issue.resolved = at if resolution else None
            self._record(issue, author or self.admin, at, items)
            self._issues_changed([issue])
            return issue

    def set_security_level(self, reference: IssueReference, level: SecurityLevel | None) -> None:
        self.edit_issue(reference, security_level=level)

    def move_issue(self, reference: IssueReference, project: ProjectReference) -> Issue:
        """Keeps its id and gets a key of the new project; the old key still leads to it."""
        with self.lock:
            issue, target, at = self.issue(reference), self.project(project), self.clock.now()
            before_key, before_project = issue.key, issue.project
            issue.project, issue.number = target, target.next_number
            target.next_number += 1
            issue.status = next(
                (status for status in target.statuses if status.name == issue.status.name), target.statuses[0]
            )
            issue.issue_type = next(
                (kind for kind in target.issue_types if kind.name == issue.issue_type.name), target.issue_types[0]
            )
            issue.security_level = None
            issue.components, issue.fix_versions = [], []
            self._by_key[issue.key.upper()] = issue
            items = [
                self.change_item("project", before_project, target),
                ChangeItem("Key", "issuekey", False, None, before_key, None, issue.key),
            ]
            self._record(issue, self.admin, at, items)
            self._issues_changed([issue])
            return issue

    def delete_issue(self, reference: IssueReference) -> None:
        """For good, with its sub-tasks."""
        with self.lock:
            issue = self.issue(reference)
            self._forget_issues([issue, *issue.subtasks])

    def _forget_issues(self, issues: list[Issue]) -> None:
        for issue in issues:
            self.issues.pop(issue.id, None)
            self._by_key.pop(issue.key.upper(), None)
            for container in (issue.parent, issue.epic):
                self._reparent(issue, container, None)
            for child in issue.children:
                child.epic = None
                child.version += 1
        self.generation += 1
        self.index.removed([issue.id for issue in issues], self.clock.now())

    def vote(self, reference: IssueReference) -> None:
        """Moves nothing."""
        with self.lock:
            issue = self.issue(reference)
            issue.votes += 1
            issue.version += 1
            self.generation += 1

    def watch(self, reference: IssueReference) -> None:
        """Moves nothing."""
        with self.lock:
            issue = self.issue(reference)
            issue.watchers += 1
            issue.version += 1
            self.generation += 1

    # Comments, worklogs, attachments

    def add_comment(
        self,
        reference: IssueReference,
        body: str = "A new comment",
        author: User | None = None,
        visibility: tuple[str, str] | None = None,
    ) -> Comment:
        with self.lock:
            issue, at, writer = self.issue(reference), self.clock.now(), author or self.admin
            comment = Comment(self.next_id("comment"), writer, writer, body, at, at, visibility)
            issue.comments.append(comment)
            self._touch(issue, at)
            return comment

    def edit_comment(self, reference: IssueReference, comment: Comment | str, body: str) -> Comment:
        with self.lock:
            issue, at = self.issue(reference), self.clock.now()
            found = _comment_of(issue, comment)
            found.body, found.updated, found.update_author = body, at, self.admin
            self._touch(issue, at)
            return found

    def delete_comment(self, reference: IssueReference, comment: Comment | str) -> None:
        with self.lock:
            issue = self.issue(reference)
            issue.comments.remove(_comment_of(issue, comment))
            moves = self.settings.comment_deletion_moves_updated
            self._touch(issue, self.clock.now() if moves else issue.updated)

    def add_worklog(self, reference: IssueReference, seconds: int = 3600, comment: str = "Some work") -> Worklog:
        with self.lock:
            issue, at = self.issue(reference), self.clock.now()
            worklog = Worklog(self.next_id("worklog"), self.admin, comment, at, at, at, seconds)
            issue.worklogs.append(worklog)
            self._touch(issue, at)
            return worklog

    def add_attachment(self, reference: IssueReference, filename: str = "notes.txt") -> Attachment:
        with self.lock:
            issue, at = self.issue(reference), self.clock.now()
            attachment = Attachment(self.next_id("attachment"), filename, self.admin, at, 1234)
            issue.attachments.append(attachment)
            self._touch(issue, at)
            return attachment

    def _touch(self, issue: Issue, at: int) -> None:
        issue.updated = at
        self._issues_changed([issue])


_FIELD_NAMES = {
    "issue_type": "issuetype",
    "due_date": "duedate",
    "fix_versions": "Fix Version",
    "components": "Component",
    "sprints": "Sprint",
    "story_points": "Story Points",
    "epic": "Epic Link",
    "security_level": "security",
}
_CUSTOM_NAMES = {"sprints": "sprint", "story_points": "story_points", "epic": "epic_link"}


def _named(statuses: Iterable[Status], name: str) -> Status:
    for status in statuses:
        if status.name == name:
            return status
    raise KeyError(f"no status {name!r}")


def _comment_of(issue: Issue, comment: Comment | str) -> Comment:
    for each in issue.comments:
        if each is comment or each.id == comment:
            return each
    raise KeyError(f"no comment {comment!r} on {issue.key}")
