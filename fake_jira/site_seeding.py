"""What a made site holds besides issues: people, projects, boards and sprints, lists, and credentials."""

import base64
import hashlib
from dataclasses import dataclass
from random import Random

from .clock import DAY_MS, HOUR_MS, calendar_date
from .entities import (
    Board,
    ChangeItem,
    Component,
    IssueType,
    LinkType,
    NamedValue,
    Project,
    SecurityLevel,
    SecurityScheme,
    SharedThing,
    Status,
    User,
    Version,
    Workflow,
)
from .oauth_provider import key_pair
from .site import Site

SPRINT_NAMES = ("Sprint, one", "Sprint [two]", "goal=three", "name=Sprint 4,state=CLOSED]", "Sprint <null>")
SCOPES = (
    "read:jira-work",
    "read:jira-user",
    "read:board-scope:jira-software",
    "read:sprint:jira-software",
    "read:project:jira",
    "read:board-scope.admin:jira-software",
)
_SENTENCES = (
    "h2. Steps\n# Open the page\n# Press *Save*\n\nNothing happens; see [the log|https://example.com/log].",
    "The cache is read before it is filled: {code}get(key) or compute(key){code}",
    "Größenwahn, naïve, Ωmega, 数据, 🚀 \u2028 and a tab\there.",
    "Customers ask for this every week. It worked before the last release.",
    'A "quoted" word, a back\\slash, and {noformat}<b>no markup</b>{noformat}',
)


@dataclass(frozen=True)
class Template:
    key: str
    name: str
    type_key: str
    weight: float
    team_managed: bool = False


TEMPLATES = (
    Template("CORE", "Core platform", "software", 0.38),
    Template("TEAM", "Team-managed", "software", 0.2, team_managed=True),
    Template("BIZ", "Business matters", "business", 0.12),
    Template("HELP", "Help desk", "service_desk", 0.1),
    # A reserved word of JQL.
    Template("OR", "Operations research", "software", 0.08),
    # Not to be seen by the service account.
    Template("HIDDEN", "Hidden project", "software", 0.05),
    Template("OLD", "Archived project", "software", 0.04),
    Template("IDEA", "Ideas", "product_discovery", 0.03),
)


class SiteBuilder:
    def __init__(
        self, site: Site, random: Random, comments_per_issue: float, description_bytes: int, span_days: int
    ) -> None:
        self.site = site
        self.random = random
        self.comments_per_issue = comments_per_issue
        self.until = site.clock.now() - 2 * DAY_MS
        self.since = self.until - span_days * DAY_MS
        self.people: list[User] = []
        self.items: dict[tuple[Project, int], ChangeItem] = {}
        self.bodies = [self.text(length) for length in (40, 90, 150, 250, 400, 120, 60, 700)]
        # A few texts, shared by many issues: 200,000 issues must fit into memory.
        self.descriptions = [self.text(description_bytes) for _ in range(64)] if description_bytes else [""]
        site.shared_statuses = [
            Status("10000", "To Do", "new", description="Work has not started."),
            Status("3", "In Progress", "indeterminate"),
            Status("10001", "In Review", "indeterminate"),
            Status("10002", "Done", "done"),
        ]
        site.shared_issue_types = [
            IssueType("10000", "Epic", 1),
            IssueType("10001", "Story", 0),
            IssueType("10002", "Task", 0),
            IssueType("10003", "Bug", 0),
            IssueType("10004", "Sub-task", -1),
        ]
        site.priorities = [
            NamedValue(str(number), name, f"{name} priority.")
            for number, name in enumerate(("Highest", "High", "Medium", "Low", "Lowest"), start=1)
        ]
        site.resolutions = [NamedValue("10000", "Done", "Work has been completed."), NamedValue("10001", "Won't Do")]
        site.link_types = [
            LinkType("10000", "Blocks", "blocks", "is blocked by"),
            LinkType("10001", "Cloners", "clones", "is cloned by"),
            LinkType("10003", "Relates", "relates to", "relates to"),
        ]
        for kind in ("status", "issue type"):
            for _ in range(100):
                site.next_id(kind)

    def text(self, length: int) -> str:
        parts: list[str] = []
        size = 0
        while size < length:
            sentence = self.random.choice(_SENTENCES)
            number = self.random.randrange(1_000_000)
            parts.append(f"{sentence} ({number})")
            size += len(parts[-1].encode()) + 2
        return "\n\n".join(parts)[:length]

    # People

    def add_people(self, count: int) -> None:
        site = self.site
        site.admin = site.create_user(
            "admin", display_name="Site Admin", is_admin=True, password="admin-password", roles={"Administrators"}
        )
        site.service_account = site.create_user(
            "service.account", display_name="Service Account", password="s3rvice-pässword"
        )
        site.global_grants["USER_PICKER"] = {site.service_account}
        # Not on the way of a walk over users that stops at the first odd one: they lie scattered.
        for number in range(1, count + 1):
            name = f"user{number:04d}" if number % 17 != 8 else f"ü-user{number:04d}"
            is_app = site.flavor.cloud and number % 11 == 5
            is_old = number <= count // 10
            user = site.create_user(
                name,
                display_name=f"User {number:04d}" if not is_app else f"App {number:04d}",
                key=name if is_old else f"JIRAUSER{10_200 + number}",
                email=None if is_app or number % 7 == 3 else f"user{number:04d}@example.com",
                active=number % 9 != 4,
                account_type="app" if is_app else "customer" if site.flavor.cloud and number % 23 == 7 else "atlassian",
            )
            self.people.append(user)
        if not self.people:
            self.people.append(site.admin)

    # Projects

    def add_projects(self, count: int) -> None:
        site = self.site
        category = NamedValue(site.next_id("category"), "Platform", "What others build on")
        site.categories = [category, NamedValue(site.next_id("category"), "Unused", "")]
        for template in TEMPLATES:
            type_key = template.type_key
            if type_key == "product_discovery" and not site.flavor.cloud:
                # Jira Product Discovery exists on Cloud only.
                type_key = "service_desk"
            project = site.create_project(
                template.key,
                template.name,
                type_key,
                team_managed=template.team_managed,
                visible=template.key != "HIDDEN",
                lead=self.random.choice(self.people),
                description=f"Everything about {template.name}." if template.key != "TEAM" else "",
                category=category if template.key in ("CORE", "OR") else None,
            )
            project.archived = template.key == "OLD"
        core = site.project("CORE")
        core.components = [
            Component(site.next_id("component"), "API", "What other programs use", core.lead),
            Component(site.next_id("component"), "User interface"),
        ]
        core.versions = [
            Version(site.next_id("version"), "1.0", released=True, release_date=calendar_date(self.since)),
            Version(site.next_id("version"), "2.0", start_date=calendar_date(self.since), description="The next one."),
        ]
        core.security_levels = [
            SecurityLevel(site.next_id("security level"), "Reporters only"),
            SecurityLevel(site.next_id("security level"), "Staff", {site.service_account}),
        ]
        for number in range(1, count - len(TEMPLATES) + 1):
            site.create_project(
                f"P{number:04d}",
                f"Project {number:04d}",
                "business" if number % 7 == 6 else "software",
                team_managed=number % 5 == 4,
                lead=self.people[number % len(self.people)],
            )

    # Boards and sprints

    def add_boards(self, count: int, sprints_per_board: int) -> None:
        site = self.site
        homes = [site.project(key) for key in ("CORE", "CORE", "TEAM", "OR")]
        homes += [
            project for project in list(site.projects.values())[len(TEMPLATES) :] if project.type_key == "software"
        ]
        working: list[Board] = []
        for number in range(count):
            home = homes[number % len(homes)]
            working.append(
                site.create_board(home, f"{home.key} board {number + 1}", "simple" if number == 2 else "scrum")
            )
        for number, board in enumerate(working):
            # Every second board also shows some sprints of the one before it.
            shared_with = [working[number + 1]] if number % 2 == 0 and number + 1 < count else []
            for place in range(sprints_per_board):
                shared = shared_with if place < (sprints_per_board + 1) // 2 else []
                self._add_sprint(board, number, place, sprints_per_board, shared)
        site.create_board("BIZ", "Kanban without sprints", "kanban", quirk="no_sprints")
        site.create_board("CORE", "Board without columns", "scrum", quirk="broken")
        site.create_board("CORE", "Private board", "scrum", quirk="private")
        invisible = site.create_board("HIDDEN", "Invisible board", "scrum")
        self.foreign_sprint = site.create_sprint(
            invisible, "Sprint, of [another] board", "closed", (), **self._sprint_dates(2, 4)
        )

    def _add_sprint(self, board: Board, board_number: int, place: int, count: int, shared_with: list[Board]) -> None:
        state = "future" if place == count - 1 else "active" if place == count - 2 else "closed"
        name = SPRINT_NAMES[place % len(SPRINT_NAMES)] if board_number == 0 else f"{board.project.key} {place + 1}"
        dates = self._sprint_dates(place, count)
        if state == "future":
            dates = {"created": dates["created"]}
        elif state == "active":
            del dates["complete"]
        goal = (None, "Ship it", "a=b, c=[d]")[place % 3]
        self.site.create_sprint(board, name, state, shared_with, goal=goal, **dates)

    def _sprint_dates(self, place: int, count: int) -> dict[str, int]:
        start = self.until - (count - 2 - place) * 14 * DAY_MS
        return {
            "created": start - 7 * DAY_MS,
            "start": start,
            "activated": start + 17_123,
            "end": start + 14 * DAY_MS,
            "complete": start + 14 * DAY_MS - HOUR_MS,
        }

    # Lists

    def add_lists(self) -> None:
        site = self.site
        staff = site.project("CORE").security_levels
        site.security_schemes = [SecurityScheme(site.next_id("security scheme"), "Core's levels", staff)]
        site.roles = [
            NamedValue(site.next_id("role"), name, f"The {name.lower()} of a project.")
            for name in ("Administrators", "Developers", "Viewers")
        ]
        staff[0].description = "For those who reported it."
        names = ("jira-administrators", "jira-software-users", "site-admins", "größe & co")
        site.groups = {f"{number:08x}-0000-4000-8000-00000000000a": name for number, name in enumerate(names, 1)}
        site.workflows = [
            Workflow(f"{number:08x}-0000-4000-8000-00000000000b", name, f"How {name} goes.", self.since, not number)
            for number, name in enumerate(("jira", "Software workflow", "Business workflow"))
        ]
        for board in site.boards.values():
            for column in board.columns[1:2]:
                column.min, column.max = 1, 7
            jql = f"project = {board.project.key} ORDER BY Rank ASC"
            site.filters.append(SharedThing(board.filter_id, f"Filter of {board.name}", site.admin, jql=jql))
        account = site.service_account
        for owner, shared, name in (
            (site.admin, False, "Admin's own"),
            (account, False, "Mine"),
            (site.admin, True, "Ours"),
        ):
            favourite = owner is account
            filter_id = site.next_id("filter")
            site.filters.append(
                SharedThing(filter_id, f"{name}: open", owner, shared, favourite, "resolution is EMPTY")
            )
            site.dashboards.append(SharedThing(site.next_id("dashboard"), f"{name}: board", owner, shared, favourite))
            for thing in (site.filters[-1], site.dashboards[-1]):
                thing.description = f"What {name.lower()} shows"

    # Signing in

    def add_credentials(self) -> None:
        site, account = self.site, self.site.service_account
        account.email = "service.account@example.com"
        site.add_api_token(account, f"ATATT3xFfGF0-{site.cloud_id[:8]}-unscoped")
        site.add_api_token(account, f"ATSTT3xFfGF0-{site.cloud_id[:8]}-scoped", SCOPES)
        site.add_api_token(site.admin, f"ATATT3xFfGF0-{site.cloud_id[:8]}-admin")
        site.bearer.add_personal(account, personal_token(account))
        scopes = frozenset(SCOPES if site.flavor.cloud else ("READ", "WRITE"))
        site.bearer.add_client("a-service-account", f"ATOA-{site.cloud_id[:8]}-client-secret", account, scopes)
        site.oauth.browser_account = account
        site.oauth.add_consumer("source-jira-flow", "Jira flow", key_pair()[1])
        site.oauth.add_access_token("source-jira-flow", account)
        site.oauth.add_access_token("source-jira-flow", site.admin)


def personal_token(account: User) -> str:
    """In the form in which Jira makes them: the base64 of a number, a colon and 20 bytes."""
    return base64.b64encode(b"123456789012:" + hashlib.sha256(account.name.encode()).digest()[:20]).decode()
