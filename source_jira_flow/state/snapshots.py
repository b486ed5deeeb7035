"""What a snapshot leaves for the next sync: a digest of everything that was sent, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import orjson

from source_jira_flow.common.instants import from_milliseconds, milliseconds
from source_jira_flow.state.migrations import readable
from source_jira_flow.state.packing import pack_digests, unpack_digests

DIGEST_SIZE = 8


def digest(columns: Mapping[str, Any]) -> bytes:
    """Of what a record says: the order of Jira's keys does not count, the columns of our version do."""
    return blake2b(orjson.dumps(columns, option=orjson.OPT_SORT_KEYS), digest_size=DIGEST_SIZE).digest()


@dataclass(frozen=True)
class StoredSnapshot:
    """Digests by id of what was sent before.

    `listed` came from Jira's list. `mentioned` was only in issues, since Jira cuts or refuses its list: that issues
    mention it no more says nothing. `own` is the whole state, for a stream that keeps more.
    """

    listed: Mapping[str, bytes] = field(default_factory=dict)
    mentioned: Mapping[str, bytes] = field(default_factory=dict)
    observed_at: int | None = None
    own: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def parse(cls, state: Mapping[str, Any], stream: str) -> StoredSnapshot:
        """From a stream's state, empty to start over. Raises ConfigurationError where it can't be read."""
        if not state:
            return cls()
        with readable(stream):
            return cls(
                listed=unpack_digests(state["listed"]),
                mentioned=unpack_digests(state["occurring"]),
                observed_at=milliseconds(state["observed_at"]),
                own=state,
            )

    def observed_at_after(self, now: int) -> str:
        """The cursor of what is sent now: Jira's clock, but never at or before what was sent last."""
        return from_milliseconds(now if self.observed_at is None else max(now, self.observed_at + 1))


def packed(listed: Mapping[str, bytes], mentioned: Mapping[str, bytes], observed_at: str) -> dict[str, Any]:
    """The part of a state that `StoredSnapshot.parse` reads."""
    return {"listed": pack_digests(listed), "occurring": pack_digests(mentioned), "observed_at": observed_at}
