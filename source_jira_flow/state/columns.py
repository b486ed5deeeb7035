"""Columns of numbers in one text, for what a state keeps of every issue.

A column goes in as byte planes, the lowest bytes of all its numbers first, since the higher ones are mostly zero. What
is read comes from outside: it is never unpacked to more than a state can rightly hold.
"""

from __future__ import annotations

import base64
import sys
import zlib
from array import array
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from operator import sub

_FORM = b"\x01"
_LENGTH = 8
_MOST_ISSUES = 10_000_000
_MOST_UNPACKED = 4 * _MOST_ISSUES


def steps(numbers: Sequence[int]) -> array[int]:
    """What each number adds to the one before: small where numbers are in order."""
    return array("q", map(sub, numbers, chain((0,), numbers)))


def pack_column(numbers: array[int]) -> bytes:
    """Compressed, after its length: how many numbers there are, which of their planes are not empty, and those."""
    planes = [_little(numbers).tobytes()[place::8] for place in range(8)]
    filled = [place for place, plane in enumerate(planes) if plane.count(0) < len(plane)]
    head = len(numbers).to_bytes(_LENGTH, "little") + bytes((sum(1 << place for place in filled),))
    column = zlib.compress(head + b"".join(planes[place] for place in filled))
    return len(column).to_bytes(_LENGTH, "little") + column


def columns_text(rows: int, columns: Iterable[bytes]) -> str:
    """One text of packed columns, which says how many `rows` it holds."""
    return base64.b64encode(_FORM + rows.to_bytes(_LENGTH, "little") + b"".join(columns)).decode("ascii")


def rows_in(text: str) -> int:
    """How many rows a text holds, as it says without being unpacked."""
    return int.from_bytes(base64.b64decode(text[:12])[len(_FORM) :], "little")


def merge_latest(texts: list[str], merge: Callable[[list[str]], str]) -> None:
    """Merge the latest texts up to the first that is much larger, so that an issue is packed but a few times."""
    start = len(texts) - 2
    total = sum(map(rows_in, texts[start:]))
    while start and rows_in(texts[start - 1]) <= 2 * total:
        start -= 1
        total += rows_in(texts[start])
    texts[start:] = [merge(texts[start:])]


class Columns:
    """Reads the columns of a text one after the other. Raises ValueError where the text is something else."""

    def __init__(self, text: str) -> None:
        self._data = base64.b64decode(text, validate=True)
        if self._data[: len(_FORM)] != _FORM:
            raise ValueError("The packed issues are of an unknown form.")
        self._position = len(_FORM) + _LENGTH

    @property
    def at_end(self) -> bool:
        """Whether nothing is left."""
        return self._position == len(self._data)

    def next(self) -> array[int]:
        """The next column. Raises ValueError or zlib.error where it was cut."""
        start = self._position + _LENGTH
        self._position = start + int.from_bytes(self._data[self._position : start], "little")
        unpacking = zlib.decompressobj()
        data = unpacking.decompress(self._data[start : self._position], _MOST_UNPACKED)
        if not unpacking.eof or len(data) <= _LENGTH:
            raise ValueError("The packed issues were cut.")
        length, planes = int.from_bytes(data[:_LENGTH], "little"), data[_LENGTH + 1 :]
        filled = [place for place in range(8) if data[_LENGTH] >> place & 1]
        if length > _MOST_ISSUES or len(planes) != length * len(filled):
            raise ValueError("The packed issues were cut.")
        numbers = bytearray(8 * length)
        for number, place in enumerate(filled):
            numbers[place::8] = planes[number * length : (number + 1) * length]
        return _little(array("q", bytes(numbers)))


def _little(numbers: array[int]) -> array[int]:
    """The same numbers, with their lowest byte first in memory, or back."""
    if sys.byteorder == "little":
        return numbers
    turned = array("q", numbers)
    turned.byteswap()
    return turned
