"""Digests by id as one compact text, for a state that has to stay small.

The layout, before zlib and base64: a version byte, the length of a digest (one byte), the number of ids, the length
of every id in bytes (variable-length integers), all ids in UTF-8 in the order of their bytes, all digests. Sorted
columns compress to what is random in them: 50,000 account ids of 24 to 43 characters with digests of 8 bytes take
about 1.5 MB.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Iterator, Mapping

_VERSION = 1
_MORE = 0x80


def pack_digests(entries: Mapping[str, bytes]) -> str:
    """One text for digests that are all of one length, which may be 0. The same entries always give the same text."""
    rows = sorted((identifier.encode("utf-8", "surrogatepass"), digest) for identifier, digest in entries.items())
    sizes = {len(digest) for _, digest in rows} or {0}
    if len(sizes) > 1:
        raise ValueError("Digests of different lengths can't be packed together.")
    parts = [bytes((_VERSION, sizes.pop())), _integer(len(rows))]
    parts.append(b"".join(_integer(len(identifier)) for identifier, _ in rows))
    parts.append(b"".join(identifier for identifier, _ in rows))
    parts.append(b"".join(digest for _, digest in rows))
    return base64.b64encode(zlib.compress(b"".join(parts), 9)).decode("ascii")


def unpack_digests(text: str) -> dict[str, bytes]:
    """What `pack_digests` packed. Raises ValueError where the text is something else or was cut."""
    try:
        data = zlib.decompress(base64.b64decode(text, validate=True))
    except (binascii.Error, zlib.error) as error:
        raise ValueError(f"The packed digests can't be read: {error}.") from error
    if len(data) < 3 or data[0] != _VERSION:
        raise ValueError("The packed digests are of an unknown form.")
    size, numbers = data[1], _Integers(data, 2)
    count = next(numbers)
    lengths = [next(numbers) for _ in range(count)]
    start = numbers.position
    digest_start = start + sum(lengths)
    if len(data) != digest_start + count * size:
        raise ValueError("The packed digests were cut.")
    entries: dict[str, bytes] = {}
    for place, length in enumerate(lengths):
        identifier = data[start : start + length].decode("utf-8", "surrogatepass")
        entries[identifier] = data[digest_start + place * size : digest_start + (place + 1) * size]
        start += length
    return entries


def pack_integers(numbers: Mapping[int, frozenset[int]]) -> str:
    """Sets of non-negative integers by integer, such as the sprints of each board; the same sets, the same text."""
    parts = [bytes((_VERSION,)), _integer(len(numbers))]
    for key in sorted(numbers):
        members = sorted(numbers[key])
        parts += [_integer(key), _integer(len(members))]
        before = 0
        for member in members:
            # The steps between sorted ids are small, and often the same on many boards.
            parts.append(_integer(member - before))
            before = member
    return base64.b64encode(zlib.compress(b"".join(parts), 9)).decode("ascii")


def unpack_integers(text: str) -> dict[int, frozenset[int]]:
    """What `pack_integers` packed. Raises ValueError where the text is something else or was cut."""
    try:
        data = zlib.decompress(base64.b64decode(text, validate=True))
    except (binascii.Error, zlib.error) as error:
        raise ValueError(f"The packed integers can't be read: {error}.") from error
    if len(data) < 2 or data[0] != _VERSION:
        raise ValueError("The packed integers are of an unknown form.")
    numbers, sets = _Integers(data, 1), dict[int, frozenset[int]]()
    for _ in range(next(numbers)):
        key, count, before = next(numbers), next(numbers), 0
        members = []
        for _ in range(count):
            before += next(numbers)
            members.append(before)
        sets[key] = frozenset(members)
    return sets


def _integer(number: int) -> bytes:
    """Seven bits a byte, the lowest first."""
    coded = bytearray()
    while number >= _MORE:
        coded.append(number & 0x7F | _MORE)
        number >>= 7
    coded.append(number)
    return bytes(coded)


class _Integers(Iterator[int]):
    """Reads variable-length integers one after the other; `position` is where the next one begins."""

    def __init__(self, data: bytes, position: int) -> None:
        self._data = data
        self.position = position

    def __next__(self) -> int:
        number = shift = 0
        try:
            while (byte := self._data[self.position]) & _MORE:
                number |= (byte & 0x7F) << shift
                shift += 7
                self.position += 1
        except IndexError:
            raise ValueError("The packed text was cut.") from None
        self.position += 1
        return number | byte << shift
