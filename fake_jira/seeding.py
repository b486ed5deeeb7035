"""A site with content, made from a seed: the same seed gives the same content on every kind of Jira.

Whatever the size, it holds the cases that connectors trip over; `docs` of each stand where they are made.
"""

from random import Random

from .clock import DAY_MS, SECOND_MS, Clock, calendar_date
from .entities import (
    Attachment,
    Change,
    ChangeItem,
    Comment,
    Issue,
    IssueLink,
    IssueType,
    Project,
    Sprint,
    Worklog,
)
from .flavors import flavor_named
from .site import Site
from .site_seeding import TEMPLATES, SiteBuilder

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
OPEN_ISSUES = 10
"""The first issues of each project, CORE-1 and so on, are under no security level: tests may name them."""
MANY_COMMENTS = 137
MANY_CHANGES = 45
MANY_WORKLOGS = 25

_SEEN_BY_ALL = frozenset({"CORE", "TEAM", "BIZ", "OR"})


def build_site(
    flavor: str = "cloud",
    seed: int = 1,
    issues: int = 200,
    projects: int = len(TEMPLATES),
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


class _Builder(SiteBuilder):
    """Makes the issues too."""

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
        base, extra = projects[: len(TEMPLATES)], projects[len(TEMPLATES) :]
        weights = [template.weight for template in TEMPLATES] + [0.4 / len(extra) for _ in extra]
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
