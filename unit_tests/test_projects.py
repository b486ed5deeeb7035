"""Which projects are imported."""

from __future__ import annotations

from source_jira_flow.jira.projects import Project, nearest_key, select

ALPHA = Project("1", "ALPHA", "First", "software", False, False)
BETA = Project("2", "BETA", "Second", "business", True, False)
DESK = Project("3", "DESK", "Help desk", "service_desk", False, False)
OLD = Project("4", "OLD", "Archive", "software", False, True)
ALL = [ALPHA, BETA, DESK, OLD]


def test_no_configuration_means_every_live_software_and_business_project() -> None:
    assert select(ALL, ()).imported == (ALPHA, BETA)


def test_configured_keys_are_found_whatever_their_case_and_the_rest_is_named() -> None:
    selection = select(ALL, ("alpha", "DESK", "OLD", "NONE"))
    assert selection.imported == (ALPHA,)
    assert selection.not_importable == (DESK, OLD)
    assert selection.unknown == ("NONE",)


def test_the_nearest_key_helps_with_a_mistyped_one() -> None:
    assert nearest_key("ALHPA", ALL) == "ALPHA"
    assert nearest_key("second", ALL) == "BETA"
    assert nearest_key("ZZZZZZ", ALL) is None


def test_team_managed_is_told_by_style_or_simplified() -> None:
    assert Project.of({"id": 1, "style": "next-gen"}).is_team_managed
    assert Project.of({"id": 1, "simplified": True}).is_team_managed
    assert not Project.of({"id": 1}).is_team_managed
