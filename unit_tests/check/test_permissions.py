"""The rules of diagnosis for permissions, without any Jira."""

from collections.abc import Iterable, Mapping

import pytest

from source_jira_flow.check import permissions
from source_jira_flow.check.findings import Finding, FixedBy, Severity
from source_jira_flow.check.permissions import ProjectRow
from source_jira_flow.jira.projects import Project, select

KIND = "self_hosted"


def project(key: str, *, team_managed: bool = False, type_name: str = "software", archived: bool = False) -> Project:
    return Project(f"id of {key}", key, f"Name of {key}", type_name, team_managed, archived)


def rows(*keys: str, without: str = "", team_managed: str = "") -> list[ProjectRow]:
    """Imported projects; on those in `without` Create issues is missing."""
    return [
        ProjectRow(project(key, team_managed=key in team_managed.split()), True, key not in without.split(), True)
        for key in keys
    ]


def codes(findings: Iterable[Finding]) -> Mapping[str, Severity]:
    return {finding.code: finding.severity for finding in findings}


@pytest.mark.parametrize(
    ("missing", "team_managed", "configured", "required", "expected"),
    [
        ("", "", (), True, {}),
        ("A", "", (), True, {"create_issues": Severity.WARNING}),
        ("A", "", ("A", "B", "C"), True, {"create_issues": Severity.FAILED}),
        ("A", "", ("A", "B", "C"), False, {"create_issues": Severity.WARNING}),
        ("A", "A", (), True, {"create_issues_team_managed": Severity.WARNING}),
        (
            "A B",
            "A",
            (),
            True,
            {"create_issues": Severity.WARNING, "create_issues_team_managed": Severity.WARNING},
        ),
        ("A B C", "", (), True, {"create_issues_everywhere": Severity.FAILED}),
        ("A B C", "", (), False, {"create_issues_everywhere": Severity.WARNING}),
        ("A B C", "A B C", (), True, {"create_issues_team_managed": Severity.FAILED}),
        (
            "A B C",
            "A",
            (),
            True,
            {"create_issues_everywhere": Severity.FAILED, "create_issues_team_managed": Severity.FAILED},
        ),
    ],
)
def test_create_issues_is_judged_by_where_it_is_missing(
    missing: str, team_managed: str, configured: tuple[str, ...], required: bool, expected: dict[str, Severity]
) -> None:
    given = rows("A", "B", "C", without=missing, team_managed=team_managed)
    assert codes(permissions.create_issues_findings(given, configured, KIND, required=required)) == expected


def test_ten_projects_are_named_and_the_rest_is_counted() -> None:
    keys = [f"P{number:02d}" for number in range(40)]
    [finding] = permissions.create_issues_findings(rows(*keys, without=" ".join(keys[:25])), (), KIND, required=True)
    assert "25 of 40 projects: P00, P01" in finding.text
    assert "P09 and 15 more" in finding.text
    assert "P10" not in finding.text


def test_the_longest_keys_still_leave_room_for_what_to_do() -> None:
    keys = [f"{'VERYLONGKEY' * 3}{number}" for number in range(30)]
    [finding] = permissions.create_issues_findings(rows(*keys, "X", without=" ".join(keys)), (), KIND, required=True)
    assert finding.text.endswith("(Project settings → Users and roles).")


def test_projects_that_jira_did_not_tell_of_are_not_taken_for_lacking_ones() -> None:
    unasked = ProjectRow(project("U"), None, None, True)
    assert codes(permissions.create_issues_findings([unasked, *rows("A")], (), KIND, required=True)) == {}
    [finding] = permissions.unasked_findings([unasked, *rows("A")])
    assert "1 of 2 projects" in finding.text


def test_only_importable_live_and_browsable_projects_are_imported() -> None:
    visible = [project("A"), project("B"), project("H", type_name="service_desk"), project("O", archived=True)]
    held = {"id of A": frozenset({"BROWSE_PROJECTS"}), "id of B": frozenset[str]()}
    made = permissions.project_rows(visible, held, select(visible, ()))
    assert [row.project.key for row in made if row.imported] == ["A"]
    assert [(row.browse, row.create) for row in made] == [(True, False), (False, False), (None, None), (None, None)]


def test_a_configured_project_that_is_seen_but_not_browsed_fails() -> None:
    visible = [project("A"), project("B")]
    selection = select(visible, ("a", "b"))
    made = permissions.project_rows(visible, {"id of A": frozenset[str]()}, selection)
    [finding] = permissions.unbrowsable_findings(made, ("a", "b"), KIND)
    assert (finding.severity, finding.fixed_by) == (Severity.FAILED, FixedBy.JIRA_ADMINISTRATOR)
    assert "“Browse projects” on A" in finding.text


def test_with_all_projects_imported_one_that_is_not_browsed_is_a_warning() -> None:
    visible = [project("A"), project("B")]
    made = permissions.project_rows(visible, {"id of A": frozenset[str]()}, select(visible, ()))
    assert codes(permissions.unbrowsable_findings(made, (), KIND)) == {"browse_projects": Severity.WARNING}


@pytest.mark.parametrize(
    ("configured", "says"),
    [
        (("ABX",), "project ABX (did you mean ABC?) does not exist, or the account can't browse it"),
        (("ABX", "QQQQ"), "projects ABX (did you mean ABC?), QQQQ do not exist"),
    ],
)
def test_unknown_projects_are_named_with_the_nearest(configured: tuple[str, ...], says: str) -> None:
    visible = [project("ABC")]
    selection = select(visible, configured)
    [finding] = permissions.configured_findings(selection, rows("ABC"), {}, KIND)
    assert says in finding.text


@pytest.mark.parametrize(
    ("type_name", "title"),
    [("service_desk", "Service Management"), ("product_discovery", "Product Discovery"), ("new_kind", "new_kind")],
)
def test_projects_of_other_types_are_named_as_not_importable(type_name: str, title: str) -> None:
    visible = [project("A"), project("H", type_name=type_name)]
    selection = select(visible, ("A", "H"))
    [finding] = permissions.configured_findings(selection, rows("A"), {}, KIND)
    assert finding.severity is Severity.WARNING
    assert finding.text.startswith(f"{title} projects can't be imported. Remove H from")


@pytest.mark.parametrize(
    ("keys", "missing", "team_managed", "says"),
    [
        ("A B", "A B", "B", "is missing on 2 of 2 projects: A and 1 team-managed."),
        ("A B C", "A B", "B", "is missing on 2 of 3 projects: A and 1 team-managed."),
        ("A B C", "A", "", "is missing on 1 of 3 projects: A."),
        ("A", "A", "", "is missing on A."),
    ],
)
def test_counts_include_team_managed_projects(keys: str, missing: str, team_managed: str, says: str) -> None:
    given = rows(*keys.split(), without=missing, team_managed=team_managed)
    first, *_ = permissions.create_issues_findings(given, (), KIND, required=True)
    assert says in first.text
    assert "Ask your Jira administrator" in first.text
    assert first.fixed_by is FixedBy.JIRA_ADMINISTRATOR
