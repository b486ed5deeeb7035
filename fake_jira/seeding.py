"""A site with content, made from a seed: the same seed gives the same content on every kind of Jira.

Whatever the size, it holds the cases that connectors trip over; `docs` of each stand where they are made.
"""

import base64
import hashlib
from dataclasses import dataclass
from random import Random

from .clock import DAY_MS, HOUR_MS, SECOND_MS, Clock, calendar_date
from .entities import (
    Attachment,
    Board,
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
    SecurityScheme,
    SharedThing,
    Sprint,
    Status,
    User,
    Version,
    Workflow,
    Worklog,
)
from .flavors import flavor_named
from .oauth_provider import key_pair
from .site import Site

LABELS = (
    "backend",
    "Backend",
    "BACKEND",
    "needs-review",
    "größe",
    "日本語",
    "émoji-🚀",
    "a/b",
    'quo"ted',
    "tech_debt",
    "q3-2024",
    "ключ",
)
SPRINT_NAMES = ("Sprint, one", "Sprint [two]", "goal=three", "name=Sprint 4,state=CLOSED]", "Sprint <null>")
SCOPES = (
    "read:jira-work",
    "read:jira-user",
    "read:board-scope:jira-software",
    "read:sprint:jira-software",
    "read:project:jira",
    "read:board-scope.admin:jira-software",
)
OPEN_ISSUES = 10
"""The first issues of each project, CORE-1 and so on, are under no security level: tests may name them."""
MANY_COMMENTS = 137
MANY_CHANGES = 45
MANY_WORKLOGS = 25

_SENTENCES = (
    "h2. Steps\n# Open the page\n# Press *Save*\n\nNothing happens; see [the log|https://example.com/log].",
    "The cache is read before it is filled: {code}get(key) or compute(key){code}",
    "Größenwahn, naïve, Ωmega, 数据, 🚀 \u2028 and a tab\there.",
    "Customers ask for this every week. It worked before the last release.",
    'A "quoted" word, a back\\slash, and {noformat}<b>no markup</b>{noformat}',
)

_SEEN_BY_ALL = frozenset({"CORE", "TEAM", "BIZ", "OR"})


@dataclass(frozen=True)
class _Template:
    key: str
    name: str
    type_key: str
    weight: float
    team_managed: bool = False


_TEMPLATES = (
    _Template("CORE", "Core platform", "software", 0.38),
    _Template("TEAM", "Team-managed", "software", 0.2, team_managed=True),
    _Template("BIZ", "Business matters", "business", 0.12),
    _Template("HELP", "Help desk", "service_desk", 0.1),
    # A reserved word of JQL.
    _Template("OR", "Operations research", "software", 0.08),
    # Not to be seen by the service account.
    _Template("HIDDEN", "Hidden project", "software", 0.05),
    _Template("OLD", "Archived project", "software", 0.04),
    _Template("IDEA", "Ideas", "product_discovery", 0.03),
)


def build_site(
    flavor: str = "cloud",
    seed: int = 1,
    issues: int = 200,
    projects: int = len(_TEMPLATES),
    users: int = 50,
    boards: int = 3,
    sprints_per_board: int = 4,
    comments_per_issue: float = 2.0,
    description_bytes: int = 400,
    span_days: int = 700,
    ties: int = 30,
    changes_per_issue: float = 0.0,
    worklogs_per_issue: float = 0.0,
    clock: Clock | None = None,
) -> Site:
    """A site whose issues were created over `span_days` until two days before now.

    `projects` counts all of them, and is at least the eight that are always there. `boards` counts those that work; a
    board without sprints, a broken, a private and an invisible one come on top. `ties` issues share one second.
    `changes_per_issue` is how long histories are beyond the few entries that always are there: one issue in twenty has
    about twice as many. `worklogs_per_issue` is how many work logs issues have beyond the few that always are there.
    """
    site = Site(flavor_named(flavor), clock or Clock(), seed)
    site.settings.advertised_base_url = (
        "https://fake.atlassian.invalid" if site.flavor.cloud else "https://jira.invalid"
    )
    builder = _Builder(site, Random(seed), comments_per_issue, description_bytes, span_days)
    builder.add_people(users)
    builder.add_projects(projects)
    builder.add_boards(boards, sprints_per_board)
    builder.add_issues(issues, ties)
    builder.add_credentials()
    builder.add_lists()
    builder.add_relations()
    if changes_per_issue or worklogs_per_issue:
        builder.lengthen(changes_per_issue, worklogs_per_issue)
    site.loaded()
    return site


class _Builder:
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
        self.bodies = [self._text(length) for length in (40, 90, 150, 250, 400, 120, 60, 700)]
        # A few texts, shared by many issues: 200,000 issues must fit into memory.
        self.descriptions = [self._text(description_bytes) for _ in range(64)] if description_bytes else [""]
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

    def _text(self, length: int) -> str:
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
        for template in _TEMPLATES:
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
        for number in range(1, count - len(_TEMPLATES) + 1):
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
            project for project in list(site.projects.values())[len(_TEMPLATES) :] if project.type_key == "software"
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

    # Issues

    def add_issues(self, count: int, ties: int) -> None:
        self.sprints_of: dict[Project, list[Sprint]] = {}
        for board in self.site.boards.values():
            self.sprints_of.setdefault(board.project, []).extend(
                sprint for sprint in board.sprints if sprint.origin_board is board
            )
        self.epics: dict[Project, list[Issue]] = {}
        self.parents: dict[Project, list[Issue]] = {}
        step = (self.until - self.since) // max(count, 1)
        made: list[Issue] = []
        for position, project in enumerate(self._homes(count)):
            created = self.since + position * step + self.random.randrange(max(step, 1))
            made.append(self._add_issue(project, created))
            self.site.register(made[-1])
        self._add_special_cases(made, ties)

    def _homes(self, count: int) -> list[Project]:
        """The first issues go round the projects, so that each has some however few there are."""
        projects = list(self.site.projects.values())
        base, extra = projects[: len(_TEMPLATES)], projects[len(_TEMPLATES) :]
        weights = [template.weight for template in _TEMPLATES] + [0.4 / len(extra) for _ in extra]
        first = [base[place % len(base)] for place in range(min(count, 3 * len(base)))]
        return first + self.random.choices(projects, weights, k=count - len(first))

    def _add_issue(self, project: Project, created: int) -> Issue:
        random, site = self.random, self.site
        updated = min(created + int(random.random() ** 3 * 60 * DAY_MS), self.until)
        creator = random.choice(self.people)
        kind = self._kind(project)
        issue = Issue(
            id=site.next_id("issue"),
            project=project,
            number=project.next_number,
            issue_type=kind,
            status=random.choice(project.statuses),
            summary=f"{kind.name} {project.next_number} of {project.name}",
            creator=creator,
            created=created,
            updated=updated,
            reporter=creator,
            assignee=random.choice(self.people) if random.random() < 0.8 else None,
            description=random.choice(self.descriptions) if random.random() < 0.92 else None,
            priority=random.choice(site.priorities),
            status_changed=updated,
        )
        project.next_number += 1
        if issue.status.category == "done":
            issue.resolution, issue.resolved = site.resolutions[0], updated
        if random.random() < 0.5:
            issue.labels = sorted(random.sample(LABELS, random.randint(1, 3)))
        if random.random() < 0.2:
            issue.due_date = calendar_date(updated + 30 * DAY_MS)
        self._relate(issue)
        self._add_comments(issue, round(random.random() * 2 * self.comments_per_issue))
        self._add_transitions(issue, random.randint(0, 2))
        if random.random() < 0.03:
            self._add_worklogs(issue, 2)
        if random.random() < 0.03:
            attachment = Attachment(site.next_id("attachment"), "notes.txt", creator, issue.created, 2048)
            issue.attachments.append(attachment)
        return issue

    def _kind(self, project: Project) -> IssueType:
        epic, story, task, bug, subtask = project.issue_types
        chance = self.random.random()
        if chance < 0.05 or project not in self.epics:
            return epic
        if chance < 0.15 and self.parents.get(project):
            return subtask
        return (story, task, bug)[int(chance * 1000) % 3]

    def _relate(self, issue: Issue) -> None:
        project = issue.project
        if issue.issue_type.level == 1:
            self.epics.setdefault(project, []).append(issue)
        elif issue.issue_type.level == -1:
            issue.parent = self.random.choice(self.parents[project][-50:])
            issue.parent.children.append(issue)
        else:
            self.parents.setdefault(project, []).append(issue)
            if self.random.random() < 0.4:
                issue.epic = self.random.choice(self.epics[project][-20:])
                issue.epic.children.append(issue)
        if project.type_key == "software":
            if issue.issue_type.level == 0 and self.random.random() < 0.6:
                issue.story_points = float(self.random.choice((0.5, 1, 2, 3, 5, 8)))
            sprints = self.sprints_of.get(project)
            if sprints and self.random.random() < 0.6:
                issue.sprints = self.random.sample(sprints, min(len(sprints), self.random.randint(1, 2)))
        if project.components and self.random.random() < 0.3:
            issue.components = [self.random.choice(project.components)]
            issue.fix_versions = [self.random.choice(project.versions)]
        if project.security_levels and issue.number > OPEN_ISSUES and self.random.random() < 0.06:
            issue.security_level = self.random.choice(project.security_levels)

    def _between(self, issue: Issue) -> int:
        return issue.created + int(self.random.random() * (issue.updated - issue.created))

    def _add_comments(self, issue: Issue, count: int) -> None:
        random, site = self.random, self.site
        moments = sorted(self._between(issue) for _ in range(count))
        for moment in moments:
            author = random.choice(self.people)
            chance = random.random()
            visibility = ("role", "Administrators") if chance < 0.02 else None
            if chance > 0.98:
                visibility = ("group", "jira-software-users")
            body = random.choice(self.bodies)
            issue.comments.append(Comment(site.next_id("comment"), author, author, body, moment, moment, visibility))
        if count and random.random() < 0.2:
            last = issue.comments[-1]
            last.updated, last.update_author = issue.updated, random.choice(self.people)

    def _add_transitions(self, issue: Issue, count: int) -> None:
        moments = sorted(self._between(issue) for _ in range(count))
        for place, moment in enumerate(moments):
            self._add_change(issue, moment, "status", *issue.project.statuses[place % 3 : place % 3 + 2])

    def _add_change(self, issue: Issue, moment: int, name: str, before: object, after: object) -> None:
        item = self.site.change_item(name, before, after)
        issue.history.append(Change(self.site.next_id("change"), self.random.choice(self.people), moment, [item]))

    def _add_worklogs(self, issue: Issue, count: int) -> None:
        for _ in range(count):
            moment, author = self._between(issue), self.random.choice(self.people)
            worklog = Worklog(self.site.next_id("worklog"), author, "Some work", moment, moment, moment, 3600)
            issue.worklogs.append(worklog)

    def _add_special_cases(self, made: list[Issue], ties: int) -> None:
        core = [issue for issue in made if issue.project.key == "CORE"]
        open_to_all = [issue for issue in core if issue.security_level is None]
        if not open_to_all:
            return
        talked_about = open_to_all[0]
        talked_about.comments.clear()
        self._add_comments(talked_about, MANY_COMMENTS)
        for comment in talked_about.comments:
            comment.visibility = None
        changed = open_to_all[min(1, len(open_to_all) - 1)]
        changed.history.clear()
        for place, moment in enumerate(sorted(self._between(changed) for _ in range(MANY_CHANGES))):
            self._add_change(changed, moment, "summary", f"Summary {place}", f"Summary {place + 1}")
        self._add_worklogs(open_to_all[-1], MANY_WORKLOGS)
        open_to_all[-1].sprints = [*open_to_all[-1].sprints, self.foreign_sprint]
        for issue, level in zip(core[OPEN_ISSUES:], core[0].project.security_levels, strict=False):
            issue.security_level = level
        for parent in open_to_all[2:3]:
            if parent.issue_type.level == -1 or parent.children:
                continue
            child = core[-2]
            if child is not parent and not child.children and child.parent is None and child.epic is None:
                child.issue_type, child.parent = core[0].project.issue_types[4], parent
                parent.children.append(child)
        seen = [issue for issue in made if issue.project.key in _SEEN_BY_ALL and issue.security_level is None]
        self._tie([issue for issue in seen[len(seen) // 3 :] if issue not in (talked_about, changed)][:ties])

    def _tie(self, issues: list[Issue]) -> None:
        """All of one second, half of them of one millisecond: what an import or a bulk change leaves behind."""
        if not issues:
            return
        created = issues[-1].created // SECOND_MS * SECOND_MS + 100
        updated = min(created + 5 * DAY_MS, self.until // SECOND_MS * SECOND_MS)
        for place, issue in enumerate(issues):
            offset = 0 if place % 2 else place % 800
            issue.comments.clear()
            issue.history.clear()
            issue.worklogs.clear()
            issue.created, issue.updated = created + offset, updated + offset
            issue.resolved = issue.updated if issue.resolution else None

    # What came later draws from a source of its own, so that all that is above stays as it was.

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

    def add_relations(self) -> None:
        """Links, estimates, votes and watchers on some issues."""
        site, random = self.site, Random("relations")
        issues = list(site.issues.values())
        for place, issue in enumerate(issues):
            if place % 6 == 1:
                kind, other = random.choice(site.link_types), issues[random.randrange(place)]
                link = IssueLink(site.next_id("issue link"), kind, issue, other)
                issue.links.append(link)
                other.links.append(link)
            if place % 4 == 2:
                issue.original_estimate = 3600 * random.choice((1, 4, 8, 40))
                issue.remaining_estimate = max(issue.original_estimate - (issue.seconds_spent or 0), 0)
            issue.votes, issue.watchers = place % 5 // 3, 1 + place % 3
            for change in issue.history[place % 2 : 1]:
                change.rule = f"rule-{place}"
            for worklog in issue.worklogs[place % 2 : 1]:
                worklog.visibility = ("group", "jira-software-users")
            if place % 9 == 4:
                issue.environment = random.choice(("Production", "Firefox on Linux", "Größe: 数据"))

    def lengthen(self, changes_per_issue: float, worklogs_per_issue: float) -> None:
        site, random = self.site, Random("histories")
        for issue in site.issues.values():
            factor = random.uniform(1.5, 2.5) if random.random() < 0.05 else random.uniform(0.63, 1.27)
            span = issue.updated - issue.created
            moments = sorted(
                issue.created + int(random.random() * span) for _ in range(round(changes_per_issue * factor))
            )
            issue.history += [
                Change(site.next_id("change"), random.choice(self.people), moment, [self._typical_item(issue, place)])
                for place, moment in enumerate(moments)
            ]
            issue.history.sort(key=lambda change: (change.created, int(change.id)))
            for _ in range(round(worklogs_per_issue * 2 * random.random())):
                author, moment = random.choice(self.people), issue.created + int(random.random() * span)
                seconds = 900 * random.randint(1, 32)
                issue.worklogs.append(
                    Worklog(
                        site.next_id("worklog"), author, random.choice(self.bodies), moment, moment, moment, seconds
                    )
                )
            issue.worklogs.sort(key=lambda worklog: worklog.created)

    def _typical_item(self, issue: Issue, place: int) -> ChangeItem:
        """In turn: a status, an assignee, an estimate, the labels, a rank. The same few objects for all issues."""
        key = (issue.project, place % 12)
        found = self.items.get(key)
        if found is None:
            found = self.items[key] = self._made_item(issue.project, place)
        return found

    def _made_item(self, project: Project, place: int) -> ChangeItem:
        site, statuses, people = self.site, project.statuses, self.people
        if place % 12 in (3, 9):
            return site.change_item("assignee", people[place % len(people)], people[(place + 1) % len(people)])
        if place % 12 in (5, 11):
            return site.change_item("labels", ["backend"], ["backend", "tech_debt"])
        if place % 12 == 7:
            return ChangeItem("Rank", site.field_ids.rank, True, "", "", "", "Ranked higher")
        return site.change_item("status", statuses[place % 3], statuses[place % 3 + 1])

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
