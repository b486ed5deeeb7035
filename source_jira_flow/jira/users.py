"""All users: Cloud's list by offset, Data Center's list by cursor, and a sweep by prefix where there is neither."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from source_jira_flow.common.json import JsonObject
from source_jira_flow.errors import NotFound, PassingFault, RefusedRequest
from source_jira_flow.http.client import JiraClient
from source_jira_flow.jira.base import UserList
from source_jira_flow.jira.paging import Progress
from source_jira_flow.jira.shape import a_list, an_object
from source_jira_flow.jira.user_sweep import PrefixSweep

_LIST = "/rest/api/2/users/search"
_CURSOR_LIST = "/rest/api/2/user/list"
_USER_SEARCH = "/rest/api/2/user/search"
_USER = "/rest/api/2/user"
_PAGE = 1000
_SMALLEST_PAGE = 50
_CONFLICT = 409
_EMPTY_TRIES = 6


class OffsetUserList(UserList):
    """Cloud's `users/search`: a bare array, inactive and app users among them, up to an empty page."""

    def __init__(self, client: JiraClient) -> None:
        self._client = client

    def __iter__(self) -> Iterator[JsonObject]:
        start, progress = 0, Progress(_LIST)
        while True:
            # The first page is never empty: the account that asks is in the list.
            rows = self._page_with_rows(start, tries=2 if start else _EMPTY_TRIES)
            if not rows:
                # Jira may leave out users after it cut the page: an empty page can have others behind it.
                start += _PAGE
                rows = self._page(start)
                if not rows:
                    return
            yield from progress.new(rows)
            start += len(rows)

    def _page_with_rows(self, start: int, tries: int) -> list[JsonObject]:
        pages = (self._page(start) for _ in range(tries))
        return next((rows for rows in pages if rows), [])

    def _page(self, start: int, size: int = _PAGE) -> list[JsonObject]:
        try:
            rows: list[JsonObject] = self._client.get(
                _LIST, {"startAt": start, "maxResults": size}, accept=a_list(_LIST)
            )
            return rows
        except RefusedRequest as refused:
            # Jira gives up after ten seconds with a 409.
            if refused.status != _CONFLICT or size <= _SMALLEST_PAGE:
                raise
            return self._page(start, size // 2)


class CursorUserList(UserList):
    """Data Center's `user/list` (10.3 LTS, 11 and newer), or `fallback` where Jira does not know it."""

    def __init__(self, client: JiraClient, fallback: Callable[[], UserList]) -> None:
        self._client = client
        self._fallback = fallback

    def __iter__(self) -> Iterator[JsonObject]:
        try:
            page = self._page(None)
        except NotFound:
            users = self._fallback()
            yield from users
            self.may_be_cut = users.may_be_cut
            return
        progress = Progress(_CURSOR_LIST)
        while True:
            yield from progress.new(page["values"])
            cursor = page.get("nextCursor")
            if cursor is None or page.get("isLast"):
                return
            page = self._page(cursor)

    def _page(self, cursor: Any) -> dict[str, Any]:
        """A page with rows, or the last one. An empty page is asked for again: the first never is, the last may be."""
        params = {"maxResults": _PAGE} if cursor is None else {"maxResults": _PAGE, "cursor": cursor}
        for attempt in range(_EMPTY_TRIES):
            page: dict[str, Any] = self._client.get(_CURSOR_LIST, params, accept=an_object(_CURSOR_LIST, values=list))
            if page["values"] or (cursor is not None and _is_last(page) and attempt > 0):
                return page
        if cursor is None and _is_last(page):
            return page
        raise PassingFault("Jira gave an empty page in the middle of its list of users.")


class SweptUserList(UserList):
    """`user/search` by prefix, for a Jira that has no list of users."""

    def __init__(self, client: JiraClient) -> None:
        self._client = client
        self._sweep = PrefixSweep(self._search, self._named, client.workers)

    def __iter__(self) -> Iterator[JsonObject]:
        yield from self._sweep.users()
        self.may_be_cut = self._sweep.may_be_incomplete
        if self.may_be_cut:
            self._client.logger.info(
                "This Jira limits its lists of users: %d were found with %d searches. The list may be incomplete;"
                " people who occur in issues of the same sync are added.",
                self._sweep.found,
                self._sweep.asked,
            )

    def _search(self, text: str) -> list[JsonObject]:
        params = {"username": text, "includeInactive": "true", "startAt": 0, "maxResults": _PAGE}
        rows: list[JsonObject] = self._client.get(_USER_SEARCH, params, accept=a_list(_USER_SEARCH))
        return rows

    def _named(self, username: str) -> JsonObject | None:
        return find_user(self._client, {"username": username})


def find_user(client: JiraClient, who: Mapping[str, str]) -> JsonObject | None:
    """The user whom one parameter (`accountId`, `key` or `username`) names, or None where there is none (404)."""
    return client.find(_USER, who, accept=an_object(_USER))


def _is_last(page: Mapping[str, Any]) -> bool:
    return page.get("isLast") is not False
