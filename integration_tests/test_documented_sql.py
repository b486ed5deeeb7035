"""The SQL of docs/history.md, on DuckDB and PostgreSQL, against an issue with a known past."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import duckdb
import psycopg
import pytest

from fake_jira import FLAVORS, FakeJira
from integration_tests.direct import Warehouse
from integration_tests.histories import NOW, small_jira, sync
from integration_tests.postgresql import NoPostgreSQL, PostgreSQL, running_postgresql
from integration_tests.support import ROOT
from source_jira_flow.common.instants import DAY, from_milliseconds


@pytest.fixture(params=FLAVORS)
def jira(request: pytest.FixtureRequest) -> FakeJira:
    return small_jira(request.param)


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
