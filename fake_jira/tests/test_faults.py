"""Everything that can go wrong on the way, as a client sees it."""

import re
import time
from typing import Any

import pytest
import requests

from fake_jira import FakeJira, Request

from .client import API, Client
from .conftest import Start

MYSELF = f"{API}/myself"


@pytest.fixture
def jira(start: Start) -> FakeJira:
    return start("cloud", issues=60)


def statuses(client: Client, count: int, path: str = MYSELF) -> list[int]:
    return [client.get(path).status_code for _ in range(count)]


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ({}, [503] * 6),
        ({"first": 2}, [503, 503, 200, 200, 200, 200]),
        ({"every": 3}, [200, 200, 503, 200, 200, 503]),
        ({"after": 4}, [200, 200, 200, 200, 503, 503]),
        ({"after": 1, "first": 2}, [200, 503, 503, 200, 200, 200]),
        ({"every": 2, "times": 1}, [200, 503, 200, 200, 200, 200]),
    ],
)
def test_when_a_fault_strikes(jira: FakeJira, when: Any, expected: list[int]) -> None:
    jira.faults.unavailable(**when)
    assert statuses(Client(jira), 6) == expected


def test_where_a_fault_strikes(jira: FakeJira) -> None:
    client = Client(jira)
    fault = jira.faults.server_error(match="/myself")
    assert statuses(client, 1) == [500]
    assert statuses(client, 1, f"{API}/serverInfo") == [200]
    assert (fault.seen, fault.hits) == (1, 1)
    assert [record.fault for record in jira.requests] == ["server_error", None]
    jira.faults.remove(fault)
    assert statuses(client, 1) == [200]

    def long_pages(request: Request) -> bool:
        return request.integer("maxResults", 50) > 20

    jira.faults.server_error(502, match=long_pages)
    assert client.search("project = CORE", size=10).status_code == 200
    assert client.search("project = CORE", size=30).status_code == 502
    jira.faults.clear()
    assert client.search("project = CORE", size=30).status_code == 200


def test_rate_limits(jira: FakeJira) -> None:
    client = Client(jira)
    jira.faults.rate_limit(retry_after=7, times=1)
    refused = client.get(MYSELF)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "7")
    assert refused.headers["RateLimit-Reason"] == "jira-burst-based"
    jira.faults.rate_limit(retry_after=None, reset_in_s=90, times=1)
    refused = client.get(MYSELF)
    assert "Retry-After" not in refused.headers
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\dZ", refused.headers["X-RateLimit-Reset"])
    jira.faults.rate_limit(retry_after=None, times=1)
    refused = client.get(MYSELF)
    assert refused.status_code == 429
    assert not [name for name in refused.headers if "ratelimit" in name.lower() or name == "Retry-After"]
    jira.faults.unavailable(retry_after=3, times=1)
    assert client.get(MYSELF).headers["Retry-After"] == "3"


def test_healthy_answers_carry_headers_of_limits_too(start: Start) -> None:
    cloud = Client(start("cloud", issues=1)).get(MYSELF).headers
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\dZ", cloud["X-RateLimit-Reset"])
    assert "Retry-After" not in cloud
    jira = start("dc10", issues=1)
    data_center = Client(jira).get(MYSELF).headers
    assert data_center["Retry-After"] == "0"
    assert {
        "X-RateLimit-Limit",
        "X-RateLimit-Remaining",
        "X-RateLimit-FillRate",
        "X-RateLimit-Interval-Seconds",
    } <= set(data_center)
    assert "Retry-After" not in Client(jira, method="anonymous").get(f"{API}/serverInfo").headers
    assert "Retry-After" not in Client(start("server7", issues=1)).get(MYSELF).headers


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_refusals_in_each_of_jiras_forms(jira: FakeJira, status: int) -> None:
    client = Client(jira)
    jira.faults.refuse(status, times=1)
    refused = client.get(MYSELF)
    assert refused.status_code == status
    assert set(refused.json()) == {"errorMessages", "errors"}
    jira.faults.refuse(status, "Not today.", style="status-code", times=1)
    assert client.get(MYSELF).json() == {"message": "Not today.", "status-code": status}
    jira.faults.refuse(status, style="html", times=1)
    assert client.get(MYSELF).headers["Content-Type"].startswith("text/html")


def test_a_page_instead_of_an_answer(jira: FakeJira) -> None:
    client = Client(jira)
    jira.faults.login_page(times=1)
    jira.faults.captive_portal(after=1)
    for _ in range(2):
        answer = client.get(MYSELF)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("text/html")


def test_a_body_that_is_cut(jira: FakeJira) -> None:
    client = Client(jira)
    for encoding in ("gzip", "identity"):
        client.session.headers["Accept-Encoding"] = encoding
        jira.faults.cut_body(times=1)
        with pytest.raises(requests.RequestException):
            client.search("created >= 0", "*all")
        assert client.search("created >= 0", "*all").status_code == 200


def test_a_connection_that_is_dropped(jira: FakeJira) -> None:
    client = Client(jira)
    jira.faults.drop_connection(times=1)
    with pytest.raises(requests.ConnectionError):
        client.get(MYSELF)
    assert statuses(client, 1) == [200]
    assert [record.status for record in jira.requests] == [0, 200]


def test_slow_answers_and_none(jira: FakeJira) -> None:
    client = Client(jira)
    jira.faults.slow(120, times=1)
    began = time.monotonic()
    assert statuses(client, 1) == [200]
    assert time.monotonic() - began >= 0.12
    jira.latency_ms = 60
    began = time.monotonic()
    assert statuses(client, 2) == [200, 200]
    assert time.monotonic() - began >= 0.12
    jira.faults.hang()
    with pytest.raises(requests.ReadTimeout):
        requests.get(f"{jira.base_url}{MYSELF}", timeout=0.1)


def test_nobody_for_a_while(jira: FakeJira) -> None:
    client = Client(jira)
    jira.faults.anonymous(times=2)
    assert client.get(MYSELF).status_code == 401
    assert client.search("created >= 0").json()["issues"] == []
    assert client.search("created >= 0").json()["issues"]


def test_a_session_that_expired(start: Start) -> None:
    jira = start("dc10", issues=5)
    client = Client(jira)
    jira.faults.session_expired(times=1)
    refused = client.get(f"{API}/search")
    assert (refused.status_code, refused.headers["X-AUSERNAME"]) == (401, "anonymous")
    assert client.get(f"{API}/search").status_code == 200


def test_a_redirect_to_another_host(jira: FakeJira) -> None:
    jira.faults.redirect("https://sso.example.com/login")
    answer = Client(jira).get(MYSELF)
    assert (answer.status_code, answer.headers["Location"]) == (302, "https://sso.example.com/login")


def test_empty_pages(jira: FakeJira) -> None:
    jira.faults.empty_page()
    client = Client(jira)
    page = client.search("created >= 0", size=10).json()
    assert page["issues"] == []
    assert "nextPageToken" in page
    assert client.json(f"{API}/users/search") == []
    page = client.json(f"{API}/project/search")
    assert page["values"] == []
    assert page["total"] > 0


def test_short_pages_lead_on(any_jira: FakeJira) -> None:
    client, site = Client(any_jira), any_jira.site
    any_jira.faults.short_pages(0.3)
    assert len(client.search("created >= 0", size=50).json()["issues"]) == 15
    found = client.ids("created >= 0 order by created")
    assert sorted(found) == sorted(issue.id for issue in site.visible_issues(site.service_account, None))


def test_a_token_that_repeats(jira: FakeJira) -> None:
    client = Client(jira)
    jira.faults.repeated_token()
    first = client.search("created >= 0", size=5).json()["nextPageToken"]
    second = client.search("created >= 0", size=5, nextPageToken=first).json()["nextPageToken"]
    assert second == first
    body = {"jql": "created >= 0", "maxResults": 5, "nextPageToken": first}
    assert client.post(f"{API}/search/jql", body).json()["nextPageToken"] == first


def test_a_sweep_that_ends_early_without_an_error(any_jira: FakeJira) -> None:
    client = Client(any_jira)
    any_jira.site.create_issues("CORE", 150)
    whole = len(client.ids("created >= 0 order by created"))
    any_jira.faults.early_end(match="/search", after=1)
    assert len(client.ids("created >= 0 order by created")) < whole


def test_any_other_change(jira: FakeJira) -> None:
    jira.faults.changed(lambda content: content | {"displayName": "Somebody"}, match="myself")
    assert Client(jira).json(MYSELF)["displayName"] == "Somebody"


def test_the_hook_runs_before_the_client_goes_on(jira: FakeJira) -> None:
    """A mutator's change is there when the next request comes, and is not part of the answer that it follows."""
    client, site = Client(jira), jira.site
    jira.on_request = lambda record: site.edit_issue("CORE-1", summary=f"after {record.path}")
    client.get(MYSELF)
    assert client.json(f"{API}/issue/CORE-1")["fields"]["summary"] == f"after {MYSELF}"
