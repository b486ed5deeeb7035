"""How many entries of each issue's history have gone out: what the stream `issue_changes` knows of its past.

A history only grows, so the number alone says which entries are new, whatever moved `updated`, wherever the issue was
meanwhile, and however often its page is read. A million issues with about 30 entries each take a megabyte.
"""

from __future__ import annotations

import zlib
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate, chain
from operator import lt

from source_jira_flow.state.columns import Columns, columns_text, merge_latest, pack_column, rows_in, steps

# More texts than this are merged into one.
MOST_TEXTS = 12


class SentEntries:
    """The numbers as a state carries them: texts that never change, and what came since the last one."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._texts = list(texts)
        # The latest first: of several texts that name an issue it counts.
        self._tables = [unpack_entries(text) for text in reversed(self._texts)]
        self._noted: dict[int, int] = {}

    def of(self, issue_id: int) -> int:
        """How many entries of the issue had gone out when the sync began; 0 for an issue that is not known."""
        for ids, numbers in self._tables:
            place = bisect_left(ids, issue_id)
            if place < len(ids) and ids[place] == issue_id:
                return numbers[place]
        return 0

    def note(self, issue_id: int, number: int) -> None:
        """So many entries of the issue are out by now."""
        self._noted[issue_id] = number

    def texts(self) -> list[str]:
        """What a state holds. Only what was noted since the last call is packed."""
        if self._noted:
            self._texts.append(pack_entries(self._noted))
            self._noted.clear()
            if len(self._texts) > MOST_TEXTS:
                merge_latest(self._texts, lambda texts: pack_entries(dict(entries_of(texts))))
        return list(self._texts)


def entries_of(texts: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Ids and numbers; of an issue that several texts name the last counts."""
    return chain.from_iterable(zip(*unpack_entries(text), strict=True) for text in texts)


def pack_entries(numbers: Mapping[int, int]) -> str:
    """One text for the numbers of entries by issue."""
    ids = sorted(numbers)
    return columns_text(len(ids), (pack_column(steps(ids)), pack_column(array("q", map(numbers.__getitem__, ids)))))


def unpack_entries(text: str) -> tuple[array[int], array[int]]:
    """Ids in order, and the number of each. Raises ValueError where the text is something else or was cut."""
    columns = Columns(text)
    try:
        ids, numbers = array("q", accumulate(columns.next())), columns.next()
    except (OverflowError, zlib.error) as error:
        raise ValueError(f"The packed histories can't be understood: {error}.") from error
    if not len(ids) == len(numbers) == rows_in(text) or not columns.at_end or not all(map(lt, ids, ids[1:])):
        raise ValueError("The packed histories are not whole.")
    return ids, numbers
