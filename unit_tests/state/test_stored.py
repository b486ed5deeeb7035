"""States as they were written, of every version that was ever shipped: each is still understood.

`stored/v1/users.cloud.json` is a state of `users` as version 1 wrote it; a word behind the kind of Jira tells what is
special. A version that ships is frozen here: its files are added when the next one comes, and never changed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from source_jira_flow.common.instants import from_milliseconds
from source_jira_flow.errors import ConfigurationError
from source_jira_flow.state.census import CensusState
from source_jira_flow.state.issues import IssueState, Progress, written_groups
from source_jira_flow.state.migrations import current_version
from source_jira_flow.state.own_parts import (
    stored_deletions,
    stored_entries,
    stored_labels,
    written_deletions,
    written_entries,
    written_labels,
)
from source_jira_flow.state.packing import pack_versions
from source_jira_flow.state.progress import Group, Position, Window
from source_jira_flow.state.snapshots import StoredSnapshot, packed
from source_jira_flow.state.sprint_boards import SprintBoards
from unit_tests.state.conftest import MakeStates

STORED = Path(__file__).parent / "stored"
FILES = sorted(STORED.glob("v*/*.json"))
MADE_OF_ISSUES = {"issues", "comments", "issue_changes", "worklogs", "issue_links", "attachments"}
# Where something that others would break on is one more way to say nothing.
_DAMAGED: dict[str, tuple[Any, ...]] = {
    "unread": (7, True),
    "census": ("damaged", [["x"]], {"x": "y"}),
    "deletions_until": ("damaged", [["x"]], {"x": "y"}),
}
STREAMS = {*MADE_OF_ISSUES, "labels", "users", "projects", "sprints"}


def stream_of(file: Path) -> str:
    return file.name.partition(".")[0]


def read(file: Path, states: MakeStates) -> dict[str, Any]:
    state = json.loads(file.read_text("utf-8"))
    generation = state.get("generation_id")
    full_refresh = {} if generation is None else {stream_of(file): generation}
    return states({stream_of(file): state}, full_refresh=full_refresh).stored(stream_of(file))


def rewritten(stream: str, state: Mapping[str, Any]) -> dict[str, Any]:
    """What today's code makes of what it understood: it must be all that there was."""
    if "groups" in state:
        return _rewritten_issues(stream, state) | _rewritten_own(state)
    snapshot = StoredSnapshot.parse(state, stream)
    assert snapshot.observed_at is not None
    written = packed(snapshot.listed, snapshot.mentioned, from_milliseconds(snapshot.observed_at))
    return written | (SprintBoards.parse(state, stream).as_state() if stream == "sprints" else {})


def _rewritten_issues(stream: str, state: Mapping[str, Any]) -> dict[str, Any]:
    understood = IssueState.parse(stream, state)
    alike: dict[Progress, list[str]] = {}
    for project, progress in understood.progress.items():
        alike.setdefault(progress, []).append(project)
    groups = [
        Group(
            tuple(projects),
            {stream: progress.updated},
            [Window(window.start, window.end, {stream: window.position}) for window in progress.pending],
        )
        for progress, projects in alike.items()
    ]
    start_date = understood.start_date
    return {
        "groups": written_groups(stream, groups),
        "recent": pack_versions(understood.recent),
        "keys": dict(understood.keys),
        "start_date": None if start_date is None else from_milliseconds(start_date),
    }


def _rewritten_own(state: Mapping[str, Any]) -> dict[str, Any]:
    """What one stream keeps besides how far the scan has come."""
    own: dict[str, Any] = {name: state[name] for name in ("fields",) if name in state}
    if "unread" in state:
        own["unread"] = list(IssueState.parse("issues", state).unread)
    if "labels" in state:
        own |= written_labels(stored_labels(state))
    if "entries" in state:
        own |= written_entries(stored_entries(state))
    if "deletions_until" in state:
        own |= written_deletions(stored_deletions(state))
    if "census" in state:
        # The first that had a census kept no versions.
        written = CensusState.parse(state, (), 0, None).written()
        own["census"] = {name: part for name, part in written.items() if name in state["census"]}
    return own


def test_there_is_an_example_of_every_stream_and_version() -> None:
    for version in range(1, current_version() + 1):
        assert {stream_of(file) for file in STORED.glob(f"v{version}/*.json")} == STREAMS


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_every_state_that_was_ever_written_is_understood_whole(file: Path, states: MakeStates) -> None:
    state = read(file, states)
    common = {name: state.pop(name) for name in ("version", "instance", "generation_id") if name in state}
    assert common["version"] == current_version()
    assert rewritten(stream_of(file), state) == state


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_a_state_that_was_cut_or_changed_is_one_sentence(file: Path, states: MakeStates) -> None:
    state = read(file, states)
    stream = stream_of(file)
    for name in state.keys() - {"version", "instance", "generation_id"}:
        if name in ("recent", "keys", "start_date", "full_pass_at", "fields"):
            continue
        for damaged in _DAMAGED.get(name, ("damaged", None, [["x"]], {"x": "y"})):
            with pytest.raises(ConfigurationError, match=f"state of {stream} can't be read, so.*clear the stream"):
                rewritten(stream, {**state, name: damaged})


def test_version_1_of_issues(states: MakeStates) -> None:
    state = IssueState.parse("issues", read(STORED / "v1/issues.cloud.json", states))
    assert list(state.progress) == ["10000", "10001", "10002", "10004"]
    assert set(state.progress.values()) == {Progress(1_760_000_035_000, ())}
    assert state.recent == {
        "10000": 1_760_000_000_000,
        "10001": 1_760_000_007_000,
        "10002": 1_760_000_014_000,
        "10004": 1_760_000_028_000,
    }
    assert state.keys["10000"] == "CORE"
    assert state.start_date == 1_577_836_800_000


def test_version_1_of_issues_when_the_sync_was_killed(states: MakeStates) -> None:
    state = IssueState.parse("issues", read(STORED / "v1/issues.cloud.killed.json", states))
    (progress,) = set(state.progress.values())
    assert [window.position for window in progress.pending] == [Position(1_759_200_858_000)]


def test_version_1_of_a_census(states: MakeStates) -> None:
    state = CensusState.parse(read(STORED / "v1/issues.cloud.census.json", states), (), 0, None)
    assert state.taken_at == state.whole_at == 1_760_086_400_000
    assert state.projects == {10000, 10001, 10002, 10004}
    assert (len(state.sent.table().ids), len(state.archived.table().ids)) == (6, 1)


@pytest.mark.parametrize(("example", "since"), [("census", 1_760_200_000_000), ("versions", 1_759_827_200_000)])
def test_a_census_from_before_versions_were_kept_looks_back_to_now(
    example: str, since: int, states: MakeStates
) -> None:
    stored = read(STORED / f"v1/issues.cloud.{example}.json", states)
    versions = CensusState.parse(stored, (), 1_760_200_000_000, None).versions
    assert versions.since == since
    assert versions.is_other(10001, 1_760_200_000_001)
    assert not versions.is_other(10001, 1_759_999_986_000)


def test_version_1_of_changes(states: MakeStates) -> None:
    entries = stored_entries(read(STORED / "v1/issue_changes.cloud.json", states))
    assert [entries.of(issue_id) for issue_id in (10000, 10001, 10002, 10008)] == [4, 6, 4, 48]


def test_version_1_of_work_logs(states: MakeStates) -> None:
    assert stored_deletions(read(STORED / "v1/worklogs.cloud.json", states)) == 1_760_086_340_000
    assert stored_deletions(read(STORED / "v1/worklogs.cloud.killed.json", states)) is None


def test_version_1_of_a_snapshot(states: MakeStates) -> None:
    state = StoredSnapshot.parse(read(STORED / "v1/users.self_hosted.json", states), "users")
    assert state.observed_at == 1_760_000_000_000
    assert {len(digest) for digest in state.listed.values()} == {8}
    from_issues = StoredSnapshot.parse(read(STORED / "v1/users.cloud.from_issues.json", states), "users")
    assert (len(from_issues.listed), len(from_issues.mentioned)) == (0, 4)


def test_version_1_of_sprints(states: MakeStates) -> None:
    state = SprintBoards.parse(read(STORED / "v1/sprints.cloud.json", states), "sprints")
    assert state.full_pass_at == 1_760_000_000_000
    assert state.boards[3] == {9, 10, 11, 12}
    assert state.without_sprints == {5, 6, 7}
    assert state.open == {3, 4, 7, 8, 11, 12, 15, 16}


def test_version_1_of_labels(states: MakeStates) -> None:
    assert "émoji-\U0001f680" in stored_labels(read(STORED / "v1/labels.self_hosted.json", states))
