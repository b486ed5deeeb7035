"""A clock, a stored watermark or an issue lies about time; no edit is lost."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from fake_jira import FakeJira
from integration_tests.direct import Warehouse
from integration_tests.lied_to import KINDS, NOW, TWO_KINDS, small_jira, sync, truth, verify
from source_jira_flow.common.instants import DAY, MINUTE, from_milliseconds


@contextmanager
def own_clock(monkeypatch: pytest.MonkeyPatch, jira: FakeJira) -> Iterator[None]:
    """This machine's clock goes as Jira's."""
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: jira.site.clock.now() / 1000)
        yield


@pytest.mark.parametrize("date_too", [False, True])
@pytest.mark.parametrize("ahead", [-30 * 365 * DAY, -3 * 60 * MINUTE, 2 * 60 * MINUTE, 100 * DAY])
@pytest.mark.parametrize("when", ["first sync", "second sync"])
@pytest.mark.parametrize("flavor", TWO_KINDS)
def test_a_node_whose_clock_is_wrong_once_loses_no_edit(
    flavor: str, when: str, ahead: int, date_too: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    jira, warehouse = small_jira(flavor), Warehouse()
    with own_clock(monkeypatch, jira):
        if when == "second sync":
            assert sync(jira, warehouse) == ""
            jira.site.clock.advance(DAY)
        jira.lies.clock(ahead, date_too=date_too, times=1)
        sync(jira, warehouse)
        jira.site.clock.advance(20 * MINUTE)
        jira.site.bulk_edit(list(truth(jira.site)), summary="Edited")
        jira.site.clock.advance(20 * MINUTE)
        assert sync(jira, warehouse) == ""
    verify(jira, warehouse)


@pytest.mark.parametrize(
    "watermark", ["2200-01-01T00:00:00.000Z", "9999-12-31T00:00:00.000Z", from_milliseconds(NOW + DAY)]
)
@pytest.mark.parametrize("flavor", TWO_KINDS)
def test_a_stored_watermark_that_lies_ahead_is_read_again_with_a_warning(
    flavor: str, watermark: str, caplog: pytest.LogCaptureFixture
) -> None:
    jira, warehouse = small_jira(flavor), Warehouse()
    assert sync(jira, warehouse) == ""
    for state in warehouse.states.values():
        state["groups"] = [group | {"updated": watermark} for group in state["groups"]]
    jira.site.bulk_edit(list(truth(jira.site)), summary="Edited")
    assert sync(jira, warehouse) == ""
    verify(jira, warehouse)
    assert "ahead" in caplog.text


@pytest.mark.parametrize("flavor", KINDS)
def test_an_issue_whose_updated_lies_in_the_future_comes_once_and_again_when_it_changes(flavor: str) -> None:
    jira, warehouse = small_jira(flavor), Warehouse()
    early = jira.site.create_issue("CORE", "Ahead before", created=NOW - DAY, updated=NOW + 400 * DAY)
    assert sync(jira, warehouse) == ""
    verify(jira, warehouse)
    late = jira.site.create_issue("CORE", "Ahead", created=NOW + 2 * 365 * DAY, updated=NOW + 2 * 365 * DAY)
    old = jira.site.create_issue("CORE", "Made tomorrow, updated today", created=NOW + DAY)
    assert sync(jira, warehouse) == ""
    verify(jira, warehouse)
    warehouse.rows["issues"].clear()
    jira.site.clock.advance(DAY)
    assert sync(jira, warehouse) == "" and not warehouse.rows["issues"]
    jira.site.edit_issue(late, summary="Changed", updated=late.updated + DAY)
    jira.site.edit_issue(early, summary="Changed back to now")
    assert sync(jira, warehouse) == ""
    assert warehouse.rows["issues"].keys() == {early.id, late.id}
    assert old.id in truth(jira.site)
