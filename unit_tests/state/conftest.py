"""The states of a run that a platform handed in, without the run."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest
from airbyte_cdk.models import (
    AirbyteMessage,
    AirbyteStateBlob,
    AirbyteStateMessage,
    AirbyteStateType,
    AirbyteStream,
    AirbyteStreamState,
    ConfiguredAirbyteStream,
    DestinationSyncMode,
    StreamDescriptor,
    SyncMode,
)
from airbyte_cdk.sources.connector_state_manager import ConnectorStateManager
from airbyte_cdk.sources.message import MessageRepository

from source_jira_flow.jira.base import Jira
from source_jira_flow.jira.projects import Project
from source_jira_flow.state.instance import StateInstance
from source_jira_flow.state.store import States

ADDRESS = {"kind": "cloud", "base_url": "https://acme.invalid", "configured_url": "https://acme.invalid"}
PROJECTS = {"1": "ONE", "2": "TWO"}


class Messages(MessageRepository):
    """Keeps what is emitted."""

    def __init__(self) -> None:
        self.states: list[tuple[str, dict[str, Any]]] = []

    def emit_message(self, message: AirbyteMessage) -> None:
        assert message.state is not None and message.state.stream is not None
        stream = message.state.stream
        self.states.append((stream.stream_descriptor.name, dict(vars(stream.stream_state))))

    def log_message(self, level: Any, message_provider: Any) -> None:
        """Logs are of no interest here."""

    def consume_queue(self) -> Iterator[AirbyteMessage]:
        return iter(())


MakeStates = Callable[..., States]


@pytest.fixture
def messages() -> Messages:
    """Where the states go that are emitted."""
    return Messages()


@pytest.fixture
def states(messages: Messages) -> MakeStates:
    """`states({stream: state}, full_refresh={stream: generation})` for the streams that are named in either."""

    def make(
        handed_in: Mapping[str, Mapping[str, Any]],
        *,
        full_refresh: Mapping[str, int | None] = {},  # never changed
        address: Mapping[str, str] = ADDRESS,
        projects: Mapping[str, str] = PROJECTS,
    ) -> States:
        chosen = {
            name: ConfiguredAirbyteStream(
                stream=AirbyteStream(name=name, json_schema={}, supported_sync_modes=list(SyncMode)),
                sync_mode=SyncMode.full_refresh if name in full_refresh else SyncMode.incremental,
                destination_sync_mode=DestinationSyncMode.append_dedup,
                generation_id=full_refresh.get(name),
            )
            for name in {**handed_in, **full_refresh}
        }
        blobs = [
            AirbyteStateMessage(
                type=AirbyteStateType.STREAM,
                stream=AirbyteStreamState(StreamDescriptor(name=name), AirbyteStateBlob(dict(state))),
            )
            for name, state in handed_in.items()
        ]
        jira = SimpleNamespace(
            kind_title="Jira Cloud",
            project=lambda number: {"id": number, "key": projects[number]} if number in projects else None,
        )
        visible = [Project(number, key, "", "software", False, False) for number, key in projects.items()]
        instance = StateInstance(cast(Jira, jira), address, lambda: visible, logging.getLogger("airbyte.test"))
        return States(chosen, ConnectorStateManager(blobs), messages, instance)

    return make
