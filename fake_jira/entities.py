"""The things that a Jira holds. Plain data: what changes them, and says who sees them, is the `Site`."""

from dataclasses import dataclass, field


@dataclass(slots=True, eq=False)
class User:
    key: str
    """Self-hosted identity: `JIRAUSER10100`, or the name for accounts older than Jira 8.4."""
    name: str
    account_id: str
    display_name: str
    email: str | None = None
    active: bool = True
    account_type: str = "atlassian"
    time_zone: str = "Etc/UTC"
    groups: set[str] = field(default_factory=lambda: {"jira-software-users"})
    roles: set[str] = field(default_factory=set)
    password: str | None = None
    is_admin: bool = False
    deleted: bool = False


@dataclass(slots=True, eq=False)
class IssueType:
    id: str
    name: str
    level: int
    """1 epic, 0 ordinary, -1 sub-task."""
    project_id: str | None = None
    """Set for types of a team-managed project, which are its own."""


@dataclass(slots=True, eq=False)
class Status:
    id: str
    name: str
    category: str
    """Key of the status category: `new`, `indeterminate`, `done`."""
    project_id: str | None = None
    description: str = ""


@dataclass(slots=True, eq=False)
class NamedValue:
    """A priority, resolution or project category: an id, a name, a description."""

    id: str
    name: str
    description: str = ""


@dataclass(slots=True, eq=False)
class Version:
    id: str
    name: str
    released: bool = False
    archived: bool = False
    release_date: str | None = None
    description: str = ""
    start_date: str | None = None


@dataclass(slots=True, eq=False)
class Component:
    id: str
    name: str
    description: str = ""
    lead: User | None = None
    archived: bool = False


@dataclass(slots=True, eq=False)
class SecurityLevel:
    id: str
    name: str
    members: set[User] = field(default_factory=set)
    description: str = ""


@dataclass(slots=True, eq=False)
class Project:
    id: str
    key: str
    name: str
    type_key: str
    lead: User
    team_managed: bool = False
    description: str = ""
    category: NamedValue | None = None
    archived: bool = False
    issue_types: list[IssueType] = field(default_factory=list)
    statuses: list[Status] = field(default_factory=list)
    components: list[Component] = field(default_factory=list)
    versions: list[Version] = field(default_factory=list)
    grants: dict[str, set[User]] = field(default_factory=dict)
    """Permission key to the accounts that hold it; administrators hold all."""
    former_keys: list[str] = field(default_factory=list)
    security_levels: list[SecurityLevel] = field(default_factory=list)
    next_number: int = 1


@dataclass(slots=True, eq=False)
class BoardColumn:
    name: str
    statuses: list[Status] = field(default_factory=list)
    min: int | None = None
    max: int | None = None


@dataclass(slots=True, eq=False)
class Board:
    id: int
    name: str
    type: str
    project: Project
    quirk: str | None = None
    """`no_sprints` answers 400 on sprints, `broken` 500, `unprocessable` 422, `private` 404."""
    sprints: list["Sprint"] = field(default_factory=list)
    """All that show on the board, its own and those shared by other boards."""
    filter_id: str = ""
    columns: list[BoardColumn] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Sprint:
    id: int
    name: str
    state: str
    origin_board: Board
    goal: str | None = None
    created: int = 0
    start: int | None = None
    end: int | None = None
    complete: int | None = None
    activated: int | None = None


@dataclass(slots=True, eq=False)
class Comment:
    id: str
    author: User
    update_author: User
    body: str
    created: int
    updated: int
    visibility: tuple[str, str] | None = None
    """(`role` or `group`, its name), for comments that not everybody sees."""


@dataclass(slots=True, eq=False)
class ChangeItem:
    field: str
    field_id: str | None
    """None for the few that have no field: `WorklogId`, and entries that Jira wrote long ago."""
    custom: bool
    from_id: str | None
    from_text: str | None
    to_id: str | None
    to_text: str | None


@dataclass(slots=True, eq=False)
class Change:
    """An entry of an issue's history."""

    id: str
    author: User | None
    """None where nobody was signed in, or the person is unknown by now."""
    created: int
    items: list[ChangeItem]
    rule: str | None = None
    """The automation rule that made it."""


@dataclass(slots=True, eq=False)
class Worklog:
    id: str
    author: User
    comment: str
    created: int
    updated: int
    started: int
    seconds: int
    update_author: User | None = None
    """The author where it was never edited."""
    visibility: tuple[str, str] | None = None
    """As for comments."""


@dataclass(slots=True, eq=False)
class Attachment:
    id: str
    filename: str
    author: User
    created: int
    size: int
    mime_type: str = "text/plain"


@dataclass(slots=True, eq=False)
class LinkType:
    id: str
    name: str
    outward: str
    """What the source does to the target: `blocks`."""
    inward: str


@dataclass(slots=True, eq=False)
class IssueLink:
    id: str
    type: LinkType
    source: "Issue"
    target: "Issue"


@dataclass(slots=True, eq=False)
class Issue:
    id: str
    project: Project
    number: int
    issue_type: IssueType
    status: Status
    summary: str
    creator: User
    created: int
    updated: int
    reporter: User | None = None
    assignee: User | None = None
    description: str | None = None
    environment: str | None = None
    priority: NamedValue | None = None
    resolution: NamedValue | None = None
    resolved: int | None = None
    status_changed: int = 0
    due_date: str | None = None
    labels: list[str] = field(default_factory=list)
    sprints: list[Sprint] = field(default_factory=list)
    story_points: float | None = None
    parent: "Issue | None" = None
    """Of a sub-task."""
    epic: "Issue | None" = None
    children: list["Issue"] = field(default_factory=list)
    """Sub-tasks, or the issues of an epic."""
    components: list[Component] = field(default_factory=list)
    fix_versions: list[Version] = field(default_factory=list)
    security_level: SecurityLevel | None = None
    comments: list[Comment] = field(default_factory=list)
    history: list[Change] = field(default_factory=list)
    worklogs: list[Worklog] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    links: list[IssueLink] = field(default_factory=list)
    """From here and to here."""
    original_estimate: int | None = None
    """Seconds, like the next."""
    remaining_estimate: int | None = None
    archived: int | None = None
    """When it was archived: no search finds it, and by its id it can still be read."""
    votes: int = 0
    watchers: int = 1
    version: int = 0
    """Counts the changes of this issue's documents; nothing that Jira shows."""

    @property
    def key(self) -> str:
        return f"{self.project.key}-{self.number}"

    @property
    def subtasks(self) -> list["Issue"]:
        return [child for child in self.children if child.parent is self]

    @property
    def linked(self) -> list["Issue"]:
        return [link.target if link.source is self else link.source for link in self.links]

    @property
    def seconds_spent(self) -> int | None:
        return sum(worklog.seconds for worklog in self.worklogs) or None


@dataclass(slots=True, eq=False)
class DeletedWorklog:
    id: str
    deleted: int


@dataclass(slots=True, eq=False)
class SecurityScheme:
    id: str
    name: str
    levels: list[SecurityLevel]
    description: str = ""


@dataclass(slots=True, eq=False)
class SharedThing:
    """A saved filter or a dashboard: its owner sees it, and everybody where it is shared."""

    id: str
    name: str
    owner: User
    shared: bool = True
    favourite: bool = False
    """Of the service account."""
    jql: str = ""
    description: str = ""


@dataclass(slots=True, eq=False)
class Workflow:
    id: str
    name: str
    description: str = ""
    updated: int = 0
    is_default: bool = False
