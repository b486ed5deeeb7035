"""The streams of `manifest.yaml`: what Jira lists, whole, or an error that says why not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fake_jira import FakeJira, Faults
from fake_jira.entities import SharedThing
from integration_tests.support import CLOUD, DATA_CENTER, SERVER, Setup, config_for, read_all
from source_jira_flow.source import MANIFEST

StartJira = Callable[..., FakeJira]
PLAIN = ["statuses", "issue_types", "priorities", "resolutions", "fields", "boards"]
PER_PROJECT = ["project_components", "project_versions", "project_issue_types"]
ALL = [*PLAIN, *PER_PROJECT]


def test_every_list_comes_whole(config: dict[str, Any], jira: FakeJira) -> None:
    reading = read_all(config, ALL)
    assert reading.succeeded, reading.error_messages
    site = jira.site
    projects = [project for project in site.visible_projects(site.service_account) if not project.archived]
    assert set(reading.rows("statuses")) == {status.id for status in site.statuses()}
    assert set(reading.rows("issue_types")) == {kind.id for kind in site.issue_types()}
    assert [row["name"] for row in reading.records["priorities"]] == [each.name for each in site.priorities]
    assert [row["position"] for row in reading.records["priorities"]] == [1, 2, 3, 4, 5]
    assert set(reading.rows("resolutions")) == {each.id for each in site.resolutions}
    assert site.sprint_field_id in reading.rows("fields")
    assert set(reading.rows("boards")) == {board.id for board in site.visible_boards(site.service_account)}
    components, versions = reading.rows("project_components"), reading.rows("project_versions")
    for project in projects:
        assert {each.id for each in project.components} == _of(components, project.id)
        assert {each.id for each in project.versions} == _of(versions, project.id)
    pairs = [(row["project_id"], row["issue_type_id"]) for row in reading.records["project_issue_types"]]
    assert len(pairs) == len(set(pairs))
    assert set(pairs) >= {(project.id, kind.id) for project in projects for kind in project.issue_types}
    assert all(len(row["status_ids"]) == len(row["status_names"]) > 0 for row in reading.records["project_issue_types"])


def _of(rows: dict[Any, dict[str, Any]], project_id: str) -> set[str]:
    return {key for key, row in rows.items() if row["project_id"] == project_id}


def test_a_status_tells_its_category_and_the_team_managed_project_that_owns_it(start_jira: StartJira) -> None:
    jira = start_jira(CLOUD, issues=0)
    rows = read_all(config_for(jira), ["statuses"]).rows("statuses")
    for status in jira.site.statuses():
        assert rows[status.id]["category_key"] == status.category
        assert rows[status.id].get("project_id") == status.project_id
    assert {row["category"] for row in rows.values()} == {"To Do", "In Progress", "Done"}
    assert any(row.get("project_id") for row in rows.values())


@pytest.mark.parametrize("setup", [CLOUD, SERVER], ids=str)
def test_many_boards_are_read_page_by_page_though_pages_are_short(setup: Setup, start_jira: StartJira) -> None:
    jira = start_jira(setup, issues=0, boards=130, sprints_per_board=1)
    jira.faults.short_pages(share=0.4, match="/board")
    reading = read_all(config_for(jira, setup.method), ["boards"])
    assert reading.succeeded
    assert set(reading.rows("boards")) == {board.id for board in jira.site.visible_boards(jira.site.service_account)}


@pytest.mark.parametrize("agile", ["absent", "unlicensed"])
def test_boards_without_jira_software_are_none_and_no_failure(agile: str, start_jira: StartJira) -> None:
    jira = start_jira(DATA_CENTER, issues=0)
    jira.site.settings.agile = agile
    reading = read_all(config_for(jira), ["boards", "statuses"])
    assert reading.succeeded and not reading.records.get("boards")
    assert any("Jira Software" in line for line in reading.logs)


def test_lists_per_project_keep_to_the_configured_projects(start_jira: StartJira) -> None:
    jira = start_jira(CLOUD, issues=0)
    reading = read_all(config_for(jira, projects=["CORE", "HELP"]), PER_PROJECT)
    assert reading.succeeded, reading.error_messages
    assert {row["project_key"] for row in reading.records["project_issue_types"]} == {"CORE", "HELP"}


def test_a_project_that_refuses_is_named_and_the_others_come(start_jira: StartJira) -> None:
    jira = start_jira(CLOUD, issues=0)
    core = jira.site.project("CORE")
    jira.faults.refuse(403, "Hands off.", match=f"/project/{core.id}/statuses")
    reading = read_all(config_for(jira), PER_PROJECT)
    assert reading.statuses["project_issue_types"] == "INCOMPLETE"
    assert reading.statuses["project_components"] == reading.statuses["project_versions"] == "COMPLETE"
    assert any("Hands off." in message and "CORE" in message for message in reading.error_messages)
    assert {"BIZ", "TEAM"} <= {row["project_key"] for row in reading.records["project_issue_types"]}


def test_a_project_that_vanishes_meanwhile_is_no_failure(start_jira: StartJira) -> None:
    jira = start_jira(CLOUD, issues=0)
    business = jira.site.project("BIZ")

    def vanish(record: Any) -> None:
        if "/statuses" in record.path and business.id in jira.site.projects:
            jira.site.delete_project(business)

    jira.on_request = vanish
    reading = read_all(config_for(jira), ["project_issue_types", "project_versions"])
    assert reading.succeeded, reading.error_messages


@pytest.mark.parametrize(
    "trouble",
    [
        lambda faults: faults.rate_limit(retry_after=None, every=4),
        lambda faults: faults.unavailable(every=4),
        lambda faults: faults.cut_body(every=4),
        lambda faults: faults.login_page(every=4),
        lambda faults: faults.drop_connection(every=4),
    ],
    ids=["429", "503", "a cut body", "HTML with 200", "a dropped connection"],
)
def test_passing_faults_change_nothing(trouble: Callable[[Faults], object], start_jira: StartJira) -> None:
    jira = start_jira(CLOUD, issues=0)
    config = config_for(jira)
    healthy = read_all(config, ALL)
    trouble(jira.faults)
    spoilt = read_all(config, ALL)
    assert spoilt.succeeded, spoilt.error_messages
    assert spoilt.count() == healthy.count()


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (lambda faults: faults.login_page(match="/2/status"), "login page"),
        (lambda faults: faults.cut_body(match="/2/status"), "closed the connection"),
        (lambda faults: faults.changed(lambda _: {"unexpected": True}, match="/2/status"), "not known"),
        (lambda faults: faults.refuse(403, "No statuses for you.", match="/2/status"), "No statuses for you."),
        (lambda faults: faults.anonymous(after=2), "API token"),
    ],
    ids=["HTML with 200", "a cut body", "another form", "a refusal", "nobody"],
)
def test_what_goes_wrong_is_an_error_and_never_no_rows(
    trouble: Callable[[Faults], object], words: str, start_jira: StartJira
) -> None:
    jira = start_jira(CLOUD, issues=0)
    trouble(jira.faults)
    reading = read_all(config_for(jira), ["statuses", "priorities"])
    assert reading.statuses["statuses"] == "INCOMPLETE"
    assert any(words in message for message in reading.error_messages), reading.error_messages
    assert words == "API token" or reading.statuses["priorities"] == "COMPLETE"


MADE_UP = """
  - type: DeclarativeStream
    name: link_types
    primary_key: id
    schema_loader: {type: InlineSchemaLoader, schema: {type: object, properties: {id: {type: string}}}}
    retriever:
      $ref: "#/definitions/named_rows"
      $parameters: {path: /rest/api/2/issueLinkType, rows: issueLinkTypes}
    transformations:
      - type: CustomTransformation
        class_name: source_jira_flow.lists.columns.Columns
        columns: {id: id, inward: inward}
  - type: DeclarativeStream
    name: made_up_dashboards
    primary_key: id
    schema_loader: {type: InlineSchemaLoader, schema: {type: object, properties: {id: {type: integer}}}}
    retriever:
      $ref: "#/definitions/pages"
      $parameters: {path: /rest/api/2/dashboard, rows: dashboards}
    transformations:
      - type: CustomTransformation
        class_name: source_jira_flow.lists.columns.Columns
        columns: {id: id, position: "#"}
  - type: DeclarativeStream
    name: security_levels
    primary_key: id
    schema_loader: {type: InlineSchemaLoader, schema: {type: object, properties: {id: {type: string}}}}
    retriever:
      $ref: "#/definitions/named_rows"
      partition_router: {$ref: "#/definitions/projects"}
      $parameters: {path: "/rest/api/2/project/{{ stream_partition.project_key }}/securitylevel", rows: levels}
    transformations:
      - type: CustomTransformation
        class_name: source_jira_flow.lists.columns.Columns
        columns: {id: id, name: name, project_key: partition.project_key}
"""


@pytest.mark.parametrize("setup", [CLOUD, SERVER], ids=str)
def test_a_list_of_each_form_takes_no_more_than_its_place_in_the_manifest(
    setup: Setup, start_jira: StartJira, tmp_path: Path
) -> None:
    jira = start_jira(setup, issues=0)
    jira.site.grant("SET_ISSUE_SECURITY", project="CORE")
    for number in range(120):
        jira.site.dashboards.append(
            SharedThing(str(20_000 + number), f"Board {number}", jira.site.service_account, shared=True)
        )
    jira.faults.short_pages(share=0.4, match="/dashboard")
    manifest = tmp_path / "manifest.yaml"
    manifest.write_text(MANIFEST.read_text("utf-8").replace("\nstreams:\n", f"\nstreams:{MADE_UP.rstrip()}\n"), "utf-8")
    reading = read_all(
        config_for(jira, setup.method), ["link_types", "made_up_dashboards", "security_levels"], manifest=manifest
    )
    assert reading.succeeded, reading.error_messages
    assert {"is blocked by"} <= {row["inward"] for row in reading.records["link_types"]}
    assert [row["position"] for row in reading.records["made_up_dashboards"]] == list(
        range(1, len(reading.records["made_up_dashboards"]) + 1)
    )
    assert {str(20_000 + number) for number in range(120)} <= {str(key) for key in reading.rows("made_up_dashboards")}
    assert [(row["project_key"], row["name"]) for row in reading.records["security_levels"]] == [("CORE", "Staff")]


def test_a_name_that_looks_like_something_else_stays_as_it_is(start_jira: StartJira) -> None:
    jira = start_jira(CLOUD, issues=0)
    names = ['"Done"', "'Done'", "None", "123", "1e5", "{{ 1 + 1 }}", "[1, 2]", "\u2028größe 🎉", " x "]
    for status, name in zip(jira.site.statuses(), names, strict=False):
        status.name = name
    rows = read_all(config_for(jira), ["statuses"]).rows("statuses")
    assert [rows[status.id]["name"] for status in jira.site.statuses()] == [
        status.name for status in jira.site.statuses()
    ]
    assert sum(row["name"] in names for row in rows.values()) >= 8


def test_a_sync_of_all_streams_asks_once_for_the_account(setup: Setup, start_jira: StartJira) -> None:
    jira = start_jira(setup, issues=20)
    read_all(config_for(jira, setup.method))
    assert [record.path for record in jira.requests].count("/rest/api/2/myself") == 1


def test_lists_per_project_cost_a_call_a_project_each_where_they_are_chosen_and_none_elsewhere(
    start_jira: StartJira,
) -> None:
    jira = start_jira(CLOUD, issues=20)
    site = jira.site
    projects = [project.id for project in site.visible_projects(site.service_account)]

    def asked_of_projects() -> Counter[str]:
        paths = [record.path for record in jira.requests]
        return Counter(path for path in paths if any(f"/project/{each}/" in path for each in projects))

    read_all(config_for(jira), ["issues", "projects", *PLAIN])
    assert not asked_of_projects()
    jira.reset_log()
    read_all(config_for(jira), PER_PROJECT)
    assert len(asked_of_projects()) == len(PER_PROJECT) * len(projects)
    # An empty list is asked for twice.
    assert set(asked_of_projects().values()) == {1, 2}
    assert jira.calls("/project/search") == 1
