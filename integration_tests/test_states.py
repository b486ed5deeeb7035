"""States of another version of the connector, in a whole sync: an older one goes on, a newer one is refused."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from airbyte_cdk.models import AirbyteStateBlob, AirbyteStateMessage

from fake_jira import FakeJira
from integration_tests.support import read_all
from source_jira_flow.state.migrations import MIGRATIONS, State, current_version

STREAMS = ["issues", "comments", "users", "projects", "sprints", "labels"]


def rewritten(states: Iterable[AirbyteStateMessage], **changes: Any) -> list[AirbyteStateMessage]:
    for message in states:
        assert message.stream is not None
        message.stream.stream_state = AirbyteStateBlob({**vars(message.stream.stream_state), **changes})
    return list(states)


def test_states_of_an_older_version_go_on_where_they_stood(
    config: dict[str, Any], jira: FakeJira, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = read_all(config, STREAMS)
    migrated = []

    def step(stream: str, state: State) -> State:
        migrated.append(stream)
        return state

    monkeypatch.setitem(MIGRATIONS, current_version(), step)
    second = read_all(config, STREAMS, first.states)
    assert second.succeeded, second.error_messages
    assert second.count() == {}
    assert set(migrated) == set(STREAMS)
    assert {second.state(stream)["version"] for stream in STREAMS} == {current_version()}


def test_states_of_a_newer_version_fail_their_streams_by_name_and_no_other(config: dict[str, Any]) -> None:
    first = read_all(config, STREAMS)
    newer = rewritten([state for state in first.states if _name(state) != "projects"], version=current_version() + 1)
    reading = read_all(config, [*STREAMS, "statuses"], [*newer, *(s for s in first.states if _name(s) == "projects")])
    assert reading.statuses["projects"] == reading.statuses["statuses"] == "COMPLETE"
    assert all(reading.statuses[stream] == "INCOMPLETE" for stream in STREAMS if stream != "projects")
    refused = {
        stream
        for stream in STREAMS
        for message in reading.error_messages
        if message.startswith(f"The stored state of {stream} was written by a newer version of the connector")
    }
    assert refused >= {"users", "sprints"}
    # Those that are made of issues are read together: one of them speaks for all.
    assert refused & {"issues", "comments", "labels"}


def _name(state: AirbyteStateMessage) -> str:
    assert state.stream is not None
    return str(state.stream.stream_descriptor.name)
