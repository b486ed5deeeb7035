"""The states of the streams that the scan feeds: they claim only what was sent."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from source_jira_flow.common.instants import from_milliseconds
from source_jira_flow.scan.batch import Outgoing
from source_jira_flow.scan.fed_stream import FedStream
from source_jira_flow.scan.unreadable import Unreadable
from source_jira_flow.state.issues import IssueState, looked_back, written_groups
from source_jira_flow.state.packing import pack_versions
from source_jira_flow.state.progress import Group
from source_jira_flow.sync import Sync


class Checkpoints:
    """Commits what went out and emits states of it. Both are for the one thread that sends; the rest is for any.

    `is_quiet` tells that no issue went out so far.
    """

    def __init__(
        self,
        sync: Sync,
        streams: Sequence[FedStream],
        states: Mapping[str, IssueState],
        unreadable: Unreadable,
    ) -> None:
        self._sync = sync
        self._streams = streams
        self._unreadable = unreadable
        self._emitter = sync.states.emitter()
        self._groups: Sequence[Group] = ()
        self._keys: Mapping[str, str] = {}
        self._horizons: dict[str, int] = {}
        self._versions = {stream: dict(state.recent) for stream, state in states.items()}
        self._issues_since = 0
        self.is_quiet = True
        self._last = time.monotonic()

    def open(self, groups: Sequence[Group], keys: Mapping[str, str]) -> None:
        """Begin with these groups; `keys` are their projects' keys by id."""
        self._groups, self._keys = groups, keys
        self._horizons = {stream: self._horizon(stream) for stream in self._versions}

    def forget_versions(self, stream: str) -> None:
        """Forget what was sent lately: the issues of a renamed project are sent again with the same `updated`."""
        self._versions[stream].clear()

    def went_out(self, stream: str, issue_id: str, updated: int) -> bool:
        """Whether this very version was sent lately."""
        return self._versions[stream].get(issue_id) == updated

    def commit(self, outgoing: Outgoing) -> None:
        """These records were sent. Emits the states after enough issues, or after enough time if there were any."""
        for stream in self._streams:
            sent, horizon = outgoing.versions.get(stream.name, {}), self._horizons[stream.name]
            self._versions[stream.name].update(version for version in sent.items() if version[1] >= horizon)
            for issue_id in outgoing.removed:
                self._versions[stream.name].pop(issue_id, None)
            stream.commit(outgoing.notes.get(stream.name, ()))
        if outgoing.settle is not None:
            outgoing.settle()
        self.is_quiet = self.is_quiet and not any(outgoing.versions.values())
        self._issues_since += max(map(len, outgoing.versions.values()), default=0)
        settings, late = self._sync.settings, time.monotonic() - self._last
        if self._issues_since >= settings.checkpoint_size or (
            self._issues_since and late >= settings.checkpoint_seconds
        ):
            self.emit()

    def imported(self, stream: str) -> tuple[Mapping[int, str], frozenset[int]]:
        """The keys of all imported projects by id, and the projects that a stream has read up to T0."""
        complete = frozenset(
            int(project)
            for group in self._groups
            if group.updated[stream] >= self._sync.now and not any(stream in each.positions for each in group.windows)
            for project in group.projects
        )
        return {int(project): key for project, key in self._keys.items()}, complete

    def emit(self) -> None:
        """Emit the states as they stand."""
        self._issues_since, self._last = 0, time.monotonic()
        if self._horizons:
            self._emitter.emit(lambda: {stream.name: self._written(stream) for stream in self._streams})

    def _horizon(self, stream: str) -> int:
        """From which instant the next sync may meet what was sent, in epoch milliseconds."""
        oldest = min((group.updated[stream] for group in self._groups if group.projects), default=self._sync.now)
        return looked_back(oldest, self._sync.options.lookback)

    def _written(self, stream: FedStream) -> dict[str, Any]:
        name, horizon = stream.name, self._horizon(stream.name)
        # A new dict: workers look things up in the old one.
        self._versions[name] = {
            issue_id: updated for issue_id, updated in self._versions[name].items() if updated >= horizon
        }
        groups = written_groups(name, self._groups)
        here = {project for group in groups for project in group["projects"]}
        start_date = self._sync.options.start_date
        return {
            **self._sync.states.new(name),
            "groups": groups,
            "recent": pack_versions(self._versions[name]),
            "keys": {project: key for project, key in self._keys.items() if project in here},
            "start_date": None if start_date is None else from_milliseconds(start_date),
            "unread": self._unreadable.references,
            **stream.own_state(),
        }
