"""What is missing from a list is gone only when Jira says so for each: a list can come back short for many reasons."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from logging import Logger
from typing import Any

from source_jira_flow.errors import Forbidden, PassingFault
from source_jira_flow.parallel import in_parallel
from source_jira_flow.snapshots.comparison import Comparison
from source_jira_flow.snapshots.records import Columns

# So many are asked for first: if most of them are still there, it is the list that is wrong.
PROBE = 20
# In one sync; what is missing besides waits for the next.
MOST_ASKED = 5_000
# What `find` gives where Jira does not say whether there is such a thing.
NOT_TOLD: Columns = {}


class Absences:
    """Asks for each id that is missing by itself: 404 means gone, 403 says nothing, and what is found is sent.

    `find` gives the columns of one id, None where Jira answers 404, NOT_TOLD where it can't be known. `prove_sign_in`
    raises unless Jira still knows who asks: to nobody, everything is a 404. For the same reason a 404 counts only when
    it comes twice.
    """

    def __init__(
        self,
        comparison: Comparison,
        find: Callable[[str], Columns | None],
        prove_sign_in: Callable[[], None],
        *,
        title: str,
        workers: int,
        logger: Logger,
        cut: bool = False,
        key: Callable[[str], str | int] = str,
    ) -> None:
        """`title` names the list, `cut` says that Jira is known to cut it, `key` makes the id what its column holds."""
        self._comparison = comparison
        self._find = find
        self._prove_sign_in = prove_sign_in
        self._title = title
        self._workers = workers
        self._logger = logger
        self._cut = cut
        self._key = key
        self._alive = 0

    def records(self) -> Iterator[dict[str, Any]]:
        """Records of what is gone, and of what was found and changed.

        Raises PassingFault where the list came back short although Jira still has what is missing.
        """
        missing = self._comparison.missing()
        yield from self._ask(missing[:PROBE])
        if self._came_short(len(missing)):
            self._keep(missing[PROBE:])
            if not self._cut:
                known = len(self._comparison.stored.listed)
                raise PassingFault(
                    f"Jira's list of {self._title} came back without {len(missing)} of {known} that were there before,"
                    " and Jira does not say that they are gone: nothing is concluded from it. Sync again."
                )
            self._logger.warning("Jira cut its list of %s: which of them are gone can't be told now.", self._title)
            return
        yield from self._ask(missing[PROBE:MOST_ASKED])
        if missing[MOST_ASKED:]:
            self._keep(missing[MOST_ASKED:])
            self._logger.warning(
                "%d of the %s are missing from Jira's list; %d were looked at, the others follow in the next syncs.",
                len(missing),
                self._title,
                MOST_ASKED,
            )

    def _came_short(self, missing: int) -> bool:
        return self._alive > 0 and (2 * self._alive >= PROBE < missing or not self._listed_anything())

    def _listed_anything(self) -> bool:
        return len(self._comparison.listed) > self._alive

    def _ask(self, identifiers: Sequence[str]) -> Iterator[dict[str, Any]]:
        absent = []
        for identifier, columns in in_parallel(self._found, identifiers, self._workers):
            if columns is None:
                absent.append(identifier)
            else:
                yield from self._settle(identifier, columns)
        if not absent:
            return
        self._prove_sign_in()
        for identifier, columns in in_parallel(self._found, absent, self._workers):
            if columns is None:
                yield self._comparison.remove(identifier, self._key(identifier))
            else:
                yield from self._settle(identifier, columns)

    def _settle(self, identifier: str, columns: Columns) -> Iterator[dict[str, Any]]:
        self._alive += 1
        if columns:
            yield from self._comparison.see(columns)
        else:
            self._comparison.keep(identifier)

    def _found(self, identifier: str) -> Columns | None:
        try:
            return self._find(identifier)
        except Forbidden:
            return NOT_TOLD

    def _keep(self, identifiers: Sequence[str]) -> None:
        for identifier in identifiers:
            self._comparison.keep(identifier)
