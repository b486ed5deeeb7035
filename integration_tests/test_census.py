"""What is gone from Jira leaves the warehouse, what appears comes, and nothing is removed that is there."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from fake_jira import Clock, FakeJira, RequestRecord, Site, build_site
from fake_jira.entities import Issue, SecurityLevel
from integration_tests.direct import Warehouse, begin_sync, scan
from integration_tests.support import CLOUD, DATA_CENTER, Setup, config_for, read_all, running_jira
from source_jira_flow.common.instants import DAY, from_milliseconds
from source_jira_flow.scan import asking
from source_jira_flow.settings import Settings
from source_jira_flow.state import issue_ids
from source_jira_flow.state.issue_ids import IssueTable, pack_issues

KINDS = ["cloud", "dc10"]
NOW = 1_760_000_000_000
REMOVED_AT = "_ab_cdc_deleted_at"
QUICK = Settings(backoff_base=0.0, tries=2)
LONG = pytest.mark.long


class Followed:
    """A fake Jira, and the warehouse that follows it, a day from one sync to the next."""

    destination: type[Warehouse] = Warehouse

    def __init__(self, flavor: str, issues: int = 60, **config: Any) -> None:
        clock = Clock(now_ms=NOW, frozen=True)
        self.site: Site = build_site(flavor, seed=3, issues=issues, users=8, clock=clock)
        self.jira = FakeJira(self.site)
        self.warehouse = self.destination()
        self.config = config
        self.meanwhile: Callable[[RequestRecord], None] = lambda record: None
        self.sync()

    def sync(self, streams: tuple[str, ...] = ("issues", "comments"), after: int = DAY, **config: Any) -> int:
        self.site.clock.advance(after)
        self.calls: Counter[str] = Counter()
        self.jira.on_request = self._count
        messages = scan(self.jira, self.warehouse.states, list(streams), settings=QUICK, **self.config, **config)
        return self.warehouse.take(messages)

    def _count(self, record: RequestRecord) -> None:
        self.calls[record.path.removeprefix("/rest/api/2/").split("?")[0]] += 1
        self.meanwhile(record)

    def some(self, number: int = 1, project: str | None = None) -> list[Issue]:
        """Issues that stand for themselves."""
        return [
            issue
            for issue in self.site.visible_issues(self.site.service_account)
            if not issue.children and not issue.subtasks and issue.project.key == (project or issue.project.key)
        ][:number]

    def security_level(self, issue: Issue) -> SecurityLevel:
        """A new one of the issue's project, with nobody in it."""
        level = SecurityLevel("90001", "Secret")
        issue.project.security_levels.append(level)
        return level

    def row(self, issue: Issue) -> dict[str, Any]:
        return self.warehouse.rows["issues"][issue.id]

    @property
    def removed(self) -> set[str]:
        return {key for key, row in self.warehouse.rows["issues"].items() if row[REMOVED_AT]}

    @property
    def census(self) -> dict[str, Any]:
        state: dict[str, Any] = self.warehouse.states["issues"]["census"]
        return state


@pytest.fixture(params=KINDS)
def followed(request: pytest.FixtureRequest) -> Followed:
    return Followed(request.param)


# -- what it concludes -----------------------------------------------------------------------------


def test_a_deleted_issue_is_removed_and_told_once(followed: Followed) -> None:
    (gone,) = followed.some()
    followed.site.delete_issue(gone)
    assert followed.sync() == 1
    row = followed.row(gone)
    assert row[REMOVED_AT] == row["updated"] == from_milliseconds(followed.site.clock.now())
    assert {name for name, value in row.items() if value is not None} == {"id", "updated", REMOVED_AT}
    assert followed.sync() == 0


def test_what_belongs_to_a_removed_issue_is_found_by_the_join_of_the_docs(followed: Followed) -> None:
    gone = next(issue for issue in followed.some(100) if issue.comments)
    followed.site.delete_issue(gone)
    followed.sync()
    issues = followed.warehouse.rows["issues"]
    left = [row for row in followed.warehouse.rows["comments"].values() if issues[row["issue_id"]][REMOVED_AT]]
    assert {row["issue_id"] for row in left} == {gone.id}


def test_an_issue_that_is_hidden_is_removed_and_comes_back_with_its_comments(followed: Followed) -> None:
    issue = next(issue for issue in followed.some(100) if issue.comments)
    level = followed.security_level(issue)
    followed.site.add_to_security_level(level)
    followed.site.set_security_level(issue, level)
    followed.sync()
    followed.site.remove_from_security_level(level)
    assert followed.sync() == 1
    assert followed.removed == {issue.id}
    followed.site.add_to_security_level(level)
    visible = followed.site.visible_comments(issue, followed.site.service_account)
    assert followed.sync() == 1 + len(visible)
    assert followed.removed == set()
    assert followed.row(issue)["updated"] == from_milliseconds(issue.updated)


def test_an_issue_that_left_what_is_imported_is_removed_and_comes_back(followed: Followed) -> None:
    (issue,) = followed.some(project="CORE")
    desk = next(each for each in followed.site.projects.values() if each.type_key == "service_desk")
    followed.site.move_issue(issue, desk)
    assert followed.sync() == 1
    assert followed.removed == {issue.id}
    followed.site.move_issue(issue, "CORE")
    followed.sync()
    assert followed.removed == set()


def test_an_archived_issue_stays_says_so_and_is_looked_after(followed: Followed) -> None:
    restored, deleted = followed.some(2)
    for issue in (restored, deleted):
        followed.site.archive_issue(issue)
    followed.sync()
    assert followed.removed == set()
    assert [followed.row(issue)["archived"] for issue in (restored, deleted)] == [True, True]
    assert followed.sync() == 0
    followed.site.archive_issue(restored, False)
    followed.site.delete_issue(deleted)
    followed.sync()
    assert followed.row(restored)["archived"] is False
    assert followed.removed == {deleted.id}
    assert followed.sync() == 0


@pytest.mark.parametrize("flavor", KINDS)
def test_from_a_short_list_nothing_is_concluded(flavor: str, caplog: pytest.LogCaptureFixture) -> None:
    followed = Followed(flavor, issues=200)
    (deleted,) = followed.some()
    followed.site.begin_reindex(0.5)
    followed.site.delete_issue(deleted)
    caplog.set_level(logging.WARNING)
    followed.sync()
    assert followed.removed <= {deleted.id}
    assert "the list was short" in caplog.text
    followed.site.end_reindex()
    followed.sync(after=1_000)
    assert followed.removed == {deleted.id}, "the next sync looks again"


def test_a_few_that_an_index_forgot_are_sent_again_as_they_are(followed: Followed) -> None:
    followed.site.begin_reindex(0.1)
    hidden = set(followed.site.index._hidden)
    assert 0 < len(hidden) <= 20
    followed.sync()
    assert followed.removed == set()
    assert not followed.warehouse.states["issues"]["census"]["unlisted"]


@pytest.mark.parametrize("flavor", KINDS)
def test_what_a_short_list_lacks_and_jira_has_is_read_again_all_of_it(flavor: str) -> None:
    followed = Followed(flavor, issues=200)
    followed.site.begin_reindex(0.5)
    hidden = [issue for issue in followed.some(200) if issue.id in followed.site.index._hidden]
    assert len(hidden) > 40
    for issue in hidden:
        followed.site.edit_issue(issue, summary="edited")
    followed.sync()
    assert {followed.row(issue)["summary"] for issue in hidden} == {"edited"}
    assert followed.removed == set()


def test_projects_that_go_are_no_deletions(followed: Followed) -> None:
    (deleted,) = followed.some(project="BIZ")
    core = followed.site.project("CORE")
    followed.site.revoke("BROWSE_PROJECTS", followed.site.service_account, core)
    followed.site.delete_issue(deleted)
    (meanwhile,) = [issue for issue in followed.site.issues.values() if issue.project is core and not issue.children][
        :1
    ]
    followed.site.delete_issue(meanwhile)
    followed.sync()
    assert followed.removed == {deleted.id}
    followed.site.grant("BROWSE_PROJECTS", followed.site.service_account, core)
    followed.sync()
    assert followed.removed == {deleted.id, meanwhile.id}, "what was deleted meanwhile is told when the project is back"


def test_projects_that_are_no_longer_configured_are_no_deletions(followed: Followed) -> None:
    (moved,) = followed.some(project="BIZ")
    followed.site.move_issue(moved, "CORE")
    followed.sync()
    followed.sync(projects=["BIZ", "TEAM"])
    assert followed.removed == set()


# -- never a false removal -------------------------------------------------------------------------


@pytest.mark.parametrize("status", [500, 403])
def test_where_jira_does_not_answer_for_each_nothing_is_concluded(
    followed: Followed, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    gone = followed.some(3)
    for issue in gone:
        followed.site.delete_issue(issue)
    path = "issue/bulkfetch" if followed.site.flavor.cloud else f"issue/{gone[0].id}"
    fault = followed.jira.faults.server_error(status, match=path) if status == 500 else None
    fault = fault or followed.jira.faults.refuse(status, match=path)
    caplog.set_level(logging.WARNING)
    followed.sync()
    assert gone[0].id not in followed.removed
    assert "othing is concluded" in caplog.text
    if status == 500:
        assert followed.removed == set()
    followed.jira.faults.remove(fault)
    followed.sync()
    assert followed.removed == {issue.id for issue in gone}


def test_issues_that_a_bulk_answer_could_not_give_are_asked_for_one_by_one() -> None:
    followed = Followed("cloud")
    (gone,) = followed.some()
    followed.site.delete_issue(gone)
    followed.site.begin_reindex(0.1)
    followed.jira.faults.changed(_too_large, match="issue/bulkfetch")
    followed.sync()
    assert followed.removed == {gone.id}
    assert sum(path.startswith("issue/1") for path in followed.calls) > 0


def _too_large(answer: dict[str, Any]) -> dict[str, Any]:
    errors = [{"id": issue["id"], "errorMessage": "The issue is too large."} for issue in answer["issues"]]
    return {**answer, "issues": [], "issueErrors": errors}


@pytest.mark.parametrize("error", [{"errorMessage": "Timeout"}, {"id": "1", "errorMessage": "Timeout"}])
def test_an_error_of_a_bulk_answer_that_names_no_issue_stops_the_census(
    error: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    followed = Followed("cloud")
    followed.site.delete_issue(followed.some()[0])
    followed.jira.faults.changed(lambda answer: {**answer, "issueErrors": [error]}, match="issue/bulkfetch")
    caplog.set_level(logging.WARNING)
    followed.sync()
    assert followed.removed == set()
    assert "Nothing is concluded" in caplog.text


def test_to_nobody_every_issue_is_gone_and_nothing_is_removed(followed: Followed) -> None:
    path = "issue/bulkfetch" if followed.site.flavor.cloud else "/issue/1"
    followed.site.delete_issue(followed.some()[0])
    followed.jira.faults.anonymous(match=path)
    followed.jira.faults.anonymous(match="/myself", after=1)
    with pytest.raises(Exception, match=r"sign|account|anonymous"):
        followed.sync()
    assert followed.removed == set()


def test_a_search_that_ends_early_removes_nothing(followed: Followed) -> None:
    followed.jira.faults.early_end(keep=0.5)
    with suppress(AirbyteTracedException):
        followed.sync()
    followed.jira.faults.clear()
    assert followed.removed == set()


def test_nothing_is_concluded_where_jira_counts_more_after_the_list_than_it_listed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    followed = Followed("dc10")
    (gone,) = followed.some()
    followed.site.delete_issue(gone)
    fault = followed.jira.faults.changed(
        lambda answer: {**answer, "total": 9_999},
        match=lambda request: b"created >=" in request.body and b'"maxResults": 0' in request.body,
    )
    caplog.set_level(logging.WARNING)
    followed.sync()
    assert followed.removed == set()
    assert "counts more issues after" in caplog.text
    followed.jira.faults.remove(fault)
    followed.sync(after=1_000)
    assert followed.removed == {gone.id}


def test_rows_in_a_form_that_nobody_knows_do_no_harm(followed: Followed) -> None:
    (gone,) = followed.some()
    followed.site.delete_issue(gone)
    odd = [{"id": "x"}, {"id": "77", "key": None, "fields": {"created": "20223-05-01"}}, {}]
    followed.jira.faults.changed(
        lambda answer: {**answer, "issues": [*answer["issues"], *odd]} if "issues" in answer else answer,
        match="search",
        after=1,
        times=1,
    )
    followed.sync()
    assert followed.removed == {gone.id}


def test_many_that_vanish_at_once_are_all_asked_for(followed: Followed) -> None:
    gone = followed.some(30)
    for issue in gone:
        followed.site.delete_issue(issue)
    followed.sync()
    assert followed.removed == {issue.id for issue in gone}
    asked = sum(calls for path, calls in followed.calls.items() if path.startswith("issue/"))
    assert asked == (3 if followed.site.flavor.cloud else 31), "20, then the others, and a proof"


def test_where_each_takes_a_call_the_rest_waits_for_the_next_sync(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "_MOST_SINGLE_CALLS", 4)
    followed = Followed("dc10")
    gone = followed.some(30)
    for issue in gone:
        followed.site.delete_issue(issue)
    followed.sync()
    assert len(followed.removed) == 24
    followed.sync(after=1_000)
    assert followed.removed == {issue.id for issue in gone}


# -- when ------------------------------------------------------------------------------------------


def test_by_default_it_is_taken_once_a_day(followed: Followed) -> None:
    followed.site.delete_issue(followed.some()[0])
    assert followed.sync(after=22 * 3_600_000) == 0
    assert followed.sync(after=2 * 3_600_000) == 1


def test_in_every_sync_or_never(followed: Followed) -> None:
    followed.site.delete_issue(followed.some()[0])
    assert followed.sync(after=10 * DAY, find_deleted_issues="never") == 0
    assert followed.sync(after=1_000, find_deleted_issues="every_sync") == 1
    followed.site.delete_issue(followed.some()[0])
    assert followed.sync(after=1_000, find_deleted_issues="every_sync") == 1


def test_on_cloud_it_is_taken_early_where_the_estimate_is_clearly_off() -> None:
    followed = Followed("cloud", issues=200)
    for issue in followed.some(40):
        followed.site.delete_issue(issue)
    assert followed.sync(after=60_000) == 0, "a quiet sync does not even count"
    followed.site.edit_issue(followed.some()[0], summary="Edited")
    followed.sync(after=60_000)
    assert len(followed.removed) == 40


def test_a_quiet_sync_costs_what_it_cost_before(followed: Followed) -> None:
    followed.sync(after=3_600_000)
    with_census = followed.calls
    followed.sync(after=3_600_000, find_deleted_issues="never")
    assert with_census == followed.calls


# -- states ----------------------------------------------------------------------------------------


def test_a_state_from_before_gains_the_ids_without_reading_anything_again(followed: Followed) -> None:
    del followed.warehouse.states["issues"]["census"]
    assert followed.sync(after=60_000) == 0
    assert followed.census["unlisted"] == []
    (gone,) = followed.some()
    followed.site.delete_issue(gone)
    assert followed.sync() == 1
    assert followed.removed == {gone.id}


def test_what_appears_in_a_project_that_was_listed_is_read(followed: Followed) -> None:
    (issue,) = followed.some()
    level = followed.security_level(issue)
    followed.site.set_security_level(issue, level)
    followed.sync()
    del followed.warehouse.states["issues"]["census"]
    followed.sync()
    followed.site.add_to_security_level(level)
    followed.sync()
    assert followed.removed == set()


def test_issues_from_before_a_later_start_date_are_let_go(followed: Followed) -> None:
    start = from_milliseconds(sorted(issue.updated for issue in followed.some(100))[20])
    assert followed.sync(start_date=start) == 0
    assert followed.removed == set()
    gone = max(followed.some(100), key=lambda issue: issue.updated)
    followed.site.delete_issue(gone)
    followed.sync(start_date=start)
    assert followed.removed == {gone.id}


def test_where_projects_are_not_known_none_of_a_project_that_left_is_removed(
    followed: Followed, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(issue_ids, "MOST_TEXT", 0)
    table = issue_ids.SentIssues(followed.census["sent"]).table()
    followed.warehouse.states["issues"]["census"]["sent"] = [pack_issues(table, 0)]
    followed.sync()
    core, account = followed.site.project("CORE"), followed.site.service_account
    followed.site.revoke("BROWSE_PROJECTS", account, core)
    caplog.set_level(logging.WARNING)
    followed.sync()
    assert followed.removed == set()
    assert "can't be told apart" in caplog.text
    (gone,) = followed.some(project="BIZ")
    followed.site.delete_issue(gone)
    followed.sync()
    assert followed.removed == {gone.id}


# -- the proof -------------------------------------------------------------------------------------


@pytest.mark.parametrize("setup", [CLOUD, DATA_CENTER], ids=str)
def test_coverage_and_the_log_tell_of_each_project(setup: Setup) -> None:
    with running_jira(setup, issues=80) as jira:
        config = config_for(jira, setup.method, find_deleted_issues="every_sync")
        first = read_all(config, ["issues", "coverage"])
        visible = Counter(issue.project.key for issue in jira.site.visible_issues(jira.site.service_account))
        rows = {row["project_key"]: row for row in first.records["coverage"]}
        assert {key: row["listed"] for key, row in rows.items()} == dict(visible)
        assert all(row["listed"] == row["sent"] and row["difference"] == row["removed"] == 0 for row in rows.values())
        jira.site.delete_issue(next(iter(jira.site.visible_issues(jira.site.service_account))))
        second = read_all(config, ["issues", "coverage"], first.states)
        assert sum(row["removed"] for row in second.records["coverage"]) == 1
        assert {row["difference"] for row in second.records["coverage"]} == {0}
        assert any("1 removed" in str(line) for line in second.logs)


def test_coverage_alone_says_what_it_needs() -> None:
    with running_jira(CLOUD, issues=20) as jira:
        reading = read_all(config_for(jira), ["coverage"])
        assert "coverage" not in reading.records
        assert any("choose that one, too" in str(line) for line in reading.logs)


def test_coverage_without_comparisons_says_what_it_needs() -> None:
    with running_jira(CLOUD, issues=20) as jira:
        reading = read_all(config_for(jira, find_deleted_issues="never"), ["issues", "coverage"])
        assert reading.succeeded and "coverage" not in reading.records
        assert any("set find_deleted_issues to daily" in line for line in reading.logs)


# -- calls -----------------------------------------------------------------------------------------


def followed_without_a_backfill(flavor: str, issues: int) -> Followed:
    """As after a backfill, with a state that was made by hand."""
    made = Followed.__new__(Followed)
    made.site = build_site(flavor, seed=3, issues=issues, users=8, clock=Clock(now_ms=NOW, frozen=True))
    made.jira, made.warehouse, made.config = FakeJira(made.site), Warehouse(), {}
    made.meanwhile = lambda record: None
    visible = made.site.visible_issues(made.site.service_account)
    table = IssueTable.of((int(each.id), int(each.project.id), each.created // DAY) for each in visible)
    at, projects = from_milliseconds(NOW), {each.project.id: each.project.key for each in visible}
    census = {
        "taken_at": at,
        "whole_at": at,
        "start_date": None,
        "projects": sorted(map(int, projects)),
        "unlisted": [],
        "sent": [pack_issues(table)],
        "archived": [],
    }
    group = {"projects": sorted(projects, key=int), "updated": at, "pending": []}
    made.warehouse.states["issues"] = {
        **begin_sync(made.jira, {}, ["issues"])[0].states.new("issues"),
        "groups": [group],
        "recent": "",
        "keys": projects,
        "start_date": None,
        "census": census,
    }
    made.warehouse.rows["issues"] = {}
    return made


@pytest.mark.parametrize("issues", [15_000, pytest.param(130_000, marks=LONG)])
def test_a_census_on_cloud_takes_a_call_for_each_five_thousand_issues(issues: int) -> None:
    followed = followed_without_a_backfill("cloud", issues)
    sent = len(followed.site.visible_issues(followed.site.service_account))
    followed.sync(("issues",), after=3_600_000)
    quiet = followed.calls
    followed.sync(("issues",))
    assert (followed.calls - quiet).keys() == {"search/jql"}
    assert (followed.calls - quiet).total() <= -(-sent // 5_000) + 3
    for issue in followed.some(10):
        followed.site.delete_issue(issue)
    assert followed.sync(("issues",)) == 10
    assert (followed.calls - quiet).total() <= -(-sent // 5_000) + 6


@pytest.mark.parametrize("issues", [12_000, pytest.param(130_000, marks=LONG)])
def test_a_census_on_self_hosted_jira_looks_only_where_a_count_is_off(issues: int) -> None:
    followed = followed_without_a_backfill("dc10", issues)
    followed.sync(("issues",), after=3_600_000)
    quiet = followed.calls
    followed.sync(("issues",))
    assert followed.calls - quiet == {"search": 1}
    everybody = followed.some(issues)
    for issue in everybody[:: len(everybody) // 10][:10]:
        followed.site.delete_issue(issue)
    assert followed.sync(("issues",)) == 10
    assert (followed.calls - quiet).total() <= 60
