"""Issues that Jira sends in an unreadable form: named at the end, and requested again by the next sync."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from source_jira_flow.common.text import counted, listed
from source_jira_flow.errors import ConfigurationError


class Unreadable:
    """`stored` are those of earlier syncs, by id or key. Safe to use from all workers."""

    def __init__(self, stored: Iterable[str]) -> None:
        self._stored = set(stored)
        self._names: dict[str, str] = {}
        self._lock = threading.Lock()

    @property
    def stored(self) -> list[str]:
        """Those of earlier syncs that were not requested again yet."""
        with self._lock:
            return sorted(self._stored)

    @property
    def references(self) -> list[str]:
        """All that a state keeps."""
        with self._lock:
            return sorted(self._stored.union(self._names) - {""})

    def note(self, reference: str, name: str) -> None:
        """An issue that can't be read. `name` is its key where it is known; `reference` is empty where nothing is."""
        with self._lock:
            self._names[reference] = name

    def note_nameless(self) -> None:
        """An issue of which not even id or key is known: the stretch that it lies in can't count as read."""
        self.note("", "one without a key")

    def asked_again(self, references: Iterable[str]) -> None:
        """These were requested again, and what could be read was sent."""
        with self._lock:
            self._stored.difference_update(references)

    def error(self) -> ConfigurationError | None:
        """The error at the end of the sync, None if everything could be read."""
        with self._lock:
            names = sorted(set(self._names.values()))
        if not names:
            return None
        them = "it" if len(names) == 1 else "them"
        return ConfigurationError(
            f"{counted(len(names), 'issue')} could not be read: {listed(names)}. Jira sends {them} as invalid"
            " JSON or without what every issue has: ask your Jira administrator to look at what was edited last."
            " All others were read; the next sync asks again."
        )
