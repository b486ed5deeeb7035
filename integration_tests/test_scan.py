"""The issue scan under what Jira does: ties, clocks, lag, counts, projects that come and go, kills."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from fake_jira import Clock, FakeJira, Site, build_site
from integration_tests.direct import Warehouse, scan
from integration_tests.support import CLOUD, ROOT, SHORT_WAITS, config_for, configured, discover, read_all
from source_jira_flow.common.instants import DAY, MINUTE, from_milliseconds, milliseconds
from source_jira_flow.jira.self_hosted import SelfHostedJira
from source_jira_flow.settings import Settings

IMPORTED = ("software", "business")
STREAMS = ["issues", "comments"]
NOW = 1_760_000_000_000
QUICK = Settings(backoff_base=0.0, tries=3)


def small_jira(flavor: str = "cloud", issues: int = 60, **options: Any) -> FakeJira:
    """A fake Jira without a server, whose clock stands still until it is moved."""
    clock = options.pop("clock", None) or Clock(now_ms=NOW, frozen=True)
    return FakeJira(build_site(flavor, seed=3, issues=issues, users=8, clock=clock, **options))


def sync(jira: FakeJira, warehouse: Warehouse, streams: list[str] | None = None, **config: Any) -> int:
    """One sync into the warehouse, a second later; returns how many records came."""
    jira.site.clock.advance(1_000)
    return warehouse.take(scan(jira, warehouse.states, streams or STREAMS, settings=QUICK, **config))


def truth(site: Site) -> dict[str, str]:
    """The version of every issue that the account may see in an imported project."""
    issues = site.visible_issues(site.service_account, IMPORTED)
    return {issue.id: from_milliseconds(issue.updated) for issue in issues if not issue.project.archived}


def versions(warehouse: Warehouse) -> dict[str, str]:
    return {issue_id: row["updated"] for issue_id, row in warehouse.rows["issues"].items()}


# -- ties ------------------------------------------------------------------------------------------


LONG = pytest.mark.long
# A result window of 10,000 rows takes 12,000 issues to pass; a smaller one shows the same with fewer.
TIES = [("cloud", 3_000, None), ("dc10", 1_200, None), ("dc11", 1_500, 600), ("server7", 1_200, 600)]
LONG_TIES = [pytest.param("dc10", 3_000, None, marks=LONG), pytest.param("dc11", 12_000, None, marks=LONG)]


def limit_results(jira: FakeJira, window: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the fake Jira give no row past `window`, and the connector know of it."""
    if window is not None:
        jira.site.settings.result_window = window
        monkeypatch.setattr(SelfHostedJira, "result_window", window)


@pytest.mark.parametrize(("flavor", "count", "window"), [*TIES, *LONG_TIES])
@pytest.mark.parametrize("unstable", [False, True], ids=["stable order", "unstable order"])
def test_an_import_that_gave_thousands_of_issues_one_instant_is_walked_to_its_end(
    flavor: str, count: int, window: int | None, unstable: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    jira, warehouse = small_jira(flavor), Warehouse()
    limit_results(jira, window, monkeypatch)
    jira.faults.unstable_ties = unstable
    jira.site.create_issues("CORE", count, created=NOW - 3 * DAY, updated=NOW - 2 * DAY)
    sync(jira, warehouse)
    assert versions(warehouse) == truth(jira.site)
    assert jira.calls("search") < 2 * count / 100 + 60


@pytest.mark.parametrize(("flavor", "count", "window"), [*TIES[:3], *LONG_TIES])
def test_a_bulk_change_of_thousands_is_read_once_and_not_again(
    flavor: str, count: int, window: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    jira, warehouse = small_jira(flavor), Warehouse()
    limit_results(jira, window, monkeypatch)
    issues = jira.site.create_issues("CORE", count, created=NOW - 30 * DAY, updated=NOW - 20 * DAY)
    sync(jira, warehouse)
    jira.site.bulk_edit(issues)
    assert sync(jira, warehouse, ["issues"]) == count
    assert versions(warehouse) == truth(jira.site)
    assert sync(jira, warehouse, ["issues"]) == 0


def test_two_projects_that_share_a_crowded_instant_past_the_result_window(monkeypatch: pytest.MonkeyPatch) -> None:
    jira, warehouse = small_jira("dc11"), Warehouse()
    limit_results(jira, 600, monkeypatch)
    for key in ("CORE", "TEAM"):
        jira.site.create_issues(key, 800, created=NOW - 3 * DAY, updated=NOW - 2 * DAY)
    sync(jira, warehouse, ["issues"])
    assert versions(warehouse) == truth(jira.site)
    assert not [record for record in jira.requests if record.status == 500]


# -- clocks ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/New_York", "Pacific/Chatham"])
@pytest.mark.parametrize("offset_hours", [-2, 0, 2])
@pytest.mark.parametrize("flavor", ["cloud", "dc10"])
def test_neither_the_account_s_zone_nor_this_machine_s_clock_matters(flavor: str, zone: str, offset_hours: int) -> None:
    clock = Clock(offset_ms=offset_hours * 60 * MINUTE)
    jira, warehouse = small_jira(flavor, clock=clock), Warehouse()
    jira.site.service_account.time_zone = zone
    jira.site.clock.advance(2_000)
    sync(jira, warehouse)
    assert versions(warehouse) == truth(jira.site)
    assert sync(jira, warehouse) == 0
    jira.site.edit_issue(next(iter(warehouse.rows["issues"])), summary="Changed")
    assert sync(jira, warehouse, ["issues"]) == 1


@pytest.mark.parametrize("flavor", ["cloud", "server7"])
def test_the_hour_that_daylight_saving_repeats_is_read_once_and_whole(flavor: str) -> None:
    repeated = 1_762_062_600_000  # 2025-11-02T05:50Z: 01:50 in New York, ten minutes before it is 01:00 again
    clock = Clock(now_ms=repeated, frozen=True)
    jira, warehouse = small_jira(flavor, clock=clock), Warehouse()
    jira.site.service_account.time_zone = "America/New_York"
    sync(jira, warehouse)
    for _ in range(12):
        issue = jira.site.create_issue("CORE", "In the repeated hour")
        clock.advance(10 * MINUTE)
        assert sync(jira, warehouse, ["issues"]) == 1
        assert issue.id in warehouse.rows["issues"]
    assert versions(warehouse) == truth(jira.site)


# -- what search gets wrong ------------------------------------------------------------------------


def test_changes_that_search_shows_late_are_caught_by_the_look_back() -> None:
    jira, warehouse = small_jira(), Warehouse()
    sync(jira, warehouse)
    jira.faults.index_lag_ms = 4 * MINUTE
    for issue in list(jira.site.visible_issues(jira.site.service_account, IMPORTED))[:10]:
        jira.site.edit_issue(issue, summary="Changed")
        sync(jira, warehouse)
    jira.site.clock.advance(5 * MINUTE)
    sync(jira, warehouse)
    assert versions(warehouse) == truth(jira.site)
    assert sync(jira, warehouse) == 0


@pytest.mark.parametrize("keep", [0.0, 0.5])
def test_a_scan_that_ends_early_without_an_error_is_noticed_by_the_count(keep: float) -> None:
    jira, warehouse = small_jira(issues=600), Warehouse()
    whole_search = jira.faults.early_end(keep, match=lambda request: "/search/jql" in request.path, after=3, times=1)
    sync(jira, warehouse)
    assert whole_search.hits == 1
    assert versions(warehouse) == truth(jira.site)


def test_changes_that_are_answered_with_an_empty_page_are_noticed_by_the_count() -> None:
    jira, warehouse = small_jira(), Warehouse()
    sync(jira, warehouse)
    jira.site.bulk_edit(list(truth(jira.site))[:7])
    jira.faults.early_end(0.0, match="/search/jql", times=1)
    assert sync(jira, warehouse, ["issues"]) == 7
    assert versions(warehouse) == truth(jira.site)


@pytest.mark.parametrize("factor", [0.0, 0.1, 0.9, 1.1, 10.0])
def test_wrong_estimates_lose_nothing_and_fail_nothing(factor: float) -> None:
    jira, warehouse = small_jira(issues=600), Warehouse()
    jira.faults.estimate_factor = factor
    sync(jira, warehouse)
    assert versions(warehouse) == truth(jira.site)


def test_an_exact_count_that_never_comes_fails_the_stream_and_stays_pending() -> None:
    jira, warehouse = small_jira("dc10", issues=300), Warehouse()

    def inflated(content: Any) -> Any:
        return {**content, "total": content["total"] + 150}

    counting = jira.faults.changed(inflated, match=lambda request: b'"maxResults": 0' in request.body)
    with pytest.raises(AirbyteTracedException, match=r"Jira counts \d+ issues"):
        sync(jira, warehouse)
    assert versions(warehouse) == truth(jira.site)
    assert all(state["groups"][-1]["pending"] for state in warehouse.states.values())
    jira.faults.remove(counting)
    sync(jira, warehouse)
    assert not any(group["pending"] for state in warehouse.states.values() for group in state["groups"])


def test_short_pages_and_an_unreliable_end_mark_lose_nothing() -> None:
    jira, warehouse = small_jira(issues=300), Warehouse()
    jira.faults.short_pages(0.3)
    jira.faults.is_last_is_unreliable = True
    sync(jira, warehouse)
    assert versions(warehouse) == truth(jira.site)


def test_a_page_token_that_repeats_is_an_error_and_not_an_endless_search() -> None:
    jira, warehouse = small_jira(), Warehouse()
    jira.site.create_issues("CORE", 11_000, created=NOW - 3 * DAY, updated=NOW - 2 * DAY)
    jira.faults.repeated_token()
    with pytest.raises(AirbyteTracedException, match="token"):
        sync(jira, warehouse)


# -- streams and projects that come and go ---------------------------------------------------------


@pytest.mark.parametrize("flavor", ["cloud", "dc10"])
def test_a_stream_chosen_later_gets_its_history_and_the_other_none_again(flavor: str) -> None:
    jira, warehouse = small_jira(flavor), Warehouse()
    sync(jira, warehouse, ["issues"])
    jira.site.clock.advance(90 * DAY)
    jira.site.edit_issue("CORE-1", summary="Changed")
    sync(jira, warehouse, ["issues", "comments"])
    issues = jira.site.visible_issues(jira.site.service_account, IMPORTED)
    comments = {c.id for issue in issues for c in jira.site.visible_comments(issue, jira.site.service_account)}
    assert set(warehouse.rows["comments"]) == comments
    assert versions(warehouse) == truth(jira.site)
    assert sync(jira, warehouse, ["issues", "comments"]) == 0


def test_streams_whose_states_differ_are_read_from_the_same_pages() -> None:
    jira, warehouse = small_jira(issues=300), Warehouse()
    sync(jira, warehouse)
    jira.site.bulk_edit(list(truth(jira.site))[:40])
    sync(jira, warehouse, ["issues"])
    jira.site.clock.advance(DAY)
    jira.site.bulk_edit(list(truth(jira.site))[40:80])
    jira.reset_log()
    sync(jira, warehouse, find_deleted_issues="never")
    assert jira.calls("search/jql") == 1
    stale = [
        row
        for row in warehouse.rows["comments"].values()
        if versions(warehouse)[row["issue_id"]] != row["issue_updated"]
    ]
    assert not stale
    assert sync(jira, warehouse) == 0


def test_alone_a_stream_asks_for_the_fields_that_it_needs() -> None:
    for streams, fields in [
        (["issues"], ["*all", "-worklog", "-attachment"]),
        (["comments"], ["comment", "created", "project", "updated"]),
        (["labels"], ["created", "labels", "project", "updated"]),
        (["comments", "labels"], ["comment", "created", "labels", "project", "updated"]),
    ]:
        jira = small_jira("dc10")
        sync(jira, Warehouse(), streams)
        asked = [record.body["fields"] for record in jira.requests if record.path.endswith("/search")]
        assert fields in asked
        assert all(each in (fields, ["created"], ["id"]) for each in asked)


def test_a_new_project_gets_its_history_and_the_others_do_not_start_again() -> None:
    jira, warehouse = small_jira(), Warehouse()
    sync(jira, warehouse, ["issues"])
    jira.site.create_project("LATER")
    jira.site.create_issues("LATER", 30, created=NOW - 500 * DAY, updated=NOW - 400 * DAY)
    assert sync(jira, warehouse, ["issues"]) == 30
    assert [len(state["groups"]) for state in warehouse.states.values()] == [1]


def test_a_project_that_becomes_visible_is_read_whole_and_one_that_vanished_is_forgotten() -> None:
    jira, warehouse = small_jira(), Warehouse()
    account, core = jira.site.service_account, jira.site.project("CORE")
    jira.site.revoke("BROWSE_PROJECTS", account, core)
    sync(jira, warehouse, ["issues"])
    assert core.id not in warehouse.states["issues"]["keys"]
    jira.site.grant("BROWSE_PROJECTS", account, core)
    came = sync(jira, warehouse, ["issues"])
    assert came == len([issue for issue in jira.site.visible_issues(account) if issue.project is core])
    jira.site.revoke("BROWSE_PROJECTS", account, core)
    sync(jira, warehouse, ["issues"])
    assert core.id not in warehouse.states["issues"]["keys"]


def test_a_project_missing_from_a_short_list_stays_when_jira_still_has_it() -> None:
    jira, warehouse = small_jira("dc10"), Warehouse()
    sync(jira, warehouse, ["issues"])
    fault = jira.faults.changed(
        lambda content: (
            [project for project in content if project["key"] != "CORE"] if isinstance(content, list) else content
        ),
        match=lambda request: request.path == "/rest/api/2/project",
    )
    jira.site.edit_issue("CORE-1", summary="Changed")
    assert sync(jira, warehouse, ["issues"]) == 1
    jira.faults.remove(fault)
    assert sync(jira, warehouse, ["issues"]) == 0


def test_a_renamed_project_is_read_again() -> None:
    jira, warehouse = small_jira(), Warehouse()
    sync(jira, warehouse, ["issues"])
    jira.site.rename_project_key("CORE", "KERNEL")
    sync(jira, warehouse, ["issues"])
    assert {row["key"] for row in warehouse.rows["issues"].values()} == {
        issue.key for issue in jira.site.visible_issues(jira.site.service_account, IMPORTED)
    }


def test_a_start_date_leaves_out_what_is_older_and_an_earlier_one_brings_it() -> None:
    jira, warehouse = small_jira(issues=200), Warehouse()
    late, early = from_milliseconds(NOW - 60 * DAY), from_milliseconds(NOW - 300 * DAY)
    sync(jira, warehouse, ["issues"], start_date=late)
    assert versions(warehouse) == {key: updated for key, updated in truth(jira.site).items() if updated >= late}
    sync(jira, warehouse, ["issues"], start_date=early)
    assert versions(warehouse) == {key: updated for key, updated in truth(jira.site).items() if updated >= early}


def test_a_project_that_vanishes_in_mid_run_is_named_and_all_others_are_read() -> None:
    jira, warehouse = small_jira(issues=600), Warehouse()
    account, core = jira.site.service_account, jira.site.project("CORE")
    searches = Counter[str]()

    def vanish(record: Any) -> None:
        searches[record.path] += 1
        if searches["/rest/api/2/search/jql"] == 3:
            jira.site.revoke("BROWSE_PROJECTS", account, core)

    jira.on_request = vanish
    with pytest.raises(AirbyteTracedException, match="CORE"):
        sync(jira, warehouse, ["issues"])
    held = versions(warehouse)
    assert truth(jira.site).items() <= held.items()
    assert core.id not in warehouse.states["issues"]["keys"]


def test_an_unknown_configured_project_is_named_and_the_others_are_read() -> None:
    jira, warehouse = small_jira(), Warehouse()
    with pytest.raises(AirbyteTracedException, match="COER"):
        sync(jira, warehouse, ["issues"], projects=["core", "COER", "TEAM"])
    assert {row["project_key"] for row in warehouse.rows["issues"].values()} == {"CORE", "TEAM"}


def test_thousands_of_projects_are_a_few_queries() -> None:
    jira, warehouse = small_jira(issues=30), Warehouse()
    for number in range(1_500):
        jira.site.create_project(f"P{number}X")
    sync(jira, warehouse, ["issues"])
    assert versions(warehouse) == truth(jira.site)
    jira.reset_log()
    sync(jira, warehouse, ["issues"])
    assert jira.calls("search") - jira.calls("project/search") <= 4
    assert len(json.dumps(warehouse.states["issues"])) < 50_000 + 40 * 1_510


# -- calls and states ------------------------------------------------------------------------------


def test_a_first_sync_asks_for_few_pages_and_a_quiet_one_for_almost_none(start_jira: Callable[..., FakeJira]) -> None:
    jira = start_jira(CLOUD, issues=5_500, users=60, comments_per_issue=2)
    account = jira.site.service_account
    issues = jira.site.visible_issues(account, IMPORTED)
    overflow = sum(len(jira.site.visible_comments(issue, account)) > 20 for issue in issues)
    config = config_for(jira)
    first = read_all(config, ["issues", "comments", "labels"])
    assert len(first.rows("issues")) == len(issues) > 4_000
    assert len(jira.requests) <= len(issues) / 100 + 2 * overflow + 60
    incremental = ["issues", "comments", "labels", "users", "projects", "sprints"]
    states = read_all(config, incremental, first.states).states
    jira.reset_log()
    quiet = read_all(config, incremental, states)
    assert not quiet.records
    assert len(jira.requests) <= 20 + 2 * len(jira.site.visible_boards(account)) + 2


def test_a_checkpoint_comes_at_least_every_thousand_issues_and_claims_no_more_than_came(
    start_jira: Callable[..., FakeJira],
) -> None:
    jira = start_jira(CLOUD, issues=6_000, comments_per_issue=1)
    reading = read_all(config_for(jira), ["issues", "comments"])
    since = longest = 0
    for message in reading.messages:
        if message.record is not None and message.record.stream == "issues":
            since += 1
        elif message.state is not None and message.state.stream is not None:
            blob = message.state.stream.stream_state
            assert blob is not None and len(json.dumps(vars(blob))) < 50_000
            if message.state.stream.stream_descriptor.name == "issues":
                longest, since = max(longest, since), 0
    assert longest <= 1_000


def test_no_state_comes_between_the_comments_of_an_issue_or_claims_a_row_before_it_is_out(
    start_jira: Callable[..., FakeJira],
) -> None:
    jira = start_jira(CLOUD, issues=400, comments_per_issue=6)
    often = replace(SHORT_WAITS, page_size=5, window_size=40, checkpoint_size=1)
    reading = read_all(config_for(jira, num_workers=8), STREAMS, settings=often)
    assert reading.succeeded, reading.error_messages
    out: dict[str, set[str]] = {stream: set() for stream in STREAMS}
    done: set[str] = set()
    under_way, states = "", 0
    for message in reading.messages:
        if message.record is not None:
            out[message.record.stream].add(message.record.data["id"])
            if message.record.stream == "comments" and message.record.data["issue_id"] != under_way:
                under_way = message.record.data["issue_id"]
                assert under_way not in done, "a state came between the comments of an issue"
        elif message.state is not None and message.state.stream is not None:
            states, done, under_way = states + 1, done | {under_way}, ""
            claimed = claims(jira.site, message.state)
            assert claimed <= out["issues"] or message.state.stream.stream_descriptor.name != "issues"
    assert states > 40


def claims(site: Site, state: Any) -> set[str]:
    """The issues that a state of a first sync says are out: those that no pending window has before it."""
    groups = vars(state.stream.stream_state)["groups"]
    pending = {project: group["pending"] for group in groups for project in group["projects"]}
    return {
        issue_id
        for issue_id in truth(site)
        if not any(
            milliseconds(reached.partition("/")[0] if reached else start) <= site.issues[issue_id].created
            and site.issues[issue_id].created < milliseconds(end)
            for start, end, reached in pending[site.issues[issue_id].project.id]
        )
    }


@pytest.mark.parametrize("after_issues", [0, 700, 2_500])
def test_after_a_kill_the_last_state_leads_to_a_whole_warehouse(
    start_jira: Callable[..., FakeJira], tmp_path: Any, after_issues: int
) -> None:
    jira = start_jira(CLOUD, issues=5_000, comments_per_issue=1)
    config = config_for(jira, num_workers=4)
    catalog = configured(discover(config), ["issues", "comments"])
    came, states = killed_read(config, catalog, tmp_path, after_issues)
    jira.site.bulk_edit(list(came["issues"])[:50] or [next(iter(truth(jira.site)))])
    jira.site.clock.advance(1_000)
    again = read_all(config, ["issues", "comments"], states)
    assert again.succeeded, again.error_messages
    rows = {**came["issues"], **again.rows("issues")}
    assert {key: row["updated"] for key, row in rows.items()} == truth(jira.site)
    repeated = len(came["issues"].keys() & again.rows("issues").keys()) - 50
    assert repeated < 1_000 * 4


def killed_read(config: Any, catalog: Any, folder: Any, after_issues: int) -> tuple[dict[str, Any], list[Any]]:
    """What a process wrote before `kill -9` after so many issues, and its last states."""
    from airbyte_cdk.models import AirbyteMessageSerializer, ConfiguredAirbyteCatalogSerializer

    (folder / "config.json").write_text(json.dumps(config))
    (folder / "catalog.json").write_text(json.dumps(ConfiguredAirbyteCatalogSerializer.dump(catalog)))
    command = [sys.executable, "-m", "source_jira_flow", "read", "--config", "config.json", "--catalog", "catalog.json"]
    came: dict[str, Any] = {"issues": {}, "comments": {}}
    states: dict[str, Any] = {}
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, env={"PYTHONPATH": str(ROOT)}, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            message = json.loads(line)
            if message["type"] == "RECORD":
                record = message["record"]
                came[record["stream"]][record["data"]["id"]] = record["data"]
            elif message["type"] == "STATE":
                state = AirbyteMessageSerializer.load(message).state
                assert state is not None and state.stream is not None
                states[state.stream.stream_descriptor.name] = state
            if len(came["issues"]) >= after_issues and (after_issues or message["type"] == "RECORD"):
                process.kill()
                break
    return came, list(states.values())
