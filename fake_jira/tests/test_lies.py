"""Each lie as a client sees it, and that it ends when it is switched off."""

import time
from typing import Any

import pytest

from fake_jira import FakeJira

from .client import AGILE, API, Client
from .conftest import Start

JQL = "project = CORE ORDER BY created ASC, key ASC"
SEARCH = "/search"


def page(client: Client, **parameters: Any) -> dict[str, Any]:
    response = client.search(JQL, "*all", 10, **parameters)
    assert response.status_code in (200, 206), response.text[:300]
    content: dict[str, Any] = response.json()
    return content


def counted(client: Client) -> int:
    if client.jira.site.flavor.cloud:
        return int(client.post(f"{API}/search/approximate-count", {"jql": JQL}).json()["count"])
    return int(client.search(JQL, size=0).json()["total"])


def test_nothing_is_there_once(any_jira: FakeJira) -> None:
    client = Client(any_jira)
    true = page(client)["issues"]
    assert counted(client) > 0
    any_jira.lies.nothing(match=SEARCH, first=2)
    said = page(client)
    assert said["issues"] == [] and said.get("total", 0) == 0 and "nextPageToken" not in said
    assert counted(client) == 0
    assert page(client)["issues"] == true


def test_rows_are_null_and_pages_are_cut(any_jira: FakeJira) -> None:
    client = Client(any_jira)
    any_jira.lies.null_rows(match=SEARCH, times=1)
    assert page(client)["issues"] is None
    any_jira.lies.cut_list(3, status=206, match=SEARCH, times=1)
    assert client.search(JQL, size=10).status_code == 206
    any_jira.lies.cut_list(3, match=SEARCH, times=1)
    said = page(client)
    assert len(said["issues"]) == 3 and said.get("total", 3) == 3 and "nextPageToken" not in said


def test_the_list_of_fields_is_empty_or_lacks_some_or_gains_one(any_jira: FakeJira) -> None:
    client, site = Client(any_jira), any_jira.site

    def listed() -> set[str]:
        return {field["id"] for field in client.json(f"{API}/field")}

    any_jira.lies.nothing(match="/field", times=1)
    assert listed() == set()
    any_jira.lies.fields_without("summary", times=1)
    assert "summary" not in listed()
    points = site.field_ids.story_points
    site.settings.hidden_fields = frozenset({points})
    assert points not in listed() and points not in page(client)["issues"][0]["fields"]
    site.settings.hidden_fields = frozenset()
    assert {"summary", points} <= listed() and points in page(client)["issues"][0]["fields"]


@pytest.mark.parametrize("date_too", [False, True])
def test_a_node_s_clock_is_ahead(any_jira: FakeJira, date_too: bool) -> None:
    client = Client(any_jira)
    right = client.get(f"{API}/serverInfo")
    any_jira.lies.clock(400 * 86_400_000, date_too=date_too, times=1)
    wrong = client.get(f"{API}/serverInfo")
    assert wrong.json()["serverTime"][:4] > right.json()["serverTime"][:4]
    assert (wrong.headers["Date"][12:16] > right.headers["Date"][12:16]) == date_too
    assert client.json(f"{API}/serverInfo")["serverTime"][:4] == right.json()["serverTime"][:4]


@pytest.mark.parametrize("raw", [b"NaN", b"Infinity", b"1e400", b'"\\ud83d"', b'"\xff"', b'"unfinished'])
def test_one_issue_holds_bytes_that_are_no_json(any_jira: FakeJira, raw: bytes) -> None:
    client = Client(any_jira)
    spoiled = any_jira.site.issue(page(client)["issues"][2]["key"])
    fault = any_jira.lies.raw(spoiled, raw)
    assert b'"description":' + raw in client.search(JQL, "*all", 10).content
    assert raw not in client.search(JQL, "created", 10).content
    any_jira.faults.remove(fault)
    assert page(client)["issues"]


def test_one_row_is_malformed(any_jira: FakeJira) -> None:
    client = Client(any_jira)
    spoiled = any_jira.site.issue(page(client)["issues"][2]["key"])
    any_jira.lies.row(spoiled, lambda row: row | {"fields": None}, times=1)
    assert [row["fields"] is None for row in page(client)["issues"]] == [False, False, True] + [False] * 7
    any_jira.lies.field(spoiled, "updated", "20223-05-01T00:00:00.000+0000")
    assert page(client)["issues"][2]["fields"]["updated"].startswith("20223")
    assert client.json(f"{API}/issue/{spoiled.id}")["fields"]["updated"].startswith("20223")


def test_lists_without_an_end(start: Start) -> None:
    jira = start("cloud", users=1_500)
    client = Client(jira)
    jira.lies.ignores_start(match="/users/search")
    first = client.json(f"{API}/users/search", startAt=0, maxResults=50)
    assert client.json(f"{API}/users/search", startAt=50, maxResults=50) == first
    assert jira.requests[-1].query["startAt"] == "50"
    jira.lies.never_last(match="/board")
    said = client.json(f"{AGILE}/board", startAt=1_000)
    assert (said["values"], said["isLast"]) == ([], False) and "total" not in said
    jira.lies.fresh_tokens(match="/search/jql")
    tokens = {page(client)["nextPageToken"] for _ in range(3)}
    assert len(tokens) == 3


def test_answers_that_are_too_large_or_too_slow(start: Start) -> None:
    jira = start("cloud")
    client = Client(jira)
    jira.lies.big(3_000_000, match="/myself", times=1)
    assert len(client.get(f"{API}/myself").content) > 3_000_000
    jira.lies.big(3_000_000, packed=True, match="/myself", times=1)
    packed = client.session.get(f"{client.base}{API}/myself", stream=True, timeout=10)
    assert int(packed.headers["Content-Length"]) < 30_000 and len(packed.content) > 3_000_000
    jira.faults.drip(2, match="/serverInfo", times=1)
    began = time.monotonic()
    assert client.json(f"{API}/serverInfo")["version"]
    assert time.monotonic() - began > 0.5


def test_a_flood_of_cookies_is_refused_when_it_comes_back(start: Start) -> None:
    jira = start("cloud")
    client = Client(jira)
    jira.lies.cookies(60)
    answers = [client.get(f"{API}/myself").status_code for _ in range(3)]
    assert answers == [200, 200, 400] and len(client.session.cookies) > 60
    client.session.cookies.clear()
    assert client.get(f"{API}/myself").status_code == 200
