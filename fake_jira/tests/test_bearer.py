"""Tokens that are sent as they are: of persons, and of service accounts."""

import requests

from fake_jira import FakeJira
from fake_jira.clock import HOUR_MS

from .client import AGILE, API, Bearer, Client
from .conftest import Start

MYSELF = f"{API}/myself"


def ask(jira: FakeJira, **changes: str) -> requests.Response:
    """A request for a token, as a service account makes it."""
    credentials = jira.site.credentials("service_account")
    form = {
        "grant_type": "client_credentials",
        "client_id": credentials["client_id"],
        "client_secret": credentials["client_secret"],
        **changes,
    }
    path = "/oauth/token" if jira.site.flavor.cloud else "/rest/oauth2/latest/token"
    return requests.post(f"{jira.base_url}{path}", data=form, timeout=10)


def with_token(jira: FakeJira, token: str, path: str, base: str = "") -> requests.Response:
    return requests.get(f"{base or jira.base_url}{path}", auth=Bearer(token), timeout=10)


def test_a_personal_token_is_its_account_until_it_is_revoked_or_ends(start: Start) -> None:
    for name in ("dc9", "dc10", "dc11"):
        jira = start(name, issues=1)
        assert Client(jira, method="personal_access_token").json(MYSELF)["name"] == "service.account"
        (token,) = jira.site.bearer.personal.values()
        token.expires_ms = jira.site.clock.now() + HOUR_MS
        assert Client(jira, method="personal_access_token").get(MYSELF).status_code == 200
        jira.site.clock.advance(HOUR_MS)
        assert Client(jira, method="personal_access_token").get(MYSELF).status_code == 401
        token.expires_ms, token.revoked = None, True
        refused = Client(jira, method="personal_access_token").get(MYSELF)
        assert (refused.status_code, set(refused.json())) == (401, {"message", "status-code"})
        # Where nobody would be let in as well.
        assert Client(jira, method="personal_access_token").get(f"{API}/serverInfo").status_code == 401


def test_jira_7_knows_no_tokens_and_cloud_no_personal_ones(start: Start) -> None:
    jira = start("server7", issues=1)
    assert Client(jira, method="personal_access_token").get(MYSELF).status_code == 401
    assert Client(jira, method="personal_access_token").get(f"{API}/serverInfo").status_code == 200
    cloud = start("cloud", issues=1)
    assert with_token(cloud, "some-token", MYSELF).status_code == 403


def test_cloud_gives_tokens_that_are_good_at_the_gateway_alone(cloud: FakeJira) -> None:
    given = ask(cloud).json()
    assert (given["token_type"], given["expires_in"]) == ("Bearer", 3600)
    token = given["access_token"]
    account = with_token(cloud, token, MYSELF, cloud.gateway_url).json()["accountId"]
    assert account == cloud.site.service_account.account_id
    assert with_token(cloud, token, MYSELF).status_code == 403
    cloud.site.clock.advance(HOUR_MS)
    refused = with_token(cloud, token, MYSELF, cloud.gateway_url)
    assert (refused.status_code, refused.json()["message"]) == (401, "Unauthorized")


def test_a_token_has_the_scopes_that_were_asked_for(cloud: FakeJira) -> None:
    token = ask(cloud, scope="read:jira-work").json()["access_token"]
    assert with_token(cloud, token, f"{API}/project/search", cloud.gateway_url).status_code == 200
    refused = with_token(cloud, token, MYSELF, cloud.gateway_url)
    assert refused.json()["message"] == "Unauthorized; scope does not match"
    assert ask(cloud, scope="write:everything").json()["error"] == "invalid_scope"


def test_bad_clients_are_refused_by_the_code_of_each_kind(start: Start) -> None:
    for name, status, code in (("cloud", 401, "access_denied"), ("dc11", 400, "invalid_client")):
        jira = start(name, issues=1)
        for changes in ({"client_secret": "wrong"}, {"client_id": "nobody"}):
            refused = ask(jira, **changes)
            assert (refused.status_code, refused.json()["error"]) == (status, code)
        assert ask(jira, grant_type="password").json()["error"] == "unsupported_grant_type"
        next(iter(jira.site.bearer.clients.values())).enabled = False
        assert ask(jira).status_code == status
        assert jira.site.bearer.refusals == 4
    assert ask(start("dc10", issues=1)).status_code in (404, 405)


def test_on_data_center_a_service_account_is_no_user(start: Start) -> None:
    jira = start("dc11", issues=20)
    token, settings = ask(jira).json()["access_token"], jira.site.settings
    search = requests.get(
        f"{jira.base_url}{API}/search", params={"jql": "created >= 0"}, auth=Bearer(token), timeout=10
    )
    assert search.json()["total"] == len(jira.site.visible_issues(jira.site.service_account, None))
    assert "X-AUSERNAME" not in search.headers
    for path in (MYSELF, f"{API}/mypermissions", f"{AGILE}/board"):
        assert with_token(jira, token, path).status_code == 403
    settings.service_account_myself, settings.service_account_permissions = "nameless", "none"
    settings.closed_to_service_accounts, settings.service_account_header = None, "anonymous"
    assert "name" not in with_token(jira, token, MYSELF).json()
    permissions = with_token(jira, token, f"{API}/mypermissions").json()["permissions"].values()
    assert not any(permission["havePermission"] for permission in permissions)
    assert with_token(jira, token, f"{AGILE}/board").status_code == 200
    settings.service_account_myself = "unauthorized"
    assert with_token(jira, token, MYSELF).status_code == 401


def test_tokens_can_be_made_to_end_after_some_requests(start: Start) -> None:
    jira = start("dc11", issues=1)
    (client,) = jira.site.bearer.clients.values()
    client.requests_each, client.short_lived = 3, 1
    token = ask(jira).json()["access_token"]
    statuses = [with_token(jira, token, f"{API}/status").status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 401, 401]
    token = ask(jira).json()["access_token"]
    assert {with_token(jira, token, f"{API}/status").status_code for _ in range(5)} == {200}
