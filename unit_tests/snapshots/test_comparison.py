"""What a snapshot sends: what is new, changed or gone, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from source_jira_flow.common.instants import from_milliseconds
from source_jira_flow.errors import ConfigurationError
from source_jira_flow.records.observed import REMOVED_AT
from source_jira_flow.records.projects import project_columns
from source_jira_flow.records.sprints import field_sprint_columns, sprint_columns
from source_jira_flow.records.stream import StreamDefinition
from source_jira_flow.records.users import user_columns
from source_jira_flow.snapshots.comparison import Comparison
from source_jira_flow.state.snapshots import StoredSnapshot, digest

T0 = 1_700_000_000_000
USERS = StreamDefinition("users", ("id",), "observed_at")


def user(identifier: str, **values: Any) -> dict[str, Any]:
    return user_columns({"accountId": identifier, "displayName": f"User {identifier}", "active": True} | values)


def compare(state: dict[str, Any] | None = None, now: int = T0) -> Comparison:
    return Comparison(USERS, StoredSnapshot.parse(state or {}, "users"), now)


def state_after(comparison: Comparison) -> dict[str, Any]:
    return comparison.state()


Rows = list[dict[str, Any]]


def read(state: dict[str, Any] | None, *users: dict[str, Any], now: int = T0) -> tuple[Rows, dict[str, Any]]:
    comparison = compare(state, now)
    records = [record for columns in users for record in comparison.listed(columns)]
    return records, state_after(comparison)


def test_the_first_reading_sends_all_and_the_second_nothing() -> None:
    first, state = read(None, user("a"), user("b"))
    assert [record["id"] for record in first] == ["a", "b"]
    assert all(record["observed_at"] == from_milliseconds(T0) and record[REMOVED_AT] is None for record in first)
    assert read(state, user("b"), user("a"))[0] == []


def test_a_change_is_sent_alone() -> None:
    _, state = read(None, user("a"), user("b"))
    records, _ = read(state, user("a"), user("b", displayName="Renamed"), now=T0 + 1)
    assert [(record["id"], record["name"]) for record in records] == [("b", "Renamed")]


def test_the_order_of_jiras_keys_is_no_change() -> None:
    _, state = read(None, user_columns({"accountId": "a", "displayName": "A", "active": True}))
    assert read(state, user_columns({"active": True, "displayName": "A", "accountId": "a"}))[0] == []


@pytest.mark.parametrize(
    "volatile",
    [
        {"self": "https://other.invalid/rest/api/2/user?accountId=a"},
        {"avatarUrls": {"16x16": "https://other.invalid/x.png"}},
        {"lastLoginTime": "2024-01-02T03:04:05.678+0000"},
        {"expand": "groups,applicationRoles"},
        {"emailAddress": None},
        {"emailAddress": ""},
    ],
)
def test_what_is_no_property_of_a_user_is_no_change(volatile: dict[str, Any]) -> None:
    _, state = read(None, user("a"))
    records, _ = read(state, user("a", **volatile))
    # An empty text stays one in Jira's own object; the column is null either way.
    assert all(record["email"] is None for record in records)
    assert volatile.get("emailAddress") == "" or records == []


def test_the_last_update_of_an_issue_is_no_change_of_its_project() -> None:
    project = {"id": "1", "key": "A", "name": "A", "lead": {"accountId": "x", "avatarUrls": {"16x16": "1"}}}
    insight = {"lastIssueUpdateTime": "2024-01-01", "totalIssueCount": 5}
    again = {**project, "insight": insight, "avatarUrls": {"16x16": "2"}}
    assert digest(project_columns(project, "https://x")) == digest(project_columns(again, "https://x"))


def test_the_same_id_on_two_pages_is_sent_once() -> None:
    records, _ = read(None, user("a"), user("a", displayName="Newer"))
    assert len(records) == 1


def test_observed_at_never_steps_back() -> None:
    _, state = read(None, user("a"), now=T0 + 5_000)
    records, state = read(state, user("a", active=False), now=T0)
    assert records[0]["observed_at"] == from_milliseconds(T0 + 5_001)
    records, _ = read(state, user("a"), now=T0 + 5_000)
    assert records[0]["observed_at"] == from_milliseconds(T0 + 5_002)


def test_what_is_gone_is_sent_with_its_key_alone_and_comes_back_as_new() -> None:
    _, state = read(None, user("a"), user("b"))
    comparison = compare(state, T0 + 1)
    list(comparison.listed(user("a")))
    assert comparison.missing() == ["b"]
    removal = comparison.remove("b", "b")
    assert {name: value for name, value in removal.items() if value is not None} == {
        "id": "b",
        "observed_at": from_milliseconds(T0 + 1),
        REMOVED_AT: from_milliseconds(T0 + 1),
    }
    assert comparison.missing() == []
    records, _ = read(state_after(comparison), user("a"), user("b"), now=T0 + 2)
    assert [(record["id"], record[REMOVED_AT]) for record in records] == [("b", None)]


def test_new_columns_of_ours_send_everything_once_and_nothing_as_gone() -> None:
    _, state = read(None, user("a"), user("b"))
    with_more = [{**user("a"), "brand_new": None}, {**user("b"), "brand_new": None}]
    records, state = read(state, *with_more)
    assert len(records) == 2
    assert compare(state).stored.listed.keys() == {"a", "b"}
    assert read(state, *with_more)[0] == []


def test_who_only_occurs_in_issues_is_remembered_and_never_missing() -> None:
    comparison = compare()
    assert len(list(comparison.mentioned(user("a")))) == 1
    assert list(comparison.mentioned(user("a", displayName="Twice"))) == []
    later = compare(state_after(comparison))
    assert later.missing() == []
    assert list(later.mentioned(user("a"))) == []
    assert list(compare(state_after(later)).mentioned(user("a"))) == []


def test_who_occurred_in_issues_and_is_listed_now_is_sent_only_where_changed() -> None:
    comparison = compare()
    list(comparison.mentioned(user("a")))
    later = compare(state_after(comparison))
    assert list(later.listed(user("a"))) == []
    state = state_after(later)
    assert StoredSnapshot.parse(state, "users").mentioned == {}
    assert compare(state).missing() == ["a"]


@pytest.mark.parametrize("name", ["listed", "occurring", "observed_at"])
def test_a_damaged_state_says_what_to_do(name: str) -> None:
    _, state = read(None, user("a"))
    with pytest.raises(ConfigurationError, match="clear the stream"):
        StoredSnapshot.parse({**state, name: "damaged"}, "users")


def test_sprints_and_their_field_have_the_same_columns() -> None:
    listed = sprint_columns({"id": 1, "name": "One", "state": "ACTIVE"}, frozenset({3, 2}))
    mentioned = field_sprint_columns({"id": 1, "name": "One", "state": "active", "boardId": 2})
    assert listed.keys() == mentioned.keys()
    assert listed["board_ids"] == [2, 3]
    assert listed["state"] == mentioned["state"] == "active"
