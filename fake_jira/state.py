"""What a Jira site holds, and how things in it are found."""

from collections import Counter
from threading import RLock
from zoneinfo import ZoneInfo

from .bearer import BearerTokens
from .clock import Clock
from .entities import (
    Board,
    DeletedWorklog,
    Issue,
    IssueType,
    LinkType,
    NamedValue,
    Project,
    SecurityScheme,
    SharedThing,
    Sprint,
    Status,
    User,
    Workflow,
)
from .flavors import Flavor
from .oauth_provider import OAuthProvider
from .people_index import PeopleIndex
from .search_index import SearchIndex
from .settings import ApiToken, FieldIds, Settings

IssueReference = Issue | str
ProjectReference = Project | str


class SiteState:
    """The data of a site, without the rules about who sees it and how it changes."""

    def __init__(self, flavor: Flavor, clock: Clock, seed: int = 1) -> None:
        self.flavor = flavor
        self.clock = clock
        self.lock = RLock()
        self.settings = Settings(
            result_window=flavor.result_window,
            user_search_cap=flavor.user_search_cap,
            user_search_wildcards=flavor.user_search_wildcards,
            rate_limit_headers=flavor.rate_limit_headers,
            newest_changes_first=flavor.cloud,
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
        self.link_types: list[LinkType] = []
        self.categories: list[NamedValue] = []
        """Of projects."""
        self.roles: list[NamedValue] = []
        self.groups: dict[str, str] = {}
        """Names by id; self-hosted Jira knows the names only."""
        self.workflows: list[Workflow] = []
        self.security_schemes: list[SecurityScheme] = []
        self.filters: list[SharedThing] = []
        self.dashboards: list[SharedThing] = []
        self.deleted_worklogs: list[DeletedWorklog] = []
        self.tokens: dict[str, ApiToken] = {}
        self.failed_logins: Counter[User] = Counter()
        self.oauth = OAuthProvider(clock)
        self.bearer = BearerTokens(clock)
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

    def link_type(self, name: str) -> LinkType:
        return next(kind for kind in self.link_types if kind.name == name)

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
            for relative in (issue.parent, issue.epic, *issue.children, *issue.linked):
                if relative is not None:
                    relative.version += 1
        self.index.changed([issue for issue in issues if issue.archived is None], self.clock.now())
