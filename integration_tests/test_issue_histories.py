"""Changes, work logs, links and attachments of issues: all that Jira has, each change once, and few calls."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import duckdb
import psycopg
import pytest

from fake_jira import FLAVORS, Clock, FakeJira, Site, build_site
from fake_jira.entities import Issue
from integration_tests.direct import Warehouse, scan
from integration_tests.postgresql import NoPostgreSQL, PostgreSQL, running_postgresql
from integration_tests.support import ROOT
from source_jira_flow.common.instants import DAY, MINUTE, from_milliseconds
from source_jira_flow.settings import Settings

IMPORTED = ("software", "business")
PARTS = ["worklogs", "issue_links", "attachments"]
STREAMS = ["issues", "comments", "issue_changes", *PARTS]
NOW = 1_760_000_000_000
QUICK = Settings(backoff_base=0.0, tries=3)


def small_jira(flavor: str = "cloud", issues: int = 60, **options: Any) -> FakeJira:
    """A fake Jira without a server, whose clock stands still until it is moved."""
    clock = Clock(now_ms=NOW, frozen=True)
    options = {"changes_per_issue": 12, "worklogs_per_issue": 3} | options
    return FakeJira(build_site(flavor, seed=3, issues=issues, users=8, clock=clock, **options))


def sync(
    jira: FakeJira, warehouse: Warehouse, streams: list[str] | None = None, most: int | None = None, **config: Any
) -> Counter[str]:
    """One sync into the warehouse, a second later; returns how many records of each stream came."""
    jira.site.clock.advance(1_000)
    jira.reset_log()
    counted: Counter[str] = Counter()

    def messages() -> Iterator[Any]:
        for message in scan(jira, warehouse.states, streams or STREAMS, settings=QUICK, **config):
            if isinstance(message, tuple):
                counted[message[0]] += 1
            yield message

    warehouse.take(messages(), most)
    return counted


def visible(site: Site) -> list[Issue]:
    issues = site.visible_issues(site.service_account, IMPORTED)
    return [issue for issue in issues if not issue.project.archived]


def changes_in(issues: list[Issue]) -> dict[str, tuple[str, str, str | None, str | None]]:
    """Every change of these issues: key of the issue, instant, texts before and after."""
    return {
        f"{entry.id}/{number}": (issue.key, from_milliseconds(entry.created), item.from_text, item.to_text)
        for issue in issues
        for entry in issue.history
        for number, item in enumerate(entry.items)
    }


def changes_held(warehouse: Warehouse) -> dict[str, tuple[str, str, str | None, str | None]]:
    return {
        key: (row["issue_key"], row["changed_at"], row["from_text"], row["to_text"])
        for key, row in warehouse.rows.get("issue_changes", {}).items()
    }


def assert_whole(jira: FakeJira, warehouse: Warehouse) -> None:
    site, account, issues = jira.site, jira.site.service_account, visible(jira.site)
    assert changes_held(warehouse) == changes_in(issues)
    logged = {worklog.id: worklog.seconds for issue in issues for worklog in site.visible_worklogs(issue, account)}
    assert {key: row["seconds_spent"] for key, row in warehouse.parts("worklogs").items()} == logged
    linked = {f"{issue.id}/{link.id}" for issue in issues for link in site.visible_links(issue, account)}
    assert set(warehouse.parts("issue_links")) == linked
    attached = {attachment.id: attachment.filename for issue in issues for attachment in issue.attachments}
    assert {key: row["file_name"] for key, row in warehouse.parts("attachments").items()} == attached


@pytest.fixture(params=FLAVORS)
def jira(request: pytest.FixtureRequest) -> FakeJira:
    return small_jira(request.param)


# -- whole -----------------------------------------------------------------------------------------


def test_everything_comes_in_one_scan(jira: FakeJira) -> None:
    warehouse = Warehouse()
    came = sync(jira, warehouse)
    assert_whole(jira, warehouse)
    assert came["issue_changes"] == len(warehouse.rows["issue_changes"]), "a change came twice"
    searches = [record for record in jira.requests if record.body and "comment" in str(record.body.get("fields"))]
    assert not searches or len({record.body["jql"] for record in searches}) == len(searches)


def test_issues_of_a_crowded_second_come_with_their_histories(jira: FakeJira) -> None:
    warehouse, site = Warehouse(), jira.site
    issues = site.create_issues("CORE", 250, created=NOW - 3 * DAY, updated=NOW - 2 * DAY)
    for issue in issues:
        site.edit_issue(issue, at=NOW - 2 * DAY, summary="imported")
    sync(jira, warehouse)
    assert jira.calls("rest/api/2/issue/") < 10 and jira.calls("changelog") <= 1
    assert_whole(jira, warehouse)


def test_a_quiet_sync_brings_nothing_and_asks_once_what_was_deleted(jira: FakeJira) -> None:
    warehouse = Warehouse()
    sync(jira, warehouse)
    assert not sync(jira, warehouse)
    assert jira.calls("worklog") == jira.calls("worklog/deleted") == 1
    assert jira.calls("changelog") == 0


def test_what_is_not_chosen_costs_nothing(jira: FakeJira) -> None:
    warehouse = Warehouse()
    sync(jira, warehouse, ["issues"])
    sync(jira, warehouse, ["issues"])
    assert jira.calls("worklog") == jira.calls("changelog") == 0
    asked = [record.body for record in jira.requests if record.body]
    assert not [body for body in asked if body.get("expand")]


@pytest.mark.parametrize("stream", [*PARTS, "issue_changes"])
def test_each_can_be_chosen_alone(jira: FakeJira, stream: str) -> None:
    alone, all_together = Warehouse(), Warehouse()
    jira.site.add_attachment("CORE-1")
    sync(jira, alone, [stream])
    sync(jira, all_together)
    assert alone.rows[stream] == all_together.rows[stream]


# -- only what is new ------------------------------------------------------------------------------


def edited(jira: FakeJira, times: int, **values: Any) -> Issue:
    issue = jira.site.create_issue("CORE", **values)
    for number in range(times):
        jira.site.clock.advance(7)
        jira.site.edit_issue(issue, summary=f"{number}")
    return issue


def test_one_change_of_an_issue_with_500_entries_sends_one_row_without_another_call(jira: FakeJira) -> None:
    warehouse, issue = Warehouse(), edited(jira, 500)
    sync(jira, warehouse)
    jira.site.clock.advance(DAY)
    jira.site.transition(issue, "In Progress")
    came = sync(jira, warehouse)
    assert came["issue_changes"] == 1
    assert jira.calls("changelog") == 0
    assert_whole(jira, warehouse)


def test_more_than_forty_new_entries_are_all_sent(jira: FakeJira) -> None:
    warehouse, issue = Warehouse(), edited(jira, 50)
    sync(jira, warehouse)
    for number in range(41):
        jira.site.edit_issue(issue, summary=f"again {number}")
    assert sync(jira, warehouse)["issue_changes"] == 41
    assert jira.calls("changelog") == (1 if jira.site.flavor.cloud else 0)
    assert_whole(jira, warehouse)


def test_an_entry_that_moves_no_updated_comes_with_the_next_change(jira: FakeJira) -> None:
    warehouse, issue = Warehouse(), edited(jira, 3)
    sync(jira, warehouse)
    jira.site.clock.advance(DAY)
    jira.site.rank_issue(issue)
    assert not sync(jira, warehouse)
    jira.site.clock.advance(DAY)
    jira.site.add_comment(issue)
    assert sync(jira, warehouse)["issue_changes"] == 1
    jira.site.clock.advance(DAY)
    jira.site.edit_issue(issue, summary="once more")
    assert sync(jira, warehouse)["issue_changes"] == 1
    assert_whole(jira, warehouse)


def test_an_issue_that_moves_into_an_imported_project_brings_its_whole_history(jira: FakeJira) -> None:
    warehouse = Warehouse()
    issue = edited(jira, 60)
    jira.site.move_issue(issue, "HELP")
    sync(jira, warehouse)
    jira.site.clock.advance(DAY)
    jira.site.edit_issue(issue, summary="meanwhile")
    sync(jira, warehouse)
    jira.site.clock.advance(DAY)
    jira.site.move_issue(issue, "CORE")
    assert sync(jira, warehouse)["issue_changes"] >= 63
    assert_whole(jira, warehouse)


def test_an_issue_that_was_away_and_comes_back_brings_what_happened_meanwhile(jira: FakeJira) -> None:
    warehouse, issue = Warehouse(), edited(jira, 5)
    sync(jira, warehouse)
    for project in ("HELP", "CORE"):
        jira.site.clock.advance(DAY)
        jira.site.move_issue(issue, project)
        sync(jira, warehouse)
    assert_whole(jira, warehouse)


def test_an_issue_that_a_security_level_revealed_brings_its_whole_history(jira: FakeJira) -> None:
    warehouse = Warehouse()
    hidden, shown = jira.site.project("CORE").security_levels
    issue = edited(jira, 60, security_level=hidden)
    sync(jira, warehouse)
    jira.site.clock.advance(DAY)
    jira.site.set_security_level(issue, shown)
    assert sync(jira, warehouse)["issue_changes"] == 61
    assert_whole(jira, warehouse)


def test_a_renamed_project_brings_its_changes_with_their_new_keys(jira: FakeJira) -> None:
    warehouse = Warehouse()
    sync(jira, warehouse)
    jira.site.rename_project_key("CORE", "KERN")
    sync(jira, warehouse)
    assert_whole(jira, warehouse)


@pytest.mark.parametrize("cut", [1, 40, 300, 700])
def test_a_page_that_is_read_again_after_a_kill_loses_nothing(jira: FakeJira, cut: int) -> None:
    warehouse = Warehouse()
    settings = Settings(backoff_base=0.0, tries=3, page_size=5, checkpoint_size=5)
    issues = [edited(jira, 3) for _ in range(12)]
    long = edited(jira, 90)
    warehouse.take(scan(jira, warehouse.states, STREAMS, settings=settings, num_workers=2), cut)
    jira.site.clock.advance(DAY)
    for issue in [*issues, long]:
        jira.site.clock.advance(50)
        jira.site.edit_issue(issue, summary="changed once")
    warehouse.take(scan(jira, warehouse.states, STREAMS, settings=settings, num_workers=2), cut)
    jira.site.clock.advance(DAY)
    for issue in issues[::2]:
        jira.site.edit_issue(issue, summary="changed twice")
    sync(jira, warehouse)
    assert_whole(jira, warehouse)


# -- odd histories ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "switch", ["changelog_total_is_zero", "newest_changes_first", "changelog_items_without_field_id"]
)
def test_odd_histories_are_whole(jira: FakeJira, switch: str) -> None:
    settings, warehouse = jira.site.settings, Warehouse()
    setattr(settings, switch, not getattr(settings, switch))
    issue, short = edited(jira, 60), edited(jira, 2)
    sync(jira, warehouse)
    assert_whole(jira, warehouse)
    jira.site.clock.advance(DAY)
    for each in (issue, short):
        jira.site.edit_issue(each, summary="new")
    assert sync(jira, warehouse)["issue_changes"] == 2
    assert_whole(jira, warehouse)


def test_where_the_bulk_gives_nothing_what_was_embedded_is_kept_and_the_rest_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    jira, warehouse = small_jira(changes_per_issue=0), Warehouse()
    jira.site.settings.bulk_changelogs_are_empty = True
    issue = edited(jira, 60)
    with caplog.at_level(logging.WARNING):
        sync(jira, warehouse)
    held = [row for row in warehouse.rows["issue_changes"].values() if row["issue_id"] == issue.id]
    assert len(held) == 40
    assert f"Jira counts 60 entries in the history of {issue.key} and gives 40." in caplog.text


def test_an_entry_of_a_node_whose_clock_is_behind_is_not_lost(jira: FakeJira) -> None:
    site, warehouse = jira.site, Warehouse()
    issue = edited(jira, 5)
    sync(jira, warehouse)
    site.edit_issue(issue, summary="by another node")
    issue.history[-1].created = issue.history[0].created - 1
    sync(jira, warehouse)
    assert_whole(jira, warehouse)


MALFORMED: list[dict[str, Any]] = [
    {"histories": None, "total": 0},
    {"histories": "none", "total": "many"},
    {"histories": [None, 7, {"id": "x"}, {"items": []}, {"id": "1", "author": "Ann"}, {"id": "2", "items": [None]}]},
]


@pytest.mark.parametrize("changelog", [*MALFORMED, "odd", None])
def test_a_history_in_an_unknown_form_stops_nothing(jira: FakeJira, changelog: Any) -> None:
    warehouse = Warehouse()
    key = visible(jira.site)[0].key

    def spoiled(answer: Any) -> Any:
        for issue in answer.get("issues", ()):
            if issue["key"] == key and "changelog" in issue:
                issue["changelog"] = changelog
        return answer

    jira.faults.changed(spoiled, match=lambda request: b"changelog" in request.body and b"jql" in request.body)
    sync(jira, warehouse)
    assert_whole(jira, warehouse)


@pytest.mark.parametrize("field", ["issuelinks", "attachment", "worklog", "comment"])
def test_parts_in_an_unknown_form_are_told_and_stop_nothing(
    jira: FakeJira, field: str, caplog: pytest.LogCaptureFixture
) -> None:
    warehouse = Warehouse()
    key = visible(jira.site)[0].key
    odd = [None, "x", {"body": "no id"}, {"id": "7", "author": "Ann", "type": "Blocks"}]
    rows = {"worklog": "worklogs", "comment": "comments"}

    def spoiled(answer: Any) -> Any:
        for issue in answer.get("issues", ()):
            if issue["key"] == key and field in issue["fields"]:
                issue["fields"][field] = {rows[field]: odd, "total": 4} if field in rows else odd
        return answer

    jira.faults.changed(spoiled, match=lambda request: b"jql" in request.body)
    with caplog.at_level(logging.WARNING):
        counted = sync(jira, warehouse)
    assert counted["issues"] == len(visible(jira.site))
    assert f"Issue {key}: 4 of its" in caplog.text


@pytest.mark.parametrize("status", [403, 404])
def test_histories_that_are_refused_in_bulk_are_asked_for_one_by_one(status: int) -> None:
    jira, warehouse = small_jira(changes_per_issue=0), Warehouse()
    edited(jira, 130)
    jira.faults.refuse(status, match="changelog/bulkfetch")
    sync(jira, warehouse)
    assert_whole(jira, warehouse)


def test_authors_may_be_nobody_gone_or_apps(jira: FakeJira) -> None:
    site, warehouse = jira.site, Warehouse()
    issue, leaver = site.create_issue("CORE"), site.user("user0001")
    app = site.create_user("an.app", account_type="app")
    for author in (None, leaver, app):
        site.edit_issue(issue, author=author, anonymous=author is None, summary=f"{author}")
    site.delete_user(leaver)
    sync(jira, warehouse)
    rows = [row for row in warehouse.rows["issue_changes"].values() if row["issue_id"] == issue.id]
    authors = [row["author_id"] for row in sorted(rows, key=lambda row: int(row["history_id"]))]
    assert authors == [None, site.user_id(leaver), site.user_id(app)]


def test_fields_without_an_id_are_found_by_their_name_where_that_is_certain(jira: FakeJira) -> None:
    site, warehouse = jira.site, Warehouse()
    site.settings.changelog_items_without_field_id = True
    issue = site.create_issue("CORE", remaining_estimate=60)
    site.edit_issue(issue, summary="a", components=site.project("CORE").components[:1], story_points=3.0)
    site.edit_issue(issue, fix_versions=site.project("CORE").versions[:1], sprints=[site.boards[1].sprints[0]])
    site.delete_worklog(issue, site.add_worklog(issue))
    site.move_issue(issue, "TEAM")
    sync(jira, warehouse)
    found = {
        row["field"]: row["field_id"] for row in warehouse.rows["issue_changes"].values() if row["issue_id"] == issue.id
    }
    ids = site.field_ids
    assert found == {
        "summary": "summary",
        "Component": "components",
        "Fix Version": "fixVersions",
        "Story Points": ids.story_points,
        # Two fields of this site are called so, and no field is called the other.
        "Sprint": None,
        "WorklogId": None,
        "timespent": "timespent",
        "timeestimate": "timeestimate",
        "project": "project",
        "Key": "issuekey",
    }


# -- work logs, links, attachments -----------------------------------------------------------------


def test_more_work_logs_than_jira_embeds_are_asked_for(jira: FakeJira) -> None:
    site, warehouse = jira.site, Warehouse()
    issue = site.create_issue("CORE")
    for number in range(45):
        site.add_worklog(issue, 60 + number, visibility=("role", "Administrators") if number % 9 == 4 else None)
    sync(jira, warehouse)
    assert jira.calls(f"issue/{issue.id}/worklog") == 1
    assert_whole(jira, warehouse)


@pytest.mark.parametrize("part", ["worklog", "comment"])
def test_what_jira_embeds_is_not_given_up_for_an_answer_with_less(
    jira: FakeJira, part: str, caplog: pytest.LogCaptureFixture
) -> None:
    site, warehouse = jira.site, Warehouse()
    issue = site.create_issue("CORE")
    add = site.add_worklog if part == "worklog" else site.add_comment
    for _ in range(45):
        add(issue)
    stream, embedded = f"{part}s", 20 if part == "worklog" or site.flavor.cloud else 45
    jira.faults.refuse(404, match=f"issue/{issue.id}/{part}")
    with caplog.at_level(logging.WARNING):
        sync(jira, warehouse)
    held = [row for row in warehouse.rows[stream].values() if row["issue_id"] == issue.id]
    assert len(held) == embedded
    assert (f"Jira counts 45 {stream} of {issue.key} and gives 20." in caplog.text) == (embedded < 45)


def test_deleted_work_logs_come_as_removals_once(jira: FakeJira) -> None:
    site, warehouse = jira.site, Warehouse()
    issue = site.create_issue("CORE")
    first, second = site.add_worklog(issue), site.add_worklog(issue)
    sync(jira, warehouse)
    site.clock.advance(DAY)
    site.delete_worklog(issue, first)
    deleted_at = from_milliseconds(site.clock.now())
    sync(jira, warehouse)
    assert set(warehouse.parts("worklogs")) & {first.id, second.id} == {second.id}
    assert "_ab_cdc_deleted_at" in warehouse.rows["worklogs"][first.id]
    site.clock.advance(MINUTE)
    assert sync(jira, warehouse)["worklogs"] == 1
    removal = {"id": first.id, "issue_updated": deleted_at, "_ab_cdc_deleted_at": deleted_at}
    row = warehouse.rows["worklogs"][first.id]
    assert {name: value for name, value in row.items() if value is not None} == removal
    site.clock.advance(MINUTE)
    assert not sync(jira, warehouse)


def test_removals_are_told_again_after_a_kill(jira: FakeJira) -> None:
    site, warehouse = jira.site, Warehouse()
    issue = site.create_issue("CORE")
    worklogs = [site.add_worklog(issue) for _ in range(5)]
    sync(jira, warehouse)
    for worklog in worklogs:
        site.clock.advance(1)
        site.delete_worklog(issue, worklog)
    site.clock.advance(2 * MINUTE)
    sync(jira, warehouse, most=1)
    sync(jira, warehouse)
    removed = [key for key, row in warehouse.rows["worklogs"].items() if row["_ab_cdc_deleted_at"]]
    assert sorted(removed) == sorted(worklog.id for worklog in worklogs)


def test_where_jira_does_not_tell_deletions_the_rest_is_read(jira: FakeJira, caplog: pytest.LogCaptureFixture) -> None:
    warehouse = Warehouse()
    sync(jira, warehouse)
    jira.faults.refuse(403, "Not for you.", match="worklog/deleted")
    jira.site.add_worklog("CORE-1")
    with caplog.at_level(logging.WARNING):
        assert sync(jira, warehouse)["worklogs"] >= 1
    assert "Jira does not tell which work logs were deleted" in caplog.text
    assert_whole(jira, warehouse)


def test_a_link_shows_on_both_issues_in_its_direction(jira: FakeJira) -> None:
    site, warehouse = jira.site, Warehouse()
    source, target = site.create_issue("CORE"), site.create_issue("TEAM")
    link = site.link_issues(source, target)
    sync(jira, warehouse)
    rows = warehouse.rows["issue_links"]
    outward, inward = rows[f"{source.id}/{link.id}"], rows[f"{target.id}/{link.id}"]
    assert (outward["direction"], outward["relation"], outward["linked_issue_key"]) == ("outward", "blocks", target.key)
    assert (inward["direction"], inward["relation"], inward["linked_issue_id"]) == (
        "inward",
        "is blocked by",
        source.id,
    )
    site.clock.advance(DAY)
    site.unlink_issues(link)
    sync(jira, warehouse)
    assert_whole(jira, warehouse)


def test_an_attachment_is_told_without_its_content(jira: FakeJira) -> None:
    site, warehouse = jira.site, Warehouse()
    issue = site.create_issue("CORE")
    attachment = site.add_attachment(issue, "plan.png", size=77, mime_type="image/png")
    sync(jira, warehouse)
    row = warehouse.rows["attachments"][attachment.id]
    assert (row["file_name"], row["mime_type"], row["size"]) == ("plan.png", "image/png", 77)
    assert row["url"].endswith("plan.png")
    assert row["created"] == from_milliseconds(attachment.created)
    assert jira.calls("attachment") == 0
    site.clock.advance(DAY)
    site.delete_attachment(issue, attachment)
    sync(jira, warehouse)
    assert_whole(jira, warehouse)


def test_the_new_columns_of_issues(jira: FakeJira) -> None:
    site, warehouse, core = jira.site, Warehouse(), jira.site.project("CORE")
    issue = site.create_issue(
        "CORE",
        original_estimate=7200,
        remaining_estimate=7200,
        environment="Production",
        components=core.components,
        fix_versions=core.versions[:1],
        security_level=core.security_levels[1],
        votes=2,
    )
    site.add_worklog(issue, 1800)
    sync(jira, warehouse, ["issues"])
    row = warehouse.rows["issues"][issue.id]
    assert {name: row[name] for name in COLUMNS} == COLUMNS


COLUMNS = {
    "watch_count": 1,
    "vote_count": 2,
    "time_spent": 1800,
    "time_estimate": 5400,
    "original_estimate": 7200,
    "components": ["API", "User interface"],
    "fix_versions": ["1.0"],
    "security_level": "Staff",
    "environment": "Production",
}


# -- calls -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [1, 8])
def test_histories_of_a_thousand_issues_cost_eight_calls_at_most(workers: int) -> None:
    jira = small_jira(issues=1_400, changes_per_issue=30, worklogs_per_issue=0)
    issues = visible(jira.site)
    assert len(issues) > 950
    assert sum(len(issue.history) > 40 for issue in issues) > 0.03 * len(issues)
    without, with_histories = Warehouse(), Warehouse()
    sync(jira, without, ["issues"], num_workers=workers)
    calls = jira.calls()
    sync(jira, with_histories, ["issues", "issue_changes"], num_workers=workers)
    assert jira.calls() - calls <= 8
    assert changes_held(with_histories) == changes_in(issues)


# -- the SQL of the documentation --------------------------------------------------------------------


def documented_sql(title: str) -> str:
    text = (ROOT / "docs" / "history.md").read_text("utf-8")
    section = text.partition(f"## {title}\n")[2]
    found = re.search(r"```sql\n(.*?)```", section, re.DOTALL)
    assert found is not None
    return found.group(1)


def fill(database: Any, place: str, json: str, warehouse: Warehouse, more: Mapping[str, list[dict[str, Any]]]) -> None:
    """What is in the warehouse, as tables with the columns that the SQL needs.

    `place` stands for a value in SQL, `json` is the type of a column that holds a list.
    """
    tables = {name: list(rows.values()) for name, rows in warehouse.rows.items()} | dict(more)
    for name, columns in TABLES.items():
        typed = ", ".join(f"{column} {kind.replace('JSON', json)}" for column, kind in columns.items())
        database.execute(f"CREATE TABLE {name} ({typed})")
        for row in tables[name]:
            cells = [str(row[column]) if columns[column] == "JSON" else row[column] for column in columns]
            database.execute(f"INSERT INTO {name} VALUES ({', '.join([place] * len(columns))})", cells)


TABLES = {
    "issues": {
        "id": "VARCHAR",
        "key": "VARCHAR",
        "created": "TIMESTAMPTZ",
        "updated": "TIMESTAMPTZ",
        "status_id": "VARCHAR",
        "assignee_id": "VARCHAR",
        "sprint_ids": "JSON",
    },
    "issue_changes": {
        "history_id": "VARCHAR",
        "issue_id": "VARCHAR",
        "changed_at": "TIMESTAMPTZ",
        "field": "VARCHAR",
        "from_value": "VARCHAR",
        "to_value": "VARCHAR",
    },
    "attachments": {"id": "VARCHAR", "issue_id": "VARCHAR", "issue_updated": "TIMESTAMPTZ"},
    "statuses": {"id": "VARCHAR", "name": "VARCHAR"},
    "sprints": {"id": "INTEGER", "name": "VARCHAR", "start_date": "TIMESTAMPTZ"},
    "users": {"id": "VARCHAR", "name": "VARCHAR"},
}


@pytest.fixture(scope="module")
def postgresql() -> Iterator[PostgreSQL]:
    try:
        with running_postgresql() as server:
            yield server
    except NoPostgreSQL as reason:
        pytest.skip(str(reason))


@pytest.fixture(params=["DuckDB", "PostgreSQL"])
def connection(request: pytest.FixtureRequest) -> Iterator[tuple[Any, str, str]]:
    """An empty database, and the arguments of `fill` for it."""
    if request.param == "DuckDB":
        with duckdb.connect() as database:
            database.execute("SET TimeZone = 'UTC'")
            yield database, "?", "VARCHAR"
        return
    server = request.getfixturevalue("postgresql")
    address = {"host": server.host, "port": server.port, "user": server.user, "dbname": server.database}
    with psycopg.connect(**address) as tables:
        yield tables, "%s", "JSONB"
        tables.rollback()


@pytest.fixture
def told(jira: FakeJira, connection: tuple[Any, str, str]) -> Callable[[str], list[tuple[Any, ...]]]:
    """What the documented SQL says of one issue with a known past."""
    site, warehouse = jira.site, Warehouse()
    sprint, other = site.boards[1].sprints[:2]
    sprint.start, sprint.name, other.name, other.start = NOW + 20 * DAY, "First", "Second", NOW + 25 * DAY
    site.clock.advance(10 * DAY)
    issue = site.create_issue("CORE", sprints=[sprint], assignee=site.user("user0001"))
    late = site.create_issue("CORE")
    site.clock.advance(DAY)
    site.transition(issue, "In Progress")
    site.edit_issue(issue, assignee=site.user("user0002"))
    site.clock.advance(2 * DAY)
    site.transition(issue, "Done")
    site.clock.advance(10 * DAY)
    site.edit_issue(issue, sprints=[])
    site.edit_issue(late, sprints=[sprint, other])
    site.clock.advance(DAY)
    gone, kept = site.add_attachment(issue, "gone"), site.add_attachment(issue, "kept")
    sync(jira, warehouse)
    site.delete_attachment(issue, gone)
    sync(jira, warehouse)
    more: dict[str, list[dict[str, Any]]] = {
        "statuses": [{"id": status.id, "name": status.name} for status in site.statuses()],
        "users": [{"id": site.user_id(user), "name": user.display_name} for user in site.users.values()],
        "sprints": [
            {"id": each.id, "name": each.name, "start_date": each.start and from_milliseconds(each.start)}
            for each in site.sprints.values()
        ],
    }
    fill(*connection, warehouse, more)
    names = {issue.key: "issue", late.key: "late", kept.id: "kept", gone.id: "gone"}

    def ask(title: str) -> list[tuple[Any, ...]]:
        rows = connection[0].execute(documented_sql(title)).fetchall()
        return [tuple(names.get(cell, cell) for cell in row) for row in rows if set(row) & set(names)]

    return ask


def test_the_documented_sql_for_time_in_status(told: Callable[[str], list[tuple[Any, ...]]]) -> None:
    hours = {(key, status): spent for key, status, spent in told("Time in status")}
    assert hours[("issue", "To Do")] == 24.0
    assert hours[("issue", "In Progress")] == 48.0
    assert hours[("issue", "Done")] > 24.0


def test_the_documented_sql_for_what_was_in_a_sprint_at_its_start(
    told: Callable[[str], list[tuple[Any, ...]]],
) -> None:
    assert told("What was in a sprint at its start") == [("First", "issue"), ("Second", "late")]


def test_the_documented_sql_for_who_held_the_ticket_when(told: Callable[[str], list[tuple[Any, ...]]]) -> None:
    rows = [row for row in told("Who held the ticket when") if row[0] == "issue"]
    assert [name for _, name, _, _ in rows] == ["User 0001", "User 0002"]
    assert rows[0][3] == rows[1][2]
    assert rows[1][3] is None


def test_the_documented_sql_for_what_is_there(told: Callable[[str], list[tuple[Any, ...]]]) -> None:
    assert [row[0] for row in told("Work logs, links and attachments")] == ["kept"]
