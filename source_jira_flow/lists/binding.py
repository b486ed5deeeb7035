"""How components that the framework makes from the manifest come to the running sync.

The framework hands a component nothing but the configuration. So the source says whose streams it is about to make, for
as long as it makes them, and the components ask while they are made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from source_jira_flow.sync import Sync

RunningSync = Callable[[], Sync]

_owner: ContextVar[RunningSync | None] = ContextVar("owner_of_the_streams_that_are_made", default=None)


@contextmanager
def streams_of(running_sync: RunningSync) -> Iterator[None]:
    """Components that are made inside belong to this sync."""
    token = _owner.set(running_sync)
    try:
        yield
    finally:
        _owner.reset(token)


def running_sync_of_owner() -> RunningSync:
    """For a component, while it is made: how to get at the sync when it is read."""
    return _owner.get() or _nobody


def _nobody() -> Sync:
    raise RuntimeError("This stream was made outside of its source, and has no Jira to read from.")
