"""Finds all users of a Jira that only answers searches, and answers each with the first so many.

A search gives the users whose user name, name or e-mail address begins with a text (some versions: contains it). So
every user is found by the letters of the user name, one more at a time, until the answer is not full any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from string import ascii_lowercase, digits

from source_jira_flow.common.json import JsonObject
from source_jira_flow.common.parallel import in_parallel

# Texts that mean "everybody" on some versions. No name holds two quotes in a row, so an answer to these proves it.
_PROVEN_WILDCARDS = ('""', "''")
# These match what has the character in it, as every e-mail address does; they tell nothing about the others.
_USEFUL_TEXTS = (".", "_", "@")
# Jira cuts at 100 (10 and newer), 1,000 (before), or what an administrator set: round numbers all.
_CAPS_ARE_MULTIPLES_OF = 50
_MOST_LETTERS_EVERYWHERE = 64
_MOST_QUESTIONS = 100_000


class PrefixSweep:
    """One sweep. After `users()` came to its end, the other attributes tell how it went."""

    def __init__(
        self, search: Callable[[str], list[JsonObject]], named: Callable[[str], JsonObject | None], workers: int
    ) -> None:
        """`search` answers a text with the first users that match; `named` gives the user of exactly that user name."""
        self.asked = 0
        self.may_be_incomplete = False
        self._search = search
        self._named = named
        self._workers = workers
        self._seen: set[str] = set()
        self._alphabet = _Alphabet()
        # For every prefix whose answer was full: the letters behind it that were asked for.
        self._opened: dict[str, set[str]] = {}

    @property
    def found(self) -> int:
        """How many users were found."""
        return len(self._seen)

    def users(self) -> Iterator[JsonObject]:
        """Everybody who can be found, once."""
        for text in (*_PROVEN_WILDCARDS, *_USEFUL_TEXTS):
            answer = self._search(text)
            self.asked += 1
            yield from self._new(answer)
            if text in _PROVEN_WILDCARDS and answer and not _is_full(answer):
                return
        # From here on only those are found whose names begin with letters that are asked for.
        self.may_be_incomplete = True
        self._opened[""] = set()
        # Names found bring letters that were not asked for yet: continue until there are none.
        while questions := list(self._open_questions()):
            yield from self._ask_all(questions)

    def _open_questions(self) -> Iterator[str]:
        behind = self._alphabet.letters_behind(self._opened)
        for prefix, asked in self._opened.items():
            for letter in sorted(behind[prefix] - asked):
                asked.add(letter)
                yield prefix + letter

    def _ask_all(self, questions: Iterable[str]) -> Iterator[JsonObject]:
        for prefix, (answer, goes_on) in in_parallel(self._answer, questions, self._workers):
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
        user = self._named(prefix)
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
