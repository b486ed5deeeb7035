"""Users, projects, sprints and labels: only what changed, what is gone, and never what a fault made look gone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from airbyte_cdk.models import SyncMode

from fake_jira import FakeJira, Faults, Request
from fake_jira.clock import DAY_MS
from integration_tests.support import CLOUD, DATA_CENTER, REMOVED_AT, SERVER, Setup, config_for, read_all
from source_jira_flow.common.instants import milliseconds

StartJira = Callable[..., FakeJira]
STREAMS = ["users", "projects", "sprints", "labels"]
# An OAuth signature does not survive the days that pass in these tests.
DATA_CENTER_BY_PASSWORD = Setup("data-center-10.3", "username_password", "/jira")

# -- projects ----------------------------------------------------------------------------------------


def test_projects_are_all_that_the_account_sees_whatever_is_configured(setup: Setup, start_jira: StartJira) -> None:
    jira = start_jira(setup, issues=0)
    reading = read_all(config_for(jira, setup.method, projects=["CORE"]), ["projects"])
    rows = reading.rows("projects")
    for project in jira.site.visible_projects(jira.site.service_account):
        row = rows[project.id]
        assert (row["key"], row["name"], row["project_type"]) == (project.key, project.name, project.type_key)
        assert row["is_team_managed"] == (project.team_managed and jira.site.flavor.cloud)
        assert row["importable"] == (project.type_key in ("software", "business"))
        assert row["lead_id"] == jira.site.user_id(project.lead)
        assert row.get("description") == (project.description or None)
        assert row.get("category") == (project.category.name if project.category else None)
        assert row["archived"] == project.archived
        assert row["url"] == f"{jira.base_url}/browse/{project.key}"


def test_a_new_key_a_new_name_an_archive_and_an_end_of_a_project(config: dict[str, Any], jira: FakeJira) -> None:
    first = read_all(config, ["projects"])
    site = jira.site
    by_key = {project.key: project for project in site.visible_projects(site.service_account)}
    core, business, help_desk, gone = (by_key[key] for key in ("CORE", "BIZ", "HELP", "OR"))
    site.rename_project_key(core, "KERN")
    site.edit_project(business, name="Other business")
    site.archive_project(help_desk)
    site.delete_project(gone)
    second = read_all(config, ["projects"], first.states)
    records = {record["id"]: record for record in second.records["projects"]}
    assert len(records) == len(second.records["projects"])
    assert records[core.id]["key"] == "KERN"
    assert records[business.id]["name"] == "Other business"
    assert records[gone.id][REMOVED_AT] and "name" not in records[gone.id]
    # Which archived projects Jira lists is the kind's own affair; what it says is passed on.
    assert help_desk.id not in records or records[help_desk.id].get("archived") or records[help_desk.id][REMOVED_AT]
    assert set(records) <= {core.id, business.id, help_desk.id, gone.id}
    assert not read_all(config, ["projects"], second.states).records


@pytest.mark.parametrize("setup", [CLOUD, DATA_CENTER], ids=str)
def test_a_project_that_is_no_longer_imported_says_until_when_it_was(setup: Setup, start_jira: StartJira) -> None:
    jira = start_jira(setup, issues=0)
    config = config_for(jira, setup.method)
    first = read_all(config, ["projects"])
    before = {row["key"]: row for row in first.records["projects"]}
    assert {key: row["imported"] for key, row in before.items()} == {
        key: row["importable"] and not row["archived"] for key, row in before.items()
    }
    assert all(row.get("imported_until") is None for row in before.values())
    jira.site.revoke("BROWSE_PROJECTS", project="BIZ")
    second = read_all({**config, "projects": ["OR", "BIZ"]}, ["projects"], first.states)
    sent = {record["id"]: record for record in second.records["projects"]}
    core, gone = sent[before["CORE"]["id"]], sent[before["BIZ"]["id"]]
    for row in (core, gone):
        assert row["imported"] is False
        assert row["imported_until"] == before["CORE"]["observed_at"]
    assert gone[REMOVED_AT]
    third = read_all({**config, "projects": ["OR"]}, ["projects"], second.states)
    assert not third.records
    fourth = read_all(config, ["projects"], third.states)
    assert fourth.rows("projects")[before["CORE"]["id"]]["imported"] is True
    assert fourth.rows("projects")[before["CORE"]["id"]].get("imported_until") is None


def test_an_issue_that_changes_is_no_change_of_its_project(config: dict[str, Any], jira: FakeJira) -> None:
    first = read_all(config, STREAMS)
    issue = next(iter(jira.site.visible_issues(jira.site.service_account)))
    jira.site.edit_issue(issue, summary="Changed")
    assert not read_all(config, STREAMS, first.states).records


def test_an_account_that_sees_no_project_any_more_is_told_and_nothing_is_taken_away(start_jira: StartJira) -> None:
    jira = start_jira(CLOUD, issues=0)
    config = config_for(jira)
    first = read_all(config, ["projects", "labels"])
    jira.site.revoke("BROWSE_PROJECTS")
    second = read_all(config, ["projects", "labels"], first.states)
    assert second.statuses["projects"] == "INCOMPLETE"
    assert any("can't browse a single project" in message for message in second.error_messages)
    assert not second.records.get("projects")


# -- labels ------------------------------------------------------------------------------------------


def test_labels_are_kept_as_written_and_gone_when_no_issue_has_them(start_jira: StartJira) -> None:
    jira = start_jira(CLOUD)
    config = config_for(jira)
    issue = next(iter(jira.site.visible_issues(jira.site.service_account, ("software",))))
    odd = ["Zeichen-🚀", "zeichen-🚀", "日本", 'quo"te', "back\\slash", "a,b", "Ω"]
    jira.site.edit_issue(issue, labels=odd)
    first = read_all(config, ["labels"])
    assert set(first.rows("labels", "name")) == jira.site.all_labels() >= set(odd)
    assert len(first.records["labels"]) == len(jira.site.all_labels())
    jira.site.edit_issue(issue, labels=[*odd[1:], "brand-new"])
    second = read_all(config, ["labels"], first.states)
    assert {record["name"]: bool(record.get(REMOVED_AT)) for record in second.records["labels"]} == {
        odd[0]: True,
        "brand-new": False,
    }
    jira.site.edit_issue(issue, labels=odd)
    third = read_all(config, ["labels"], second.states)
    assert {record["name"]: bool(record.get(REMOVED_AT)) for record in third.records["labels"]} == {
        odd[0]: False,
        "brand-new": True,
    }


@pytest.mark.parametrize("setup", [DATA_CENTER, SERVER], ids=str)
def test_self_hosted_labels_come_from_issues_and_are_never_told_as_gone(setup: Setup, start_jira: StartJira) -> None:
    jira = start_jira(setup)
    config = config_for(jira, setup.method)
    first = read_all(config, ["labels"])
    assert first.succeeded, first.error_messages
    assert set(first.rows("labels", "name")) == jira.site.visible_labels(jira.site.service_account)
    issue = next(iter(jira.site.visible_issues(jira.site.service_account, ("software",))))
    jira.site.edit_issue(issue, labels=["brand-new"])
    jira.site.clock.advance(2_000)
    second = read_all(config, ["labels"], first.states)
    assert [(record["name"], record.get(REMOVED_AT)) for record in second.records["labels"]] == [("brand-new", None)]


def test_an_empty_list_of_labels_while_issues_have_some_fails_the_stream(start_jira: StartJira) -> None:
    jira = start_jira(CLOUD)
    config = config_for(jira)
    first = read_all(config, ["labels"])
    jira.faults.early_end(keep=0.0, match="/2/label")
    second = read_all(config, ["labels"], first.states)
    assert second.statuses == {"labels": "INCOMPLETE"} and not second.records
    jira.faults.clear()
    assert not read_all(config, ["labels"], second.states).records


def test_the_last_label_can_go(start_jira: StartJira) -> None:
    jira = start_jira(CLOUD, issues=5)
    for issue in list(jira.site.issues.values()):
        jira.site.edit_issue(issue, labels=["only"])
    config = config_for(jira)
    first = read_all(config, ["labels"])
    assert set(first.rows("labels", "name")) == {"only"}
    for issue in list(jira.site.issues.values()):
        jira.site.edit_issue(issue, labels=[])
    jira.site.clock.advance(60_000)
    second = read_all(config, ["labels"], first.states)
    assert second.succeeded, second.error_messages
    assert [(record["name"], bool(record[REMOVED_AT])) for record in second.records["labels"]] == [("only", True)]


# -- faults ------------------------------------------------------------------------------------------

LISTS = ("/users/search", "/user/search", "/user/list", "/2/project", "/project/search", "/label", "/board", "/sprint")


def in_a_list(request: Request) -> bool:
    """A page of a list; what is asked for by itself is not spoilt."""
    return request.path.endswith(LISTS) and request.text("id") is None


PASSING: dict[str, Callable[[Faults], object]] = {
    "429": lambda faults: faults.rate_limit(retry_after=None, every=3, match=in_a_list),
    "503": lambda faults: faults.unavailable(every=3, match=in_a_list),
    "a dropped connection": lambda faults: faults.drop_connection(every=3, match=in_a_list),
    "a cut body": lambda faults: faults.cut_body(every=3, match=in_a_list),
    "an empty page": lambda faults: faults.empty_page(every=3, match=in_a_list),
    "short pages": lambda faults: faults.short_pages(share=0.3, match=in_a_list),
    "HTML with 200": lambda faults: faults.login_page(every=3, match=in_a_list),
}
LASTING: dict[str, Callable[[Faults], object]] = {
    "every page is empty": lambda faults: faults.empty_page(match=in_a_list),
    "every list ends early": lambda faults: faults.early_end(keep=0.4, match=in_a_list),
    "every list is empty": lambda faults: faults.early_end(keep=0.0, match=in_a_list),
    "nobody": lambda faults: faults.anonymous(after=4),
    "nobody now and then": lambda faults: faults.anonymous(every=3, match=in_a_list),
    "refused": lambda faults: faults.refuse(403, match=in_a_list),
    "not found": lambda faults: faults.refuse(404, match=in_a_list),
    "HTML for ever": lambda faults: faults.login_page(match=in_a_list),
}


@pytest.mark.parametrize("trouble", PASSING)
@pytest.mark.parametrize("setup", [CLOUD, DATA_CENTER_BY_PASSWORD], ids=str)
def test_a_passing_fault_leaves_nothing_out_and_makes_nothing_look_gone(
    setup: Setup, trouble: str, start_jira: StartJira
) -> None:
    jira = start_jira(setup, issues=40, users=130, boards=8)
    config = config_for(jira, setup.method)
    streams = STREAMS if setup is CLOUD else STREAMS[:-1]
    PASSING[trouble](jira.faults)
    first = read_all(config, streams)
    assert first.succeeded, first.error_messages
    assert any(request.fault for request in jira.requests) or trouble == "short pages"
    site, account = jira.site, jira.site.service_account
    assert set(first.rows("users")) == {site.user_id(user) for user in site.visible_users(account)}
    assert set(first.rows("sprints")) == {sprint.id for sprint in site.visible_sprints(account)}
    assert {project.id for project in site.visible_projects(account)} <= set(first.rows("projects"))
    if "labels" in streams:
        assert set(first.rows("labels", "name")) == site.all_labels()
    # So late that all sprints are read again.
    site.clock.advance(2 * DAY_MS)
    second = read_all(config, streams, first.states)
    assert second.succeeded and not second.records, second.error_messages


@pytest.mark.parametrize("trouble", LASTING)
@pytest.mark.parametrize("setup", [CLOUD, DATA_CENTER_BY_PASSWORD], ids=str)
def test_no_lasting_fault_makes_anything_look_gone_and_afterwards_all_is_right_again(
    setup: Setup, trouble: str, start_jira: StartJira
) -> None:
    jira = start_jira(setup, issues=40, users=130, boards=8)
    config = config_for(jira, setup.method)
    streams = STREAMS if setup is CLOUD else STREAMS[:-1]
    first = read_all(config, streams)
    assert first.succeeded, first.error_messages
    jira.site.clock.advance(2 * DAY_MS)
    LASTING[trouble](jira.faults)
    spoilt = read_all(config, streams, first.states)
    assert not any(record.get(REMOVED_AT) for records in spoilt.records.values() for record in records)
    assert any(request.fault for request in jira.requests)
    jira.faults.clear()
    jira.site.clock.advance(2 * DAY_MS)
    healed = read_all(config, streams, spoilt.states)
    assert healed.succeeded, healed.error_messages
    for stream in streams:
        key = "name" if stream == "labels" else "id"
        held = {**first.rows(stream, key), **spoilt.rows(stream, key), **healed.rows(stream, key)}
        assert _said(held) == _said(first.rows(stream, key)), stream


def _said(rows: dict[Any, dict[str, Any]]) -> dict[Any, dict[str, Any]]:
    return {key: {name: part for name, part in row.items() if name != "observed_at"} for key, row in rows.items()}


# -- states ------------------------------------------------------------------------------------------


def test_a_full_refresh_sends_everything_and_goes_on_from_its_own_generation_only(start_jira: StartJira) -> None:
    jira = start_jira(CLOUD, issues=0)
    config = config_for(jira)
    incremental = read_all(config, STREAMS[:3])
    full = read_all(config, STREAMS[:3], incremental.states, SyncMode.full_refresh, generation=7)
    assert full.count() == incremental.count()
    resumed = read_all(config, STREAMS[:3], full.states, SyncMode.full_refresh, generation=7)
    assert resumed.succeeded and not resumed.records
    again = read_all(config, STREAMS[:3], full.states, SyncMode.full_refresh, generation=8)
    assert again.count() == incremental.count()
    without = read_all(config, STREAMS[:3], full.states, SyncMode.full_refresh)
    assert without.count() == incremental.count()


def test_observed_at_is_jiras_clock_and_never_steps_back(start_jira: StartJira) -> None:
    jira = start_jira(CLOUD, issues=0)
    config = config_for(jira)
    jira.site.clock.advance(-3_600_000)
    first = read_all(config, ["users"])
    observed = milliseconds(first.records["users"][0]["observed_at"])
    assert abs(observed - jira.site.clock.now()) < 60_000
    jira.site.clock.advance(-1_800_000)
    user = next(iter(jira.site.users.values()))
    jira.site.rename_user(user, "Renamed")
    second = read_all(config, ["users"], first.states)
    assert milliseconds(second.records["users"][0]["observed_at"]) == observed + 1


def test_a_list_that_fails_leaves_its_state_as_it_was_and_the_other_streams_whole(start_jira: StartJira) -> None:
    jira = start_jira(CLOUD, issues=0)
    config = config_for(jira)
    jira.faults.refuse(400, "Not today.", match="/users/search")
    reading = read_all(config, STREAMS)
    assert reading.statuses == {**dict.fromkeys(STREAMS, "COMPLETE"), "users": "INCOMPLETE"}
    assert reading.state("users") == {}
    assert any("Not today." in message for message in reading.error_messages)


def test_a_state_that_was_damaged_says_what_to_do(start_jira: StartJira) -> None:
    jira = start_jira(CLOUD, issues=0)
    config = config_for(jira)
    first = read_all(config, ["users"])
    for state in first.states:
        assert state.stream and state.stream.stream_state
        state.stream.stream_state.listed = state.stream.stream_state.listed[:-20]  # type: ignore[attr-defined]
    second = read_all(config, ["users"], first.states)
    assert second.statuses == {"users": "INCOMPLETE"}
    assert any("clear the stream" in message for message in second.error_messages)
