"""The issue scan against a fake Jira without sockets or processes, for tests of many thousand syncs.

`DirectAdapter` carries requests straight to the fake; `scan` runs one sync of the streams made of issues in the
calling thread, and can be cut off after any message, as `kill -9` would.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from itertools import chain
from typing import Any

import requests
from airbyte_cdk.models import (
    AirbyteMessage,
    AirbyteStateBlob,
    AirbyteStateMessage,
    AirbyteStateType,
    AirbyteStream,
    AirbyteStreamState,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteStream,
    DestinationSyncMode,
    StreamDescriptor,
    SyncMode,
)
from airbyte_cdk.sources.connector_state_manager import ConnectorStateManager
from airbyte_cdk.sources.message import MessageRepository
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from fake_jira import FakeJira, Request
from source_jira_flow.cdk.lines import rows_of
from source_jira_flow.cdk.seam import FunctionPartition
from source_jira_flow.config import Config
from source_jira_flow.jira.connection import client_for, connect
from source_jira_flow.records.observed import REMOVED_AT
from source_jira_flow.records.seen import Seen
from source_jira_flow.scan.scan import IssueScan
from source_jira_flow.settings import Settings
from source_jira_flow.streams import fed_streams
from source_jira_flow.sync import Sync

BASE_URL = "http://127.0.0.1"
LOGGER = logging.getLogger("airbyte.direct")


class DirectAdapter(BaseAdapter):
    """Hands prepared requests to a fake Jira that was never started."""

    def __init__(self, jira: FakeJira) -> None:
        super().__init__()
        self._jira = jira

    def send(self, request: requests.PreparedRequest, *arguments: Any, **options: Any) -> requests.Response:
        assert request.method and request.url
        body = request.body or b""
        content = body if isinstance(body, bytes) else body.encode()
        headers = CaseInsensitiveDict(dict(request.headers))
        outcome = self._jira.serve(Request(request.method, request.path_url, headers, content, url=request.url))
        if outcome.drop:
            raise requests.exceptions.ConnectionError("The connection was dropped.")
        if outcome.cut:
            raise requests.exceptions.ChunkedEncodingError("The connection broke.")
        response = requests.Response()
        response.status_code = outcome.response.status
        response.headers = CaseInsensitiveDict(self._jira.headers(outcome))
        response.raw = BytesIO(outcome.response.body)
        response.url = request.url
        response.request = request
        if self._jira.on_request is not None:
            self._jira.on_request(outcome.record)
        return response

    def close(self) -> None:
        """Nothing is open."""


def _key(data: Mapping[str, Any]) -> str:
    if "link_id" in data:
        return f"{data['issue_id']}/{data['link_id']}"
    return str(data.get("id") or data["name"])


@dataclass
class Warehouse:
    """What a destination holds after append-dedup, and the states that it keeps."""

    rows: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    states: dict[str, dict[str, Any]] = field(default_factory=dict)

    def take(self, messages: Iterator[AirbyteMessage | tuple[str, Mapping[str, Any]]], most: int | None = None) -> int:
        """Store records and states in their order, at most so many; returns how many records came."""
        records = 0
        for number, message in enumerate(messages):
            if most is not None and number >= most:
                break
            if isinstance(message, tuple):
                stream, data = message
                self.rows.setdefault(stream, {})[_key(data)] = dict(data)
                records += 1
            elif message.state is not None and message.state.stream is not None:
                blob = message.state.stream.stream_state
                assert blob is not None
                self.states[message.state.stream.stream_descriptor.name] = dict(vars(blob))
        return records

    def comments(self) -> dict[str, dict[str, Any]]:
        """The comments that Jira still has, by the rule that the documentation gives."""
        issues = self.rows.get("issues", {})
        return {
            comment_id: comment
            for comment_id, comment in self.rows.get("comments", {}).items()
            if comment["issue_id"] in issues
            and issues[comment["issue_id"]]["comment_count"]
            and comment["issue_updated"] == self._newest(comment["issue_id"])
        }

    def parts(self, stream: str) -> dict[str, dict[str, Any]]:
        """The work logs, links or attachments that Jira still has, by the rule that the documentation gives."""
        issues = self.rows.get("issues", {})
        return {
            key: row
            for key, row in self.rows.get(stream, {}).items()
            if not row.get(REMOVED_AT) and row["issue_updated"] == issues.get(row["issue_id"], {}).get("updated")
        }

    def _newest(self, issue_id: str) -> str:
        return max(str(row["issue_updated"]) for row in self.rows["comments"].values() if row["issue_id"] == issue_id)


class _Messages(MessageRepository):
    def __init__(self, put: list[Any]) -> None:
        self._put = put

    def emit_message(self, message: AirbyteMessage) -> None:
        self._put.append(message)

    def log_message(self, level: Any, message_provider: Any) -> None:
        """Logs are of no interest here."""

    def consume_queue(self) -> Iterator[AirbyteMessage]:
        return iter(())


def catalog(
    streams: Sequence[str], mode: SyncMode = SyncMode.incremental, generation: int | None = None
) -> ConfiguredAirbyteCatalog:
    """A configured catalog of these streams."""
    return ConfiguredAirbyteCatalog(
        streams=[
            ConfiguredAirbyteStream(
                stream=AirbyteStream(name=name, json_schema={}, supported_sync_modes=[mode]),
                sync_mode=mode,
                destination_sync_mode=DestinationSyncMode.append_dedup,
                generation_id=generation,
            )
            for name in streams
        ]
    )


def begin_sync(
    jira: FakeJira,
    states: Mapping[str, Mapping[str, Any]],
    streams: Sequence[str],
    *,
    settings: Settings | None = None,
    **config: Any,
) -> tuple[Sync, list[Any]]:
    """A sync that has signed in, and the list in which its STATE messages arrive."""
    method = "access_token" if jira.site.flavor.cloud else "username_password"
    parsed = Config.parse({"base_url": BASE_URL, "credentials": jira.site.credentials(method), **config})
    limits = settings or Settings(backoff_base=0.0)
    client = client_for(parsed, settings=limits, logger=LOGGER)
    client.session.mount("http://", DirectAdapter(jira))
    messages: list[Any] = []
    instance = connect(parsed, client)
    sync = Sync(
        instance.jira,
        instance,
        parsed.options,
        limits,
        catalog(streams),
        _manager(states),
        _Messages(messages),
        LOGGER,
    )
    sync.states.verify()
    return sync, messages


def scan(
    jira: FakeJira,
    states: Mapping[str, Mapping[str, Any]],
    streams: Sequence[str],
    *,
    settings: Settings | None = None,
    **config: Any,
) -> Iterator[AirbyteMessage | tuple[str, Mapping[str, Any]]]:
    """The messages of one sync, in order: records as (stream, data), and STATE messages. Raises what fails it."""
    sync, messages = begin_sync(jira, states, streams, settings=settings, **config)
    issue_scan = IssueScan(sync, fed_streams(sync), Seen(people=False, sprints=False))
    partition = FunctionPartition("issues", "scan", lambda: issue_scan.records(chain.from_iterable))
    try:
        for record in partition.read():
            yield from _drained(messages)
            for data in rows_of(record.data):
                yield record.stream_name, data
    except Exception:
        yield from _drained(messages)
        raise
    yield from _drained(messages)


def _drained(messages: list[Any]) -> Iterator[AirbyteMessage]:
    while messages:
        yield messages.pop(0)


def _manager(states: Mapping[str, Mapping[str, Any]]) -> ConnectorStateManager:
    return ConnectorStateManager(
        [
            AirbyteStateMessage(
                type=AirbyteStateType.STREAM,
                stream=AirbyteStreamState(StreamDescriptor(name=name), AirbyteStateBlob(dict(state))),
            )
            for name, state in states.items()
        ]
    )
