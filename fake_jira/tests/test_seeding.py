"""What every site holds, whatever its size and seed."""

import time
from collections import Counter

import pytest

from fake_jira import FLAVORS, Clock, Site, build_site, flavor_named
from fake_jira.clock import DAY_MS
from fake_jira.seeding import MANY_CHANGES, MANY_COMMENTS


@pytest.fixture(scope="module", params=[(flavor, seed) for flavor in FLAVORS for seed in (1, 2)], ids=str)
def site(request: pytest.FixtureRequest) -> Site:
    flavor, seed = request.param
    return build_site(flavor, seed=seed)


def content(site: Site) -> list[tuple[object, ...]]:
    return [
        (
            issue.key,
            issue.summary,
            issue.description,
            issue.created,
            issue.updated,
            issue.status.name,
            tuple(issue.labels),
            tuple(sprint.name for sprint in issue.sprints),
            tuple((comment.id, comment.body, comment.author.name, comment.created) for comment in issue.comments),
        )
        for issue in site.issues.values()
    ]


def test_a_seed_gives_the_same_content_on_every_kind_of_jira() -> None:
    def of(flavor: str, seed: int) -> list[tuple[object, ...]]:
        return content(build_site(flavor, seed=seed, clock=Clock(1_700_000_000_000, frozen=True)))

    assert of("cloud", 1) == of("cloud", 1)
    assert of("cloud", 1) == of("server7", 1)
    assert of("cloud", 1) != of("cloud", 2)


def test_times_are_in_order_and_in_the_past(site: Site) -> None:
    latest = site.clock.now() - 2 * DAY_MS
    for issue in site.issues.values():
        assert issue.created <= issue.updated <= latest
        parts = [comment.created for comment in issue.comments] + [change.created for change in issue.history]
        assert all(issue.created <= instant <= issue.updated for instant in parts)
    created = [issue.created for issue in site.issues.values()]
    assert max(created) - min(created) > 600 * DAY_MS


def test_the_difficult_cases_are_there(site: Site) -> None:
    visible = site.visible_issues(site.service_account)
    assert any(len(site.visible_comments(issue, site.service_account)) == MANY_COMMENTS for issue in visible)
    assert any(len(issue.history) == MANY_CHANGES for issue in visible)
    assert any(issue.parent for issue in visible)
    assert any(issue.epic for issue in visible)
    secured = [issue for issue in site.issues.values() if issue.security_level]
    assert any(site.service_account not in issue.security_level.members for issue in secured if issue.security_level)
    for instants in ([issue.updated for issue in visible], [issue.created for issue in visible]):
        assert Counter(instant // 1000 for instant in instants).most_common(1)[0][1] == 30
        assert Counter(instants).most_common(1)[0][1] >= 15
    labels = site.visible_labels(site.service_account)
    assert {"backend", "Backend", "BACKEND"} <= labels
    names = {sprint.name for sprint in site.sprints.values()}
    assert all(any(part in name for name in names) for part in (",", "]", "=", "name="))
    people = site.visible_users(site.service_account)
    assert any(user.email is None for user in people)
    assert any(not user.active for user in people)
    assert any(user.account_type == "app" for user in people) == site.flavor.cloud
    assert any(not user.name.isascii() for user in people)


def test_projects_of_every_kind_have_issues(site: Site) -> None:
    issues = Counter(issue.project.key for issue in site.issues.values())
    for project in site.projects.values():
        assert issues[project.key] >= 3
    types = {project.type_key for project in site.projects.values()}
    assert {"software", "business", "service_desk"} <= types
    assert ("product_discovery" in types) == site.flavor.cloud
    assert {project.key for project in site.projects.values() if project.team_managed} == (
        {"TEAM"} if site.flavor.cloud else set()
    )
    assert not site.holds(site.service_account, "BROWSE_PROJECTS", site.project("HIDDEN"))


def test_nobody_bears_a_human_name(site: Site) -> None:
    names = {user.display_name.split()[0] for user in site.users.values()}
    assert names <= {"User", "App", "Site", "Service"}
    assert all((user.email or "@example.com").endswith("@example.com") for user in site.users.values())


@pytest.mark.parametrize("issues", [0, 1, 7, 30])
def test_small_sites_are_sites_too(issues: int) -> None:
    site = build_site(issues=issues, users=0, boards=0)
    assert len(site.issues) == issues


def test_large_sites_are_built_in_seconds() -> None:
    began = time.process_time()
    site = build_site(issues=5000)
    assert time.process_time() - began < 3
    assert len(site.issues) == 5000


def test_sizes_are_as_asked() -> None:
    site = build_site("dc10", issues=300, projects=40, users=20, boards=5, sprints_per_board=9, comments_per_issue=0)
    assert len(site.projects) == 40
    assert len(site.users) == 22
    assert sum(board.quirk is None and board.project.key != "HIDDEN" for board in site.boards.values()) == 5
    assert len(site.sprints) == 5 * 9 + 1
    assert sum(len(issue.comments) for issue in site.issues.values()) == MANY_COMMENTS


def test_flavors_have_aliases() -> None:
    assert flavor_named("data-center-10.3").version.startswith("10.3")
    assert flavor_named("Server-7.13").version_numbers[:2] == [7, 13]
    assert flavor_named("cloud").deployment_type == "Cloud"
    with pytest.raises(ValueError, match="unknown flavor"):
        flavor_named("bitbucket")
