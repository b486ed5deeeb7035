"""What a state packs into one text each, so that it stays small: digests by id, sets of integers, versions of issues.

Every text is base64 of compressed bytes, in which integers take seven bits a byte, the lowest first. What is read
comes from outside: it is never unpacked to more than a state can rightly hold.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Mapping, Sequence
from itertools import accumulate

_FORM = 1
_MORE = 0x80
# 64 bits in portions of seven.
_MOST_INTEGER_BYTES = 10
# Digests of half a million people, or a thousand boards with ten thousand sprints each.
MOST_UNPACKED = 32 * 1024 * 1024
# Over this the oldest versions are forgotten: those may go out twice, none is left out.
MOST_VERSION_BYTES = 32_000
_MOST_VERSIONS = 20_000
_MOST_UNPACKED_VERSIONS = (2 * _MOST_VERSIONS + 1) * _MOST_INTEGER_BYTES


def pack_digests(entries: Mapping[str, bytes]) -> str:
    """One text for digests that are all of one length, which may be 0. The same entries always give the same text.

    The layout: a version byte, the length of a digest (one byte), the number of ids, the length of every id in bytes,
    all ids in UTF-8 in the order of their bytes, all digests. Sorted columns compress to what is random in them: 50,000
    account ids of 24 to 43 characters with digests of 8 bytes take about 1.5 MB.
    """
    rows = sorted((identifier.encode("utf-8", "surrogatepass"), digest) for identifier, digest in entries.items())
    sizes = {len(digest) for _, digest in rows} or {0}
    if len(sizes) > 1:
        raise ValueError("Digests of different lengths can't be packed together.")
    parts = [bytes((_FORM, sizes.pop())), _integer(len(rows))]
    parts += [_integer(len(identifier)) for identifier, _ in rows]
    parts += [identifier for identifier, _ in rows]
    parts += [digest for _, digest in rows]
    return _packed(b"".join(parts))


def unpack_digests(text: str) -> dict[str, bytes]:
    """The inverse of `pack_digests`. Raises ValueError where the text is something else or was cut."""
    data = _unpacked(text, MOST_UNPACKED)
    numbers = _Integers(data, _checked_form(data, 2))
    size, count = data[1], numbers.count()
    lengths = [numbers.next() for _ in range(count)]
    start = numbers.position
    digest_start = start + sum(lengths)
    if len(data) != digest_start + count * size:
        raise ValueError("The packed digests were cut.")
    entries: dict[str, bytes] = {}
    for place, length in enumerate(lengths):
        identifier = data[start : start + length].decode("utf-8", "surrogatepass")
        entries[identifier] = data[digest_start + place * size : digest_start + (place + 1) * size]
        start += length
    if len(entries) != count:
        raise ValueError("The packed digests hold an id twice.")
    return entries


def pack_integers(numbers: Mapping[int, frozenset[int]]) -> str:
    """Sets of non-negative integers by integer, such as the sprints of each board; the same sets, the same text."""
    parts = [bytes((_FORM,)), _integer(len(numbers))]
    for key in sorted(numbers):
        members = sorted(numbers[key])
        # The steps between sorted ids are small, and often the same on many boards.
        steps = (after - before for before, after in zip([0, *members], members, strict=False))
        parts += [_integer(key), _integer(len(members)), *map(_integer, steps)]
    return _packed(b"".join(parts))


def unpack_integers(text: str) -> dict[int, frozenset[int]]:
    """The inverse of `pack_integers`. Raises ValueError where the text is something else or was cut."""
    data = _unpacked(text, MOST_UNPACKED)
    numbers = _Integers(data, _checked_form(data, 1))
    return {numbers.next(): numbers.sorted_set() for _ in range(numbers.count())}


def pack_versions(versions: Mapping[str, int], most_bytes: int = MOST_VERSION_BYTES) -> str:
    """Versions of issues: `updated` (epoch ms) by issue id, the newest as far as they fit into `most_bytes`.

    The layout: the earliest `updated`; then, in the order of ids, each id less the one before, and its `updated` less
    the earliest.
    """
    newest = sorted(versions.items(), key=lambda version: version[1], reverse=True)[:_MOST_VERSIONS]
    while newest:
        text = _packed_versions(newest)
        if len(text) <= most_bytes:
            return text
        newest = newest[: int(len(newest) * most_bytes / len(text) * 0.95)]
    return ""


def unpack_versions(text: str) -> dict[str, int]:
    """The inverse of `pack_versions`. Raises ValueError where the text is something else or was cut."""
    if not text:
        return {}
    data = _unpacked(text, _MOST_UNPACKED_VERSIONS)
    numbers = _Integers(data, 0)
    earliest, issue_id = numbers.next(), 0
    versions: dict[str, int] = {}
    while numbers.position < len(data):
        issue_id += numbers.next()
        versions[str(issue_id)] = earliest + numbers.next()
    return versions


def _packed_versions(versions: Sequence[tuple[str, int]]) -> str:
    earliest = min(updated for _, updated in versions)
    parts, before = [_integer(earliest)], 0
    for issue_id, updated in sorted((int(issue_id), updated) for issue_id, updated in versions):
        parts += [_integer(issue_id - before), _integer(updated - earliest)]
        before = issue_id
    return _packed(b"".join(parts))


def _packed(data: bytes) -> str:
    return base64.b64encode(zlib.compress(data, 9)).decode("ascii")


def _unpacked(text: str, most: int) -> bytes:
    """The bytes of a text, `most` at most: a few kilobytes can claim to be gigabytes."""
    reader = zlib.decompressobj()
    try:
        data = reader.decompress(base64.b64decode(text, validate=True), most)
    except (binascii.Error, zlib.error) as error:
        raise ValueError(f"The packed text can't be read: {error}.") from error
    if not reader.eof:
        raise ValueError("The packed text was cut, or holds more than a state does.")
    return data


def _checked_form(data: bytes, length: int) -> int:
    """The length of the head of a text in our form."""
    if len(data) <= length or data[0] != _FORM:
        raise ValueError("The packed text is of an unknown form.")
    return length


def _integer(number: int) -> bytes:
    coded = bytearray()
    while number >= _MORE:
        coded.append(number & 0x7F | _MORE)
        number >>= 7
    coded.append(number)
    return bytes(coded)


class _Integers:
    """Reads integers one after the other; `position` is where the next one begins."""

    def __init__(self, data: bytes, position: int) -> None:
        self._data = data
        self.position = position

    def next(self) -> int:
        number = 0
        for shift, byte in enumerate(self._data[self.position : self.position + _MOST_INTEGER_BYTES]):
            number |= (byte & 0x7F) << 7 * shift
            if byte < _MORE:
                self.position += shift + 1
                return number
        raise ValueError("The packed text was cut, or holds an integer without an end.")

    def count(self) -> int:
        """How many things follow, each of a byte at least."""
        number = self.next()
        if number > len(self._data) - self.position:
            raise ValueError("The packed text was cut.")
        return number

    def sorted_set(self) -> frozenset[int]:
        return frozenset(accumulate(self.next() for _ in range(self.count())))
