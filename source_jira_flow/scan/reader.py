"""What all reads of issues share: pages and counts of a group, without projects that vanish during the read."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

from source_jira_flow.common.json import JsonObject
from source_jira_flow.common.parallel import portions
from source_jira_flow.common.text import listed
from source_jira_flow.errors import BadRequest, ConfigurationError, PassingFault
from source_jira_flow.jira import jql
from source_jira_flow.jira.base import Count
from source_jira_flow.jira.missing_permissions import lost_projects
from source_jira_flow.jira.projects import Project
from source_jira_flow.scan.by_id import IdRead
from source_jira_flow.scan.pace import Pace
from source_jira_flow.scan.pages import Range, RangeReader, ScanPage
from source_jira_flow.scan.search import IssueSearch
from source_jira_flow.scan.unreadable import Unreadable
from source_jira_flow.state.progress import Group, Position
from source_jira_flow.sync import Sync

_Answer = TypeVar("_Answer")
_QUOTED = re.compile(r"'([^']+)'")
# So many issues may come and go while they are listed.
_FEW = 20
_TRIES_WHEN_REFUSED = 3
_AT_FIRST_WITH_MORE = 2
# Where more issues than a page holds were edited in one second, a query names so many by id.
_VERSIONS_IN_PAGE = 1000


class IssueReader:
    """Reads issues for all workers. `fail_at_end` takes errors that fail the streams after everything else is read."""

    def __init__(
        self,
        sync: Sync,
        fields: Sequence[str],
        expand: Sequence[str],
        unreadable: Unreadable,
        fail_at_end: Callable[[Exception], None],
    ) -> None:
        self.sync = sync
        self.search = IssueSearch(
            sync.jira, fields, expand, sync.settings.page_size, sync.account.prove_answer, unreadable, sync.logger
        )
        self._fail_at_end = fail_at_end
        # A page with histories is several times as large.
        self._pace = Pace(sync.workers, _AT_FIRST_WITH_MORE if expand else None)
        if expand:
            sync.jira.before_large_answers(self._pace.page_comes)
        self._lock = threading.Lock()

    def pages(self, group: Group, span: Range, begin: Position) -> Iterator[ScanPage]:
        """The pages of a range. Projects that vanish meanwhile are left out, and the read continues."""
        reader = RangeReader(self.search, group, span, begin)
        return self._resumed(group, lambda: self._paced(reader.pages()))

    def versions(self, group: Group, span: Range, begin: Position) -> Iterator[ScanPage]:
        """The same, with `updated` as the only field."""
        search = replace(self.search, fields=("updated",), expand=(), page_size=_VERSIONS_IN_PAGE)
        return self._resumed(group, RangeReader(search, group, span, begin).pages)

    def _resumed(self, group: Group, pages: Callable[[], Iterator[ScanPage]]) -> Iterator[ScanPage]:
        unexplained = 0
        while group.projects:
            projects = group.projects
            try:
                yield from pages()
                return
            except BadRequest as refused:
                unexplained = self._after_refusal(group, projects, refused, unexplained)
        yield ScanPage([], None)

    def _paced(self, pages: Iterator[ScanPage]) -> Iterator[ScanPage]:
        """Each page only once this worker may ask; the next one may once the page is taken."""
        while True:
            with self._pace.at_work():
                began = time.monotonic()
                page = next(pages, None)
                if page is None:
                    return
                self._pace.page_came(time.monotonic() - began)
                yield page
                del page

    def asking(self, group: Group, ask: Callable[[], _Answer]) -> _Answer | None:
        """The answer to a query about a group, without projects that vanished; None if no project is left."""
        unexplained = 0
        while group.projects:
            projects = group.projects
            try:
                return ask()
            except BadRequest as refused:
                unexplained = self._after_refusal(group, projects, refused, unexplained)
        return None

    def _after_refusal(self, group: Group, asked: tuple[str, ...], refused: BadRequest, unexplained: int) -> int:
        """Leave out the projects that explain a refusal; returns how often none did. Raises a refusal that stays.

        One that no vanished project explains is tried again: the project may be back by now. Where Jira still names
        one that it lists, that one is left out too.
        """
        if self._drop_vanished(group, asked):
            return unexplained
        if unexplained + 1 < _TRIES_WHEN_REFUSED:
            return unexplained + 1
        named = frozenset(project.id for project in self._projects(asked) if _names(refused, project))
        if not named:
            raise refused
        keys = [project.key for project in self._projects(named)]
        group.drop(named)
        self._fail_at_end(
            PassingFault(
                f"Jira lists {listed(keys)} and refuses to search there: {refused} All other projects were read; the"
                " next sync starts again there."
            )
        )
        return 0

    def _projects(self, ids: Collection[str]) -> list[Project]:
        return [project for project in self.sync.projects if project.id in ids]

    def count(self, group: Group, span: str) -> Count:
        """Jira's count of the group's issues in a span (JQL)."""
        counted = self.asking(group, lambda: self.sync.jira.count(jql.both(jql.in_projects(group.projects), span)))
        return counted or Count(0, exact=True)

    def missing(self, group: Group, span: str, known: Collection[str]) -> Iterator[list[JsonObject]]:
        """The issues of a span that are not among the `known` ids: listed by id, and read in portions.

        Raises PassingFault where the listing lacks most of what is known: it proves nothing then; and at the end where
        it has an issue without an id.
        """
        again = IdRead(self.search, group, span)
        ids = self.asking(group, again.ids) or set()
        lacking = len(set(known).difference(ids))
        if lacking > max(_FEW, len(known) // 2):
            raise PassingFault(
                f"Jira lists {len(ids)} issues without {lacking} of those that it gave before. Sync again."
            )
        yield from self.by_id(group, ids.difference(known), again)
        if not again.whole:
            raise PassingFault(
                "Jira lists an issue without a key: ask your Jira administrator to look at what was edited last. All"
                " others were read; the next sync reads that period again."
            )

    def by_id(self, group: Group, issue_ids: Iterable[str], read: IdRead | None = None) -> Iterator[list[JsonObject]]:
        """Issues of the group as search shows them, in portions of a page."""
        read = read or IdRead(self.search, group, "")
        for portion in portions(sorted(issue_ids, key=int), self.search.page_size):
            yield self.asking(group, partial(read.read, portion)) or []

    def find_project(self, project_id: str) -> Project | None:
        """A project by itself, or None where Jira confirms that the account can't see it."""
        document = self.sync.jira.project(project_id)
        return None if document is None else Project.of(document)

    def _drop_vanished(self, group: Group, asked: tuple[str, ...]) -> bool:
        """Leave out projects that are gone: one of them makes Jira refuse the whole query. False if none is gone."""
        with self._lock:
            if group.projects != asked:
                return True  # Another worker has found it out.
            listed = {str(document["id"]) for document in self.sync.jira.projects()}
            gone = frozenset(
                project for project in asked if project not in listed and self.find_project(project) is None
            )
            if not gone:
                return False
            names = sorted(project.key for project in self._projects(gone))
            group.drop(gone)
        self._fail_at_end(ConfigurationError(lost_projects(names or sorted(gone), self.sync.jira.kind)))
        return True


def _names(refused: BadRequest, project: Project) -> bool:
    """Whether a refusal names a project: "A value with ID '10000' does not exist for the field 'project'."."""
    quoted = {part for message in refused.messages for part in _QUOTED.findall(message)}
    return "project" in quoted and not quoted.isdisjoint((project.id, project.key))
