"""Reads the issues of a narrow span by their ids: for a second in which more lie than a page takes, and to look again.

Offsets shift when rows leave, so the ids are listed first (5,000 a page on Cloud), again and again until a listing
brings no new one, and the issues are then asked for by id, ascending: a place to go on from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from source_jira_flow.common.json import JsonObject
from source_jira_flow.errors import BadRequest, PassingFault
from source_jira_flow.jira import jql
from source_jira_flow.jira.base import ID_PAGE_SIZE, Jira

_MOST_LISTINGS = 20


class IdRead:
    """The issues of a `span` (JQL) in some projects, which are asked for anew with every query: they can vanish."""

    def __init__(
        self,
        jira: Jira,
        projects: Callable[[], Sequence[str]],
        fields: Sequence[str],
        expand: Sequence[str],
        span: str,
    ) -> None:
        self._jira = jira
        self._projects = projects
        self._fields = fields
        self._expand = expand
        self._span = span

    def rows(self, issue_ids: Sequence[str], size: int) -> Iterator[tuple[list[JsonObject], int]]:
        """These issues of the span, in portions of at most `size`, and the last id that each portion reaches.

        An issue that left the span meanwhile is missing: it comes with its new instant.
        """
        for start in range(0, len(issue_ids), size):
            portion = issue_ids[start : start + size]
            yield self._by_ids(portion), int(portion[-1])

    def ids(self) -> set[str]:
        """All ids of the span: listed until a listing brings no new one."""
        found: set[str] = set()
        for _ in range(_MOST_LISTINGS):
            before = len(found)
            in_one_page = self._list(self._projects(), found)
            if in_one_page or len(found) == before:
                return found
        raise PassingFault(
            "The issues of one moment keep changing while they are listed: sync again at a quieter time."
        )

    def _list(self, projects: Sequence[str], found: set[str]) -> bool:
        """One listing; True when a single answer held it, so that nothing could shift."""
        query = jql.by_key(self._in(projects))
        page = self._jira.search(query, ["id"], ID_PAGE_SIZE)
        found.update(row["id"] for row in page.issues)
        if page.next is None:
            return True
        if (
            self._jira.result_window is not None
            and self._jira.count(self._in(projects)).number > self._jira.result_window
        ):
            self._list_in_parts(projects, found)
            return False
        while page.next is not None:
            page = self._jira.search(query, ["id"], ID_PAGE_SIZE, page.next)
            found.update(row["id"] for row in page.issues)
        return False

    def _list_in_parts(self, projects: Sequence[str], found: set[str]) -> None:
        """A server gives no row past its result window: halve the projects, and walk a single one by its keys."""
        if len(projects) == 1:
            self._list_by_key(self._in(projects), found)
            return
        middle = len(projects) // 2
        for part in (projects[:middle], projects[middle:]):
            self._list(part, found)

    def _list_by_key(self, span: str, found: set[str]) -> None:
        keys: list[str] = []
        while True:
            page = self._page_after(span, keys)
            found.update(row["id"] for row in page)
            keys = [row["key"] for row in page]
            if not keys:
                return

    def _page_after(self, span: str, keys: Sequence[str]) -> list[JsonObject]:
        """The page after the last of `keys` that still exists: Jira refuses to compare with a deleted issue's key."""
        refused: BadRequest | None = None
        for key in reversed(keys[-5:]):
            try:
                return self._jira.search(jql.by_key(span, key), ["id"], ID_PAGE_SIZE).issues
            except BadRequest as error:
                refused = error
        if refused is not None:
            raise refused
        return self._jira.search(jql.by_key(span), ["id"], ID_PAGE_SIZE).issues

    def _in(self, projects: Sequence[str]) -> str:
        return jql.both(jql.in_projects(projects), self._span)

    def _by_ids(self, issue_ids: Sequence[str]) -> list[JsonObject]:
        """The issues that are still there. One deleted id makes Jira refuse all: then ask for halves."""
        query = jql.both(self._in(self._projects()), jql.in_ids(issue_ids))
        rows: list[JsonObject] = []
        cursor = None
        try:
            while True:
                page = self._jira.search(query, self._fields, len(issue_ids), cursor, self._expand)
                rows += page.issues
                cursor = page.next
                if cursor is None:
                    return rows
        except BadRequest:
            if len(issue_ids) == 1:
                return self._single(issue_ids[0])
            middle = len(issue_ids) // 2
            return self._by_ids(issue_ids[:middle]) + self._by_ids(issue_ids[middle:])

    def _single(self, issue_id: str) -> list[JsonObject]:
        """Nothing, where Jira confirms that the issue is gone; any other refusal stands."""
        if self._jira.issue_exists(issue_id):
            query = jql.both(self._in(self._projects()), jql.in_ids([issue_id]))
            return self._jira.search(query, self._fields, 1, expand=self._expand).issues
        return []
