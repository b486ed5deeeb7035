"""What a state keeps is read back as it was, and stays small."""

import random
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from source_jira_flow.state.packing import pack_digests, pack_integers, unpack_digests, unpack_integers

DIGESTS = st.dictionaries(st.text(max_size=40), st.binary(min_size=8, max_size=8), max_size=60)


@given(DIGESTS)
def test_digests_come_back_as_they_were(entries: dict[str, bytes]) -> None:
    assert unpack_digests(pack_digests(entries)) == entries


@given(DIGESTS)
def test_the_order_of_ids_does_not_change_the_text(entries: dict[str, bytes]) -> None:
    turned = dict(reversed(list(entries.items())))
    assert pack_digests(turned) == pack_digests(entries)


@given(st.dictionaries(st.integers(0, 2**40), st.frozensets(st.integers(0, 2**40), max_size=30), max_size=30))
def test_sets_of_integers_come_back_as_they_were(sets: dict[int, frozenset[int]]) -> None:
    assert unpack_integers(pack_integers(sets)) == sets


def test_nothing_packs_too() -> None:
    assert unpack_digests(pack_digests({})) == {}
    assert unpack_integers(pack_integers({})) == {}


def test_a_lone_surrogate_in_a_label_does_no_harm() -> None:
    assert unpack_digests(pack_digests({"\ud83d": b""})) == {"\ud83d": b""}


def test_digests_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="different lengths"):
        pack_digests({"a": b"1", "b": b"22"})


@pytest.mark.parametrize("damage", [lambda text: text[:-8], lambda text: "x" + text[1:], lambda _: "", lambda _: "ä"])
def test_a_damaged_text_is_an_error_and_never_fewer_entries(damage) -> None:  # type: ignore[no-untyped-def]
    text = pack_digests({str(number): number.to_bytes(8, "big") for number in range(500)})
    with pytest.raises(ValueError):
        unpack_digests(damage(text))
    sets = pack_integers({number: frozenset(range(number)) for number in range(50)})
    with pytest.raises(ValueError):
        unpack_integers(damage(sets))


def test_fifty_thousand_users_stay_far_under_three_megabytes() -> None:
    source = random.Random(7)
    ids = [f"{source.getrandbits(96):024x}" for _ in range(25_000)]
    ids += [f"712020:{uuid.UUID(int=source.getrandbits(128))}" for _ in range(25_000)]
    text = pack_digests({identifier: source.randbytes(8) for identifier in ids})
    assert len(text) < 1_700_000


def test_five_hundred_sprints_on_each_of_a_thousand_boards_stay_small() -> None:
    text = pack_integers({board: frozenset(range(board * 3, board * 3 + 500)) for board in range(1000)})
    assert len(text) < 100_000
