"""What a state keeps is read back as it was, and stays small."""

import base64
import random
import time
import tracemalloc
import uuid
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from source_jira_flow.state.packing import (
    MOST_UNPACKED,
    MOST_VERSION_BYTES,
    pack_digests,
    pack_integers,
    pack_versions,
    unpack_digests,
    unpack_integers,
    unpack_versions,
)

NOW = 1_700_000_000_000

DIGESTS = st.dictionaries(st.text(max_size=40), st.binary(min_size=8, max_size=8), max_size=60)


@settings(deadline=None)
@given(DIGESTS)
def test_digests_come_back_as_they_were(entries: dict[str, bytes]) -> None:
    assert unpack_digests(pack_digests(entries)) == entries


@settings(deadline=None)
@given(DIGESTS)
def test_the_order_of_ids_does_not_change_the_text(entries: dict[str, bytes]) -> None:
    turned = dict(reversed(list(entries.items())))
    assert pack_digests(turned) == pack_digests(entries)


@settings(deadline=None)
@given(st.dictionaries(st.integers(0, 2**40), st.frozensets(st.integers(0, 2**40), max_size=30), max_size=30))
def test_sets_of_integers_come_back_as_they_were(sets: dict[int, frozenset[int]]) -> None:
    assert unpack_integers(pack_integers(sets)) == sets


@settings(deadline=None)
@given(st.dictionaries(st.integers(0, 10**12).map(str), st.integers(0, NOW), max_size=200))
def test_versions_come_back_as_they_were(versions: dict[str, int]) -> None:
    assert unpack_versions(pack_versions(versions)) == versions


def test_nothing_packs_too() -> None:
    assert unpack_digests(pack_digests({})) == {}
    assert unpack_integers(pack_integers({})) == {}
    assert unpack_versions(pack_versions({})) == {}


def test_when_versions_do_not_fit_the_oldest_are_forgotten() -> None:
    versions = {str(10_000 + number * 7): NOW - number * 101 for number in range(30_000)}
    packed = pack_versions(versions)
    kept = unpack_versions(packed)
    assert len(packed) <= MOST_VERSION_BYTES
    assert 3_000 < len(kept) < len(versions)
    assert min(kept.values()) > max(updated for issue, updated in versions.items() if issue not in kept)


@pytest.mark.parametrize("number", [12_000, 20_000])
def test_a_bulk_change_of_one_instant_fits_whole(number: int) -> None:
    versions = {str(2**60 + issue): NOW for issue in range(number)}
    assert unpack_versions(pack_versions(versions)) == versions


def test_a_lone_surrogate_in_a_label_does_no_harm() -> None:
    assert unpack_digests(pack_digests({"\ud83d": b""})) == {"\ud83d": b""}


def test_digests_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="different lengths"):
        pack_digests({"a": b"1", "b": b"22"})


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[:-8],
        lambda text: "x" + text[1:],
        lambda _: "ä",
        lambda text: _inflated(text, lambda d: d[:-1]),
    ],
)
def test_a_damaged_text_is_an_error_and_never_fewer_entries(damage: Callable[[str], str]) -> None:
    digests = pack_digests({str(number): number.to_bytes(8, "big") for number in range(500)})
    sets = pack_integers({number: frozenset(range(number)) for number in range(50)})
    versions = pack_versions({str(number): NOW + number * 1_000 for number in range(500)})
    for unpack, text in ((unpack_digests, digests), (unpack_integers, sets), (unpack_versions, versions)):
        with pytest.raises(ValueError):
            unpack(damage(text))


def test_an_empty_text_is_an_error_where_something_was_written() -> None:
    for unpack in (unpack_digests, unpack_integers):
        with pytest.raises(ValueError):
            unpack("")


def _inflated(text: str, change: Callable[[bytes], bytes]) -> str:
    """The text with its bytes changed before they are compressed."""
    return _packed(change(zlib.decompress(base64.b64decode(text))))


def _packed(data: bytes) -> str:
    return base64.b64encode(zlib.compress(data, 9)).decode()


# Half a gigabyte each, in texts of 680 KB.
_BOMBS = {
    "zeros": bytes(512 * 1024 * 1024),
    "ids without an end": bytes((1, 8)) + bytes((0x80,)) * (512 * 1024 * 1024),
}


@pytest.fixture(scope="module", params=_BOMBS)
def bomb(request: pytest.FixtureRequest) -> str:
    return _packed(_BOMBS[request.param])


@pytest.mark.parametrize("unpack", [unpack_digests, unpack_integers, unpack_versions])
def test_a_small_text_that_unpacks_to_half_a_gigabyte_is_refused_at_once(
    unpack: Callable[[str], object], bomb: str
) -> None:
    assert len(bomb) < 800_000
    tracemalloc.start()
    try:
        with pytest.raises(ValueError):
            unpack(bomb)
        assert tracemalloc.get_traced_memory()[1] < 3 * MOST_UNPACKED
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("unpack", "head"), [(unpack_digests, bytes((1, 8))), (unpack_integers, bytes((1,))), (unpack_versions, b"")]
)
def test_an_integer_without_an_end_is_refused_at_once(unpack: Callable[[str], object], head: bytes) -> None:
    began = time.monotonic()
    with pytest.raises(ValueError):
        unpack(_packed(head + b"\xff" * 300_000))
    assert time.monotonic() - began < 1


def test_more_ids_than_there_are_bytes_are_refused_before_they_are_counted() -> None:
    began = time.monotonic()
    with pytest.raises(ValueError):
        unpack_digests(_packed(bytes((1, 0)) + b"\xff" * 9 + b"\x00"))
    assert time.monotonic() - began < 1


def test_an_id_that_stands_twice_is_an_error() -> None:
    with pytest.raises(ValueError, match="twice"):
        unpack_digests(_packed(bytes((1, 0, 2, 1, 1)) + b"aa"))


def test_fifty_thousand_users_stay_far_under_three_megabytes() -> None:
    source = random.Random(7)
    ids = [f"{source.getrandbits(96):024x}" for _ in range(25_000)]
    ids += [f"712020:{uuid.UUID(int=source.getrandbits(128))}" for _ in range(25_000)]
    text = pack_digests({identifier: source.randbytes(8) for identifier in ids})
    assert len(text) < 1_700_000


def test_five_hundred_sprints_on_each_of_a_thousand_boards_stay_small() -> None:
    text = pack_integers({board: frozenset(range(board * 3, board * 3 + 500)) for board in range(1000)})
    assert len(text) < 100_000
