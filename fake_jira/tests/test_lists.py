"""Lists of what an administrator sets up, and who may see them."""

import pytest

from fake_jira import FakeJira
from fake_jira.entities import User

from .client import API, Client

CLOUD_ONLY = ["issuesecurityschemes/level", "filter/search", "group/bulk", "workflow/search"]
FOR_ADMINISTRATORS = ["issuesecurityschemes", "workflow"]


def administrator(jira: FakeJira) -> Client:
    return Client(jira, jira.site.admin)


def test_link_types_and_categories(any_jira: FakeJira) -> None:
    client = Client(any_jira)
    (blocks, *_) = client.json(f"{API}/issueLinkType")["issueLinkTypes"]
    assert (blocks["name"], blocks["outward"], blocks["inward"]) == ("Blocks", "blocks", "is blocked by")
    categories = client.json(f"{API}/projectCategory")
    assert [category["name"] for category in categories] == ["Platform", "Unused"]
    keys = {category["key"] for category in client.json(f"{API}/statuscategory")}
    assert keys == {"undefined", "new", "indeterminate", "done"}


@pytest.mark.parametrize("path", FOR_ADMINISTRATORS)
def test_what_only_administrators_see(any_jira: FakeJira, path: str) -> None:
    assert Client(any_jira).get(f"{API}/{path}").status_code == 403
    assert administrator(any_jira).get(f"{API}/{path}").status_code == 200


@pytest.mark.parametrize("path", CLOUD_ONLY)
def test_what_only_cloud_has(any_jira: FakeJira, path: str) -> None:
    # On self-hosted Jira `issuesecurityschemes/level` is a scheme of that name, and there is none.
    assert (administrator(any_jira).get(f"{API}/{path}").status_code == 200) == any_jira.site.flavor.cloud


def test_security_levels_of_a_scheme_and_of_a_project(any_jira: FakeJira) -> None:
    admin, client = administrator(any_jira), Client(any_jira)
    (scheme,) = admin.json(f"{API}/issuesecurityschemes")["issueSecuritySchemes"]
    levels = admin.json(f"{API}/issuesecurityschemes/{scheme['id']}")["levels"]
    assert [level["name"] for level in levels] == ["Reporters only", "Staff"]
    assert client.json(f"{API}/project/CORE/securitylevel") == {"levels": []}
    assert client.get(f"{API}/project/CORE/issuesecuritylevelscheme").status_code == 403
    for permission in ("SET_ISSUE_SECURITY", "ADMINISTER_PROJECTS"):
        any_jira.site.grant(permission, project="CORE")
    own = client.json(f"{API}/project/CORE/securitylevel")["levels"]
    assert [level["name"] for level in own] == ["Staff"]
    every = client.json(f"{API}/project/CORE/issuesecuritylevelscheme")["levels"]
    assert [level["name"] for level in every] == ["Reporters only", "Staff"]
    assert admin.get(f"{API}/project/TEAM/issuesecuritylevelscheme").status_code == 404
    if any_jira.site.flavor.cloud:
        listed = admin.json(f"{API}/issuesecurityschemes/level")["values"]
        assert [level["issueSecuritySchemeId"] for level in listed] == [str(scheme["id"])] * 2


def test_filters_and_dashboards_are_the_own_and_the_shared(any_jira: FakeJira) -> None:
    client = Client(any_jira)
    page = client.json(f"{API}/dashboard")
    assert [dashboard["name"] for dashboard in page["dashboards"]] == ["Mine: board", "Ours: board"]
    assert (page["startAt"], page["maxResults"], page["total"]) == (0, 20, 2)
    favourites = client.json(f"{API}/filter/favourite")
    assert [(saved["name"], saved["jql"]) for saved in favourites] == [("Mine: open", "resolution is EMPTY")]


def test_a_search_for_filters_shows_what_it_is_asked_to_expand(cloud: FakeJira) -> None:
    client = Client(cloud)
    found = client.json(f"{API}/filter/search", maxResults=3)
    assert (len(found["values"]), found["isLast"]) == (3, False)
    assert set(found["values"][0]) == {"expand", "self", "id", "name"}
    every = client.json(f"{API}/filter/search", expand="jql,owner")["values"]
    assert {"jql", "owner"} <= set(every[0])
    assert "Admin's own: open" not in [saved["name"] for saved in every]


def test_groups_for_those_who_may_browse_them(any_jira: FakeJira) -> None:
    client, site = Client(any_jira), any_jira.site
    if site.flavor.cloud:
        groups = client.json(f"{API}/group/bulk")["values"]
        assert all(set(group) == {"name", "groupId"} for group in groups)
    else:
        groups = client.json(f"{API}/groups/picker")["groups"]
    assert [group["name"] for group in groups] == sorted(site.groups.values())
    site.revoke("USER_PICKER")
    if site.flavor.cloud:
        assert client.get(f"{API}/group/bulk").status_code == 403
    else:
        assert client.json(f"{API}/groups/picker")["total"] == 0


@pytest.mark.parametrize("who", ["service account", "administrator"])
def test_roles_are_for_administrators_on_cloud(any_jira: FakeJira, who: str) -> None:
    site = any_jira.site
    account: User = site.admin if who == "administrator" else site.service_account
    response = Client(any_jira, account).get(f"{API}/role")
    allowed = account.is_admin or not site.flavor.cloud
    assert response.status_code == (200 if allowed else 403)
    if allowed:
        assert [role["name"] for role in response.json()] == ["Administrators", "Developers", "Viewers"]


def test_workflows(any_jira: FakeJira) -> None:
    admin = administrator(any_jira)
    if any_jira.site.flavor.cloud:
        names = [workflow["id"]["name"] for workflow in admin.json(f"{API}/workflow/search")["values"]]
    else:
        names = [workflow["name"] for workflow in admin.json(f"{API}/workflow")]
    assert names == ["jira", "Software workflow", "Business workflow"]
