"""Signing in, and the many ways in which Jira says no, or says nothing."""

import base64
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
import requests

from fake_jira import FLAVORS, FakeJira
from fake_jira.clock import HOUR_MS

from .client import AGILE, API, Client
from .conftest import Start

MYSELF = f"{API}/myself"


def basic(jira: FakeJira, name: str, secret: str, path: str = MYSELF, encoding: str = "utf-8") -> requests.Response:
    header = "Basic " + base64.b64encode(f"{name}:{secret}".encode(encoding)).decode()
    return requests.get(f"{jira.base_url}{path}", headers={"Authorization": header}, timeout=10)


@pytest.mark.parametrize("method", ["oauth", "access_token"])
def test_each_way_into_cloud_is_the_service_account(cloud: FakeJira, method: str) -> None:
    response = Client(cloud, method=method).get(MYSELF)
    document = response.json()
    assert document["accountId"] == cloud.site.service_account.account_id
    assert document["emailAddress"] == cloud.site.service_account.email
    assert not {"key", "name"} & set(document)
    assert cloud.requests[-1].account == "Service Account"


@pytest.mark.parametrize("method", ["oauth", "username_password"])
def test_each_way_into_self_hosted_jira_is_the_service_account(self_hosted: FakeJira, method: str) -> None:
    response = Client(self_hosted, method=method).get(MYSELF)
    document = response.json()
    assert (document["key"], document["name"]) == ("JIRAUSER10102", "service.account")
    assert "accountId" not in document
    assert response.headers["X-AUSERNAME"] == "service.account"


def test_the_administrator_sees_everything(any_jira: FakeJira) -> None:
    client = Client(any_jira, any_jira.site.admin)
    assert len(client.ids("created >= 0")) == len(
        [issue for issue in any_jira.site.issues.values() if not issue.project.archived]
    )


# Cloud


@pytest.mark.parametrize("secret", ["wrong", "", "ATATT3xFfGF0 with spaces"])
def test_a_bad_token_gives_good_looking_nothing(cloud: FakeJira, secret: str) -> None:
    email = cloud.site.service_account.email or ""
    assert basic(cloud, email, secret).status_code == 401
    for path, empty in (
        (f"{API}/search/jql?jql=created>=0", {"issues": [], "isLast": True}),
        (f"{API}/search/jql?jql=project=CORE", {"issues": [], "isLast": True}),
        (f"{API}/project", []),
        (f"{API}/issuetype", []),
        (f"{API}/user/search?query=u", []),
    ):
        response = basic(cloud, email, secret, path)
        assert (response.status_code, response.json()) == (200, empty)
        assert response.headers["x-seraph-loginreason"] == "AUTHENTICATED_FAILED"
    assert basic(cloud, email, secret, f"{API}/project/search").json()["total"] == 0


def test_the_absence_of_the_header_proves_nothing(cloud: FakeJira) -> None:
    cloud.site.settings.login_reason_header = False
    response = basic(cloud, "somebody@example.com", "wrong", f"{API}/search/jql?jql=created>=0")
    assert response.status_code == 200
    assert "x-seraph-loginreason" not in response.headers


def test_a_token_belongs_to_one_address(cloud: FakeJira) -> None:
    token = cloud.site.credentials("access_token")["access_token"]
    assert basic(cloud, "admin@example.com", token).status_code == 401
    assert basic(cloud, "Service.Account@Example.com", token).status_code == 200


def test_a_revoked_token_is_a_bad_token(cloud: FakeJira) -> None:
    credentials = cloud.site.credentials("access_token")
    cloud.site.tokens[credentials["access_token"]].revoked = True
    assert basic(cloud, credentials["email"], credentials["access_token"]).status_code == 401


def test_a_password_on_cloud_is_told_apart(cloud: FakeJira) -> None:
    account = cloud.site.service_account
    response = basic(cloud, account.email or "", account.password or "")
    assert response.status_code == 401
    assert "password" in response.text


def test_a_scoped_token_works_on_the_gateway_only(cloud: FakeJira) -> None:
    site = cloud.site
    on_site = Client(cloud, method="scoped_token")
    assert on_site.get(MYSELF).status_code == 401
    assert on_site.json(f"{API}/search/jql", jql="created >= 0") == {"issues": [], "isLast": True}
    tenant = on_site.json("/_edge/tenant_info")
    gateway = f"{cloud.root_url}/ex/jira/{tenant['cloudId']}"
    assert gateway == cloud.gateway_url
    through = Client(cloud, method="scoped_token", base=gateway)
    assert through.json(MYSELF)["accountId"] == site.service_account.account_id
    assert len(through.ids("created >= 0")) == len(site.visible_issues(site.service_account, None))
    assert through.json(f"{AGILE}/board")["total"] > 0
    assert cloud.requests[-1].gateway
    assert cloud.requests[-1].path == f"{AGILE}/board"


def test_the_gateway_names_what_is_wrong_with_a_token(cloud: FakeJira) -> None:
    unscoped = Client(cloud, base=cloud.gateway_url).get(MYSELF)
    assert (unscoped.status_code, unscoped.json()["code"]) == (401, 401)
    nobody = Client(cloud, method="anonymous", base=cloud.gateway_url).get(f"{API}/serverInfo")
    assert nobody.status_code == 401
    token = cloud.site.credentials("scoped_token")["access_token"]
    cloud.site.tokens[token].scopes = frozenset({"read:jira-work"})
    client = Client(cloud, method="scoped_token", base=cloud.gateway_url)
    assert client.get(f"{API}/project/search").status_code == 200
    for path in (MYSELF, f"{API}/users/search", f"{AGILE}/board", f"{AGILE}/board/1/sprint"):
        refused = client.get(path)
        assert refused.status_code == 401
        assert refused.json() == {"code": 401, "message": "Unauthorized; scope does not match"}
    assert Client(cloud, method="scoped_token", base=f"{cloud.root_url}/ex/jira/other").get(MYSELF).status_code == 404


# Self-hosted


def test_a_wrong_password_is_401_with_a_page(self_hosted: FakeJira) -> None:
    response = basic(self_hosted, "service.account", "wrong")
    assert response.status_code == 401
    assert response.headers["X-Seraph-LoginReason"] == "AUTHENTICATED_FAILED"
    assert response.headers["X-AUSERNAME"] == "anonymous"
    assert response.headers["Content-Type"].startswith("text/html")


def test_a_wrong_password_is_refused_where_nobody_would_be_let_in(self_hosted: FakeJira) -> None:
    assert basic(self_hosted, "service.account", "wrong", f"{API}/serverInfo").status_code == 401
    assert Client(self_hosted, method="anonymous").get(f"{API}/serverInfo").status_code == 200


def test_after_three_failures_a_captcha_stops_the_right_password_too(self_hosted: FakeJira) -> None:
    client = Client(self_hosted)
    for _ in range(3):
        assert basic(self_hosted, "service.account", "wrong").status_code == 401
    for response in (basic(self_hosted, "service.account", "wrong"), client.get(MYSELF)):
        assert response.status_code == 403
        assert response.headers["X-Seraph-LoginReason"] == "AUTHENTICATION_DENIED"
        reason = response.headers["X-Authentication-Denied-Reason"]
        assert reason.startswith("CAPTCHA_CHALLENGE; login-url=https://jira.invalid")
    assert Client(self_hosted, method="oauth").get(MYSELF).status_code == 200
    self_hosted.site.reset_captcha()
    assert client.get(MYSELF).status_code == 200


def test_a_success_forgets_earlier_failures(data_center: FakeJira) -> None:
    for _ in range(2):
        basic(data_center, "service.account", "wrong")
        basic(data_center, "service.account", "wrong")
        assert Client(data_center).get(MYSELF).status_code == 200


def test_passwords_are_read_as_iso_8859_1(self_hosted: FakeJira) -> None:
    password = self_hosted.site.service_account.password or ""
    assert "ä" in password
    assert basic(self_hosted, "service.account", password, encoding="utf-8").status_code == 401
    assert basic(self_hosted, "service.account", password, encoding="iso-8859-1").status_code == 200


def test_a_token_on_self_hosted_jira_is_a_wrong_password(self_hosted: FakeJira) -> None:
    credentials = self_hosted.site.credentials("access_token")
    assert basic(self_hosted, credentials["email"], credentials["access_token"]).status_code == 401


def test_basic_can_be_switched_off(start: Start) -> None:
    jira = start("dc11", issues=1)
    jira.site.settings.basic_auth_disabled = True
    response = Client(jira).get(MYSELF)
    assert response.status_code == 403
    assert "Basic Authentication has been disabled" in response.json()["message"]
    assert Client(jira, method="oauth").get(MYSELF).status_code == 200


def test_nobody_gets_200_and_nothing_from_the_search(any_jira: FakeJira) -> None:
    client = Client(any_jira, method="anonymous")
    response = client.search("created >= 0")
    assert response.status_code == 200
    assert response.json()["issues"] == []
    assert client.search("project = CORE").json()["issues"] == []
    if not any_jira.site.flavor.cloud:
        assert response.headers["X-AUSERNAME"] == "anonymous"
    any_jira.site.settings.anonymous_search_is_lenient = False
    assert client.search("project = CORE").status_code == 400


def test_nobody_is_nobody(any_jira: FakeJira) -> None:
    client = Client(any_jira, method="anonymous")
    refused = client.get(MYSELF)
    assert refused.status_code == 401
    assert set(refused.json()) == {"message", "status-code"}
    refused = client.get(f"{AGILE}/board")
    assert refused.status_code == 401
    assert set(refused.json()) == {"errorMessages", "errors"}


# What this is


@pytest.mark.parametrize("name", list(FLAVORS))
def test_server_info_says_what_this_is(start: Start, name: str) -> None:
    jira = start(name, issues=1)
    flavor = jira.site.flavor
    info = Client(jira, method="anonymous").json(f"{API}/serverInfo")
    assert info["version"] == flavor.version
    assert info["versionNumbers"] == [int(part) for part in flavor.version.removesuffix("-SNAPSHOT").split(".")]
    # Data Center calls itself a server.
    assert info["deploymentType"] == ("Cloud" if flavor.cloud else "Server")
    assert info["serverTitle"] == "Fake Jira"
    # What the administrator configured, not what was asked.
    assert info["baseUrl"].endswith(".invalid")


def test_server_info_may_need_a_sign_in(any_jira: FakeJira) -> None:
    any_jira.site.settings.server_info_requires_sign_in = True
    assert Client(any_jira, method="anonymous").get(f"{API}/serverInfo").status_code == 401
    assert Client(any_jira).get(f"{API}/serverInfo").status_code == 200


def test_server_time_and_date_header_are_jiras_own_clock(any_jira: FakeJira) -> None:
    any_jira.site.clock.advance(2 * HOUR_MS)
    any_jira.site.settings.server_time_zone = "Asia/Kolkata"
    response = Client(any_jira).get(f"{API}/serverInfo")
    assert response.json()["serverTime"].endswith("+0530")
    date = parsedate_to_datetime(response.headers["Date"])
    assert timedelta(minutes=119) < date - datetime.now(UTC) < timedelta(minutes=121)
    shown = datetime.strptime(response.json()["serverTime"], "%Y-%m-%dT%H:%M:%S.%f%z")
    assert abs(shown - date) < timedelta(seconds=5)
