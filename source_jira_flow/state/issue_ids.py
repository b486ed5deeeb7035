"""Which issues the stream `issues` has sent and not removed: what a census holds against the ids that Jira lists.

An issue is its id, its project, and the day on which it was created (since 1970). Each is a column, in the order of
ids, and every column is what compresses best: the steps between ids and between days are mostly 1 and 0, and projects
are numbered. A million ids with gaps of 3 % take 50 KB that way.

The projects are the costly part: a million issues spread at random over a hundred projects hold 6.6 bits each, which no
layout makes smaller (1.1 MB as text). A census needs them only for projects that went out of sight, whose issues are
not gone. So the projects of the newest issues are kept, as far as the whole fits `MOST_TEXT`; older ones become
UNKNOWN_PROJECT. Up to about 200,000 issues nothing is forgotten, and no more where projects come in runs.
"""

from __future__ import annotations

import zlib
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, chain, compress
from operator import lt, ne

from source_jira_flow.state.columns import Columns, columns_text, merge_latest, pack_column, rows_in, steps

UNKNOWN_PROJECT = 0
# Characters of the text of one table.
MOST_TEXT = 300_000
# More texts than this are merged into one.
MOST_TEXTS = 32


@dataclass(frozen=True)
class IssueTable:
    """Issues in the order of their ids, none twice. `days` are days since 1970; 0 where it is not known."""

    ids: array[int] = field(default_factory=lambda: array("Q"))
    projects: array[int] = field(default_factory=lambda: array("q"))
    days: array[int] = field(default_factory=lambda: array("q"))

    @classmethod
    def of(cls, rows: Iterable[tuple[int, int, int]]) -> IssueTable:
        """From (id, project, day); of one id the last row counts."""
        return in_order(*(list(zip(*rows, strict=True)) or [(), (), ()]))

    def __len__(self) -> int:
        return len(self.ids)

    def rows(self) -> Iterator[tuple[int, int, int]]:
        """(id, project, day) of every issue."""
        return zip(self.ids, self.projects, self.days, strict=True)

    def counts(self) -> Counter[int]:
        """How many issues each project has."""
        return Counter(self.projects)

    def where(self, kept: Iterable[bool]) -> IssueTable:
        """The issues whose place in `kept` is true."""
        chosen = bytes(kept)
        return _table(*(compress(column, chosen) for column in (self.ids, self.projects, self.days)))


def in_order(ids: Sequence[int], projects: Sequence[int], days: Sequence[int]) -> IssueTable:
    """A table of columns in any order; of an id that comes again the last row counts."""
    # Stable, and quick on runs that are in order already.
    order = sorted(range(len(ids)), key=ids.__getitem__)
    sorted_ids = [ids[place] for place in order]
    last = list(compress(order, map(ne, sorted_ids, chain(sorted_ids[1:], (-1,)))))
    return _table(*(map(column.__getitem__, last) for column in (ids, projects, days)))


def _table(ids: Iterable[int], projects: Iterable[int], days: Iterable[int]) -> IssueTable:
    return IssueTable(array("Q", ids), array("q", projects), array("q", days))


def merged(tables: Sequence[IssueTable]) -> IssueTable:
    """All issues of all tables; where several have one, the last counts."""
    if len(tables) == 1:
        return tables[0]
    return in_order(
        list(chain.from_iterable(table.ids for table in tables)),
        list(chain.from_iterable(table.projects for table in tables)),
        list(chain.from_iterable(table.days for table in tables)),
    )


class SentIssues:
    """The issues that were sent, as a state carries them: texts that never change, and what came since the last one.

    `new` are the ids that were noted here.
    """

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._texts = list(texts)
        self._noted: dict[int, tuple[int, int, int]] = {}
        self.new = array("Q")

    def note(self, issue_id: int, project: int, day: int) -> None:
        """An issue went out."""
        self.new.append(issue_id)
        self._noted[issue_id] = (issue_id, project, day)

    def texts(self) -> list[str]:
        """What a state holds. Only what was noted since the last call is packed."""
        if self._noted:
            self._texts.append(pack_issues(IssueTable.of(self._noted.values())))
            self._noted.clear()
            if len(self._texts) > MOST_TEXTS:
                merge_latest(self._texts, lambda texts: pack_issues(merged([*map(unpack_issues, texts)])))
        return list(self._texts)

    def table(self) -> IssueTable:
        """All issues. Raises ValueError where a text is something else or was cut."""
        return merged([*map(unpack_issues, self._texts), IssueTable.of(self._noted.values())])

    def replace(self, table: IssueTable) -> None:
        """From now on these issues count as sent, and no others."""
        self._noted.clear()
        self._texts = [pack_issues(table)] if len(table) else []

    def settle(self) -> None:
        """At the end of a sync: one text, where several are longer than one may be."""
        if len(self.texts()) > 1 and sum(map(len, self._texts)) > MOST_TEXT:
            self._texts = [pack_issues(self.table())]


def pack_issues(table: IssueTable, most_text: int = MOST_TEXT) -> str:
    """One text for a table, without the projects of its oldest issues where it would be longer than `most_text`."""
    ids, days = pack_column(steps(table.ids)), pack_column(steps(table.days))
    most = most_text * 3 // 4 - len(ids) - len(days)
    known = len(table)
    while len(projects := _projects(table.projects, known)) > most and known:
        known = int(known * max(0, most) / len(projects) * 0.98)
    return columns_text(len(table), (ids, days, projects))


def unpack_issues(text: str) -> IssueTable:
    """The inverse of `pack_issues`. Raises ValueError where the text is something else or was cut."""
    columns = Columns(text)
    try:
        ids, days = array("Q", accumulate(columns.next())), array("q", accumulate(columns.next()))
        names, numbers = array("q", accumulate(columns.next())), columns.next()
        projects = array("q", map(names.__getitem__, numbers))
    except (OverflowError, IndexError, zlib.error) as error:
        raise ValueError(f"The packed issues can't be understood: {error}.") from error
    if not len(ids) == len(days) == len(projects) == rows_in(text) or not columns.at_end:
        raise ValueError("The packed issues are not whole.")
    if not all(map(lt, ids, ids[1:])):
        raise ValueError("The packed issues are not in order.")
    return IssueTable(ids, projects, days)


def _projects(projects: array[int], known: int) -> bytes:
    """Two columns: the projects' ids, and for each issue its project's place among them; of the last `known` issues."""
    kept = array("q", [UNKNOWN_PROJECT]) * (len(projects) - known) + projects[len(projects) - known :]
    names = sorted(set(kept))
    numbers = {project: number for number, project in enumerate(names)}
    return pack_column(steps(names)) + pack_column(array("q", map(numbers.__getitem__, kept)))
