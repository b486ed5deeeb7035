"""The stream `users`: everybody whom Jira tells of, and then only what changed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from airbyte_cdk.models import ConfiguredAirbyteCatalogSerializer

from fake_jira import FakeJira, build_site
from integration_tests.support import (
    CLOUD,
    DATA_CENTER,
    REMOVED_AT,
    SERVER,
    SETUPS,
    Setup,
    config_for,
    configured,
    discover,
    read_all,
)

DATA_CENTER_9 = Setup("data-center-9", "oauth")

StartJira = Callable[..., FakeJira]


@contextmanager
def jira_without_user_list(**content: Any) -> Iterator[FakeJira]:
    """A Data Center 10.0 to 10.2: it only searches for users, and gives a hundred an answer."""
    site = build_site("data-center-10.3", **content)
    site.flavor = replace(site.flavor, user_list=False)
    with FakeJira(site) as jira:
        yield jira


def listed(jira: FakeJira) -> set[str]:
    return {jira.site.user_id(user) for user in jira.site.visible_users(jira.site.service_account)}


@pytest.mark.parametrize("setup", [*SETUPS, DATA_CENTER_9], ids=str)
def test_three_changes_are_three_records(setup: Setup, start_jira: StartJira) -> None:
    jira = start_jira(setup, issues=0, users=1_200)
    config = config_for(jira, setup.method)
    first = read_all(config, ["users"])
    assert first.succeeded, first.error_messages
    assert set(first.rows("users")) == listed(jira)
    assert not read_all(config, ["users"], first.states).records

    renamed, left, gone = [user for user in jira.site.users.values() if user.active][500:503]
    jira.site.rename_user(renamed, "New Name")
    jira.site.deactivate_user(left)
    jira.site.delete_user(gone)
    jira.site.clock.advance(1_000)
    second = read_all(config, ["users"], first.states)
    assert second.succeeded, second.error_messages
    records = {record["id"]: record for record in second.records["users"]}
    assert len(records) == len(second.records["users"]) == 3
    assert records[jira.site.user_id(renamed)]["name"] == "New Name"
    assert records[jira.site.user_id(left)]["active"] is False
    removal = {name: value for name, value in records[jira.site.user_id(gone)].items() if value is not None}
    assert removal.keys() == {"id", "observed_at", REMOVED_AT}
    assert removal["observed_at"] > first.records["users"][0]["observed_at"]

    jira.site.restore_user(jira.site.user_id(gone))
    third = read_all(config, ["users"], second.states)
    (returned,) = third.records["users"]
    assert (returned["id"], returned.get(REMOVED_AT)) == (jira.site.user_id(gone), None)


def test_columns_are_those_of_the_kind_of_jira(config: dict[str, Any], jira: FakeJira) -> None:
    rows = read_all(config, ["users"]).rows("users")
    for user in jira.site.users.values():
        row = rows[jira.site.user_id(user)]
        assert (row["name"], row["active"]) == (user.display_name, user.active)
        assert row.get("email") == user.email
        assert row.get("username") == (None if jira.site.flavor.cloud else user.name)
        assert row.get("account_type") == (user.account_type if jira.site.flavor.cloud else None)
        assert "avatarUrls" not in row["document"] and "self" not in row["document"]
    assert any(row.get("email") is None for row in rows.values())
    assert any(not row["active"] for row in rows.values())


@pytest.mark.parametrize("cap", [50, 100])
def test_where_jira_cuts_its_searches_all_are_found_by_their_letters(cap: int) -> None:
    with jira_without_user_list(issues=0, users=400) as jira:
        jira.site.settings.user_search_cap = cap
        jira.site.create_user("user", display_name="Just so", email=None)
        jira.site.create_user("жук", display_name="Жук", email="z@example.com")
        config = config_for(jira, "username_password")
        first = read_all(config, ["users"])
        assert first.succeeded, first.error_messages
        assert set(first.rows("users")) == listed(jira)
        assert any("may be incomplete" in line for line in first.logs)
        gone = list(jira.site.users.values())[100]
        jira.site.delete_user(gone)
        second = read_all(config, ["users"], first.states)
        assert [record["id"] for record in second.records["users"]] == [jira.site.user_id(gone)]
        assert second.records["users"][0][REMOVED_AT]


def test_where_jira_cuts_its_searches_those_who_occur_in_issues_are_added_and_never_told_as_gone() -> None:
    with jira_without_user_list(issues=60, users=150) as jira:
        author = next(iter(jira.site.visible_issues(jira.site.service_account))).creator
        former = jira.site.user_id(author)
        jira.site.delete_user(author)
        config = config_for(jira, "username_password")
        first = read_all(config, ["issues", "users"])
        assert first.succeeded, first.error_messages
        assert set(first.rows("users")) >= listed(jira) | {former}
        second = read_all(config, ["issues", "users"], first.states)
        assert second.succeeded and "users" not in second.records


@pytest.mark.parametrize("setup", SETUPS, ids=str)
def test_without_the_permission_to_browse_users_those_who_occur_in_issues_come_with_a_warning(
    setup: Setup, start_jira: StartJira
) -> None:
    jira = start_jira(setup)
    jira.site.revoke("USER_PICKER")
    config = config_for(jira, setup.method)
    first = read_all(config, ["issues", "comments", "users"])
    assert first.succeeded, first.error_messages
    assert any("Browse users and groups" in line for line in first.logs)
    occurring = {
        row[column]
        for row in first.records["issues"]
        for column in ("assignee_id", "reporter_id", "creator_id")
        if row.get(column)
    }
    assert occurring <= set(first.rows("users"))
    assert len(first.records["users"]) == len(first.rows("users"))
    quiet = read_all(config, ["issues", "comments", "users"], first.states)
    assert quiet.succeeded and not quiet.records
    # Once the permission is granted, the others follow, and nobody is told as gone.
    jira.site.grant("USER_PICKER")
    granted = read_all(config, ["issues", "comments", "users"], quiet.states)
    assert {*first.rows("users"), *granted.rows("users")} >= listed(jira)
    assert not any(record.get(REMOVED_AT) for record in granted.records["users"])


@pytest.mark.parametrize("setup", SETUPS, ids=str)
def test_a_permission_that_was_lost_fails_the_stream_and_takes_nobody_away(setup: Setup, start_jira: StartJira) -> None:
    jira = start_jira(setup, issues=0)
    config = config_for(jira, setup.method)
    first = read_all(config, ["users", "projects"])
    jira.site.revoke("USER_PICKER")
    second = read_all(config, ["users", "projects"], first.states)
    assert second.statuses == {"users": "INCOMPLETE", "projects": "COMPLETE"}
    assert any("Browse users and groups" in message for message in second.error_messages)
    assert not second.records
    jira.site.grant("USER_PICKER")
    assert not read_all(config, ["users", "projects"], second.states).records


def test_people_alone_without_the_permission_are_nobody_and_no_failure(start_jira: StartJira) -> None:
    jira = start_jira(CLOUD, issues=0)
    jira.site.revoke("USER_PICKER")
    reading = read_all(config_for(jira), ["users"])
    assert reading.succeeded and not reading.records


@pytest.mark.parametrize("setup", [CLOUD, DATA_CENTER, SERVER], ids=str)
def test_a_list_that_ends_early_on_a_later_sync_fails_and_takes_nobody_away(
    setup: Setup, start_jira: StartJira
) -> None:
    jira = start_jira(setup, issues=0, users=300)
    config = config_for(jira, setup.method)
    first = read_all(config, ["users"])
    jira.faults.early_end(keep=0.2, match="/2/user")
    jira.faults.early_end(keep=0.0, match=lambda request: "startAt=60" in request.target)
    second = read_all(config, ["users"], first.states)
    assert not second.records.get("users")
    jira.faults.clear()
    assert not read_all(config, ["users"], second.states).records


# -- sixty thousand ----------------------------------------------------------------------------------

MANY = 60_000
MOST_MEMORY_KB = 200_000
_MEASURED = """
import sys
from source_jira_flow.run import main
code = main(sys.argv[1:])
print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")), file=sys.stderr)
sys.exit(code)
"""


@contextmanager
def crowded_jira(kind: str) -> Iterator[FakeJira]:
    if kind == "without a list":
        with jira_without_user_list(issues=0, users=MANY) as jira:
            yield jira
    else:
        with FakeJira(build_site(kind, issues=0, users=MANY)) as jira:
            yield jira


@pytest.mark.long
@pytest.mark.parametrize("kind", ["cloud", "data-center-11", "data-center-10", "data-center-9", "without a list"])
def test_sixty_thousand_users(kind: str, tmp_path: Path) -> None:
    with crowded_jira(kind) as jira:
        config = config_for(jira, "access_token" if jira.site.flavor.cloud else "username_password")
        catalog = configured(discover(config), ["users"])
        files = {"config": config, "catalog": ConfiguredAirbyteCatalogSerializer.dump(catalog)}

        def sync(state: list[Any]) -> tuple[dict[str, dict[str, Any]], list[Any]]:
            for name, content in {**files, "state": state}.items():
                (tmp_path / f"{name}.json").write_text(json.dumps(content))
            given = [part for name in (*files, "state") for part in (f"--{name}", str(tmp_path / f"{name}.json"))]
            finished = subprocess.run(
                [sys.executable, "-c", _MEASURED, "read", *given], capture_output=True, text=True, check=True
            )
            assert int(finished.stderr.split("VmHWM:")[1].split()[0]) < MOST_MEMORY_KB
            messages = [json.loads(line) for line in finished.stdout.splitlines()]
            records = [message["record"]["data"] for message in messages if message["type"] == "RECORD"]
            rows = {record["id"]: record for record in records}
            assert len(rows) == len(records)
            (*_, last) = (message["state"] for message in messages if message["type"] == "STATE")
            assert len(json.dumps(last)) < 3_000_000
            return rows, [last]

        first, state = sync([])
        assert set(first) == listed(jira)
        second, state = sync(state)
        assert not second
        renamed, left, gone = [user for user in jira.site.users.values() if user.active][MANY // 2 : MANY // 2 + 3]
        jira.site.rename_user(renamed, "New Name")
        jira.site.deactivate_user(left)
        jira.site.delete_user(gone)
        third, _ = sync(state)
        assert set(third) == {jira.site.user_id(user) for user in (renamed, left, gone)}
        assert third[jira.site.user_id(gone)][REMOVED_AT]
