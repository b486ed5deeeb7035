"""Holds a list against what was sent before, and makes records of the difference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from source_jira_flow.records.observed import Columns, observed, removal
from source_jira_flow.records.stream import StreamDefinition
from source_jira_flow.state.snapshots import StoredSnapshot, digest, packed


class Comparison:
    """One reading of one list. Ids are text here, whatever the column holds; every id is sent once at most."""

    def __init__(self, stream: StreamDefinition, stored: StoredSnapshot, now: int) -> None:
        """`now` is Jira's clock in epoch milliseconds."""
        self.stored = stored
        self.observed_at = stored.observed_at_after(now)
        self._key = stream.key
        self._column_names = stream.schema()["properties"]
        # The digests of what was listed so far, and of what is kept.
        self.present: dict[str, bytes] = {}
        self._mentioned: dict[str, bytes] = {}
        self._gone: set[str] = set()

    def listed(self, columns: Columns) -> Iterator[dict[str, Any]]:
        """Something that is in the list: a record, where it is new or changed."""
        identifier = str(columns[self._key])
        if identifier in self.present:
            return
        now = self.present[identifier] = digest(columns)
        before = self.stored.listed.get(identifier) or self.stored.mentioned.get(identifier)
        if now != before:
            yield observed(columns, self.observed_at)

    def mentioned(self, columns: Columns) -> Iterator[dict[str, Any]]:
        """Something that issues mention: a record, where it is not in the list and is new or changed."""
        identifier = str(columns[self._key])
        if identifier in self.present or identifier in self._mentioned:
            return
        now = self._mentioned[identifier] = digest(columns)
        if now != self.stored.mentioned.get(identifier):
            yield observed(columns, self.observed_at)

    def missing(self) -> list[str]:
        """What was in the list before and is not in this one, in a fixed order."""
        known = self.present.keys() | self._mentioned.keys() | self._gone
        return sorted(identifier for identifier in self.stored.listed if identifier not in known)

    def keep(self, *identifiers: str) -> None:
        """Nothing is known of them now: they stay as they were."""
        self.present.update((identifier, self.stored.listed[identifier]) for identifier in identifiers)

    def remove(self, identifier: str, key: str | int) -> dict[str, Any]:
        """The record of something that is gone; `key` is its id as the column holds it."""
        self._gone.add(identifier)
        return removal(self._key, key, self._column_names, self.observed_at)

    def state(self) -> dict[str, Any]:
        """What the next sync compares with, when this reading came to its end."""
        return self._packed(self.present)

    def state_so_far(self) -> dict[str, Any]:
        """The same when it did not: what was sent counts, and everything else stays as before.

        Without it, a change that was sent and then reverted before the next sync would stay in the warehouse.
        """
        unseen = {identifier: known for identifier, known in self.stored.listed.items() if identifier not in self._gone}
        return self._packed({**unseen, **self.present})

    def _packed(self, listed: Mapping[str, bytes]) -> dict[str, Any]:
        # What only issues mentioned before is remembered for good.
        remembered = {
            identifier: known for identifier, known in self.stored.mentioned.items() if identifier not in listed
        }
        return packed(listed, {**remembered, **self._mentioned}, self.observed_at)
