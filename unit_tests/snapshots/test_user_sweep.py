"""The sweep by prefix finds everybody whom a search can find, whatever the search holds back."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from source_jira_flow.jira.user_sweep import PrefixSweep

User = dict[str, Any]


class Directory:
    """A Jira that finds users by the beginnings of their names, and gives the first `cap` of them."""

    def __init__(self, names: list[str], cap: int, wildcards: frozenset[str] = frozenset()) -> None:
        self.users = [
            {"key": f"KEY{place}", "name": name, "displayName": f"Person {place}"} for place, name in enumerate(names)
        ]
        self.cap = cap
        self.wildcards = wildcards

    def search(self, text: str) -> list[User]:
        matching = self.users if text in self.wildcards else [user for user in self.users if _matches(user, text)]
        return sorted(matching, key=lambda user: str(user["displayName"]))[: self.cap]

    def named(self, name: str) -> User | None:
        return next((user for user in self.users if user["name"].lower() == name), None)

    def sweep(self) -> tuple[set[str], PrefixSweep]:
        sweep = PrefixSweep(self.search, self.named, workers=4)
        found = [user["key"] for user in sweep.users()]
        assert len(found) == len(set(found)) == sweep.found
        return set(found), sweep

    @property
    def keys(self) -> set[str]:
        return {str(user["key"]) for user in self.users}


def _matches(user: User, text: str) -> bool:
    words = [user["name"], user["displayName"], *user["displayName"].split()]
    return (text == "." and "." in user["name"]) or any(word.lower().startswith(text.lower()) for word in words)


def test_a_wildcard_that_works_is_enough() -> None:
    directory = Directory([f"user{number}" for number in range(70)], 1000, frozenset({'""'}))
    found, sweep = directory.sweep()
    assert found == directory.keys
    assert not sweep.may_be_incomplete
    assert sweep.asked == 1


def test_without_a_wildcard_the_letters_find_all_and_it_says_that_it_may_be_incomplete() -> None:
    directory = Directory(["ann", "ben.x", "Zoe", "7up"], 1000)
    found, sweep = directory.sweep()
    assert found == directory.keys
    assert sweep.may_be_incomplete


@pytest.mark.parametrize("cap", [50, 100])
def test_full_answers_are_gone_into_until_all_are_found(cap: int) -> None:
    directory = Directory([f"user{number:05d}" for number in range(700)], cap, frozenset({'""', "''"}))
    found, sweep = directory.sweep()
    assert found == directory.keys
    assert sweep.may_be_incomplete


def test_who_is_called_as_others_begin_is_not_left_out() -> None:
    # Sorted last by the shown name, so that the full answer to "anna" leaves out the one who is called just so.
    directory = Directory([f"anna{number:03d}" for number in range(300)] + ["anna"], 50)
    found, _ = directory.sweep()
    assert found == directory.keys


def test_letters_that_come_to_light_are_asked_for_everywhere() -> None:
    names = [f"user{number:03d}" for number in range(120)] + [f"user-{number:03d}" for number in range(120)]
    names += [f"ж.{number:03d}" for number in range(80)] + [f"user{number:03d}ж" for number in range(60)]
    directory = Directory(names, 50)
    found, _ = directory.sweep()
    assert found == directory.keys


def test_very_many_letters_are_asked_for_only_where_they_stand() -> None:
    letters = [chr(0x4E00 + number) for number in range(300)]
    names = [f"{letter}.{number}" for number, letter in enumerate(letters)]
    names += [f"user{number:03d}" for number in range(400)]
    directory = Directory(names, 1000)
    _, sweep = directory.sweep()
    assert sweep.asked < 3_000


def test_a_jira_that_ignores_the_text_is_not_asked_for_ever() -> None:
    directory = Directory([f"user{number}" for number in range(100)], 50)
    directory.search = lambda text: directory.users[:50]  # type: ignore[method-assign]
    _, sweep = directory.sweep()
    assert sweep.may_be_incomplete
    assert sweep.asked < 3_000


def test_nobody_is_nobody() -> None:
    found, _ = Directory([], 100).sweep()
    assert found == set()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 600), alphabet=st.sampled_from(["ab1", "abc-_.", "xyzé@+"]))
def test_any_directory_is_found_whole(seed: int, count: int, alphabet: str) -> None:
    source = random.Random(seed)
    names = {"".join(source.choices(alphabet, k=source.randint(3, 8))) for _ in range(count)}
    # Every letter begins some name, as the promise says: letters, digits, and what names begin with.
    directory = Directory([*sorted(names), *alphabet], 50)
    found, _ = directory.sweep()
    assert found == directory.keys
