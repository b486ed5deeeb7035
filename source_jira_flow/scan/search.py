"""Requests issues from Jira: the one place that says which fields a page holds, what else, and how many issues.

Nothing is concluded from one answer. An empty one is held against Jira's count, asked for again, and counts only when
Jira still knows who asks: Cloud answers a token that has ended with 200 and nothing. A page that can't be read is asked
for by halves, down to the issue that breaks it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from logging import Logger
from typing import Any

from source_jira_flow.common.json import JsonObject
from source_jira_flow.common.text import listed
from source_jira_flow.errors import BadRequest, BrokenPromise, PassingFault, UnreadableAnswer
from source_jira_flow.jira import jql
from source_jira_flow.jira.base import ID_PAGE_SIZE, Count, Jira, SearchPage
from source_jira_flow.records.sound import UNREAD, is_identified, is_issue, set_aside
from source_jira_flow.scan.unreadable import Unreadable

# Fields that say where an issue stands, when it can't be asked for the rest.
_PLACE = ("created", "updated", "project")
_NAMES = ("id", "key")
_TRIES_OF_NOTHING = 3
_MOST_EMPTY_PAGES = 50
# So many of an estimate may be nothing.
_FEW = 20


@dataclass
class IssueSearch:
    """Searches for whole issues. `page_size` is how many the next page is asked for; `prove_answer` raises unless the
    last answer was for the account that signed in."""

    jira: Jira
    fields: Sequence[str]
    expand: Sequence[str]
    page_size: int
    prove_answer: Callable[[], None]
    unreadable: Unreadable
    logger: Logger

    def page(self, query: str, cursor: Any | None = None, counted: Count | None = None) -> SearchPage:
        """One page of a query; `cursor` is an earlier page's `next`, `counted` how many Jira counted of it before."""
        try:
            page = self._asked(query, self.fields, self.page_size, cursor, counted, self.expand)
        except UnreadableAnswer as unreadable:
            found = self._in_parts(query, cursor)
            if unreadable.reason == "too_large":
                self.page_size = max(1, self.page_size // 2)
            return found
        if not all(map(is_issue, page.issues)):
            # Once more: most lies don't come twice.
            page = self._asked(query, self.fields, self.page_size, cursor, None, self.expand)
        if not all(map(_is_named, page.issues)):
            return self._in_parts(query, cursor)
        return SearchPage(self._sound(self._in_form(page.issues)), page.next)

    def ids(self, query: str, cursor: Any | None = None) -> SearchPage:
        """A large page of a query with `id` and `key` alone."""
        page = self._asked(query, _NAMES, ID_PAGE_SIZE, cursor)
        if not all(map(is_identified, page.issues)):
            page = self._asked(query, _NAMES, ID_PAGE_SIZE, cursor)
            for row in page.issues:
                if _is_named(row) and not is_identified(row):
                    self.unreadable.note(row["key"], row["key"])
        rows = [row for row in page.issues if is_identified(row)]
        return SearchPage(rows, page.next, all(map(_is_named, page.issues)))

    def first(self, query: str) -> list[JsonObject]:
        """The first issue of a query, with `created` alone, or none."""
        cursor = None
        for _ in range(_MOST_EMPTY_PAGES):
            page = self._asked(query, ["created"], 1, cursor)
            cursor = page.next
            if page.issues or cursor is None:
                # Where it is not known when the first one was created, the history begins in 1970.
                return [issue if is_issue(issue) else {"fields": {}} for issue in page.issues]
        raise BrokenPromise("Jira gives page after page without an issue: the search would never end.")

    def is_gone(self, reference: str) -> bool:
        """Whether Jira confirms that it has no such issue, by id or key. To nobody, it says so of every issue."""
        if self.jira.issue_exists(reference):
            return False
        self.prove_answer()
        return True

    def by_reference(self, references: Iterable[str]) -> list[JsonObject]:
        """Issues that could not be read before, by id or key; those that are gone are left out."""
        return self._sound(issue for each in references for issue in self._again(each))

    # -- nothing is there --------------------------------------------------------------------------

    def _asked(
        self,
        query: str,
        fields: Sequence[str],
        limit: int,
        cursor: Any | None,
        counted: Count | None = None,
        expand: Sequence[str] = (),
    ) -> SearchPage:
        for _ in range(_TRIES_OF_NOTHING):
            page = self.jira.search(query, fields, limit, cursor, expand)
            if page.issues or page.next is not None:
                return page
            # The rows before `cursor` are counted too: what comes of the whole range is held against its count later.
            if cursor is None and (counted is None or counted.number):
                counted = self.jira.count(jql.where(query))
            if cursor is not None or counted is None or not counted.number:
                self.prove_answer()
                return page
        if counted is not None and (counted.exact or counted.number > _FEW):
            raise PassingFault(
                f"Jira counts {counted.number} issues where its search gave none, also when asked again. Sync again."
                " If it happens again, ask your Jira administrator to check the search index."
            )
        self.prove_answer()
        return page

    # -- what can't be read ------------------------------------------------------------------------

    def _in_parts(self, query: str, cursor: Any | None) -> SearchPage:
        """The page by halves, from the ids of its issues."""
        places = self._asked(query, _PLACE, self.page_size, cursor)
        issues = self._sound(self._whole(self._in_form(places.issues)))
        return SearchPage(issues, places.next, all(map(_is_named, places.issues)))

    def _in_form(self, rows: Iterable[Any]) -> list[JsonObject]:
        """The rows of a page; those in another form are requested one by one."""
        known: list[JsonObject] = []
        for row in rows:
            if is_issue(row):
                known.append(row)
            elif _is_named(row):
                known += self._whole([row])
            else:
                self.unreadable.note_nameless()
        return known

    def _whole(self, rows: Sequence[JsonObject]) -> list[JsonObject]:
        """These issues with all fields; one that can't be read stays as it is, and is noted."""
        if not rows:
            return []
        query = jql.in_ids(map(_reference, rows))
        try:
            found = self.jira.search(query, self.fields, len(rows), None, self.expand).issues
        except (UnreadableAnswer, BadRequest) as error:
            if len(rows) > 1:
                middle = len(rows) // 2
                return self._whole(rows[:middle]) + self._whole(rows[middle:])
            is_gone = isinstance(error, BadRequest) and self.is_gone(_reference(rows[0]))
            return [] if is_gone else self._unread(rows[0])
        if not found and len(rows) == 1:
            return [] if self.is_gone(_reference(rows[0])) else self._unread(rows[0])
        if len(rows) == 1:
            return found if is_issue(found[0]) else self._unread({**rows[0], **_named(found[0])})
        good = {row["id"]: row for row in found if is_issue(row)}
        return [issue for row in rows for issue in ([good[row["id"]]] if row["id"] in good else self._whole([row]))]

    def _again(self, reference: str) -> list[JsonObject]:
        try:
            places = self.jira.search(jql.in_ids([reference]), _PLACE, 1).issues
        except (UnreadableAnswer, BadRequest):
            places = []
        named = [place for place in places if isinstance(place, dict) and place.get("key")]
        return self._whole(named or [{"id": reference, "key": reference}])

    def _unread(self, row: JsonObject) -> list[JsonObject]:
        """What is known of its place, so that the read can pass it; nothing if that is unknown."""
        self.unreadable.note(_reference(row), str(row.get("key") or row.get("id")))
        fields = row.get("fields")
        is_placed = is_identified(row) and isinstance(fields, dict)
        return [{**row, "fields": fields, UNREAD: True}] if is_placed else []

    def _sound(self, issues: Iterable[JsonObject]) -> list[JsonObject]:
        """The issues without values that no column can hold, which are kept apart for the column `fields`."""
        sound = list(issues)
        for issue in sound:
            odd = set_aside(issue)
            if odd:
                self.logger.warning(
                    "Issue %s: %s in a form that is not known. Its column is null, and `fields` has it as it came.",
                    issue["key"],
                    listed(odd),
                )
        return sound


def _is_named(row: Any) -> bool:
    return isinstance(row, dict) and (is_identified(row) or isinstance(row.get("key"), str))


def _reference(row: JsonObject) -> str:
    """The id of a row, or its key where it has no good id."""
    return str(row["id"] if is_identified(row) else row["key"])


def _named(row: Any) -> JsonObject:
    """The key of a row that is not an issue, where it has one."""
    key = row.get("key") if isinstance(row, dict) else None
    return {"key": key} if isinstance(key, str) else {}
