"""Into databases, by PyAirbyte: what stands in the tables after two syncs is what Jira says."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fake_jira import FakeJira, Site
from integration_tests.postgresql import NoPostgreSQL, running_postgresql
from integration_tests.support import CLOUD, DATA_CENTER, config_for

if TYPE_CHECKING:
    from airbyte import Source
    from airbyte.caches import CacheBase

# PyAirbyte and what it imports warn of themselves and of each other.
pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.usefixtures("offline")]

EXECUTABLE = Path(sys.executable).with_name("source-jira-flow")
STREAMS = ["issues", "comments", "users", "labels"]


@pytest.fixture
def duckdb_file(tmp_path: Path) -> Iterator[CacheBase]:
    from airbyte.caches import DuckDBCache

    cache = DuckDBCache(db_path=tmp_path / "warehouse.duckdb")
    yield cache
    cache.close()


@pytest.fixture
def postgresql() -> Iterator[CacheBase]:
    from airbyte.caches import PostgresCache

    try:
        with running_postgresql() as server:
            cache = PostgresCache(
                host=server.host,
                port=server.port,
                username=server.user,
                password="not asked for",
                database=server.database,
                schema_name="jira",
            )
            yield cache
            cache.close()
    except NoPostgreSQL as reason:
        pytest.skip(str(reason))


def source_for(config: dict[str, Any], streams: list[str] = STREAMS) -> Source:
    import airbyte

    return airbyte.get_source("source-jira-flow", local_executable=EXECUTABLE, config=config, streams=streams)


def rows(cache: CacheBase, table: str) -> dict[str, dict[str, Any]]:
    schema = cache.schema_name
    return {str(row.get("id") or row["name"]): row for row in cache.run_sql_query(f"select * from {schema}.{table}")}


def assert_tables_say_what_jira_says(cache: CacheBase, site: Site) -> None:
    account = site.service_account
    issues = rows(cache, "issues")
    visible = {issue.id: issue for issue in site.visible_issues(account)}
    assert {key: (row["key"], row["summary"]) for key, row in issues.items()} == {
        key: (issue.key, issue.summary) for key, issue in visible.items()
    }
    there = {comment.id for issue in visible.values() for comment in site.visible_comments(issue, account)}
    assert set(_comments_that_are_left(cache)) == there
    people = {key: row for key, row in rows(cache, "users").items() if row["_ab_cdc_deleted_at"] is None}
    assert {key: row["name"] for key, row in people.items()} == {
        site.user_id(user): user.display_name for user in site.visible_users(account)
    }


def _comments_that_are_left(cache: CacheBase) -> list[str]:
    """By the rule that docs/issues-and-comments.md gives."""
    schema = cache.schema_name
    left = cache.run_sql_query(
        f"""
        select comments.id from {schema}.comments
        join {schema}.issues on issues.id = comments.issue_id and issues.comment_count > 0
        join (select issue_id, max(issue_updated) as newest from {schema}.comments group by issue_id) latest
          on latest.issue_id = comments.issue_id and latest.newest = comments.issue_updated
        """
    )
    return [str(row["id"]) for row in left]


def work(site: Site) -> None:
    """Changes of the kinds that a warehouse could miss."""
    core = [issue for issue in site.visible_issues(site.service_account) if issue.project.key == "CORE"]
    site.edit_issue(core[0], summary="Größer — \u2028 🚀")
    site.move_issue(next(issue for issue in core[5:] if not issue.children and not issue.parent), "BIZ")
    talked_about = next(issue for issue in core if len(issue.comments) > 1)
    site.delete_comment(talked_about, talked_about.comments[0])
    site.add_comment(core[1], "One more")
    site.create_issue("OR", "New", labels=["brand-new"])
    people = [user for user in site.users.values() if user.active and user is not site.service_account]
    site.rename_user(people[1], display_name="Renamed")
    site.delete_user(people[2])


def test_duckdb_holds_what_jira_cloud_holds(duckdb_file: CacheBase, start_jira: Callable[..., FakeJira]) -> None:
    jira = start_jira(CLOUD)
    assert_two_syncs_are_whole(duckdb_file, jira)
    assert "brand-new" in rows(duckdb_file, "labels")


def test_postgresql_holds_what_a_data_center_holds(postgresql: CacheBase, start_jira: Callable[..., FakeJira]) -> None:
    jira = start_jira(DATA_CENTER)
    assert_two_syncs_are_whole(postgresql, jira)
    assert "brand-new" in rows(postgresql, "labels")


def assert_two_syncs_are_whole(cache: CacheBase, jira: FakeJira) -> None:
    source = source_for(config_for(jira))
    # Validation asks the connector for its spec once more: other tests do that.
    source.read(cache=cache, skip_validation=True)
    assert_tables_say_what_jira_says(cache, jira.site)
    work(jira.site)
    source.read(cache=cache, skip_validation=True)
    assert_tables_say_what_jira_says(cache, jira.site)


def test_in_duckdb_a_rename_a_removal_and_a_return_end_as_jira_has_them(
    duckdb_file: CacheBase, start_jira: Callable[..., FakeJira]
) -> None:
    jira = start_jira(CLOUD, issues=20)
    site, account = jira.site, jira.site.service_account
    source = source_for(config_for(jira), ["users", "projects", "sprints", "labels"])
    # A project that leads nothing else: its end takes no sprint along.
    user, project = list(site.users.values())[5], site.project("BIZ")
    sprint = next(sprint for sprint in site.visible_sprints(account) if sprint.state == "active")
    issue = next(issue for issue in site.visible_issues(account) if issue.project.key == "CORE")
    site.edit_issue(issue, labels=["comes-and-goes"])

    def there(table: str) -> dict[str, dict[str, Any]]:
        return {key: row for key, row in rows(duckdb_file, table).items() if row["_ab_cdc_deleted_at"] is None}

    def assert_the_tables_are_right() -> None:
        source.read(cache=duckdb_file, skip_validation=True)
        assert {key: row["name"] for key, row in there("users").items()} == {
            site.user_id(user): user.display_name for user in site.visible_users(account)
        }
        # Cloud lists archived projects too.
        assert {key: row["name"] for key, row in there("projects").items() if not row["archived"]} == {
            project.id: project.name for project in site.visible_projects(account) if not project.archived
        }
        assert {key: (row["name"], row["state"]) for key, row in there("sprints").items()} == {
            str(sprint.id): (sprint.name, sprint.state) for sprint in site.visible_sprints(account)
        }
        assert set(there("labels")) == site.all_labels()

    assert_the_tables_are_right()
    site.rename_user(user, display_name="Renamed")
    site.edit_project(project, name="Renamed")
    site.rename_sprint(sprint, "Renamed, [too]=")
    site.edit_issue(issue, labels=["comes-and-goes", "is-new"])
    assert_the_tables_are_right()

    site.delete_user(user)
    site.revoke("BROWSE_PROJECTS", project=project)
    boards = [board for board in site.boards.values() if sprint in board.sprints]
    site.delete_sprint(sprint)
    site.edit_issue(issue, labels=["is-new"])
    assert_the_tables_are_right()
    removed = rows(duckdb_file, "users")[site.user_id(user)]
    assert {name for name, value in removed.items() if value is not None and not name.startswith("_airbyte")} == {
        "id",
        "observed_at",
        "_ab_cdc_deleted_at",
    }

    site.restore_user(site.user_id(user))
    site.grant("BROWSE_PROJECTS", project=project)
    site.sprints[sprint.id] = sprint
    for board in boards:
        board.sprints.append(sprint)
    site.edit_issue(issue, labels=["is-new", "comes-and-goes"])
    assert_the_tables_are_right()
    assert rows(duckdb_file, "users")[site.user_id(user)]["name"] == "Renamed"
