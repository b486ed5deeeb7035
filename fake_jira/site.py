"""One Jira site: what it holds, who sees what, and every way in which its data changes.

Everything that changes data goes through a method here, takes the site's lock, and stamps `updated` only where Jira
would. `state` holds the data, `visibility` answers what an account may see, `issue_changes` changes issues, and this
module changes everything else.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from .entities import Board, BoardColumn, IssueType, NamedValue, Project, SecurityLevel, Sprint, Status, User, Version
from .issue_changes import IssueChanges
from .oauth_provider import key_pair
from .permissions import BY_KEY
from .settings import ApiToken
from .state import ProjectReference

SERVICE_PERMISSIONS = ("BROWSE_PROJECTS", "CREATE_ISSUES")


class Site(IssueChanges):
    """A Jira with its data. `build_site` makes one with content; made by hand it is empty."""

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
        """Gone from every list, 404 when asked for; issues still name the person."""
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

    # Boards and sprints

    def create_board(
        self, project: ProjectReference, name: str | None = None, type: str = "scrum", quirk: str | None = None
    ) -> Board:
        with self.lock:
            number = int(self.next_id("board", 1))
            board = Board(number, name or f"Board {number}", type, self.project(project), quirk)
            board.filter_id = self.next_id("filter")
            board.columns = [] if quirk in ("broken", "unprocessable") else _usual_columns(board.project)
            self.boards[number] = board
            self.generation += 1
            return board

    def set_board_columns(self, board: Board, columns: Sequence[BoardColumn]) -> None:
        with self.lock:
            board.columns = list(columns)
            self.generation += 1

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
                self._edit(issue, self.admin, at, {"sprints": [each for each in issue.sprints if each is not sprint]})
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

    # The search index

    def begin_reindex(self, share: float, milliseconds: int | None = None) -> None:
        """A share of all issues leaves every search, but for those that change meanwhile. It lasts so long by Jira's
        clock, or until `end_reindex`."""
        with self.lock:
            until = None if milliseconds is None else self.clock.now() + milliseconds
            self.index.hide(share, until)
            self.generation += 1

    def end_reindex(self) -> None:
        with self.lock:
            self.index.show_hidden()
            self.generation += 1

    # Signing in

    def add_api_token(self, account: User, token: str, scopes: Iterable[str] | None = None) -> None:
        """Cloud: lets the account sign in with that token; with scopes it works on the gateway only."""
        self.tokens[token] = ApiToken(account, None if scopes is None else frozenset(scopes))

    def credentials(self, method: str, account: User | None = None) -> dict[str, str]:
        """The connector's `credentials`, of the service account if no other is named: `oauth`, `access_token`,
        `personal_access_token`, `service_account`, `username_password`, or `scoped_token` (Cloud, for the gateway: an
        access token as well)."""
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
        if method == "personal_access_token":
            personal = next(text for text, token in self.bearer.personal.items() if token.account is account)
            return {"auth_type": method, "token": personal}
        if method == "service_account":
            client = next(one for one in self.bearer.clients.values() if one.account is account)
            return {"auth_type": method, "client_id": client.client_id, "client_secret": client.secret}
        if method == "username_password":
            return {"auth_type": method, "username": account.name, "password": account.password or ""}
        raise ValueError(f"unknown method {method!r}")

    def reset_captcha(self, account: User | None = None) -> None:
        """Somebody logged in with a browser."""
        self.failed_logins.pop(account or self.service_account, None)


def _usual_columns(project: Project) -> list[BoardColumn]:
    return [
        BoardColumn(name, [status for status in project.statuses if status.category == category])
        for category, name in (("new", "To Do"), ("indeterminate", "In Progress"), ("done", "Done"))
    ]
