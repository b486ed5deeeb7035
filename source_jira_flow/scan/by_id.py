"""Reads the issues of a narrow span by their ids: for a second with more issues than fit on a page, and to check again.

Offsets shift when rows leave, so the ids are listed first (5,000 a page on Cloud), repeatedly until a listing brings
no new one. The issues are then requested by id, ascending, which gives a position to resume from.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from source_jira_flow.common.json import JsonObject
from source_jira_flow.common.parallel import portions
from source_jira_flow.errors import BadRequest, PassingFault
from source_jira_flow.jira import jql
from source_jira_flow.jira.base import Jira, SearchPage
from source_jira_flow.scan.unreadable import Unreadable
from source_jira_flow.state.progress import Group

_MOST_LISTINGS = 20
# Pages of a listing that bring no new id.
_MOST_PAGES_IN_VAIN = 50


class Search(Protocol):
    """What this searches with; see `scan.search.IssueSearch`."""

    jira: Jira
    page_size: int
    unreadable: Unreadable

    def page(self, query: str, cursor: Any | None = None) -> SearchPage:
        """A page of issues with all fields."""

    def ids(self, query: str, cursor: Any | None = None) -> SearchPage:
        """A large page of ids."""

    def is_gone(self, reference: str) -> bool:
        """Whether Jira confirms that it has no such issue."""


class IdRead:
    """The issues of a `span` (JQL) in a group's projects, which are looked up for every query: they can vanish.

    `whole` is false if Jira listed an issue without an id.
    """

    def __init__(self, search: Search, group: Group, span: str) -> None:
        self._search = search
        self._group = group
        self._span = span
        self.whole = True

    def rows(self, issue_ids: Sequence[str]) -> Iterator[tuple[list[JsonObject], int]]:
        """These issues of the span, in portions of a page, and the last id that each portion reaches.

        An issue that left the span meanwhile is missing: it is read with its new instant.
        """
        for portion in portions(issue_ids, self._search.page_size):
            yield self.read(portion), int(portion[-1])

    def read(self, issue_ids: Sequence[str]) -> list[JsonObject]:
        """The issues that still exist. One deleted id makes Jira refuse them all: then request halves.

        If a server returns fewer than requested, the rest is a new query: an offset would shift with every edit.
        """
        rows: dict[str, JsonObject] = {}
        try:
            while rest := [issue_id for issue_id in issue_ids if issue_id not in rows]:
                page = self._search.page(jql.by_key(jql.both(self._in(self._group.projects), jql.in_ids(rest))))
                came = {row["id"]: row for row in page.issues if row["id"] not in rows}
                rows.update(came)
                if not page.whole:
                    for unread in set(rest).difference(rows):
                        self._search.unreadable.note(unread, unread)
                if page.next is None or not came:
                    break
            return list(rows.values())
        except BadRequest:
            if len(issue_ids) == 1:
                return self._single(issue_ids[0])
            middle = len(issue_ids) // 2
            return self.read(issue_ids[:middle]) + self.read(issue_ids[middle:])

    def ids(self) -> set[str]:
        """All ids of the span: listed until a listing brings no new one."""
        found: set[str] = set()
        for _ in range(_MOST_LISTINGS):
            before = len(found)
            if self._list(self._group.projects, found) or len(found) == before:
                return found
        raise PassingFault(
            "The issues of one moment keep changing while they are listed: sync again at a quieter time."
        )

    def _list(self, projects: Sequence[str], found: set[str]) -> bool:
        """One listing; True if a single answer contained everything, so that nothing could shift."""
        query = jql.by_key(self._in(projects))
        page = self._ids(query, found)
        if page.next is None:
            return True
        window = self._search.jira.result_window
        if window is not None and self._search.jira.count(self._in(projects)).number > window:
            self._list_in_parts(projects, found)
            return False
        in_vain = 0
        while page.next is not None and in_vain < _MOST_PAGES_IN_VAIN:
            before = len(found)
            page = self._ids(query, found, page.next)
            in_vain = 0 if len(found) > before else in_vain + 1
        return False

    def _list_in_parts(self, projects: Sequence[str], found: set[str]) -> None:
        """For servers that return no row past their result window: halve the projects, and walk a single one by key."""
        if len(projects) == 1:
            self._list_by_key(self._in(projects), found)
            return
        middle = len(projects) // 2
        for part in (projects[:middle], projects[middle:]):
            self._list(part, found)

    def _list_by_key(self, span: str, found: set[str]) -> None:
        page = self._page_after(span, (), found)
        while page:
            page = self._page_after(span, [row["key"] for row in page], found)

    def _page_after(self, span: str, keys: Sequence[str], found: set[str]) -> list[JsonObject]:
        """The page after the last of `keys` that still exists: Jira refuses to compare with a deleted issue's key."""
        refused: BadRequest | None = None
        for key in reversed(keys[-5:]):
            try:
                return self._ids(jql.by_key(span, key), found).issues
            except BadRequest as error:
                refused = error
        if refused is not None:
            raise refused
        return self._ids(jql.by_key(span), found).issues

    def _ids(self, query: str, found: set[str], cursor: Any | None = None) -> SearchPage:
        """A page of ids, added to those that were `found`."""
        page = self._search.ids(query, cursor)
        found.update(row["id"] for row in page.issues)
        if not page.whole:
            self.whole = False
            self._search.unreadable.note_nameless()
        return page

    def _in(self, projects: Sequence[str]) -> str:
        return jql.both(jql.in_projects(projects), self._span)

    def _single(self, issue_id: str) -> list[JsonObject]:
        """Nothing if Jira confirms that the issue is gone; any other refusal is raised."""
        if self._search.is_gone(issue_id):
            return []
        return self._search.page(jql.both(self._in(self._group.projects), jql.in_ids([issue_id]))).issues
