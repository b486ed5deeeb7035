"""Answers that are too large, too slow, or lead nowhere: each ends with a sentence."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from fake_jira import FakeJira
from integration_tests.lied_to import succeeds, truth
from integration_tests.support import CLOUD, SHORT_WAITS, config_for, read_all

StartJira = Callable[..., FakeJira]


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("path", ["/serverInfo", "/myself", "/search"])
def test_a_body_without_measure_ends_with_a_sentence(path: str, packed: bool, start_jira: StartJira) -> None:
    limits = replace(SHORT_WAITS, largest_answer=4_000_000)
    jira = start_jira(CLOUD, issues=150)
    lie = jira.lies.big(20_000_000, packed=packed, match=path)
    reading = read_all(config_for(jira), ["issues"], settings=limits)
    assert not succeeds(reading)
    assert any("large" in said for said in reading.error_messages), reading.error_messages
    jira.faults.remove(lie)
    assert succeeds(read_all(config_for(jira), ["issues"], reading.states))


def test_where_a_page_is_too_large_fewer_issues_are_asked_for(
    start_jira: StartJira, monkeypatch: pytest.MonkeyPatch
) -> None:
    jira = start_jira(CLOUD, issues=120, comments_per_issue=0)
    for issue_id in list(truth(jira.site))[:40]:
        jira.site.edit_issue(issue_id, description="x" * 100_000)
    reading = read_all(config_for(jira), ["issues"], settings=replace(SHORT_WAITS, largest_answer=1_000_000))
    assert succeeds(reading), reading.error_messages
    assert reading.rows("issues").keys() == truth(jira.site).keys()


def test_an_answer_that_comes_a_byte_at_a_time_has_an_end(
    start_jira: StartJira, monkeypatch: pytest.MonkeyPatch
) -> None:
    jira = start_jira(CLOUD, issues=150)
    lie = jira.faults.drip(200, match="/search/jql")
    began = time.monotonic()
    reading = read_all(
        config_for(jira), ["issues"], settings=replace(SHORT_WAITS, connect_timeout=0.5, read_timeout=0.5)
    )
    assert time.monotonic() - began < 20
    assert not succeeds(reading)
    assert any("in time" in said for said in reading.error_messages), reading.error_messages
    jira.faults.remove(lie)
    assert succeeds(read_all(config_for(jira), ["issues"], reading.states))


def test_a_flood_of_cookies_is_not_carried_along(start_jira: StartJira) -> None:
    jira = start_jira(CLOUD, issues=150)
    jira.lies.cookies(60)
    reading = read_all(config_for(jira), ["issues", "projects"])
    assert succeeds(reading), reading.error_messages
    assert reading.rows("issues").keys() == truth(jira.site).keys()


@pytest.mark.parametrize("location", ["http://[::1", "http://[", "//[x", "http://host:port/"])
def test_a_redirect_that_is_no_address_ends_with_a_sentence(location: str, start_jira: StartJira) -> None:
    jira = start_jira(CLOUD, issues=30)
    jira.faults.redirect(location, match="/myself")
    reading = read_all(config_for(jira), ["issues"])
    assert not succeeds(reading)
