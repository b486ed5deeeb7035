"""The search index: what a search sees. It may lag behind, and on self-hosted Jira it keeps whole seconds."""

from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Iterable, Sequence
from random import Random

from .entities import Issue, IssueType, NamedValue, Project, SecurityLevel, Sprint, Status, User

_BULK = 2_000


class Row:
    """An issue as the index knows it: a copy of the searchable values at the time of indexing."""

    __slots__ = (
        "assignee",
        "created",
        "creator",
        "due_date",
        "id",
        "issue_id",
        "issue_type",
        "labels",
        "number",
        "parent_id",
        "priority",
        "project",
        "reporter",
        "resolution",
        "resolved",
        "security_level",
        "sprints",
        "status",
        "summary",
        "tie",
        "updated",
    )

    def __init__(self, issue: Issue, granularity_ms: int) -> None:
        self.issue_id = issue.id
        self.id = int(issue.id)
        # Rows of equal rank come in an order of their own, which is neither that of ids nor of time. An odd factor
        # makes this a bijection on 32 bits: no two issues share a value.
        self.tie = (self.id * 2_654_435_761) & 0xFFFFFFFF
        self.project: Project = issue.project
        self.number = issue.number
        self.created = issue.created // granularity_ms * granularity_ms
        self.updated = issue.updated // granularity_ms * granularity_ms
        self.resolved = None if issue.resolved is None else issue.resolved // granularity_ms * granularity_ms
        self.due_date = issue.due_date
        self.labels: frozenset[str] = frozenset(label.lower() for label in issue.labels) if issue.labels else _NONE
        self.status: Status = issue.status
        self.issue_type: IssueType = issue.issue_type
        self.priority: NamedValue | None = issue.priority
        self.resolution: NamedValue | None = issue.resolution
        self.assignee: User | None = issue.assignee
        self.reporter: User | None = issue.reporter
        self.creator: User = issue.creator
        self.sprints: tuple[Sprint, ...] = tuple(issue.sprints)
        self.security_level: SecurityLevel | None = issue.security_level
        container = issue.parent or issue.epic
        self.parent_id = container.id if container else None
        self.summary = issue.summary


_NONE: frozenset[str] = frozenset()
Entry = tuple[int, int, Row]
Replacement = tuple[str, Row | None]


class SearchIndex:
    """Rows by id, and two lists in order of `created` and `updated`, kept in step with every change.

    With `lag_ms` above zero a change reaches the rows only when that much time has passed.
    """

    def __init__(self, granularity_ms: int) -> None:
        self.lag_ms = 0
        self.ties = Random(0)
        """Where rows of equal rank come in another order each time: the same orders in every run."""
        self.rows: dict[str, Row] = {}
        self.by_created: list[Entry] = []
        self.by_updated: list[Entry] = []
        self._granularity_ms = granularity_ms
        self._pending: deque[tuple[int, str, Row | None]] = deque()
        self._hidden: dict[str, Row] = {}
        self._hidden_until: int | None = None

    def changed(self, issues: Iterable[Issue], now_ms: int) -> None:
        self._take([(issue.id, Row(issue, self._granularity_ms)) for issue in issues], now_ms)

    def removed(self, issue_ids: Iterable[str], now_ms: int) -> None:
        self._take([(issue_id, None) for issue_id in issue_ids], now_ms)

    def refresh(self, now_ms: int, at_once: Iterable[str] = ()) -> None:
        """Applies what is due, and whatever waits for the issues in `at_once` (Cloud's `reconcileIssues`)."""
        if self._hidden_until is not None and self._hidden_until <= now_ms:
            self.show_hidden()
        if not self._pending:
            return
        urgent = set(at_once)
        applied: dict[str, int] = {}
        due: list[Replacement] = []
        for place, (due_ms, issue_id, row) in enumerate(self._pending):
            if due_ms <= now_ms or issue_id in urgent:
                due.append((issue_id, row))
                applied[issue_id] = place
        # What was to come before a change that is there already comes no more.
        self._pending = deque(
            waiting for place, waiting in enumerate(self._pending) if place > applied.get(waiting[1], -1)
        )
        self._apply(due)

    def hide(self, share: float, until_ms: int | None) -> None:
        """Takes that share of the rows away, as while Jira builds its index anew; the same rows each time."""
        found = {issue_id: row for issue_id, row in self.rows.items() if row.tie / 2**32 < share}
        self._apply([(issue_id, None) for issue_id in found])
        self._hidden |= found
        self._hidden_until = until_ms

    def show_hidden(self) -> None:
        hidden, self._hidden, self._hidden_until = self._hidden, {}, None
        self._apply(list(hidden.items()))

    def _take(self, rows: Sequence[Replacement], now_ms: int) -> None:
        # While something waits, everything queues: the lag may have been set to zero meanwhile.
        if self.lag_ms or self._pending:
            self._pending.extend((now_ms + self.lag_ms, issue_id, row) for issue_id, row in rows)
            self.refresh(now_ms)
        else:
            self._apply(rows)

    def _apply(self, rows: Sequence[Replacement]) -> None:
        for issue_id, _ in rows if self._hidden else ():
            # What changes is indexed at once, also while the rest is built anew.
            self._hidden.pop(issue_id, None)
        if len(rows) > _BULK:
            self._rebuild(rows)
            return
        for issue_id, row in rows:
            known = self.rows.pop(issue_id, None)
            if known is not None:
                _remove(self.by_created, (known.created, known.tie))
                _remove(self.by_updated, (known.updated, known.tie))
            if row is not None:
                self.rows[issue_id] = row
                insort(self.by_created, (row.created, row.tie, row))
                insort(self.by_updated, (row.updated, row.tie, row))

    def _rebuild(self, rows: Sequence[Replacement]) -> None:
        for issue_id, row in rows:
            if row is None:
                self.rows.pop(issue_id, None)
            else:
                self.rows[issue_id] = row
        self.by_created = sorted((row.created, row.tie, row) for row in self.rows.values())
        self.by_updated = sorted((row.updated, row.tie, row) for row in self.rows.values())


def between(entries: list[Entry], lowest: int, highest: int) -> tuple[int, int]:
    """Positions of the entries whose value is within both bounds, inclusive."""
    return bisect_left(entries, (lowest,)), bisect_right(entries, (highest, 1 << 40))


def _remove(entries: list[Entry], place: tuple[int, int]) -> None:
    del entries[bisect_left(entries, place)]
