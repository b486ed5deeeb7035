"""The sweep's progress in all scopes, the versions that went out lately, and the states that are made of both."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

from source_jira_flow.common.instants import floor_second, from_milliseconds
from source_jira_flow.common.json import JsonObject
from source_jira_flow.scan.feeds import Feed
from source_jira_flow.scan.progress import Position, Scope, Window
from source_jira_flow.state.issues import IssueState, written_groups
from source_jira_flow.state.packing import pack_versions
from source_jira_flow.sync import Sync

_SECONDS_PER_CHECKPOINT = 30.0


def looked_back(updated: int, lookback: int) -> int:
    """Where the next read of changes begins: on a whole second, since a server's index may hold no finer."""
    return floor_second(updated - lookback)


class Ledger:
    """Safe to use from all lanes. What is committed is in the states; what is not yet out never is."""

    def __init__(self, sync: Sync, feeds: Sequence[Feed], states: Mapping[str, IssueState]) -> None:
        self._sync = sync
        self._feeds = feeds
        self._lock = threading.RLock()
        # Held while the records of a page go out, and while states do: no state comes between an issue's comments.
        self.sending = threading.RLock()
        self._emitter = sync.states.emitter()
        self._scopes: list[Scope] = []
        self._keys: dict[str, str] = {}
        self._horizons: dict[str, int] = {}
        self._versions = {stream: dict(state.recent) for stream, state in states.items()}
        self._issues_since_checkpoint = 0
        self._last_checkpoint = time.monotonic()

    def open(self, scopes: Sequence[Scope], keys: Mapping[str, str]) -> None:
        """Begin with these scopes; `keys` are their projects' keys by id."""
        with self._lock:
            self._scopes = list(scopes)
            self._keys = dict(keys)
            for stream in self._versions:
                oldest = min((scope.updated[stream] for scope in scopes), default=self._sync.now)
                self._horizons[stream] = looked_back(oldest, self._sync.options.lookback)

    def forget_versions(self, stream: str) -> None:
        """Nothing counts as sent lately: a renamed project's issues go out again with the `updated` they had."""
        with self._lock:
            self._versions[stream].clear()

    def went_out(self, stream: str, issue_id: str, updated: int) -> bool:
        """Whether this very version was sent lately."""
        return self._versions[stream].get(issue_id) == updated

    def add_window(self, scope: Scope, window: Window) -> None:
        """A window to be read, pending from now on."""
        with self._lock:
            scope.windows.append(window)

    def split(self, scope: Scope, window: Window, middle: int) -> Window:
        """Cut a pending window in two."""
        with self._lock:
            return scope.split(window, middle)

    def drop_projects(self, scope: Scope, gone: frozenset[str]) -> None:
        """Projects that Jira confirmed to be out of sight: a later sync begins with them anew."""
        with self._lock:
            scope.projects = tuple(project for project in scope.projects if project not in gone)

    def commit_window(
        self, scope: Scope, window: Window, position: Position | None, sent: Mapping[str, Sequence[JsonObject]]
    ) -> None:
        """A page of a window is out; `position` is None when it was the last."""
        with self._lock:
            if position is None:
                scope.windows.remove(window)
            else:
                for stream, reached in window.positions.items():
                    window.positions[stream] = position if reached is None else max(reached, position)
            self._commit(sent)

    def commit_updated(
        self, scope: Scope, streams: Sequence[str], position: Position | None, sent: Mapping[str, Sequence[JsonObject]]
    ) -> None:
        """A page of changes is out; `position` is None when it was the last before T0."""
        reached = self._sync.now if position is None else position.second
        with self._lock:
            for stream in streams:
                scope.updated[stream] = max(scope.updated[stream], reached)
            self._commit(sent)

    def commit_rows(self, sent: Mapping[str, Sequence[JsonObject]]) -> None:
        """Rows that were read outside of any window's order."""
        with self._lock:
            self._commit(sent)

    def _commit(self, sent: Mapping[str, Sequence[JsonObject]]) -> None:
        for feed in self._feeds:
            rows = sent.get(feed.name, ())
            versions, horizon = self._versions[feed.name], self._horizons[feed.name]
            for row in rows:
                if row["updated_ms"] >= horizon:
                    versions[row["id"]] = row["updated_ms"]
            feed.commit(rows)

    def issue_is_out(self) -> None:
        """Count one issue whose records went out, and emit the states after enough of them, or enough time with any.

        A state can be emitted at any time: it claims the pages that are committed, and no more.
        """
        with self._lock:
            self._issues_since_checkpoint += 1
            late = time.monotonic() - self._last_checkpoint >= _SECONDS_PER_CHECKPOINT
            if self._issues_since_checkpoint < self._sync.settings.checkpoint_size and not late:
                return
            self._issues_since_checkpoint = 0
            self._last_checkpoint = time.monotonic()
        with self.sending:
            self._emitter.emit(self._written)

    def emit_last(self) -> None:
        """Emit the states as they stand."""
        if self._horizons:
            self._emitter.emit(self._written)

    def _written(self) -> dict[str, dict[str, Any]]:
        with self._lock:
            return {feed.name: self._written_state(feed) for feed in self._feeds}

    def _written_state(self, feed: Feed) -> dict[str, Any]:
        stream = feed.name
        oldest = min((scope.updated[stream] for scope in self._scopes if scope.projects), default=self._sync.now)
        horizon = looked_back(oldest, self._sync.options.lookback)
        # A new dict: lanes look things up in the old one without the lock.
        self._versions[stream] = {
            issue_id: updated for issue_id, updated in self._versions[stream].items() if updated >= horizon
        }
        here = {project for scope in self._scopes for project in scope.projects}
        start_date = self._sync.options.start_date
        return {
            **self._sync.states.new(stream),
            "groups": written_groups(stream, self._scopes),
            "recent": pack_versions(self._versions[stream]),
            "keys": {project: key for project, key in self._keys.items() if project in here},
            "start_date": None if start_date is None else from_milliseconds(start_date),
            **feed.extra_state(),
        }
