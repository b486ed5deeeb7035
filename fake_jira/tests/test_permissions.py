"""What an account is allowed, as Jira tells it: per site, per project, in bulk."""

import pytest

from fake_jira import FakeJira

from .client import API, Client

NEEDED = "BROWSE_PROJECTS,CREATE_ISSUES,USER_PICKER"
MINE = f"{API}/mypermissions"


def held(client: Client, **context: str) -> dict[str, bool]:
    permissions = client.json(MINE, permissions=NEEDED, **context)["permissions"]
    return {key: permissions[key]["havePermission"] for key in NEEDED.split(",")}


def test_cloud_wants_the_keys_named(cloud: FakeJira) -> None:
    client = Client(cloud)
    for parameters in ({}, {"permissions": ""}, {"permissions": "BROWSE_PROJECTS,NONSENSE"}):
        refused = client.get(MINE, **parameters)
        assert refused.status_code == 400
        assert refused.json()["errorMessages"]
    assert set(client.json(MINE, permissions=NEEDED)["permissions"]) == set(NEEDED.split(","))


def test_self_hosted_jira_ignores_the_names_and_tells_all_old_ones_too(self_hosted: FakeJira) -> None:
    permissions = Client(self_hosted).json(MINE, permissions="NONSENSE")["permissions"]
    assert {"ADMINISTER", "BROWSE_PROJECTS", "CREATE_ISSUES", "USER_PICKER"} <= set(permissions)
    assert permissions["BROWSE"]["deprecatedKey"] is True
    assert "deprecatedKey" not in permissions["BROWSE_PROJECTS"]
    assert {"id", "key", "name", "type", "description", "havePermission"} <= set(permissions["BROWSE_PROJECTS"])


def test_nobody_has_none_on_cloud_and_is_refused_elsewhere(any_jira: FakeJira) -> None:
    client = Client(any_jira, method="anonymous")
    if any_jira.site.flavor.cloud:
        assert set(held(client).values()) == {False}
    else:
        assert client.get(MINE).status_code == 401


def test_without_a_project_one_project_is_enough(any_jira: FakeJira) -> None:
    client, site = Client(any_jira), any_jira.site
    assert held(client) == {"BROWSE_PROJECTS": True, "CREATE_ISSUES": True, "USER_PICKER": True}
    site.revoke("CREATE_ISSUES")
    assert held(client)["CREATE_ISSUES"] is False
    site.grant("CREATE_ISSUES", project="CORE")
    assert held(client)["CREATE_ISSUES"] is True
    site.revoke("USER_PICKER")
    assert held(client)["USER_PICKER"] is False


def test_in_a_project_by_key_or_id(any_jira: FakeJira) -> None:
    client, site = Client(any_jira), any_jira.site
    site.revoke("CREATE_ISSUES", project="CORE")
    for context in ({"projectKey": "CORE"}, {"projectId": site.project("CORE").id}):
        assert held(client, **context) == {"BROWSE_PROJECTS": True, "CREATE_ISSUES": False, "USER_PICKER": True}
    assert held(client, projectKey="BIZ")["CREATE_ISSUES"]
    for unknown in ({"projectKey": "NONE"}, {"projectId": "99999"}, {"projectKey": "HIDDEN"}):
        assert client.get(MINE, permissions=NEEDED, **unknown).status_code == 404


def test_cloud_tells_the_projects_that_hold_all(cloud: FakeJira) -> None:
    client, site = Client(cloud), cloud.site
    site.revoke("CREATE_ISSUES", project="BIZ")
    body = {"permissions": ["BROWSE_PROJECTS", "CREATE_ISSUES"]}
    found = client.post(f"{API}/permissions/project", body).json()["projects"]
    wanted = {project.key for project in site.visible_projects(site.service_account)} - {"BIZ"}
    assert {project["key"] for project in found} == wanted
    assert all(isinstance(project["id"], int) for project in found)
    assert client.post(f"{API}/permissions/project", {"permissions": ["NONSENSE"]}).status_code == 400


def test_cloud_checks_projects_in_bulk(cloud: FakeJira) -> None:
    site = cloud.site
    ids = [int(project.id) for project in site.projects.values()]
    body = {
        "globalPermissions": ["USER_PICKER", "ADMINISTER"],
        "projectPermissions": [{"permissions": ["BROWSE_PROJECTS"], "projects": [*ids, 99999]}],
    }
    answer = Client(cloud).post(f"{API}/permissions/check", body).json()
    assert answer["globalPermissions"] == ["USER_PICKER"]
    browsable = [int(p.id) for p in site.projects.values() if site.holds(site.service_account, "BROWSE_PROJECTS", p)]
    assert answer["projectPermissions"] == [{"permission": "BROWSE_PROJECTS", "issues": [], "projects": browsable}]


@pytest.mark.parametrize(("action", "missing"), [("browse", {"BIZ"}), ("create", {"BIZ", "TEAM"}), ("edit", None)])
def test_cloud_lists_projects_by_what_may_be_done(cloud: FakeJira, action: str, missing: set[str] | None) -> None:
    client, site = Client(cloud), cloud.site
    everything = {project.key for project in site.visible_projects(site.service_account)}
    site.revoke("BROWSE_PROJECTS", project="BIZ")
    site.revoke("CREATE_ISSUES", project="BIZ")
    site.revoke("CREATE_ISSUES", project="TEAM")
    found = {project["key"] for project in client.json(f"{API}/project/search", action=action)["values"]}
    assert found == (everything - missing if missing is not None else set())
    assert client.get(f"{API}/project/search", action="dance").status_code == 400


def test_issue_security_hides_single_issues_with_no_error(any_jira: FakeJira) -> None:
    client, site = Client(any_jira), any_jira.site
    closed, open_level = site.project("CORE").security_levels
    secured = {issue.id for issue in site.issues.values() if issue.security_level is closed}
    shared = {issue.id for issue in site.issues.values() if issue.security_level is open_level}
    assert secured
    assert shared
    found = set(client.ids("project = CORE"))
    assert not found & secured
    assert shared <= found
    assert client.get(f"{API}/issue/{min(secured)}").status_code == 404
    assert secured <= set(Client(any_jira, site.admin).ids("project = CORE"))
    before = {issue_id: site.issues[issue_id].updated for issue_id in secured}
    site.add_to_security_level(closed)
    assert secured <= set(client.ids("project = CORE"))
    assert before == {issue_id: site.issues[issue_id].updated for issue_id in secured}


def test_comments_for_some_are_not_there_for_others(any_jira: FakeJira) -> None:
    client, site = Client(any_jira), any_jira.site
    issue = site.create_issue("CORE")
    site.add_comment(issue, "for all")
    site.add_comment(issue, "for administrators", visibility=("role", "Administrators"))
    site.add_comment(issue, "for users", visibility=("group", "jira-software-users"))
    page = client.json(f"{API}/issue/{issue.key}/comment")
    assert [comment["body"] for comment in page["comments"]] == ["for all", "for users"]
    assert page["total"] == 2
    assert page["comments"][1]["visibility"] == {"type": "group", "value": "jira-software-users"}
    embedded = client.found(f"key = {issue.key}", "comment")[0]["fields"]["comment"]
    assert embedded["total"] == 2
    assert len(site.visible_comments(issue, site.admin)) == 3
