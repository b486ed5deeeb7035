"""Searches by prefix find everybody whom a search can find, whatever it holds back."""

from __future__ import annotations

import logging
import random
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from source_jira_flow.common.json import Accept
from source_jira_flow.jira.users import UsersByPrefix

User = dict[str, Any]


class Directory:
    """A client of a Jira that finds users by the beginnings of their names, and gives the first `cap` of them."""

    workers = 4
    logger = logging.getLogger("test")

    def __init__(self, names: list[str], cap: int, wildcards: frozenset[str] = frozenset()) -> None:
        self.users = [
            {"key": f"KEY{place}", "name": name, "displayName": f"Person {place}"} for place, name in enumerate(names)
        ]
        self.cap = cap
        self.wildcards = wildcards

    def search(self, text: str) -> list[User]:
        matching = self.users if text in self.wildcards else [user for user in self.users if _matches(user, text)]
        return sorted(matching, key=lambda user: str(user["displayName"]))[: self.cap]

    def get(self, _path: str, params: Mapping[str, Any], *, accept: Accept) -> list[User]:
        answer = self.search(params["username"])
        accept(answer)
        return answer

    def find(self, _path: str, params: Mapping[str, Any], **_arguments: Any) -> User | None:
        return next((user for user in self.users if user["name"].lower() == params["username"]), None)

    def list(self) -> tuple[set[str], UsersByPrefix]:
        users = UsersByPrefix(self)  # type: ignore[arg-type]
        found = [user["key"] for user in users]
        assert len(found) == len(set(found))
        return set(found), users

    @property
    def keys(self) -> set[str]:
        return {str(user["key"]) for user in self.users}


def _matches(user: User, text: str) -> bool:
    words = [user["name"], user["displayName"], *user["displayName"].split()]
    return (text == "." and "." in user["name"]) or any(word.lower().startswith(text.lower()) for word in words)


def test_a_wildcard_that_works_is_enough() -> None:
    directory = Directory([f"user{number}" for number in range(70)], 1000, frozenset({'""'}))
    found, users = directory.list()
    assert found == directory.keys
    assert not users.may_be_cut
    assert users.asked == 1


def test_without_a_wildcard_the_letters_find_all_and_it_says_that_it_may_be_cut() -> None:
    directory = Directory(["ann", "ben.x", "Zoe", "7up"], 1000)
    found, users = directory.list()
    assert found == directory.keys
    assert users.may_be_cut


@pytest.mark.parametrize("cap", [50, 100])
def test_full_answers_are_gone_into_until_all_are_found(cap: int) -> None:
    directory = Directory([f"user{number:05d}" for number in range(700)], cap, frozenset({'""', "''"}))
    found, users = directory.list()
    assert found == directory.keys
    assert users.may_be_cut


def test_who_is_called_as_others_begin_is_not_left_out() -> None:
    # Sorted last by the shown name, so that the full answer to "anna" leaves out the one who is called just so.
    directory = Directory([f"anna{number:03d}" for number in range(300)] + ["anna"], 50)
    found, _ = directory.list()
    assert found == directory.keys


def test_letters_that_come_to_light_are_asked_for_everywhere() -> None:
    names = [f"user{number:03d}" for number in range(120)] + [f"user-{number:03d}" for number in range(120)]
    names += [f"ж.{number:03d}" for number in range(80)] + [f"user{number:03d}ж" for number in range(60)]
    directory = Directory(names, 50)
    found, _ = directory.list()
    assert found == directory.keys


def test_very_many_letters_are_asked_for_only_where_they_stand() -> None:
    letters = [chr(0x4E00 + number) for number in range(300)]
    names = [f"{letter}.{number}" for number, letter in enumerate(letters)]
    names += [f"user{number:03d}" for number in range(400)]
    directory = Directory(names, 1000)
    _, users = directory.list()
    assert users.asked < 3_000


def test_a_jira_that_ignores_the_text_is_not_asked_for_ever() -> None:
    directory = Directory([f"user{number}" for number in range(100)], 50)
    directory.search = lambda text: directory.users[:50]  # type: ignore[method-assign]
    _, users = directory.list()
    assert users.may_be_cut
    assert users.asked < 3_000


def test_nobody_is_nobody() -> None:
    found, _ = Directory([], 100).list()
    assert found == set()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 600), alphabet=st.sampled_from(["ab1", "abc-_.", "xyzé@+"]))
def test_any_directory_is_found_whole(seed: int, count: int, alphabet: str) -> None:
    source = random.Random(seed)
    names = {"".join(source.choices(alphabet, k=source.randint(3, 8))) for _ in range(count)}
    # Every letter begins some name, as the promise says: letters, digits, and what names begin with.
    directory = Directory([*sorted(names), *alphabet], 50)
    found, _ = directory.list()
    assert found == directory.keys
