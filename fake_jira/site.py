"""One Jira site: what it holds, who sees what, and every way in which its data changes.

Everything that changes data goes through a method here, takes the site's lock, and stamps `updated` only where Jira
would. What an account may see is answered straight from the data (`visible_…`), so that tests can hold a connector
against it.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from threading import RLock
from typing import Any
from zoneinfo import ZoneInfo

from .clock import Clock
from .entities import (
    Attachment,
    Board,
    Change,
    ChangeItem,
    Comment,
    Issue,
    IssueType,
    NamedValue,
    Project,
    SecurityLevel,
    Sprint,
    Status,
    User,
    Version,
    Worklog,
)
from .flavors import Flavor
from .oauth_provider import OAuthProvider, key_pair
from .people_index import PeopleIndex
from .permissions import BY_KEY
from .search_index import SearchIndex
from .settings import ApiToken, FieldIds, Settings

IMPORTABLE_TYPES = ("software", "business")
SERVICE_PERMISSIONS = ("BROWSE_PROJECTS", "CREATE_ISSUES")

IssueReference = Issue | str
ProjectReference = Project | str


class Site:
    """A Jira with its data. `build_site` makes one with content; made by hand it is empty."""

    def __init__(self, flavor: Flavor, clock: Clock, seed: int = 1) -> None:
        self.flavor = flavor
        self.clock = clock
        self.lock = RLock()
        self.settings = Settings(
            result_window=flavor.result_window,
            user_search_cap=flavor.user_search_cap,
            user_search_wildcards=flavor.user_search_wildcards,
            rate_limit_headers=flavor.rate_limit_headers,
        )
        self.cloud_id = f"{seed:08x}-0000-4000-8000-000000000001"
        self.generation = 0
        """Rises with every change of anything."""
        self.directory_generation = 0
        """Rises with every change that can show in the documents of many issues: names of people, keys, sprints."""
        self.users: dict[str, User] = {}
        self.former_users: dict[str, User] = {}
        self.projects: dict[str, Project] = {}
        self.deleted_projects: dict[str, Project] = {}
        self.issues: dict[str, Issue] = {}
        self.boards: dict[int, Board] = {}
        self.sprints: dict[int, Sprint] = {}
        self.global_grants: dict[str, set[User]] = {}
        self.shared_statuses: list[Status] = []
        self.shared_issue_types: list[IssueType] = []
        self.priorities: list[NamedValue] = []
        self.resolutions: list[NamedValue] = []
        self.tokens: dict[str, ApiToken] = {}
        self.failed_logins: Counter[User] = Counter()
        self.oauth = OAuthProvider(clock)
        first = 10_010 + seed * 7 % 500
        names = ("rank", "epic_name", "flagged", "sprint_namesake", "epic_link", "sprint", "story_points")
        self.field_ids = FieldIds(
            **{name: f"customfield_{first + offset}" for offset, name in enumerate(names)},
            story_point_estimate=f"customfield_{first + 13}",
            unused=tuple(f"customfield_{first + offset}" for offset in range(20, 32)),
        )
        self.index = SearchIndex(flavor.index_granularity_ms)
        self._people: tuple[int, PeopleIndex] | None = None
        self.service_account: User
        self.admin: User
        self._by_key: dict[str, Issue] = {}
        self._ids: Counter[str] = Counter()

    # Looking up

    @property
    def sprint_field_id(self) -> str:
        return self.field_ids.sprint

    def next_id(self, kind: str, first: int = 10_000) -> str:
        """Ids rise per kind of thing, as Jira's do."""
        self._ids[kind] += 1
        return str(first + self._ids[kind] - 1)

    def user_id(self, user: User) -> str:
        return user.account_id if self.flavor.cloud else user.key

    def find_issue(self, reference: str) -> Issue | None:
        """By id or key; keys that an issue had before it was moved, or its project renamed, still lead to it."""
        issue = self.issues.get(reference) or self._by_key.get(reference.upper())
        if issue is None and "-" in reference:
            project_key, _, number = reference.rpartition("-")
            project = self.find_project(project_key)
            if project is not None:
                issue = self._by_key.get(f"{project.key}-{number}".upper())
        return issue if issue is not None and issue.id in self.issues else None

    def find_project(self, reference: str) -> Project | None:
        """By id or key, also a former key."""
        if reference in self.projects:
            return self.projects[reference]
        wanted = reference.upper()
        former: Project | None = None
        for project in self.projects.values():
            if project.key.upper() == wanted:
                return project
            if wanted in project.former_keys:
                former = project
        return former

    def issue(self, reference: IssueReference) -> Issue:
        found = reference if isinstance(reference, Issue) else self.find_issue(reference)
        if found is None:
            raise KeyError(f"no issue {reference!r}")
        return found

    def project(self, reference: ProjectReference) -> Project:
        found = reference if isinstance(reference, Project) else self.find_project(reference)
        if found is None:
            raise KeyError(f"no project {reference!r}")
        return found

    def user(self, reference: User | str) -> User:
        """By account id, key or name."""
        if isinstance(reference, User):
            return reference
        for user in self.users.values():
            if reference in (user.account_id, user.key, user.name):
                return user
        raise KeyError(f"no user {reference!r}")

    @property
    def people(self) -> PeopleIndex:
        if self._people is None or self._people[0] != self.directory_generation:
            self._people = (self.directory_generation, PeopleIndex(self.users.values()))
        return self._people[1]

    def statuses(self) -> list[Status]:
        own = [status for project in self.projects.values() if project.team_managed for status in project.statuses]
        return [*self.shared_statuses, *own]

    def issue_types(self) -> list[IssueType]:
        own = [kind for project in self.projects.values() if project.team_managed for kind in project.issue_types]
        return [*self.shared_issue_types, *own]

    def zone_of(self, account: User | None) -> ZoneInfo:
        return ZoneInfo(account.time_zone if account else self.settings.server_time_zone)

    # Who sees what

    def holds(self, account: User | None, permission: str, project: Project | None = None) -> bool:
        """Without a project, a project permission is held when it is held in any."""
        if account is None or not account.active:
            return False
        if account.is_admin:
            return True
        if BY_KEY[permission].type == "GLOBAL":
            return account in self.global_grants.get(permission, ())
        if project is not None:
            return account in project.grants.get(permission, ())
        return any(account in each.grants.get(permission, ()) for each in self.projects.values())

    def can_see_project(self, account: User | None, project: Project) -> bool:
        return project.id in self.projects and not project.archived and self.holds(account, "BROWSE_PROJECTS", project)

    def can_see_issue(self, account: User | None, issue: Issue) -> bool:
        if account is None or issue.id not in self.issues or not self.can_see_project(account, issue.project):
            return False
        return issue.security_level is None or account.is_admin or account in issue.security_level.members

    def can_see_board(self, account: User | None, board: Board) -> bool:
        return self.can_see_project(account, board.project)

    def visible_projects(self, account: User | None) -> list[Project]:
        with self.lock:
            return [project for project in self.projects.values() if self.can_see_project(account, project)]

    def visible_issues(
        self, account: User | None, project_types: Sequence[str] | None = IMPORTABLE_TYPES
    ) -> list[Issue]:
        """Issues that the account may see, of projects of these types; `project_types=None` means of all types."""
        with self.lock:
            return [
                issue
                for issue in self.issues.values()
                if (project_types is None or issue.project.type_key in project_types)
                and self.can_see_issue(account, issue)
            ]

    def visible_comments(self, issue: IssueReference, account: User | None) -> list[Comment]:
        with self.lock:
            found = self.issue(issue)
            if not self.can_see_issue(account, found):
                return []
            return [comment for comment in found.comments if self.can_see_comment(account, comment)]

    def can_see_comment(self, account: User | None, comment: Comment) -> bool:
        if comment.visibility is None:
            return True
        if account is None:
            return False
        kind, name = comment.visibility
        return account.is_admin or name in (account.roles if kind == "role" else account.groups)

    def visible_users(self, account: User | None) -> list[User]:
        """Everybody, also inactive people and apps, for those who may browse users; nobody otherwise."""
        with self.lock:
            return list(self.users.values()) if self.holds(account, "USER_PICKER") else []

    def visible_boards(self, account: User | None) -> list[Board]:
        with self.lock:
            if self.settings.agile != "present":
                return []
            return [board for board in self.boards.values() if self.can_see_board(account, board)]

    def visible_sprints(self, account: User | None) -> list[Sprint]:
        """Each sprint once, whichever boards it shows on, of boards that answer."""
        with self.lock:
            seen: dict[int, Sprint] = {}
            for board in self.visible_boards(account):
                if board.quirk is None:
                    seen.update((sprint.id, sprint) for sprint in board.sprints)
            return list(seen.values())

    def boards_showing(self, sprint: Sprint, account: User | None) -> list[Board]:
        """The boards that the account can read this sprint from."""
        return [board for board in self.visible_boards(account) if board.quirk is None and sprint in board.sprints]

    def visible_labels(self, account: User | None, project_types: Sequence[str] | None = IMPORTABLE_TYPES) -> set[str]:
        """Labels of the issues that the account sees."""
        return {label for issue in self.visible_issues(account, project_types) for label in issue.labels}

    def all_labels(self) -> set[str]:
        """What Cloud's list of labels shows: those of every issue, whoever asks."""
        with self.lock:
            return {label for issue in self.issues.values() for label in issue.labels}

    # Permissions

    def grant(self, permission: str, account: User | None = None, project: ProjectReference | None = None) -> None:
        """Gives a permission, to the service account if no other is named; a project permission without a project is
        given on every project. What becomes visible thereby keeps its old `updated`."""
        with self.lock:
            for grants in self._grants(permission, project):
                grants.add(account or self.service_account)
            self._directory_changed()

    def revoke(self, permission: str, account: User | None = None, project: ProjectReference | None = None) -> None:
        with self.lock:
            for grants in self._grants(permission, project):
                grants.discard(account or self.service_account)
            self._directory_changed()

    change_permission = grant

    def _grants(self, permission: str, project: ProjectReference | None) -> list[set[User]]:
        if BY_KEY[permission].type == "GLOBAL":
            return [self.global_grants.setdefault(permission, set())]
        projects = [self.project(project)] if project is not None else list(self.projects.values())
        return [each.grants.setdefault(permission, set()) for each in projects]

    def add_to_security_level(self, level: SecurityLevel, account: User | None = None) -> None:
        """Issues of the level become visible, with their old `updated`."""
        with self.lock:
            level.members.add(account or self.service_account)
            self._directory_changed()

    def remove_from_security_level(self, level: SecurityLevel, account: User | None = None) -> None:
        with self.lock:
            level.members.discard(account or self.service_account)
            self._directory_changed()

    # People

    def create_user(self, name: str | None = None, **values: Any) -> User:
        """Values are those of `User`; what is not given is made up."""
        with self.lock:
            number = int(self.next_id("user", 1))
            name = name or f"user{number:04d}"
            made: dict[str, Any] = {
                "key": f"JIRAUSER{10_100 + number}",
                "name": name,
                "account_id": f"712020:{number:08x}-{self.cloud_id[-12:-8]}-4000-8000-{number:012x}",
                "display_name": f"User {number:04d}",
                "email": f"{name}@example.com" if name.isascii() else None,
            }
            user = User(**(made | values))
            self.users[self.user_id(user)] = user
            self._directory_changed()
            return user

    def rename_user(
        self, user: User | str, display_name: str | None = None, name: str | None = None, email: str | None = None
    ) -> None:
        with self.lock:
            found = self.user(user)
            found.display_name = display_name or found.display_name
            found.name = name or found.name
            found.email = email or found.email
            self._directory_changed()

    def deactivate_user(self, user: User | str) -> None:
        with self.lock:
            self.user(user).active = False
            self._directory_changed()

    def delete_user(self, user: User | str) -> None:
        """Gone from every list, 404 when asked for; issues go on naming the person."""
        with self.lock:
            found = self.user(user)
            found.deleted, found.active = True, False
            self.former_users[self.user_id(found)] = self.users.pop(self.user_id(found))
            self._directory_changed()

    def restore_user(self, user_id: str) -> None:
        with self.lock:
            user = self.former_users.pop(user_id)
            user.deleted, user.active = False, True
            self.users[user_id] = user
            self._directory_changed()

    # Projects

    def create_project(
        self,
        key: str,
        name: str | None = None,
        type_key: str = "software",
        team_managed: bool = False,
        visible: bool = True,
        lead: User | None = None,
        description: str = "",
        category: NamedValue | None = None,
    ) -> Project:
        """A new project; with `visible` the service account may browse it and create issues."""
        with self.lock:
            own = team_managed and self.flavor.cloud
            project = Project(
                id=self.next_id("project"),
                key=key,
                name=name or f"Project {key}",
                type_key=type_key,
                lead=lead or self.admin,
                team_managed=own,
                description=description,
                category=category,
            )
            project.statuses = self._own_statuses(project) if own else list(self.shared_statuses)
            project.issue_types = self._own_issue_types(project) if own else list(self.shared_issue_types)
            if visible:
                project.grants = {permission: {self.service_account} for permission in SERVICE_PERMISSIONS}
            for other in self.projects.values():
                if key in other.former_keys:
                    other.former_keys.remove(key)
            self.projects[project.id] = project
            self._directory_changed()
            return project

    def _own_statuses(self, project: Project) -> list[Status]:
        return [
            Status(self.next_id("status"), status.name, status.category, project.id) for status in self.shared_statuses
        ]

    def _own_issue_types(self, project: Project) -> list[IssueType]:
        return [
            IssueType(self.next_id("issue type"), kind.name, kind.level, project.id) for kind in self.shared_issue_types
        ]

    def rename_project_key(self, project: ProjectReference, key: str) -> None:
        """Issues get new keys and keep `updated`; the old key still leads here."""
        with self.lock:
            found = self.project(project)
            found.former_keys.append(found.key)
            found.key = key
            for issue in self.issues.values():
                if issue.project is found:
                    self._by_key[issue.key.upper()] = issue
            self._directory_changed()

    def edit_project(self, project: ProjectReference, **values: Any) -> None:
        """Name, description, lead, category."""
        with self.lock:
            found = self.project(project)
            for name, value in values.items():
                setattr(found, name, value)
            self._directory_changed()

    def archive_project(self, project: ProjectReference, archived: bool = True) -> None:
        with self.lock:
            self.project(project).archived = archived
            self._directory_changed()

    def delete_project(self, project: ProjectReference) -> None:
        with self.lock:
            found = self.project(project)
            self._forget_issues([issue for issue in self.issues.values() if issue.project is found])
            for board in [board for board in self.boards.values() if board.project is found]:
                del self.boards[board.id]
            self.deleted_projects[found.id] = self.projects.pop(found.id)
            self._directory_changed()

    # Issues

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

    # Boards and sprints

    def create_board(
        self, project: ProjectReference, name: str | None = None, type: str = "scrum", quirk: str | None = None
    ) -> Board:
        with self.lock:
            number = int(self.next_id("board", 1))
            board = Board(number, name or f"Board {number}", type, self.project(project), quirk)
            self.boards[number] = board
            self.generation += 1
            return board

    def create_sprint(
        self,
        board: Board,
        name: str | None = None,
        state: str = "future",
        shared_with: Sequence[Board] = (),
        **values: Any,
    ) -> Sprint:
        """On its board and those it is shared with; dates only where given."""
        with self.lock:
            number = int(self.next_id("sprint", 1))
            values.setdefault("created", self.clock.now())
            sprint = Sprint(number, name or f"Sprint {number}", state, board, **values)
            self.sprints[number] = sprint
            for each in (board, *shared_with):
                each.sprints.append(sprint)
            self.generation += 1
            return sprint

    def rename_sprint(self, sprint: Sprint, name: str) -> None:
        with self.lock:
            sprint.name = name
            self._directory_changed()

    def start_sprint(self, sprint: Sprint, days: int = 14) -> None:
        with self.lock:
            now = self.clock.now()
            sprint.state, sprint.start, sprint.activated, sprint.end = "active", now, now, now + days * 86_400_000
            self._directory_changed()

    def close_sprint(self, sprint: Sprint) -> None:
        with self.lock:
            now = self.clock.now()
            sprint.state, sprint.complete = "closed", now
            sprint.start, sprint.activated, sprint.end = sprint.start or now, sprint.activated or now, sprint.end or now
            self._directory_changed()

    def delete_sprint(self, sprint: Sprint) -> None:
        """Its issues lose it, which is a change of a field: their `updated` moves."""
        with self.lock:
            del self.sprints[sprint.id]
            for board in self.boards.values():
                if sprint in board.sprints:
                    board.sprints.remove(sprint)
            at = self.clock.now()
            affected = [issue for issue in self.issues.values() if sprint in issue.sprints]
            for issue in affected:
                issue.sprints = [each for each in issue.sprints if each is not sprint]
                issue.updated = at
            self._directory_changed()
            self._issues_changed(affected)

    # Names of statuses and versions: they show in many issues and move none.

    def rename_status(self, status: Status, name: str) -> None:
        with self.lock:
            status.name = name
            self._directory_changed()

    def rename_version(self, version: Version, name: str) -> None:
        with self.lock:
            version.name = name
            self._directory_changed()

    # Signing in

    def add_api_token(self, account: User, token: str, scopes: Iterable[str] | None = None) -> None:
        """Cloud: lets the account sign in with that token; with scopes it works on the gateway only."""
        self.tokens[token] = ApiToken(account, None if scopes is None else frozenset(scopes))

    def credentials(self, method: str, account: User | None = None) -> dict[str, str]:
        """The connector's `credentials`, of the service account if no other is named: `oauth`, `access_token`,
        `username_password`, or `scoped_token` (Cloud, for the gateway: an access token as well)."""
        account = account or self.service_account
        if method == "oauth":
            token = next(token for token in self.oauth.access_tokens.values() if token.account is account)
            return {
                "auth_type": "oauth",
                "consumer_key": token.consumer_key,
                "private_key": key_pair()[0],
                "access_token": token.token,
                "access_token_secret": token.secret,
            }
        if method in ("access_token", "scoped_token"):
            scoped = method == "scoped_token"
            secret = next(
                secret
                for secret, token in self.tokens.items()
                if token.account is account and (token.scopes is not None) == scoped
            )
            return {"auth_type": "access_token", "email": account.email or "", "access_token": secret}
        if method == "username_password":
            return {"auth_type": method, "username": account.name, "password": account.password or ""}
        raise ValueError(f"unknown method {method!r}")

    def reset_captcha(self, account: User | None = None) -> None:
        """Somebody logged in with a browser."""
        self.failed_logins.pop(account or self.service_account, None)

    # Bookkeeping

    def loaded(self) -> None:
        """To be called once after a bulk build that bypassed the methods above."""
        with self.lock:
            self._directory_changed()
            self.index.changed(self.issues.values(), self.clock.now())

    def register(self, issue: Issue) -> None:
        """Adds a finished issue without telling the index: for builds, followed by `loaded`."""
        self.issues[issue.id] = issue
        self._by_key[issue.key.upper()] = issue

    def _directory_changed(self) -> None:
        self.generation += 1
        self.directory_generation += 1

    def _issues_changed(self, issues: list[Issue]) -> None:
        self.generation += 1
        for issue in issues:
            issue.version += 1
            # Summary and status of an issue show in the documents of its relatives.
            for relative in (issue.parent, issue.epic, *issue.children, *issue.links):
                if relative is not None:
                    relative.version += 1
        self.index.changed(issues, self.clock.now())


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
