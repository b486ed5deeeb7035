"""The states of all streams: which one a stream begins with, what every new one holds, and how it goes out.

{version, instance: {kind, base_url, configured_url, projects}, generation_id?, …what the stream itself keeps}
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from airbyte_cdk.models import ConfiguredAirbyteStream, SyncMode
from airbyte_cdk.sources.connector_state_manager import ConnectorStateManager
from airbyte_cdk.sources.message import MessageRepository

from source_jira_flow.errors import ConfigurationError
from source_jira_flow.state.migrations import State, current_version, migrated


class Instance(Protocol):
    """The Jira that the states belong to; see `state.instance`."""

    @property
    def written(self) -> Mapping[str, Any]:
        """What a state keeps of it."""

    def verify(self, stream: str, stored: Mapping[str, Any]) -> None:
        """Raises WrongInstance where a state was made of another Jira."""


class States:
    """`chosen` are the configured streams by name, `manager` holds the states that the platform handed in."""

    def __init__(
        self,
        chosen: Mapping[str, ConfiguredAirbyteStream],
        manager: ConnectorStateManager,
        messages: MessageRepository,
        instance: Instance,
    ) -> None:
        self._chosen = chosen
        self._manager = manager
        self._messages = messages
        self._instance = instance

    def verify(self) -> None:
        """Raises WrongInstance where a state to begin with was made of another Jira."""
        verified: list[Mapping[str, Any]] = []
        for stream in self._chosen:
            try:
                instance = self.stored(stream).get("instance")
            except ConfigurationError:
                # A state that can't be read fails its own stream, when that is read.
                continue
            if instance is not None and instance not in verified:
                self._instance.verify(stream, instance)
                verified.append(instance)

    def stored(self, stream: str) -> State:
        """The state to begin with, in today's form; empty to start over. Raises ConfigurationError.

        A full refresh begins with a state of its own generation alone: Airbyte's resumable full refresh.
        """
        state = dict(self._manager.get_stream_state(stream, None))
        generation = self._generation(stream)
        is_resumable = generation is not None or not self._is_full_refresh(stream)
        return migrated(stream, state) if state and is_resumable and state.get("generation_id") == generation else {}

    def new(self, stream: str) -> State:
        """What every state holds: version, instance, and the generation of a full refresh."""
        state = {"version": current_version(), "instance": dict(self._instance.written)}
        generation = self._generation(stream)
        return state if generation is None else {**state, "generation_id": generation}

    def emitter(self) -> StateEmitter:
        """For one owner of states: a stream, or several that are read together."""
        return StateEmitter(self._manager, self._messages)

    def _generation(self, stream: str) -> int | None:
        return self._chosen[stream].generation_id if self._is_full_refresh(stream) else None

    def _is_full_refresh(self, stream: str) -> bool:
        return bool(self._chosen[stream].sync_mode == SyncMode.full_refresh)


class StateEmitter:
    """Makes and puts STATE messages under one lock, so that an older state never follows a newer one.

    One for each owner of states: the CDK's own thread asks for a last state of a finished stream, and must never wait
    for a worker of another stream that in turn waits for room in the queue which only that thread empties.
    """

    def __init__(self, manager: ConnectorStateManager, messages: MessageRepository) -> None:
        self._manager = manager
        self._messages = messages
        self._lock = threading.RLock()

    def emit(self, make_states: Callable[[], Mapping[str, Mapping[str, Any]]]) -> None:
        """Put the states that `make_states` returns now, by stream name. They must be fresh objects: the queue
        holds them while the originals change."""
        with self._lock:
            for stream, state in make_states().items():
                self._manager.update_state_for_stream(stream, None, state)
                self._messages.emit_message(self._manager.create_state_message(stream, None))
