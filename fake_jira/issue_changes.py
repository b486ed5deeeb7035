"""Every way in which an issue changes: its fields, comments, work logs, attachments, links, and its end."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from .entities import (
    Attachment,
    Change,
    ChangeItem,
    Comment,
    DeletedWorklog,
    Issue,
    IssueLink,
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
        self,
        reference: IssueReference,
        *,
        author: User | None = None,
        anonymous: bool = False,
        at: int | None = None,
        **values: Any,
    ) -> Issue:
        """Sets fields of `Issue` (summary, labels, assignee, sprints, story_points, parent…), with their history.

        The administrator does it if no author is named, and nobody that Jira knows where it is `anonymous`.
        """
        with self.lock:
            issue = self.issue(reference)
            writer = None if anonymous else author or self.admin
            self._edit(issue, writer, self.clock.now() if at is None else at, values)
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

    def _edit(self, issue: Issue, author: User | None, at: int, values: dict[str, Any]) -> None:
        items = []
        for name, value in values.items():
            before = getattr(issue, name)
            if name in ("parent", "epic"):
                self._reparent(issue, before, value)
            setattr(issue, name, value)
            items += self._change_items(name, before, value)
        self._record(issue, author, at, items)

    def _reparent(self, issue: Issue, before: Issue | None, after: Issue | None) -> None:
        if before is not None and issue in before.children:
            before.children.remove(issue)
            before.version += 1
        if after is not None:
            after.children.append(issue)
            after.version += 1

    def _record(self, issue: Issue, author: User | None, at: int, items: list[ChangeItem]) -> None:
        self._write(issue, author, at, items)
        issue.updated = at

    def _write(self, issue: Issue, author: User | None, at: int, items: list[ChangeItem]) -> None:
        """An entry of the history, which is kept in order of time however late it is written."""
        if items:
            issue.history.append(Change(self.next_id("change"), author, at, items))
        if len(issue.history) > 1 and issue.history[-2].created > at:
            issue.history.sort(key=lambda change: (change.created, int(change.id)))

    def _change_items(self, name: str, before: Any, after: Any) -> list[ChangeItem]:
        """One, but for lists of components and versions: there one for each that went or came."""
        if name not in _ONE_BY_ONE:
            return [self.change_item(name, before, after)]
        gone = [self.change_item(name, each, None) for each in before if each not in after]
        return gone + [self.change_item(name, None, each) for each in after if each not in before]

    def change_item(self, name: str, before: Any, after: Any) -> ChangeItem:
        custom = name in _CUSTOM_NAMES
        field, field_id = _FIELD_NAMES.get(name, (name, name))
        return ChangeItem(
            field=field,
            field_id=getattr(self.field_ids, _CUSTOM_NAMES[name]) if custom else field_id,
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
        if isinstance(value, int):
            return str(value)
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
            items = [
                self.change_item("project", before_project, target),
                ChangeItem("Key", "issuekey", False, None, before_key, None, issue.key),
                *self._change_items("components", issue.components, []),
                *self._change_items("fix_versions", issue.fix_versions, []),
            ]
            issue.security_level = None
            issue.components, issue.fix_versions = [], []
            self._by_key[issue.key.upper()] = issue
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
            for link in list(issue.links):
                # Without a word in the history of the other end, whose `updated` stays.
                self._drop_link(link)
        self.generation += 1
        self.index.removed([issue.id for issue in issues], self.clock.now())

    def archive_issue(self, reference: IssueReference, archived: bool = True) -> None:
        """It leaves every search and can still be read by its id, or comes back. `updated` stays."""
        with self.lock:
            issue = self.issue(reference)
            issue.archived = self.clock.now() if archived else None
            if archived:
                self.index.removed([issue.id], self.clock.now())
            self._issues_changed([issue])

    def rank_issue(self, reference: IssueReference, author: User | None = None) -> None:
        """Up or down on a board: an entry of the history, which need not move `updated`."""
        with self.lock:
            issue, at = self.issue(reference), self.clock.now()
            item = ChangeItem("Rank", self.field_ids.rank, True, "", "", "", "Ranked higher")
            self._write(issue, author or self.admin, at, [item])
            self._touch(issue, at if self.settings.ranking_moves_updated else issue.updated)

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
            found = _part_of(issue, issue.comments, comment)
            found.body, found.updated, found.update_author = body, at, self.admin
            self._touch(issue, at)
            return found

    def delete_comment(self, reference: IssueReference, comment: Comment | str) -> None:
        with self.lock:
            issue = self.issue(reference)
            issue.comments.remove(_part_of(issue, issue.comments, comment))
            moves = self.settings.comment_deletion_moves_updated
            self._touch(issue, self.clock.now() if moves else issue.updated)

    def add_worklog(
        self,
        reference: IssueReference,
        seconds: int = 3600,
        comment: str = "Some work",
        author: User | None = None,
        visibility: tuple[str, str] | None = None,
    ) -> Worklog:
        """Takes the time off the remaining estimate, where there is one."""
        with self.lock:
            issue, at, writer = self.issue(reference), self.clock.now(), author or self.admin
            before = issue.seconds_spent
            worklog = Worklog(self.next_id("worklog"), writer, comment, at, at, at, seconds, writer, visibility)
            issue.worklogs.append(worklog)
            items = [self.change_item("timespent", before, issue.seconds_spent)]
            if issue.remaining_estimate is not None:
                left = max(issue.remaining_estimate - seconds, 0)
                items.append(self.change_item("remaining_estimate", issue.remaining_estimate, left))
                issue.remaining_estimate = left
            self._record(issue, writer, at, items)
            self._issues_changed([issue])
            return worklog

    def edit_worklog(
        self,
        reference: IssueReference,
        worklog: Worklog | str,
        seconds: int | None = None,
        comment: str | None = None,
        author: User | None = None,
    ) -> Worklog:
        with self.lock:
            issue, at, writer = self.issue(reference), self.clock.now(), author or self.admin
            found, before = _part_of(issue, issue.worklogs, worklog), issue.seconds_spent
            found.seconds = found.seconds if seconds is None else seconds
            found.comment = found.comment if comment is None else comment
            found.updated, found.update_author = at, writer
            self._record(issue, writer, at, self._worklog_items(issue, found, before))
            self._issues_changed([issue])
            return found

    def delete_worklog(self, reference: IssueReference, worklog: Worklog | str) -> None:
        with self.lock:
            issue, at = self.issue(reference), self.clock.now()
            found, before = _part_of(issue, issue.worklogs, worklog), issue.seconds_spent
            issue.worklogs.remove(found)
            self.deleted_worklogs.append(DeletedWorklog(found.id, at))
            self._record(issue, self.admin, at, self._worklog_items(issue, found, before))
            self._issues_changed([issue])

    def _worklog_items(self, issue: Issue, worklog: Worklog, before: int | None) -> list[ChangeItem]:
        # The one that names the work log belongs to no field.
        named = ChangeItem("WorklogId", None, False, worklog.id, worklog.id, None, None)
        return [self.change_item("timespent", before, issue.seconds_spent), named]

    def add_attachment(
        self,
        reference: IssueReference,
        filename: str = "notes.txt",
        author: User | None = None,
        size: int = 1234,
        mime_type: str = "text/plain",
    ) -> Attachment:
        with self.lock:
            issue, at, writer = self.issue(reference), self.clock.now(), author or self.admin
            attachment = Attachment(self.next_id("attachment"), filename, writer, at, size, mime_type)
            issue.attachments.append(attachment)
            item = ChangeItem("Attachment", "attachment", False, None, None, attachment.id, filename)
            self._record(issue, writer, at, [item])
            self._issues_changed([issue])
            return attachment

    def delete_attachment(self, reference: IssueReference, attachment: Attachment | str) -> None:
        with self.lock:
            issue, at = self.issue(reference), self.clock.now()
            found = _part_of(issue, issue.attachments, attachment)
            issue.attachments.remove(found)
            item = ChangeItem("Attachment", "attachment", False, found.id, found.filename, None, None)
            self._record(issue, self.admin, at, [item])
            self._issues_changed([issue])

    # Links

    def link_issues(self, source: IssueReference, target: IssueReference, type_name: str = "Blocks") -> IssueLink:
        """`source` blocks `target`: both get an entry in their history, and a new `updated`."""
        with self.lock:
            link = IssueLink(
                self.next_id("issue link"), self.link_type(type_name), self.issue(source), self.issue(target)
            )
            link.source.links.append(link)
            link.target.links.append(link)
            self._record_link(link, came=True)
            return link

    def unlink_issues(self, link: IssueLink) -> None:
        with self.lock:
            self._drop_link(link)
            self._record_link(link, came=False)

    def _drop_link(self, link: IssueLink) -> None:
        for issue in (link.source, link.target):
            issue.links.remove(link)
            issue.version += 1

    def _record_link(self, link: IssueLink, came: bool) -> None:
        at = self.clock.now()
        for issue, other, words in (
            (link.source, link.target, link.type.outward),
            (link.target, link.source, link.type.inward),
        ):
            said = (other.key, f"This issue {words} {other.key}")
            before, after = ((None, None), said) if came else (said, (None, None))
            self._record(issue, self.admin, at, [ChangeItem("Link", "issuelinks", False, *before, *after)])
        self._issues_changed([link.source, link.target])

    def _touch(self, issue: Issue, at: int) -> None:
        issue.updated = at
        self._issues_changed([issue])


_FIELD_NAMES = {
    "issue_type": ("issuetype", "issuetype"),
    "due_date": ("duedate", "duedate"),
    "fix_versions": ("Fix Version", "fixVersions"),
    "components": ("Component", "components"),
    "sprints": ("Sprint", ""),
    "story_points": ("Story Points", ""),
    "epic": ("Epic Link", ""),
    "parent": ("Parent", "parent"),
    "security_level": ("security", "security"),
    "original_estimate": ("timeoriginalestimate", "timeoriginalestimate"),
    "remaining_estimate": ("timeestimate", "timeestimate"),
}
"""What a history calls a field, and its id."""
_ONE_BY_ONE = ("components", "fix_versions")
_CUSTOM_NAMES = {"sprints": "sprint", "story_points": "story_points", "epic": "epic_link"}


def _named(statuses: Iterable[Status], name: str) -> Status:
    for status in statuses:
        if status.name == name:
            return status
    raise KeyError(f"no status {name!r}")


_Part = TypeVar("_Part", Comment, Worklog, Attachment)


def _part_of(issue: Issue, parts: Sequence[_Part], wanted: _Part | str) -> _Part:
    for each in parts:
        if each is wanted or each.id == wanted:
            return each
    raise KeyError(f"no {wanted!r} on {issue.key}")
