"""Small things about text."""

import pytest

from source_jira_flow.common.text import clipped, counted, duration, listed


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (45.4, "45 s"), (-61, "1 min 1 s"), (7_199.6, "2 h"), (7_500, "2 h 5 min"), (90_000, "1 d 1 h")],
)
def test_a_duration_has_its_two_greatest_units(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_list_ends_after_ten_names_or_where_it_gets_too_long() -> None:
    assert listed(["A", "B"]) == "A, B"
    assert listed([str(number) for number in range(12)]).endswith("9 and 2 more")
    assert listed(["x" * 60, "y" * 60]) == "x" * 60 + " and 1 more"


def test_numbers_have_their_noun() -> None:
    assert (counted(1, "project"), counted(2000, "project")) == ("1 project", "2,000 projects")


def test_a_clipped_text_is_one_line() -> None:
    assert clipped("a\n  b", 10) == "a b"
    assert clipped("abcdefghijkl", 5) == "abcd…"
