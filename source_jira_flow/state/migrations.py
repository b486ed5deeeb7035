"""Versions of stored states: an older one is brought to this version step by step, a newer one is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from source_jira_flow.errors import ConfigurationError

State = dict[str, Any]

# By version: makes of a stream's state of this version one of the next. `step(stream, state)` gives a new state, and
# raises like any reader of a state. A step stays as long as states of its version may be out there, with an example of
# each stream under unit_tests/state/stored.
MIGRATIONS: dict[int, Callable[[str, State], State]] = {}


def current_version() -> int:
    """The version that is written now: one past the last step."""
    return max(MIGRATIONS, default=0) + 1


def migrated(stream: str, state: Mapping[str, Any]) -> State:
    """A stored state in today's form. Raises ConfigurationError where it is newer than that, or no state of ours."""
    current = dict(state)
    with readable(stream):
        version = current["version"]
        if type(version) is not int or version < 1:
            raise ValueError(version)
        if version > current_version():
            raise ConfigurationError(
                f"The stored state of {stream} was written by a newer version of the connector: update the connector,"
                " or clear the stream to read everything again."
            )
        if not isinstance(current["instance"], Mapping):
            raise TypeError(current["instance"])
        for step in range(version, current_version()):
            current = {**MIGRATIONS[step](stream, current), "version": step + 1}
    return current


@contextmanager
def readable(stream: str) -> Iterator[None]:
    """Turns what goes wrong in reading a stream's state, such as a changed or cut one, into a ConfigurationError."""
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise ConfigurationError(
            f"The stored state of {stream} can't be read, so it was changed or cut: clear the stream to read"
            " everything again."
        ) from error
