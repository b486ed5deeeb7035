"""Accounts that may not see or do what a sync needs, and projects that are not there."""

from __future__ import annotations

from collections.abc import Callable

from fake_jira import Fault, Request
from fake_jira.messages import Response, json_response
from integration_tests.broken_set_ups.scene import (
    ADMIN,
    PROJECT,
    BrokenSetUp,
    Scene,
    after,
    on_cloud,
    on_data_center,
    refusing,
    with_changes,
)


def _revoke(permission: str, *projects: str) -> Callable[[Scene], None]:
    def revoke(scene: Scene) -> None:
        for project in projects or (None,):
            scene.site.revoke(permission, project=project)

    return revoke


def _many_projects_without_create(scene: Scene) -> None:
    for number in range(12):
        key = f"MANY{number:02d}"
        scene.site.create_project(key, f"One of many {number}")
        scene.site.revoke("CREATE_ISSUES", project=key)


def _rename_core(scene: Scene) -> None:
    scene.site.rename_project_key("CORE", "NUCLEUS")


def _only_service_desks(scene: Scene) -> None:
    for project in list(scene.site.projects.values()):
        if project.type_key in ("software", "business"):
            scene.site.revoke("BROWSE_PROJECTS", project=project)


def _administered_with_levels(own: tuple[str, ...]) -> Callable[[Scene], None]:
    """The account administers CORE, whose issue security has levels; it is in those of `own`."""

    def change(scene: Scene) -> None:
        for permission in ("ADMINISTER_PROJECTS", "SET_ISSUE_SECURITY"):
            scene.site.grant(permission, project="CORE")
        levels = [{"id": "1", "name": "Everyone"}, {"id": "2", "name": "Board only"}]
        scene.answering("/issuesecuritylevelscheme", json_response({"id": 1, "levels": levels}))
        held = [level for level in levels if level["name"] in own]
        scene.answering("/securitylevel", json_response({"levels": held}))

    return change


def _administered_without_setting(scene: Scene) -> None:
    _administered_with_levels(())(scene)
    scene.site.revoke("SET_ISSUE_SECURITY")


def _issues_with_levels(scene: Scene) -> None:
    """CORE uses a security level that the account belongs to: nothing but the visible issues shows that."""
    core = scene.site.project("CORE")
    staff = next(level for level in core.security_levels if scene.site.service_account in level.members)
    issue = next(issue for issue in scene.site.issues.values() if issue.project is core)
    scene.site.set_security_level(issue.id, staff)


def _strange_projects(scene: Scene) -> None:
    def answer(request: Request) -> Response:
        return json_response([{"unheard": "of"}])

    scene.jira.faults.add(Fault("strange", match="/rest/api/2/project", answer=answer))


PERMISSIONS = (
    BrokenSetUp(
        "no Browse users",
        after(_revoke("USER_PICKER"), on_cloud),
        "browse_users",
        ("“Browse users and groups”", "Global permissions"),
        ADMIN,
    ),
    BrokenSetUp(
        "nothing to browse",
        after(_revoke("BROWSE_PROJECTS"), on_data_center),
        "nothing_to_browse",
        ("can't browse a single project", "Application access", "“Browse projects”", "Permission helper"),
        ADMIN,
    ),
    BrokenSetUp(
        "service desks alone",
        after(_only_service_desks, on_cloud),
        "nothing_to_import",
        ("only Jira Software and business projects",),
        ADMIN,
    ),
    BrokenSetUp(
        "Create issues missing everywhere",
        after(_revoke("CREATE_ISSUES"), on_data_center),
        "create_issues_everywhere",
        ("missing on all 4 projects", "globally", "permission scheme", "Permission helper"),
        ADMIN,
    ),
    BrokenSetUp(
        "Create issues missing everywhere, on Cloud with a team-managed project",
        after(_revoke("CREATE_ISSUES"), on_cloud),
        "create_issues_everywhere",
        ("missing on all 4 projects", "globally", "team-managed project TEAM", "Member or Administrator"),
        ADMIN,
    ),
    BrokenSetUp(
        "Create issues missing on some",
        after(_revoke("CREATE_ISSUES", "CORE", "BIZ"), on_data_center),
        "create_issues",
        (
            "missing on 2 of 4 projects: BIZ, CORE",
            "Ask your Jira administrator to grant it (Administration → Issues → Permission schemes)",
            "Project administrators can only add the account to a role (Project settings → Users and roles)",
            "4 projects will be imported",
        ),
        ADMIN,
        succeeds=True,
    ),
    BrokenSetUp(
        "Create issues missing on a team-managed project",
        after(_revoke("CREATE_ISSUES", "TEAM"), on_cloud),
        "create_issues_team_managed",
        ("team-managed project TEAM", "Member or Administrator"),
        PROJECT,
        succeeds=True,
    ),
    BrokenSetUp(
        "Create issues missing on many",
        after(_many_projects_without_create, on_cloud),
        "create_issues",
        ("12 of 16 projects (spaces)", "MANY00", " more. Ask your Jira administrator", "Space settings → People"),
        ADMIN,
        succeeds=True,
    ),
    BrokenSetUp(
        "Create issues missing on a configured project",
        with_changes(after(_revoke("CREATE_ISSUES", "CORE"), on_cloud), projects=["CORE", "BIZ"]),
        "create_issues",
        ("“Create work items” is missing on 1 of 2 projects (spaces): CORE.",),
        ADMIN,
    ),
    BrokenSetUp(
        "Create issues missing, but not required",
        with_changes(after(_revoke("CREATE_ISSUES"), on_cloud), require_create_issues=False),
        "create_issues_everywhere",
        ("missing on all 4 projects",),
        ADMIN,
        succeeds=True,
    ),
    BrokenSetUp(
        "a project mistyped",
        with_changes(on_cloud, projects=["CORA", "BIZ"]),
        "project_unknown",
        ("CORA (did you mean CORE?)", "does not exist", "“Browse spaces”"),
    ),
    BrokenSetUp(
        "a project hidden",
        with_changes(on_data_center, projects=["HIDDEN", "CORE"]),
        "project_unknown",
        ("HIDDEN", "can't browse it", "“Browse projects”", "Administration → Issues → Permission schemes"),
    ),
    BrokenSetUp(
        "a project renamed",
        with_changes(after(_rename_core, on_cloud), projects=["CORE"]),
        "project_renamed",
        ("CORE is now NUCLEUS",),
    ),
    BrokenSetUp(
        "a service desk configured",
        with_changes(on_cloud, projects=["CORE", "HELP"]),
        "not_importable",
        ("Service Management projects can't be imported", "HELP"),
        succeeds=True,
    ),
    BrokenSetUp(
        "only a service desk configured",
        with_changes(on_cloud, projects=["HELP"]),
        "nothing_to_import",
        ("None of the configured projects can be imported", "HELP"),
    ),
    BrokenSetUp(
        "an archived project configured",
        with_changes(on_data_center, projects=["CORE", "OLD"]),
        "archived",
        ("Archived projects", "OLD"),
        succeeds=True,
    ),
    BrokenSetUp(
        "hidden by issue security",
        after(_administered_with_levels(("Everyone",)), on_data_center),
        "issue_security",
        ("Some issues are hidden", "CORE (Board only)"),
        ADMIN,
        succeeds=True,
    ),
    BrokenSetUp(
        "perhaps hidden by issue security",
        after(_administered_without_setting, on_cloud),
        "issue_security",
        ("Some issues may be hidden", "CORE"),
        ADMIN,
        succeeds=True,
    ),
    BrokenSetUp(
        "issues with a security level",
        after(_issues_with_levels, on_data_center),
        "issue_security",
        ("these projects use security levels: CORE.", "Administration → Issues → Issue security schemes"),
        ADMIN,
        succeeds=True,
    ),
    BrokenSetUp(
        "issues with a security level, on Cloud",
        after(_issues_with_levels, on_cloud),
        "issue_security",
        ("these projects use security levels: CORE.", "Settings → Work items → Work item security schemes"),
        ADMIN,
        succeeds=True,
    ),
    BrokenSetUp(
        "no list of projects",
        after(refusing("/project", 403), on_data_center),
        "refused:403",
        ("not allowed", "Application access"),
        ADMIN,
    ),
    BrokenSetUp(
        "permissions that can't be asked for",
        after(refusing("/mypermissions", 400), on_cloud),
        "refused:400",
        ("/rest/api/2/mypermissions", "HTTP 400"),
    ),
    BrokenSetUp(
        "a Jira without mypermissions",
        after(refusing("/mypermissions", 404), on_data_center),
        "refused:404",
        ("/rest/api/2/mypermissions", "HTTP 404"),
    ),
    BrokenSetUp(
        "projects of an unheard-of shape",
        after(_strange_projects, on_data_center),
        "contradiction",
        ("in a form that is not known", "a project without id or key"),
    ),
)
