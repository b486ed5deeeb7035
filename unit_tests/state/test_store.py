"""Which state a stream begins with, and what every state holds."""

from __future__ import annotations

from typing import Any

import pytest

from source_jira_flow.errors import ConfigurationError, WrongInstance
from source_jira_flow.state.migrations import MIGRATIONS, State, current_version
from unit_tests.state.conftest import ADDRESS, PROJECTS, MakeStates, Messages

STREAMS = ["issues", "comments", "labels", "users", "projects", "sprints"]
INSTANCE = {**ADDRESS, "projects": PROJECTS}


def stored(**changes: Any) -> dict[str, Any]:
    return {"version": 1, "instance": INSTANCE, "kept": "something", **changes}


def test_a_stream_begins_with_its_state_and_without_one_anew(states: MakeStates) -> None:
    found = states({"users": stored(), "labels": {}})
    assert found.stored("users") == stored()
    assert found.stored("labels") == {}


def test_every_new_state_tells_its_version_and_its_jira(states: MakeStates) -> None:
    assert states({"users": stored()}).new("users") == {"version": 1, "instance": INSTANCE}


@pytest.mark.parametrize(
    ("before", "now", "is_kept"), [(3, 3, True), (3, 4, False), (None, 3, False), (3, None, False)]
)
def test_a_full_refresh_begins_with_a_state_of_its_generation_alone(
    before: int | None, now: int | None, is_kept: bool, states: MakeStates
) -> None:
    state = stored() if before is None else stored(generation_id=before)
    found = states({"users": state}, full_refresh={"users": now})
    assert found.stored("users") == (state if is_kept else {})


def test_a_full_refresh_without_a_generation_always_begins_anew(states: MakeStates) -> None:
    found = states({"users": stored()}, full_refresh={"users": None})
    assert found.stored("users") == {}
    assert "generation_id" not in found.new("users")


def test_the_state_of_a_full_refresh_is_nothing_to_an_incremental_stream(states: MakeStates) -> None:
    assert states({"users": stored(generation_id=3)}).stored("users") == {}


def test_a_generation_stands_in_the_state(states: MakeStates) -> None:
    assert states({}, full_refresh={"users": 7}).new("users")["generation_id"] == 7


# -- versions --------------------------------------------------------------------------------------


@pytest.mark.parametrize("stream", STREAMS)
def test_a_newer_state_is_refused_in_one_sentence_that_names_the_stream(stream: str, states: MakeStates) -> None:
    with pytest.raises(ConfigurationError) as refused:
        states({stream: stored(version=current_version() + 1)}).stored(stream)
    assert str(refused.value) == (
        f"The stored state of {stream} was written by a newer version of the connector: update the connector, or"
        f" clear the stream to read everything again."
    )


@pytest.mark.parametrize("version", [None, 0, -1, "1", 1.5, True, [1]])
@pytest.mark.parametrize("stream", STREAMS)
def test_a_state_that_is_not_ours_says_what_to_do(version: Any, stream: str, states: MakeStates) -> None:
    with pytest.raises(ConfigurationError, match=f"state of {stream} can't be read.*clear the stream"):
        states({stream: stored(version=version)}).stored(stream)


@pytest.mark.parametrize("instance", [None, "https://acme.atlassian.net", ["cloud"], 7])
def test_a_state_that_does_not_say_from_which_jira_it_is_says_what_to_do(instance: Any, states: MakeStates) -> None:
    with pytest.raises(ConfigurationError, match=r"state of users can't be read.*clear the stream"):
        states({"users": stored(instance=instance)}).stored("users")


@pytest.mark.parametrize("stream", STREAMS)
def test_an_older_state_is_brought_to_this_version_step_by_step(
    stream: str, states: MakeStates, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rename(stream: str, state: State) -> State:
        return {"kept_by_now": f"{state.pop('kept')} of {stream}", **state}

    def grow(stream: str, state: State) -> State:
        return {**state, "grown": state["version"]}

    old = stored()
    monkeypatch.setitem(MIGRATIONS, 1, rename)
    monkeypatch.setitem(MIGRATIONS, 2, grow)
    found = states({stream: old})
    expected = {"version": 3, "instance": INSTANCE, "kept_by_now": f"something of {stream}", "grown": 2}
    assert found.stored(stream) == expected
    # The platform's copy stays as it was: a stream may ask twice.
    assert found.stored(stream) == expected
    assert found.new(stream)["version"] == 3
    assert states({stream: {**expected, "grown": "already"}}).stored(stream)["grown"] == "already"


def test_a_step_that_meets_a_damaged_state_says_so(states: MakeStates, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MIGRATIONS, 1, lambda _, state: {"moved": state["is not there"]})
    with pytest.raises(ConfigurationError, match="clear the stream"):
        states({"users": stored()}).stored("users")


def test_every_version_has_a_step_to_the_next() -> None:
    assert sorted(MIGRATIONS) == list(range(1, current_version()))


# -- the Jira of a state ---------------------------------------------------------------------------


def test_states_of_this_jira_are_verified_in_silence(states: MakeStates) -> None:
    states({"users": stored(), "labels": {}}).verify()


def test_a_state_of_another_kind_of_jira_is_refused(states: MakeStates) -> None:
    other = stored(instance={**INSTANCE, "kind": "self_hosted"})
    with pytest.raises(WrongInstance, match="users comes from a self-hosted Jira, and this is Jira Cloud"):
        states({"users": other}).verify()


def test_another_address_with_the_same_projects_is_the_same_jira(
    states: MakeStates, caplog: pytest.LogCaptureFixture
) -> None:
    moved = stored(instance={**INSTANCE, "base_url": "https://old.invalid", "configured_url": "https://old.invalid"})
    with caplog.at_level("WARNING"):
        states({"users": moved, "labels": moved}).verify()
    assert len(caplog.records) == 1
    assert "a new address" in caplog.text


@pytest.mark.parametrize("projects", [{"1": "OTHER"}, {}, None, ["1"], "1"])
def test_another_address_without_the_projects_is_another_jira(projects: Any, states: MakeStates) -> None:
    moved = stored(instance={**INSTANCE, "configured_url": "https://old.invalid", "projects": projects})
    with pytest.raises(WrongInstance, match="create a new source for this one, or clear the stream"):
        states({"users": moved}).verify()


def test_one_state_that_cannot_be_read_keeps_no_other_stream_from_being_read(states: MakeStates) -> None:
    found = states({"users": stored(version=99), "labels": stored()})
    found.verify()
    assert found.stored("labels") == stored()


# -- emitting --------------------------------------------------------------------------------------


def test_states_go_out_in_the_order_in_which_they_are_made(states: MakeStates, messages: Messages) -> None:
    emitter = states({"users": {}, "labels": {}}).emitter()
    emitter.emit(lambda: {"users": {"number": 1}, "labels": {"number": 1}})
    emitter.emit(lambda: {"users": {"number": 2}})
    assert messages.states == [("users", {"number": 1}), ("labels", {"number": 1}), ("users", {"number": 2})]
