"""Edits that search did not show when they were made are sent once it shows them."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from fake_jira import Request
from fake_jira.entities import Issue
from integration_tests.direct import scan
from integration_tests.test_census import KINDS, QUICK, Followed
from integration_tests.test_census_adversity import hide, show
from source_jira_flow.common.instants import DAY, MINUTE, from_milliseconds
from source_jira_flow.state import sent_versions

HOUR = 60 * MINUTE
SOON = 1_000
PARTS = ("issues", "comments", "issue_changes", "worklogs", "issue_links", "attachments", "labels")


@pytest.fixture(params=KINDS)
def followed(request: pytest.FixtureRequest) -> Followed:
    return Followed(request.param)


def edit(followed: Followed, issue: Issue, summary: str = "Edited out of sight") -> None:
    followed.site.edit_issue(issue, summary=summary)


def is_stale(followed: Followed, issue: Issue) -> bool:
    row = followed.row(issue)
    return (row["updated"], row["summary"]) != (from_milliseconds(issue.updated), issue.summary)


def lags(followed: Followed, issue: Issue) -> Callable[[], None]:
    followed.jira.faults.index_lag_ms = 2 * HOUR
    edit(followed, issue)
    return lambda: followed.site.clock.advance(2 * HOUR)


def is_rebuilt(followed: Followed, issue: Issue) -> Callable[[], None]:
    edit(followed, issue)
    followed.site.begin_reindex(1.0)
    return followed.site.end_reindex


def hides_it(followed: Followed, issue: Issue) -> Callable[[], None]:
    edit(followed, issue)
    hide(followed, issue)
    return lambda: show(followed, issue)


OUT_OF_SIGHT = [lags, is_rebuilt, hides_it]


@pytest.mark.parametrize("begin", OUT_OF_SIGHT)
def test_an_edit_that_search_shows_late_is_sent_by_the_next_comparison(
    followed: Followed, begin: Callable[[Followed, Issue], Callable[[], None]]
) -> None:
    (issue,) = followed.some()
    end = begin(followed, issue)
    assert followed.sync(after=HOUR) == 0
    end()
    followed.sync(after=HOUR)
    assert is_stale(followed, issue), "search shows it where no sync reads any more"
    visible = followed.site.visible_comments(issue, followed.site.service_account)
    assert followed.sync() == 1 + len(visible)
    assert not is_stale(followed, issue)
    assert followed.sync() == 0


def test_every_stream_that_is_made_of_issues_gets_it(followed: Followed) -> None:
    site, (issue, other) = followed.site, followed.some(2)
    streams = PARTS[: -1 if site.flavor.cloud else None]
    followed.sync(streams)
    site.edit_issue(issue, labels=["missed"])
    site.add_comment(issue, "Missed")
    site.add_worklog(issue)
    site.link_issues(issue, other)
    site.add_attachment(issue)
    site.begin_reindex(1.0)
    assert followed.sync(streams, after=HOUR) == 0
    site.end_reindex()
    before = {stream: rows_of(followed, stream, issue) for stream in PARTS[1:-1]}
    followed.sync(streams)
    for stream in PARTS[1:-1]:
        assert rows_of(followed, stream, issue) != before[stream]
    assert site.flavor.cloud or "missed" in followed.warehouse.rows["labels"]
    assert followed.sync(streams) == 0


def rows_of(followed: Followed, stream: str, issue: Issue) -> list[dict[str, Any]]:
    return [row for row in followed.warehouse.rows.get(stream, {}).values() if row["issue_id"] == issue.id]


def test_an_archived_issue_that_was_edited_between_two_archivings_is_sent_again(followed: Followed) -> None:
    (issue,) = followed.some()
    followed.site.archive_issue(issue)
    followed.sync()
    followed.site.archive_issue(issue, archived=False)
    edit(followed, issue)
    followed.site.archive_issue(issue)
    followed.sync()
    assert not is_stale(followed, issue)
    assert followed.row(issue)["archived"]
    assert followed.sync() == 0


# -- nothing that one answer can do lasts ----------------------------------------------------------


def lists_versions(request: Request) -> bool:
    return request.body.endswith(b"}") and json.loads(request.body).get("fields") == ["updated"]


def test_what_a_short_list_lacked_the_next_comparison_finds(followed: Followed) -> None:
    sent, missed = followed.some(2)
    edit(followed, sent)
    followed.sync(after=HOUR)
    end = is_rebuilt(followed, missed)
    followed.sync(after=HOUR)
    end()
    fault = followed.jira.faults.early_end(0.5, match=lists_versions, times=1)
    followed.sync()
    assert fault.hits == 1
    assert is_stale(followed, missed)
    followed.sync()
    assert not is_stale(followed, missed)
    assert followed.sync() == 0


def test_where_the_list_of_versions_ends_early_as_changes_do_jiras_count_tells() -> None:
    followed = Followed("dc10", issues=200)
    edited = followed.some(80)
    for issue in edited:
        edit(followed, issue, "Edited in sight")
        followed.site.clock.advance(1_000)
    fault = followed.jira.faults.early_end(
        0.5, match=lambda request: b"updated >=" in request.body and b'"maxResults": 0' not in request.body
    )
    with pytest.raises(AirbyteTracedException, match="also when asked again"):
        followed.sync()
    followed.jira.faults.remove(fault)
    followed.sync(after=SOON)
    assert not any(is_stale(followed, issue) for issue in edited)


def test_a_comparison_that_concludes_nothing_does_not_count(followed: Followed) -> None:
    """Most of what its list lacks is there: for as long as that lasts, no edit is taken for sent."""
    missed = followed.some(40)
    for issue in missed:
        edit(followed, issue)
    followed.site.begin_reindex(1.0)
    for _ in range(4):
        with suppress(AirbyteTracedException):
            followed.sync()
    followed.site.end_reindex()
    followed.sync()
    assert not any(is_stale(followed, issue) for issue in missed)


def test_a_sync_that_is_killed_sends_them_again_or_later(followed: Followed) -> None:
    (issue,) = followed.some()
    end = is_rebuilt(followed, issue)
    followed.sync(after=HOUR)
    end()
    followed.site.clock.advance(DAY)
    messages = scan(followed.jira, followed.warehouse.states, ["issues", "comments"], settings=QUICK)
    followed.warehouse.take(messages, most=0)
    followed.sync(after=SOON)
    assert not is_stale(followed, issue)


# -- what it costs ---------------------------------------------------------------------------------


def test_where_little_changed_it_costs_no_call(followed: Followed) -> None:
    for issue in followed.some(20):
        edit(followed, issue, "Edited in sight")
    followed.sync(after=HOUR)
    followed.sync(after=HOUR)
    quiet = followed.calls
    assert followed.sync() == 0
    assert followed.calls.total() == quiet.total() + 1, "which is the list of ids"


def test_more_versions_than_are_kept_are_sent_once_more(followed: Followed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sent_versions, "MOST_VERSIONS", 5)
    followed.sync()
    edited = followed.some(12)
    for issue in edited:
        edit(followed, issue, "Edited in sight")
    assert followed.sync(("issues",), after=HOUR) == 12
    assert followed.sync(("issues",)) > 0
    assert followed.sync(("issues",)) == 0
    assert not any(is_stale(followed, issue) for issue in edited)


def test_what_was_sent_long_ago_is_not_kept(followed: Followed) -> None:
    edit(followed, followed.some()[0], "Edited in sight")
    followed.sync(after=HOUR)
    assert followed.census["versions"]["sent"]
    for _ in range(3):
        followed.sync()
    assert followed.census["versions"]["sent"] == []


def test_where_nothing_is_compared_nothing_is_kept(followed: Followed) -> None:
    edit(followed, followed.some()[0], "Edited in sight")
    assert followed.sync(after=HOUR, find_deleted_issues="never")
    assert followed.census["versions"]["sent"] == []
    assert followed.sync() == 0


def test_a_state_from_before_looks_back_from_its_first_sync(followed: Followed) -> None:
    edit(followed, followed.some()[0], "Edited in sight")
    followed.sync(after=HOUR)
    del followed.census["versions"]
    assert followed.sync() == 0
    end = is_rebuilt(followed, followed.some()[0])
    followed.sync(after=HOUR)
    end()
    assert followed.sync() > 0
    assert not is_stale(followed, followed.some()[0])
