"""A list of Jira lies once, or never ends; the healthy syncs that follow bring the warehouse to the truth."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from fake_jira import FakeJira, Request
from integration_tests.lied_to import LIES, succeeds
from integration_tests.support import CLOUD, DATA_CENTER, REMOVED_AT, Reading, config_for, read_all

StartJira = Callable[..., FakeJira]
LISTS = {"users": "/users/search", "projects": "/project/search", "boards": "/board", "labels": "/label"}


@pytest.mark.parametrize("how", ["ignores_start", "never_last", "both"])
@pytest.mark.parametrize("stream", ["users", "projects", "sprints", "boards", "labels", "comments"])
def test_every_list_without_an_end_is_ended(stream: str, how: str, start_jira: StartJira) -> None:
    jira = start_jira(CLOUD, users=60, boards=3)
    for _ in range(120):
        jira.site.add_comment("CORE-1", "One of many")
    path = {"sprints": "/sprint", "comments": "/comment", **LISTS}[stream]

    def lie(**when: Any) -> None:
        if how != "never_last":
            jira.lies.ignores_start(**when)
        if how != "ignores_start":
            jira.lies.never_last(**when)

    def asked(request: Request) -> bool:
        return request.path.endswith(path)

    jira.site.settings.cloud_page_cap = 20
    for _ in range(120):
        jira.site.create_user()
    jira.faults.short_pages(0.02, match=asked)
    lie(match=asked)
    began = time.monotonic()
    reading = read_all(config_for(jira), ["issues", "comments"] if stream == "comments" else [stream])
    assert time.monotonic() - began < 15
    assert jira.calls(path) < 400
    if how != "never_last" and not succeeds(reading):
        assert any("page" in said or "gave" in said for said in reading.error_messages), reading.error_messages
    jira.faults.clear()
    assert succeeds(read_all(config_for(jira), [stream], reading.states))


SNAPSHOTS = {
    "users": ("users/search", "user/list"),
    "projects": ("project/search", "/project"),
    "boards": ("/board", "/board"),
    "sprints": ("/sprint", "/sprint"),
    "labels": ("/label", None),
    "fields": ("/field", "/field"),
    "statuses": ("/status", "/status"),
}


@pytest.mark.parametrize("lie", ["nothing", "null", "half"])
@pytest.mark.parametrize("stream", SNAPSHOTS)
@pytest.mark.parametrize("setup", [CLOUD, DATA_CENTER], ids=str)
def test_one_lie_about_a_list_heals_with_the_next_sync(
    setup: Any, stream: str, lie: str, start_jira: StartJira
) -> None:
    path = SNAPSHOTS[stream][setup is DATA_CENTER]
    if path is None:
        pytest.skip("Self-hosted Jira has no list of labels.")
    jira = start_jira(setup, issues=30, boards=3, users=60)
    config, key = config_for(jira, setup.method), "name" if stream == "labels" else "id"
    expected = read_all(config, [stream]).rows(stream, key)
    assert len(expected) > 1
    for known in (False, True):
        first = read_all(config, [stream]) if known else Reading([])
        LIES[lie](jira)(match=lambda request: request.path.endswith(path), times=1)
        with_lie = read_all(config, [stream], first.states)
        succeeds(with_lie)
        healthy = read_all(config, [stream], with_lie.states)
        assert succeeds(healthy)
        rows = {**first.rows(stream, key), **with_lie.rows(stream, key), **healthy.rows(stream, key)}
        assert rows.keys() == expected.keys()
        removed = [row for each in (with_lie, healthy) for row in each.records.get(stream, []) if row.get(REMOVED_AT)]
        assert not removed
