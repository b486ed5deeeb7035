"""All users: Cloud's list by offset, Data Center's list by cursor, and searches by prefix where there is neither.

A search gives the users whose user name, name or e-mail address begins with a text (some versions: contains it), and of
them the first so many. So every user is found by the letters of the user name, one more at a time, until the answer is
not full any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from string import ascii_lowercase, digits
from typing import Any

from source_jira_flow.common.json import JsonObject
from source_jira_flow.common.parallel import in_parallel
from source_jira_flow.errors import NotFound, PassingFault, RefusedRequest
from source_jira_flow.http.client import JiraClient
from source_jira_flow.jira.base import UserList
from source_jira_flow.jira.paging import Progress
from source_jira_flow.jira.shape import a_list, an_object

_LIST = "/rest/api/2/users/search"
_CURSOR_LIST = "/rest/api/2/user/list"
_PAGE = 1000
_SMALLEST_PAGE = 50
_CONFLICT = 409
_EMPTY_TRIES = 6
_SEARCH = "/rest/api/2/user/search"
_USER = "/rest/api/2/user"

# Texts that mean "everybody" on some versions. No name holds two quotes in a row, so an answer to these proves it.
_PROVEN_WILDCARDS = ('""', "''")
# These match what has the character in it, as every e-mail address does; they tell nothing about the others.
_USEFUL_TEXTS = (".", "_", "@")
# Jira cuts at 100 (10 and newer), 1,000 (before), or what an administrator set: round numbers all.
_CAPS_ARE_MULTIPLES_OF = 50
_MOST_LETTERS_EVERYWHERE = 64
_MOST_QUESTIONS = 100_000


class OffsetUserList(UserList):
    """Cloud's `users/search`: a bare array, inactive and app users among them, up to an empty page."""

    def __init__(self, client: JiraClient) -> None:
        self._client = client

    def __iter__(self) -> Iterator[JsonObject]:
        start, progress = 0, Progress(_LIST)
        while True:
            # The first page is never empty: the account that asks is in the list.
            pages = (self._page(start) for _ in range(2 if start else _EMPTY_TRIES))
            rows = next((rows for rows in pages if rows), [])
            if not rows:
                # Jira may leave out users after it cut the page: an empty page can have others behind it.
                start += _PAGE
                rows = self._page(start)
                if not rows:
                    return
            yield from progress.new(rows)
            start += len(rows)

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
    """Data Center's `user/list` (10.3 LTS, 11 and newer), or a search by prefix where Jira does not know it."""

    def __init__(self, client: JiraClient) -> None:
        self._client = client

    def __iter__(self) -> Iterator[JsonObject]:
        try:
            page = self._page(None)
        except NotFound:
            users = UsersByPrefix(self._client)
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
            page: JsonObject = self._client.get(_CURSOR_LIST, params, accept=an_object(_CURSOR_LIST, values=list))
            if page["values"] or (cursor is not None and _is_last(page) and attempt > 0):
                return page
        if cursor is None and _is_last(page):
            return page
        raise PassingFault("Jira gave an empty page in the middle of its list of users.")


def _is_last(page: Mapping[str, Any]) -> bool:
    return page.get("isLast") is not False


class UsersByPrefix(UserList):
    """`user/search` by prefix, for a Jira that has no list of users. `asked` counts the searches."""

    def __init__(self, client: JiraClient) -> None:
        self.asked = 0
        self._client = client
        self._seen: set[str] = set()
        self._alphabet = _Alphabet()
        # For every prefix whose answer was full: the letters behind it that were asked for.
        self._opened: dict[str, set[str]] = {}

    def __iter__(self) -> Iterator[JsonObject]:
        for text in (*_PROVEN_WILDCARDS, *_USEFUL_TEXTS):
            answer = self._search(text)
            self.asked += 1
            yield from self._new(answer)
            if text in _PROVEN_WILDCARDS and answer and not _is_full(answer):
                return
        # From here on only those are found whose names begin with letters that are asked for.
        self.may_be_cut = True
        self._opened[""] = set()
        # Names found bring letters that were not asked for yet: continue until there are none.
        while questions := list(self._open_questions()):
            yield from self._ask_all(questions)
        self._client.logger.info(
            "This Jira limits its lists of users: %d were found with %d searches. The list may be incomplete;"
            " people who occur in issues of the same sync are added.",
            len(self._seen),
            self.asked,
        )

    def _search(self, text: str) -> list[JsonObject]:
        params = {"username": text, "includeInactive": "true", "startAt": 0, "maxResults": _PAGE}
        rows: list[JsonObject] = self._client.get(_SEARCH, params, accept=a_list(_SEARCH))
        return rows

    def _open_questions(self) -> Iterator[str]:
        behind = self._alphabet.letters_behind(self._opened)
        for prefix, asked in self._opened.items():
            for letter in sorted(behind[prefix] - asked):
                asked.add(letter)
                yield prefix + letter

    def _ask_all(self, questions: Iterable[str]) -> Iterator[JsonObject]:
        for prefix, (answer, goes_on) in in_parallel(self._answer, questions, self._client.workers):
            self.asked += 1
            yield from self._new(answer)
            if goes_on and self.asked < _MOST_QUESTIONS:
                self._opened[prefix] = set()

    def _answer(self, prefix: str) -> tuple[list[JsonObject], bool]:
        """Those whom a search finds, and whether there may be others behind them.

        The user who is called just so can be left out of a full answer, and no longer prefix would find them.
        """
        answer = self._search(prefix)
        if not _is_full(answer) or not _looks_at(prefix, answer):
            return answer, False
        if any(_name(user) == prefix for user in answer):
            return answer, True
        user = self._client.find(_USER, {"username": prefix}, accept=an_object(_USER))
        return (answer if user is None else [*answer, user]), True

    def _new(self, users: Iterable[JsonObject]) -> Iterator[JsonObject]:
        for user in users:
            key = str(user.get("key") or user.get("name"))
            if key not in self._seen:
                self._seen.add(key)
                self._alphabet.learn(_name(user))
                yield user


class _Alphabet:
    """The letters to ask for: Latin ones and digits everywhere, others where names have them."""

    _LATIN = frozenset(ascii_lowercase + digits)

    def __init__(self) -> None:
        self._others: set[str] = set()
        self._names_with_others: list[str] = []

    def learn(self, name: str) -> None:
        others = set(name) - self._LATIN
        if others:
            self._others |= others
            self._names_with_others.append(name)

    def letters_behind(self, prefixes: Iterable[str]) -> dict[str, set[str]]:
        """For each prefix the letters that may follow it in a name.

        Punctuation counts everywhere; so do all other letters unless there are very many (Chinese, say), which count
        only where they follow it in a name that was found.
        """
        everywhere = {letter for letter in self._others if letter.isascii()}
        if len(self._others) <= _MOST_LETTERS_EVERYWHERE:
            everywhere = self._others
        behind = {prefix: {*self._LATIN, *everywhere} for prefix in prefixes}
        for name in self._names_with_others:
            for place, letter in enumerate(name):
                if name[:place] in behind:
                    behind[name[:place]].add(letter)
        return behind


def _is_full(answer: list[JsonObject]) -> bool:
    return len(answer) > 0 and len(answer) % _CAPS_ARE_MULTIPLES_OF == 0


def _looks_at(prefix: str, answer: list[JsonObject]) -> bool:
    """Whether the answer has to do with the text: a Jira that ignores it would be asked for ever.

    Half is enough, since what matched can be an e-mail address that is hidden.
    """
    shown = ("name", "displayName", "emailAddress")
    fitting = sum(any(prefix in str(user.get(part) or "").lower() for part in shown) for user in answer)
    return 2 * fitting >= len(answer)


def _name(user: JsonObject) -> str:
    return str(user.get("name") or "").lower()
