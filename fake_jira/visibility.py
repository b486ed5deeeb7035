"""Who sees what: answered straight from the data, so that tests can hold a connector against it."""

from collections.abc import Sequence

from .entities import Board, Comment, Issue, IssueLink, Project, SharedThing, Sprint, User, Worklog
from .permissions import BY_KEY
from .state import IssueReference, SiteState

IMPORTABLE_TYPES = ("software", "business")


class Visibility(SiteState):
    """A site that says what an account may see."""

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
        """Issues that the account may see and a search finds, of projects of these types; `project_types=None` means
        of all types. Archived issues are none of them."""
        with self.lock:
            return [
                issue
                for issue in self.issues.values()
                if issue.archived is None
                and (project_types is None or issue.project.type_key in project_types)
                and self.can_see_issue(account, issue)
            ]

    def visible_comments(self, issue: IssueReference, account: User | None) -> list[Comment]:
        with self.lock:
            found = self.issue(issue)
            if not self.can_see_issue(account, found):
                return []
            return [comment for comment in found.comments if self.can_see_comment(account, comment)]

    def visible_worklogs(self, issue: IssueReference, account: User | None) -> list[Worklog]:
        with self.lock:
            found = self.issue(issue)
            if not self.can_see_issue(account, found):
                return []
            return [worklog for worklog in found.worklogs if self.can_see_comment(account, worklog)]

    def visible_links(self, issue: IssueReference, account: User | None) -> list[IssueLink]:
        """Those whose other end the account may see as well."""
        with self.lock:
            return [
                link
                for link in self.issue(issue).links
                if self.can_see_issue(account, link.source) and self.can_see_issue(account, link.target)
            ]

    def can_see_comment(self, account: User | None, written: Comment | Worklog) -> bool:
        """Or a work log, which is restricted in the same way."""
        if written.visibility is None:
            return True
        if account is None:
            return False
        kind, name = written.visibility
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

    def visible_things(self, account: User | None, things: Sequence[SharedThing]) -> list[SharedThing]:
        """Of filters or dashboards."""
        return [thing for thing in things if account is not None and (thing.shared or thing.owner is account)]

    def visible_labels(self, account: User | None, project_types: Sequence[str] | None = IMPORTABLE_TYPES) -> set[str]:
        """Labels of the issues that the account sees."""
        return {label for issue in self.visible_issues(account, project_types) for label in issue.labels}

    def all_labels(self) -> set[str]:
        """What Cloud's list of labels shows: those of every issue, whoever asks."""
        with self.lock:
            return {label for issue in self.issues.values() for label in issue.labels}
