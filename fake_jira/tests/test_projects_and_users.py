"""Lists of projects and of people: how each kind of Jira gives them, caps them, and refuses them."""

from collections.abc import Callable

import pytest

from fake_jira import FakeJira
from fake_jira.entities import User

from .client import API, Client
from .conftest import SELF_HOSTED, Start

# Projects


def test_cloud_pages_projects_by_fifty_and_a_hundred_at_most(start: Start) -> None:
    jira = start("cloud", projects=130, issues=10)
    client = Client(jira)
    visible = {project.id for project in jira.site.visible_projects(jira.site.service_account)}
    for asked, size in (({}, 50), ({"maxResults": 100}, 100), ({"maxResults": 101}, 50)):
        page = client.json(f"{API}/project/search", **asked)
        assert (len(page["values"]), page["maxResults"], page["total"]) == (size, size, len(visible))
    found: set[str] = set()
    while True:
        page = client.json(f"{API}/project/search", startAt=len(found))
        found |= {project["id"] for project in page["values"]}
        # The address of the next page is one that the client can't reach.
        assert ("nextPage" in page) != page["isLast"]
        assert page["isLast"] or ".invalid" in page["nextPage"]
        if page["isLast"]:
            break
    assert found == visible


def test_cloud_projects_say_what_they_are(cloud: FakeJira) -> None:
    client, site = Client(cloud), cloud.site
    page = client.json(f"{API}/project/search", expand="description,lead,insight")
    projects = {project["key"]: project for project in page["values"]}
    types = {key: project["projectTypeKey"] for key, project in projects.items()}
    assert types == {
        "CORE": "software",
        "TEAM": "software",
        "BIZ": "business",
        "HELP": "service_desk",
        "OR": "software",
        "IDEA": "product_discovery",
    }
    assert (projects["TEAM"]["style"], projects["TEAM"]["simplified"]) == ("next-gen", True)
    assert (projects["CORE"]["style"], projects["CORE"]["simplified"]) == ("classic", False)
    assert projects["CORE"]["lead"]["accountId"] == site.project("CORE").lead.account_id
    assert projects["CORE"]["projectCategory"]["name"] == "Platform"
    issues = [issue for issue in site.issues.values() if issue.project.key == "CORE"]
    assert projects["CORE"]["insight"]["totalIssueCount"] == len(issues)
    plain = client.json(f"{API}/project/search")["values"][0]
    assert not {"lead", "description", "insight"} & set(plain)


def test_cloud_filters_projects(cloud: FakeJira) -> None:
    client, site = Client(cloud), cloud.site

    def keys(**parameters: object) -> list[str]:
        return [project["key"] for project in client.json(f"{API}/project/search", **parameters)["values"]]

    assert keys(keys=["CORE", "OR"]) == ["CORE", "OR"]
    assert keys(id=[site.project("CORE").id, site.project("BIZ").id]) == ["BIZ", "CORE"]
    assert keys(typeKey="business") == ["BIZ"]
    assert keys(query="desk") == ["HELP"]
    assert keys(status="archived") == ["OLD"]
    site.delete_project("BIZ")
    assert "BIZ" not in keys()
    assert Client(cloud, site.admin).json(f"{API}/project/search", status="deleted")["values"][0]["key"] == "BIZ"


def test_self_hosted_projects_are_a_bare_array(self_hosted: FakeJira) -> None:
    client, site = Client(self_hosted), self_hosted.site
    projects = client.json(f"{API}/project", expand="description,lead", maxResults=1)
    assert [project["key"] for project in projects] == [
        project.key for project in site.visible_projects(site.service_account)
    ]
    assert not {"OLD", "HIDDEN"} & {project["key"] for project in projects}
    assert projects[0]["lead"]["key"] == site.project("CORE").lead.key
    assert not {"style", "simplified"} & set(projects[0])
    with_archived = client.json(f"{API}/project", includeArchived="true")
    assert {project["key"]: project["archived"] for project in with_archived}["OLD"] is True


def test_one_project_by_id_or_key_also_an_old_one(any_jira: FakeJira) -> None:
    client, site = Client(any_jira), any_jira.site
    project = site.project("CORE")
    site.rename_project_key(project, "KERN")
    for reference in ("KERN", "CORE", project.id):
        document = client.json(f"{API}/project/{reference}")
        assert (document["id"], document["key"]) == (project.id, "KERN")
        assert document["description"]
    for reference in ("NONE", "99999", "HIDDEN"):
        refused = client.get(f"{API}/project/{reference}")
        assert refused.status_code == 404
        assert reference in refused.json()["errorMessages"][0]


def test_an_archived_project_and_its_issues_are_out_of_sight(any_jira: FakeJira) -> None:
    client, site = Client(any_jira), any_jira.site
    issue = next(issue for issue in site.issues.values() if issue.project.key == "OLD")
    assert client.get(f"{API}/issue/{issue.id}").status_code == 404
    assert "does not exist" in client.refusal("project = OLD")
    assert client.get(f"{API}/project/OLD").status_code == (404 if site.flavor.cloud else 200)
    before = issue.updated
    site.archive_project("OLD", archived=False)
    assert issue.id in client.ids("project = OLD")
    assert issue.updated == before


def test_details_of_a_project(any_jira: FakeJira) -> None:
    client, site = Client(any_jira), any_jira.site
    kinds = client.json(f"{API}/project/TEAM/statuses")
    assert [kind["name"] for kind in kinds] == ["Epic", "Story", "Task", "Bug", "Sub-task"]
    assert [kind["subtask"] for kind in kinds] == [False] * 4 + [True]
    assert [status["id"] for status in kinds[0]["statuses"]] == [status.id for status in site.project("TEAM").statuses]
    components = client.json(f"{API}/project/CORE/components")
    assert [component["name"] for component in components] == ["API", "User interface"]
    versions = client.json(f"{API}/project/CORE/versions")
    assert [version["name"] for version in versions] == ["1.0", "2.0"]
    for part in ("statuses", "components", "versions"):
        assert client.get(f"{API}/project/HIDDEN/{part}").status_code == 404


# People


def cloud_users(client: Client, size: int) -> list[str]:
    found: list[str] = []
    while True:
        page = client.json(f"{API}/users/search", startAt=len(found), maxResults=size)
        if not page:
            return found
        found += [user["accountId"] for user in page]


def test_cloud_lists_everybody_page_by_page(start: Start) -> None:
    jira = start("cloud", users=1200, issues=5)
    client, users = Client(jira), jira.site.users
    assert len(client.json(f"{API}/users/search")) == 50
    assert len(client.json(f"{API}/users/search", maxResults=5000)) == 1000
    assert cloud_users(client, 1000) == list(users)
    jira.faults.short_pages(0.7, match="users/search")
    assert cloud_users(client, 500) == list(users)
    kinds = {user.account_type for user in users.values()}
    assert kinds == {"atlassian", "app", "customer"}
    assert any(not user.active for user in users.values())
    hidden = next(user for user in users.values() if user.email is None)
    assert "emailAddress" not in client.json(f"{API}/user", accountId=hidden.account_id)


def test_cloud_without_the_permission(cloud: FakeJira) -> None:
    client, site = Client(cloud), cloud.site
    site.revoke("USER_PICKER")
    assert client.get(f"{API}/users/search").status_code == 403
    assert client.json(f"{API}/user/search", query="u") == []
    assert client.get(f"{API}/user", accountId=site.admin.account_id).status_code == 403
    assert site.visible_users(site.service_account) == []


def test_cloud_finds_the_active_by_prefix(cloud: FakeJira) -> None:
    client, site = Client(cloud), cloud.site
    found = {user["accountId"] for user in client.json(f"{API}/user/search", query="user 000", maxResults=1000)}
    wanted = {
        user.account_id for user in site.users.values() if user.active and user.display_name.startswith("User 000")
    }
    assert found == wanted
    assert client.get(f"{API}/user/search").status_code == 400


@pytest.mark.parametrize("flavor", SELF_HOSTED)
def test_user_search_is_cut_and_goes_no_further(start: Start, flavor: str) -> None:
    jira = start(flavor, users=1500, issues=5)
    client = Client(jira)
    cap = 100 if flavor in ("dc10", "dc11") else 1000
    assert len(client.json(f"{API}/user/search", username=".")) == 50
    everything = {"username": ".", "includeInactive": "true", "maxResults": 5000}
    first = client.json(f"{API}/user/search", **everything)
    assert len(first) == cap
    assert client.json(f"{API}/user/search", **everything, startAt=cap) == []
    assert len(client.json(f"{API}/user/search", **everything, startAt=cap - 10)) == 10


def test_user_search_needs_a_name_and_knows_prefixes(self_hosted: FakeJira) -> None:
    client, site = Client(self_hosted), self_hosted.site

    def names(username: str, inactive: bool = True) -> set[str]:
        found = client.json(
            f"{API}/user/search", username=username, includeInactive=str(inactive).lower(), maxResults=1000
        )
        return {user["name"] for user in found}

    def of(condition: Callable[[User], object]) -> set[str]:
        return {user.name for user in site.users.values() if condition(user)}

    assert client.get(f"{API}/user/search").status_code == 400
    assert names("") == set()
    assert names("%") == set()
    assert names("user000") == of(lambda user: user.name.startswith("user000") or "user000" in (user.email or ""))
    assert names("0012") == {"user0012"}
    assert names("ü") == of(lambda user: user.name.startswith("ü"))
    assert names(".") == of(lambda user: "." in user.name or user.email)
    assert names(".", inactive=False) == of(lambda user: ("." in user.name or user.email) and user.active)
    everybody = of(lambda user: True)
    assert (names("''") == everybody) == ("''" in site.settings.user_search_wildcards)
    assert (names("_") == everybody) == ("_" in site.settings.user_search_wildcards)


@pytest.mark.parametrize("flavor", SELF_HOSTED)
def test_the_list_by_cursor_is_in_10_3_and_11(start: Start, flavor: str) -> None:
    jira = start(flavor, users=250, issues=5)
    client = Client(jira)
    if flavor in ("dc9", "server7"):
        assert client.get(f"{API}/user/list").status_code == 404
        return
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = client.json(f"{API}/user/list", maxResults=100, **cursor)
        found += [user["key"] for user in page["values"]]
        if page["isLast"]:
            assert "nextCursor" not in page
            break
        assert isinstance(page["nextCursor"], str)
        cursor = {"cursor": page["nextCursor"]}
    assert sorted(found) == sorted(jira.site.users)
    assert len(client.json(f"{API}/user/list")["values"]) == len(found)
    assert client.json(f"{API}/user/list", cursor=10**15)["values"] == []
    jira.site.revoke("USER_PICKER")
    assert client.get(f"{API}/user/list").status_code == 403


def test_self_hosted_without_the_permission(data_center: FakeJira) -> None:
    client, site = Client(data_center), data_center.site
    site.revoke("USER_PICKER")
    assert client.json(f"{API}/user/search", username=".") == []
    site.settings.user_search_without_permission_is_empty = False
    assert client.get(f"{API}/user/search", username=".").status_code == 403


def identity(jira: FakeJira, user: User) -> dict[str, str]:
    return {"accountId": user.account_id} if jira.site.flavor.cloud else {"key": user.key}


def test_one_user_and_nobody(any_jira: FakeJira) -> None:
    client, site = Client(any_jira), any_jira.site
    user = list(site.users.values())[10]
    document = client.json(f"{API}/user", **identity(any_jira, user))
    assert document["displayName"] == user.display_name
    if not site.flavor.cloud:
        assert client.json(f"{API}/user", username=user.name) == document
        # An address that is hidden is an empty text there.
        nameless = next(user for user in site.users.values() if user.email is None)
        assert client.json(f"{API}/user", key=nameless.key)["emailAddress"] == ""
    site.delete_user(user)
    assert client.get(f"{API}/user", **identity(any_jira, user)).status_code == 404
    site.restore_user(site.user_id(user))
    assert client.get(f"{API}/user", **identity(any_jira, user)).status_code == 200


def test_old_accounts_are_keyed_by_name_and_new_ones_by_number(self_hosted: FakeJira) -> None:
    keys = list(self_hosted.site.users)
    assert "user0001" in keys
    assert any(key.startswith("JIRAUSER10") for key in keys)
    self_hosted.site.rename_user("user0001", name="renamed")
    document = Client(self_hosted).json(f"{API}/user", key="user0001")
    assert (document["key"], document["name"]) == ("user0001", "renamed")


def test_twenty_thousand_people_are_found_by_prefix_quickly(start: Start) -> None:
    jira = start("dc10", users=20_000, issues=5)
    client = Client(jira)
    client.json(f"{API}/user/search", username="user0")
    jira.reset_log()
    for prefix in ("u", "user1", "user12", "user123", "user1234"):
        assert client.json(f"{API}/user/search", username=prefix, maxResults=1000)
    assert all(record.duration_ms < 2_000 for record in jira.requests)
