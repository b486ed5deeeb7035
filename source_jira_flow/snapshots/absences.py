"""An item that is missing from a list is gone only when Jira says so: a list can come back short for many reasons."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from logging import Logger
from typing import Any

from source_jira_flow.common.parallel import in_parallel
from source_jira_flow.errors import PassingFault
from source_jira_flow.records.observed import Columns
from source_jira_flow.snapshots.comparison import Comparison

# Ask for this many first: if most of them are still there, the list is wrong.
PROBE = 20
# A list that lacks more than this share of the known objects came back short.
LARGEST_SHARE = 0.2
# In one sync; the rest waits for the next.
MOST_ASKED = 5_000
# The limit when most turn out to exist: asking for more would be pointless.
MOST_ASKED_IF_ALIVE = 500
# What `find` gives where Jira does not say whether there is such a thing.
NOT_TOLD: Columns = {}


@dataclass
class Absences:
    """Asks for each missing id by itself: 404 means gone, 403 says nothing, and an object that is found is sent.

    `find` gives the columns of one id, None where Jira answers 404, NOT_TOLD where it can't be known. `prove_sign_in`
    raises unless Jira still knows who asks: to nobody, everything is a 404. For the same reason a 404 counts only when
    it comes twice. `title` names the list, `key` makes an id what its column holds. A list that is not `whole` may
    rightly lack objects that still exist: Jira cuts it, or no board shows them any more.
    """

    comparison: Comparison
    find: Callable[[str], Columns | None]
    prove_sign_in: Callable[[], None]
    title: str
    workers: int
    logger: Logger
    whole: bool = True
    key: Callable[[str], str | int] = str
    _alive: int = field(default=0, init=False)

    def records(self) -> Iterator[dict[str, Any]]:
        """Records of objects that are gone, and of those that were found and have changed.

        Raises PassingFault where the list came back short although Jira still has the missing objects.
        """
        missing = self.comparison.missing()
        yield from self._ask(missing[:PROBE])
        mostly_alive = 2 * self._alive >= PROBE
        if self._came_short(len(missing), mostly_alive):
            self.comparison.keep(*missing[PROBE:])
            known = len(self.comparison.stored.listed)
            raise PassingFault(
                f"Jira's list of {self.title} came back without {len(missing)} of {known} that were there before,"
                " and Jira does not say that they are gone: nothing is concluded from it. Sync again."
            )
        most = MOST_ASKED_IF_ALIVE if mostly_alive else MOST_ASKED
        yield from self._ask(missing[PROBE:most])
        if missing[most:]:
            self.comparison.keep(*missing[most:])
            self.logger.warning(
                "%d of the %s are missing from Jira's list; %d of them were looked at, the others stay as they are.",
                len(missing),
                self.title,
                most,
            )

    def _came_short(self, missing: int, mostly_alive: bool) -> bool:
        if self._alive == 0:
            return False
        listed_nothing = len(self.comparison.present) <= self._alive
        return listed_nothing or (
            self.whole and mostly_alive and missing > max(PROBE, LARGEST_SHARE * len(self.comparison.stored.listed))
        )

    def _ask(self, identifiers: Sequence[str]) -> Iterator[dict[str, Any]]:
        absent = []
        for identifier, columns in in_parallel(self.find, identifiers, self.workers):
            if columns is None:
                absent.append(identifier)
            else:
                yield from self._settle(identifier, columns)
        if not absent:
            return
        self.prove_sign_in()
        for identifier, columns in in_parallel(self.find, absent, self.workers):
            if columns is None:
                yield self.comparison.remove(identifier, self.key(identifier))
            else:
                yield from self._settle(identifier, columns)

    def _settle(self, identifier: str, columns: Columns) -> Iterator[dict[str, Any]]:
        self._alive += 1
        if columns:
            yield from self.comparison.listed(columns)
        else:
            self.comparison.keep(identifier)
