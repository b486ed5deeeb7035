"""Small things about text."""

import pytest

from source_jira_flow.common.text import clipped, counted, duration, listed, naming, printable


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


def test_control_characters_are_replaced_and_line_ends_stay() -> None:
    assert printable("a\tb\r\nc") == "a\tb\nc"
    assert printable("\x00\x08\x0d\x1b\x1f\x7f\x80\x9f\u202e\u2069\u200f") == "\N{REPLACEMENT CHARACTER}" * 11
    assert clipped("ring\x07 \x1b[31mred", 40) == "ring\ufffd \ufffd[31mred"


@pytest.mark.parametrize("number", [1, 3, 12, 40])
def test_a_sentence_names_as_many_as_fit(number: int) -> None:
    names = [f"{'N' * 20}{place}" for place in range(number)]
    sentence = naming("These are missing: {names}. Ask for them.", names, 120)
    assert len(sentence) <= 120
    assert sentence.startswith("These are missing: NNN")
    assert sentence.endswith("Ask for them.")
    assert ("more" in sentence) is (number > 3)


def test_a_clipped_text_is_one_line() -> None:
    assert clipped("a\n  b", 10) == "a b"
    assert clipped("abcdefghijkl", 5) == "abcd…"
