"""What all reads of issues share: pages and counts of a scope, projects that vanish meanwhile, records that go out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from typing import TypeVar

from airbyte_cdk.sources.types import Record

from source_jira_flow.common.instants import milliseconds
from source_jira_flow.common.json import JsonObject
from source_jira_flow.errors import BadRequest, ConfigurationError
from source_jira_flow.jira import jql
from source_jira_flow.jira.base import Count
from source_jira_flow.jira.missing_permissions import lost_projects
from source_jira_flow.jira.projects import Project
from source_jira_flow.scan.by_id import IdRead
from source_jira_flow.scan.checkpoints import Ledger
from source_jira_flow.scan.feeds import Feed, asked_fields
from source_jira_flow.scan.pace import Pace
from source_jira_flow.scan.pages import Range, RangeReader, ScanPage
from source_jira_flow.scan.progress import Position, Scope
from source_jira_flow.sync import Sync

Sent = Mapping[str, Sequence[JsonObject]]
Sending = Generator[Record, None, Sent]
Wanted = Callable[[str, JsonObject], bool]
_Answer = TypeVar("_Answer")
_TRIES_WHEN_REFUSED = 3


class _Patience:
    """A refusal that no vanished project explains is tried again a little: the project may be back by now."""

    def __init__(self) -> None:
        self._unexplained = 0

    def after(self, explained: bool, refused: BadRequest) -> None:
        """Raises the refusal when it was unexplained too often."""
        self._unexplained += not explained
        if self._unexplained >= _TRIES_WHEN_REFUSED:
            raise refused


class IssueReader:
    """Reads and sends issues for all lanes of one sweep.

    `fail_at_end` takes errors that end the streams once the rest is read; `observe` is shown every issue that is sent.
    """

    def __init__(
        self,
        sync: Sync,
        feeds: Sequence[Feed],
        ledger: Ledger,
        fail_at_end: Callable[[Exception], None],
        observe: Callable[[JsonObject], None],
    ) -> None:
        self.sync = sync
        self.jira = sync.jira
        self.settings = sync.settings
        self.ledger = ledger
        self._feeds = {feed.name: feed for feed in feeds}
        self._fields = asked_fields(feeds)
        self._fail_at_end = fail_at_end
        self._observe = observe
        self._pace = Pace(sync.workers)
        self._lock = threading.Lock()

    # -- asking ------------------------------------------------------------------------------------

    def pages(self, scope: Scope, span: Range, begin: Position) -> Iterator[ScanPage]:
        """The pages of a range. Projects that vanish meanwhile are left out, and the read goes on where it stood."""
        reader = RangeReader(self.jira, lambda: scope.projects, self._fields, span, begin)
        patience = _Patience()
        while scope.projects:
            projects = scope.projects
            try:
                yield from self._paced(reader.pages())
                return
            except BadRequest as refused:
                patience.after(self._drop_vanished(scope, projects), refused)
        yield ScanPage([], None)

    def _paced(self, pages: Iterator[ScanPage]) -> Iterator[ScanPage]:
        """Each page only once this lane may ask; the next lane comes when the page's records are out."""
        while True:
            with self._pace.at_work():
                began = time.monotonic()
                page = next(pages, None)
                if page is None:
                    return
                self._pace.page_came(time.monotonic() - began)
                yield page
                del page

    def asking(self, scope: Scope, ask: Callable[[], _Answer]) -> _Answer | None:
        """The answer to a query about a scope, without projects that vanished meanwhile; None when none is left."""
        patience = _Patience()
        while scope.projects:
            projects = scope.projects
            try:
                return ask()
            except BadRequest as refused:
                patience.after(self._drop_vanished(scope, projects), refused)
        return None

    def count(self, scope: Scope, span: str) -> Count:
        """How many issues of the scope are in a span (JQL), by Jira's count."""
        counted = self.asking(scope, lambda: self.jira.count(jql.both(jql.in_projects(scope.projects), span)))
        return counted or Count(0, exact=True)

    def missing(self, scope: Scope, span: str, known: Collection[str]) -> Iterator[list[JsonObject]]:
        """The issues of a span that are not among the `known` ids: listed by id, and read in portions."""
        again = IdRead(self.jira, lambda: scope.projects, self._fields, span)
        ids = self.asking(scope, again.ids) or set()
        for issues, _ in again.rows(sorted(ids.difference(known), key=int), self.settings.page_size):
            yield issues

    def find_project(self, project_id: str) -> Project | None:
        """A project by itself, or None where Jira confirms that the account can't see it."""
        document = self.jira.project(project_id)
        return None if document is None else Project.of(document)

    def _drop_vanished(self, scope: Scope, asked: tuple[str, ...]) -> bool:
        """Jira refuses a whole query for one project that is gone: leave such out. False where none is gone."""
        with self._lock:
            if scope.projects != asked:
                return True  # Another lane has found it out.
            listed = {str(document["id"]) for document in self.jira.projects()}
            gone = frozenset(
                project for project in asked if project not in listed and self.find_project(project) is None
            )
            if not gone:
                return False
            names = sorted(project.key for project in self.sync.projects if project.id in gone)
            self.ledger.drop_projects(scope, gone)
        self._fail_at_end(ConfigurationError(lost_projects(names or sorted(gone), self.jira.kind)))
        return True

    # -- sending -----------------------------------------------------------------------------------

    def send(self, issues: Sequence[JsonObject], streams: Sequence[str], wanted: Wanted) -> Sending:
        """The records of some issues; returns the issues that were sent, by stream.

        What was edited at or after T0 belongs to the next sync, so that no issue comes twice in one.
        """
        for issue in issues:
            issue["updated_ms"] = milliseconds(issue["fields"]["updated"])
        before = [issue for issue in issues if issue["updated_ms"] < self.sync.now]
        sent = {
            stream: [issue for issue in before if wanted(stream, issue)] for stream in self._feeds if stream in streams
        }
        for stream, chosen in sent.items():
            self._feeds[stream].prepare(chosen)
        counted = max(sent, key=lambda stream: len(sent[stream]), default=None)
        # One page at a time: lanes that took turns at every record would do little else than change threads.
        with self.ledger.sending:
            for stream, chosen in sent.items():
                records = self._feeds[stream].records
                for issue in chosen:
                    for data in records(issue):
                        yield Record(data=data, stream_name=stream)
                    if stream == counted:
                        self._observe(issue)
                        self.ledger.issue_is_out()
        return sent
