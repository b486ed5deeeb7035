"""What the integration tests share: a fake Jira, its configurations, and the connector's verbs in this process.

    with running_jira(DATA_CENTER) as jira:                  # or the fixtures of conftest: `start_jira`, `jira`
        config = config_for(jira, "oauth", projects=["CORE"])
        first = read_all(config, ["issues", "comments"])     # all streams where none are named
        assert first.succeeded
        jira.site.edit_issue("CORE-1", summary="Changed")
        second = read_all(config, ["issues", "comments"], states=first.states)
        assert [row["key"] for row in second.records["issues"]] == ["CORE-1"]

`Reading` holds what came out: `records` by stream, `rows(stream)` as a destination in append-dedup keeps them,
`states` to hand to the next read, `statuses`, `errors`, `logs`, and `messages` in their order. Nothing raises where the
connector fails: look at `errors` and `statuses`.

Limits of time are shortened: `SHORT_WAITS`. A test that needs others hands them over: `read_all(config, settings=…)`.

Tests that need a process of their own use `run_connector`, which gets its limits from the environment (conftest);
starting one takes three seconds, so they are few.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from airbyte_cdk.models import (
    AirbyteCatalog,
    AirbyteConnectionStatus,
    AirbyteErrorTraceMessage,
    AirbyteMessage,
    AirbyteStateMessage,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteStream,
    DestinationSyncMode,
    SyncMode,
    Type,
)
from airbyte_cdk.test import entrypoint_wrapper
from airbyte_cdk.test.entrypoint_wrapper import EntrypointOutput
from airbyte_cdk.test.models.outcome import ExpectedOutcome

from fake_jira import FakeJira, build_site
from source_jira_flow.check.endpoints import ENDPOINTS
from source_jira_flow.settings import Settings
from source_jira_flow.source import MANIFEST, SourceJiraFlow

ROOT = Path(__file__).resolve().parent.parent
# Waiting is what tests can't afford.
SHORT_WAITS = Settings(connect_timeout=5.0, read_timeout=20.0, backoff_base=0.01, backoff_cap=0.05)
REMOVED_AT = "_ab_cdc_deleted_at"
_LOGGER = logging.getLogger("airbyte")


@dataclass(frozen=True)
class Setup:
    """A kind of Jira, where it stands, and how the connector signs in to it."""

    flavor: str
    method: str
    context_path: str = ""

    def __str__(self) -> str:
        return f"{self.flavor} with {self.method}"


CLOUD = Setup("cloud", "access_token")
CLOUD_OAUTH = Setup("cloud", "oauth")
DATA_CENTER = Setup("data-center-10.3", "oauth", "/jira")
SERVER = Setup("server-7.13", "username_password")
SETUPS = (CLOUD, DATA_CENTER, SERVER)
"""One of each kind."""
PERSONAL_TOKEN = Setup("data-center-10.3", "personal_access_token", "/jira")
CLOUD_SERVICE = Setup("cloud", "service_account")
DATA_CENTER_SERVICE = Setup("data-center-11", "service_account", "/jira")
TOKEN_SETUPS = (PERSONAL_TOKEN, CLOUD_SERVICE, DATA_CENTER_SERVICE)
"""The ways to sign in that those leave out, on the kinds that have them."""


@contextmanager
def running_jira(setup: Setup = CLOUD, **content: Any) -> Iterator[FakeJira]:
    """A fake Jira that answers on a free port; `content` goes to `build_site` (issues, users, seed, clock …)."""
    content.setdefault("issues", 120)
    content.setdefault("users", 20)
    with FakeJira(build_site(setup.flavor, **content), setup.context_path) as jira:
        yield jira


def config_for(jira: FakeJira, method: str | None = None, **options: Any) -> dict[str, Any]:
    """The configuration of the service account; `method` as in `Site.credentials`, the usual one if none is named."""
    method = method or ("access_token" if jira.site.flavor.cloud else "oauth")
    base_url = jira.gateway_url if method == "scoped_token" else jira.base_url
    return {"base_url": base_url, "credentials": jira.site.credentials(method), **options}


@dataclass
class Reading:
    """The messages of one `read`, sorted. Lists are in the order in which the connector wrote them."""

    messages: list[AirbyteMessage]
    records: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    states: list[AirbyteStateMessage] = field(default_factory=list)
    statuses: dict[str, str] = field(default_factory=dict)
    errors: list[AirbyteErrorTraceMessage] = field(default_factory=list)
    logs: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, output: EntrypointOutput, earlier: Sequence[AirbyteStateMessage] = ()) -> Reading:
        """Sorts the output; streams that gave no state keep their earlier one."""
        reading = cls(list(output.get_message_iterator()))
        states = {_stream_of(state): state for state in earlier}
        for message in reading.messages:
            if message.record is not None:
                reading.records.setdefault(message.record.stream, []).append(message.record.data)
            elif message.state is not None:
                states[_stream_of(message.state)] = message.state
            elif message.log is not None:
                reading.logs.append(message.log.message)
            elif message.trace is not None and message.trace.stream_status is not None:
                status = message.trace.stream_status
                reading.statuses[status.stream_descriptor.name] = status.status.value
            elif message.trace is not None and message.trace.error is not None:
                reading.errors.append(message.trace.error)
        reading.states = list(states.values())
        return reading

    @property
    def succeeded(self) -> bool:
        """No error, and every stream COMPLETE."""
        return not self.errors and set(self.statuses.values()) == {"COMPLETE"}

    @property
    def error_messages(self) -> list[str]:
        """What users see of the errors."""
        return [str(error.message) for error in self.errors]

    def count(self) -> dict[str, int]:
        """Records per stream."""
        return {name: len(records) for name, records in self.records.items()}

    def rows(self, stream: str, key: str = "id") -> dict[Any, dict[str, Any]]:
        """What append-dedup keeps: the last version by key, without those that a removal took away."""
        kept = {record[key]: record for record in self.records.get(stream, [])}
        return {row_key: row for row_key, row in kept.items() if not row.get(REMOVED_AT)}

    def state(self, stream: str) -> dict[str, Any]:
        """The last state of a stream as plain data; `{}` where there was none."""
        for message in self.states:
            if _stream_of(message) == stream and message.stream is not None and message.stream.stream_state is not None:
                return dict(vars(message.stream.stream_state))
        return {}


def _stream_of(state: AirbyteStateMessage) -> str:
    assert state.stream is not None, "only states of streams are known"
    name: str = state.stream.stream_descriptor.name
    return name


def discover(config: Mapping[str, Any], manifest: Path = MANIFEST) -> AirbyteCatalog:
    """The streams that the connector offers."""
    return SourceJiraFlow(manifest=manifest).discover(_LOGGER, config)


def configured(
    catalog: AirbyteCatalog,
    streams: Sequence[str] | None = None,
    mode: SyncMode = SyncMode.incremental,
    generation: int | None = None,
) -> ConfiguredAirbyteCatalog:
    """The named streams, or all, in this mode where they know it."""
    by_name = {stream.name: stream for stream in catalog.streams}
    return ConfiguredAirbyteCatalog(
        [
            ConfiguredAirbyteStream(
                stream=by_name[name],
                sync_mode=mode if mode in by_name[name].supported_sync_modes else SyncMode.full_refresh,
                destination_sync_mode=DestinationSyncMode.append_dedup,
                generation_id=generation,
            )
            for name in (by_name if streams is None else streams)
        ]
    )


def read_all(
    config: Mapping[str, Any],
    streams: Sequence[str] | None = None,
    states: Sequence[AirbyteStateMessage] = (),
    mode: SyncMode = SyncMode.incremental,
    *,
    generation: int | None = None,
    debug: bool = False,
    settings: Settings = SHORT_WAITS,
    manifest: Path = MANIFEST,
) -> Reading:
    """One `read` in this process, as the platform calls it: with a catalog, and with the states of the last one."""
    catalog = configured(discover(config, manifest), streams, mode, generation)
    given = list(states)
    output = entrypoint_wrapper.read(
        SourceJiraFlow(settings=settings, manifest=manifest),
        config,
        catalog,
        given,
        expected_outcome=ExpectedOutcome.ALLOW_ANY,
        debug=debug,
    )
    return Reading.of(output, given)


def undocumented(jira: FakeJira) -> list[str]:
    """The requests to endpoints that the table in `check/endpoints.py` lacks."""
    asked = {(record.method, record.path) for record in jira.requests}
    return sorted(f"{call[0]} {call[1]}" for call in asked if not any(one.matches(*call) for one in ENDPOINTS))


def check(config: Mapping[str, Any], settings: Settings = SHORT_WAITS) -> AirbyteConnectionStatus:
    """The verdict of `check`, in this process."""
    return SourceJiraFlow(settings=settings).check(_LOGGER, config)


@dataclass(frozen=True)
class Run:
    """A run of the connector as a process of its own."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def messages(self) -> list[dict[str, Any]]:
        """Every line of standard output as JSON; raises where a line is none."""
        return [json.loads(line) for line in self.stdout.splitlines()]

    def of_type(self, kind: Type) -> list[dict[str, Any]]:
        """The messages of one type of Airbyte's protocol."""
        return [message for message in self.messages if message.get("type") == kind.value]


def environment_of(settings: Settings) -> dict[str, str]:
    """The variables that give a process these settings."""
    return {f"SOURCE_JIRA_FLOW_{name.upper()}": str(value) for name, value in vars(settings).items()}


def run_connector(*arguments: str, timeout: float = 120.0, **environment: str) -> Run:
    """`python -m source_jira_flow …` without standard input; `environment` is added to this process's own."""
    finished = subprocess.run(
        [sys.executable, "-m", "source_jira_flow", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    return Run(finished.returncode, finished.stdout, finished.stderr)
