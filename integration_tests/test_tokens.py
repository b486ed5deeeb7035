"""Personal access tokens and service accounts: the connector with both, on the kinds of Jira that have them."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from airbyte_cdk.models import FailureType, Status

from fake_jira import FakeJira, Fault
from fake_jira.bearer import Client
from fake_jira.clock import HOUR_MS
from fake_jira.messages import Request, Response, html_response, json_response
from integration_tests.support import (
    CLOUD_SERVICE,
    DATA_CENTER_SERVICE,
    PERSONAL_TOKEN,
    SHORT_WAITS,
    TOKEN_SETUPS,
    Setup,
    check,
    config_for,
    read_all,
    undocumented,
)
from source_jira_flow.check.checkup import examine
from source_jira_flow.check.command_line import diagnose_main
from source_jira_flow.check.diagnosis import Diagnosis
from source_jira_flow.config import Config
from source_jira_flow.errors import SignInRefused
from source_jira_flow.jira.connection import client_for, connect
from source_jira_flow.settings import Settings
from source_jira_flow.streams import STREAMS

StartJira = Callable[..., FakeJira]

LOGGER = logging.getLogger("test of tokens")
EVERYWHERE = (*TOKEN_SETUPS, Setup("data-center-9", "personal_access_token"))
# What a service account of Data Center has nothing of, since Jira closes the boards to it.
OF_BOARDS = {"boards", "board_columns", "sprints"}


KEYS = {stream.name: stream.primary_key for stream in STREAMS}


def keys_of(stream: str, records: list[dict[str, Any]]) -> list[list[str]]:
    """The primary keys of all rows, in order."""
    return sorted([str(record[name]) for name in KEYS[stream]] for record in records)


def client_of(jira: FakeJira) -> Client:
    (client,) = jira.site.bearer.clients.values()
    return client


def diagnosed(config: dict[str, Any]) -> Diagnosis:
    return examine(config, LOGGER, Settings(backoff_base=0.01).impatient(), limit=20)


def codes(diagnosis: Diagnosis) -> list[str]:
    return [finding.code for finding in diagnosis.findings]


def connected(config: dict[str, Any]) -> Any:
    parsed = Config.parse(config)
    settings = Settings(backoff_base=0.01, backoff_cap=0.02, tries=3)
    return connect(parsed, client_for(parsed, settings=settings, logger=LOGGER))


@pytest.mark.parametrize("setup", EVERYWHERE, ids=str)
def test_check_and_read_with_a_token_give_what_any_other_way_gives(setup: Setup, start_jira: StartJira) -> None:
    jira = start_jira(setup)
    config = config_for(jira, setup.method)
    status = check(config)
    assert status.status is Status.SUCCEEDED, status.message
    assert "4 projects will be imported." in (status.message or "")

    reading = read_all(config)
    assert reading.succeeded, reading.error_messages
    assert [record.path for record in jira.requests if "Cookie" in record.headers] == []
    other = read_all(config_for(jira))
    closed = OF_BOARDS if setup is DATA_CENTER_SERVICE else set()
    for stream, records in other.records.items():
        if stream not in closed:
            assert keys_of(stream, reading.records.get(stream, [])) == keys_of(stream, records), stream
    assert jira.write_attempts == []
    assert undocumented(jira) == []


@pytest.mark.parametrize("setup", EVERYWHERE, ids=str)
def test_diagnose_shows_the_projects(
    setup: Setup, start_jira: StartJira, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    jira = start_jira(setup)
    config = config_for(jira, setup.method)
    place = tmp_path / "config.json"
    place.write_text(json.dumps(config))
    assert diagnose_main(["--config", str(place)]) == 0
    shown = capsys.readouterr().out
    assert "CORE" in shown
    for secret in (*config["credentials"].values(), *jira.site.bearer.issued):
        assert secret in ("service_account", "personal_access_token", "a-service-account") or secret not in shown


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Setup("data-center-11", "oauth"), "personal_access_token"),
        (Setup("data-center-11", "personal_access_token"), "service_account"),
        (Setup("data-center-11", "service_account"), "oauth"),
        (Setup("cloud", "access_token"), "service_account"),
        (Setup("cloud", "service_account"), "access_token"),
    ],
    ids=lambda value: str(value),
)
def test_a_state_goes_on_with_another_way_to_sign_in(first: Setup, second: str, start_jira: StartJira) -> None:
    jira = start_jira(first)
    streams = ["issues", "comments", "users", "projects", "sprints", "labels"]
    before = read_all(config_for(jira, first.method), streams)
    assert before.succeeded, before.error_messages
    jira.site.edit_issue("CORE-1", summary="Changed between")
    after = read_all(config_for(jira, second), streams, before.states)
    assert after.succeeded, after.error_messages
    assert [row["summary"] for row in after.records["issues"]] == ["Changed between"]
    told = {stream: rows for stream, rows in after.records.items() if stream not in ("issues", "comments")}
    # Boards are open again to OAuth: what only issues told of comes whole.
    assert set(told) <= ({"sprints"} if first.method == "service_account" and not jira.site.flavor.cloud else set())


# Personal access tokens


def test_a_personal_token_is_told_apart_from_a_wrong_address(start_jira: StartJira) -> None:
    jira = start_jira(PERSONAL_TOKEN)
    config = config_for(jira, PERSONAL_TOKEN.method)
    (token,) = jira.site.bearer.personal.values()
    for spoil in ("revoked", "expired", "mistyped"):
        token.revoked = spoil == "revoked"
        token.expires_ms = jira.site.clock.now() - HOUR_MS if spoil == "expired" else None
        credentials = {**config["credentials"], **({"token": "MistypedToken"} if spoil == "mistyped" else {})}
        diagnosis = diagnosed({**config, "credentials": credentials})
        assert codes(diagnosis) == ["sign_in:unauthorized"], spoil
        assert "did not accept the personal access token" in diagnosis.message
    elsewhere = diagnosed({**config, "base_url": jira.root_url})
    assert codes(elsewhere) == ["network:wrong_path"]


@pytest.mark.parametrize(
    ("answer", "code", "says"),
    [
        (json_response({"message": "The token has expired."}, 401), "sign_in:personal_token:expired", "has expired"),
        (json_response({"message": "This token was revoked."}, 401), "sign_in:personal_token:revoked", "was revoked"),
    ],
)
def test_what_jira_says_of_a_personal_token_is_passed_on(
    answer: Response, code: str, says: str, start_jira: StartJira
) -> None:
    jira = start_jira(PERSONAL_TOKEN)
    jira.faults.add(Fault("ended", match="/myself", answer=lambda request: answer))
    diagnosis = diagnosed(config_for(jira, PERSONAL_TOKEN.method))
    assert codes(diagnosis) == [code]
    assert says in diagnosis.message


def test_no_cookie_outlives_a_personal_token(start_jira: StartJira) -> None:
    """Jira gives a session with every answer; one that is kept would let in who has no valid token any more."""
    jira = start_jira(PERSONAL_TOKEN)
    instance = connected(config_for(jira, PERSONAL_TOKEN.method))
    assert not instance.jira.client.session.cookies
    (token,) = jira.site.bearer.personal.values()
    token.revoked = True
    with pytest.raises(SignInRefused):
        instance.prove_sign_in()


@pytest.mark.parametrize(
    ("flavor", "method", "says"),
    [
        ("server-7.13", "personal_access_token", "8.14 or newer, and this is Jira 7.13.18"),
        ("cloud", "personal_access_token", "use an access token (e-mail address and API token)"),
        ("data-center-10.3", "service_account", "Data Center 11, and this is Jira 10.3.12"),
    ],
)
def test_the_wrong_kind_of_jira_is_told_before_any_secret_is_sent(
    flavor: str, method: str, says: str, start_jira: StartJira
) -> None:
    jira = start_jira(Setup(flavor, method))
    diagnosis = diagnosed(config_for(jira, method))
    assert "method" in codes(diagnosis)
    assert says in diagnosis.message
    assert [record.path for record in jira.requests] == ["/rest/api/2/serverInfo"]
    reading = read_all(config_for(jira, method), ["statuses"])
    assert any(says in said for said in reading.error_messages)


# Service accounts


@pytest.mark.parametrize("setup", [CLOUD_SERVICE, DATA_CENTER_SERVICE], ids=str)
def test_a_token_that_ends_twenty_times_loses_nothing_and_is_renewed_twenty_times(
    setup: Setup, start_jira: StartJira
) -> None:
    jira = start_jira(setup, issues=3000, comments_per_issue=0.2)
    client = client_of(jira)
    client.requests_each, client.short_lived = 6, 20
    # Windows of few issues make many requests, which eight workers send at once.
    small = replace(SHORT_WAITS, page_size=10)
    reading = read_all(config_for(jira, setup.method), ["issues", "comments"], settings=small)
    assert reading.succeeded, reading.error_messages
    visible = jira.site.visible_issues(jira.site.service_account)
    assert sorted(row["id"] for row in reading.records["issues"]) == sorted(issue.id for issue in visible)
    assert len(jira.site.bearer.issued) == 1 + 20


@pytest.mark.parametrize("end", ["an hour passes", "it is revoked"])
@pytest.mark.parametrize("setup", [CLOUD_SERVICE, DATA_CENTER_SERVICE], ids=str)
def test_a_token_that_ends_in_the_middle_is_renewed_and_nothing_is_lost(
    end: str, setup: Setup, start_jira: StartJira
) -> None:
    jira, seen = start_jira(setup, issues=1500, comments_per_issue=0), 0

    def look(record: object) -> None:
        nonlocal seen
        seen += "/search" in getattr(record, "path", "")
        if seen == 5:
            seen += 1
            for token in jira.site.bearer.issued.values():
                if end == "it is revoked":
                    token.revoked = True
                else:
                    token.expires_ms = jira.site.clock.now()

    jira.on_request = look
    reading = read_all(config_for(jira, setup.method), ["issues"])
    assert reading.succeeded, reading.error_messages
    visible = jira.site.visible_issues(jira.site.service_account)
    assert sorted(row["id"] for row in reading.records["issues"]) == sorted(issue.id for issue in visible)
    assert len(jira.site.bearer.issued) == 2


def test_a_token_is_renewed_before_it_ends_by_one_thread_for_all(start_jira: StartJira) -> None:
    jira = start_jira(DATA_CENTER_SERVICE)
    client_of(jira).lifetime_ms = 2_000
    instance = connected(config_for(jira, DATA_CENTER_SERVICE.method))
    jira.latency_ms = 20
    refused = []
    jira.on_request = lambda record: refused.append(record.path) if record.status == 401 else None

    def ask(until: float) -> None:
        while time.monotonic() < until:
            instance.jira.get("/rest/api/2/status")

    until = time.monotonic() + 4.5
    threads = [threading.Thread(target=ask, args=(until,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == []
    # Each after 1.8 s: the first, and two more.
    assert len(jira.site.bearer.issued) == 3


@pytest.mark.parametrize("setup", [CLOUD_SERVICE, DATA_CENTER_SERVICE], ids=str)
def test_a_refused_renewal_ends_with_one_sentence(setup: Setup, start_jira: StartJira) -> None:
    jira = start_jira(setup, issues=600)
    client, seen = client_of(jira), 0

    def disable(record: object) -> None:
        nonlocal seen
        seen += "/search" in getattr(record, "path", "")
        if seen == 4:
            client.enabled = False

    jira.on_request = disable
    reading = read_all(config_for(jira, setup.method), ["issues", "comments", "projects"])
    assert not reading.succeeded
    assert {error.failure_type for error in reading.errors} == {FailureType.config_error}
    said = [text for text in reading.error_messages if "client ID" in text]
    assert said and all("create new ones" in text for text in said)
    # One thread asked, once.
    assert jira.site.bearer.refusals == 1
    client.enabled, jira.on_request = True, None
    rest = read_all(config_for(jira, setup.method), ["issues"], reading.states)
    assert rest.succeeded
    whole = {row["id"] for row in (*reading.records.get("issues", ()), *rest.records["issues"])}
    assert whole == {issue.id for issue in jira.site.visible_issues(jira.site.service_account)}


@pytest.mark.parametrize("setup", [CLOUD_SERVICE, DATA_CENTER_SERVICE], ids=str)
def test_an_account_without_access_is_told_after_one_renewal(setup: Setup, start_jira: StartJira) -> None:
    """The token address gives tokens, and Jira takes none of them."""
    jira = start_jira(setup)
    refusal = json_response({"code": 401, "message": "Unauthorized"}, 401)

    def is_signed(request: Request) -> bool:
        return bool(request.headers.get("Authorization"))

    jira.faults.add(Fault("no access", match=is_signed, answer=lambda request: refusal))
    diagnosis = diagnosed(config_for(jira, setup.method))
    assert not diagnosis.succeeded
    assert "has access to this Jira" in diagnosis.message or "no access" in diagnosis.message, diagnosis.message
    assert len(jira.site.bearer.issued) <= 3


@pytest.mark.parametrize(
    ("setup", "spoil", "code", "says"),
    [
        (CLOUD_SERVICE, {"client_secret": "mistyped"}, "refused", "client ID and client secret are not accepted"),
        (DATA_CENTER_SERVICE, {"client_id": "nobody"}, "refused", "client ID and client secret are not accepted"),
        (CLOUD_SERVICE, {"scopes": "write:all"}, "scope", "leave the field scopes empty"),
        (DATA_CENTER_SERVICE, {"scopes": "ADMIN"}, "scope", "leave the field scopes empty"),
    ],
)
def test_what_the_token_address_refuses_is_told(
    setup: Setup, spoil: dict[str, str], code: str, says: str, start_jira: StartJira
) -> None:
    jira = start_jira(setup)
    config = config_for(jira, setup.method)
    config["credentials"].update(spoil)
    diagnosis = diagnosed(config)
    assert codes(diagnosis) == [f"sign_in:service_account:{code}"]
    assert says in diagnosis.message
    assert jira.site.bearer.refusals == 1


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (json_response({"error": "slow_down\x1b[31m"}, 400), "slow_down"),
        (json_response({"errorMessages": ["null for uri"]}, 404), "This Jira has no service accounts"),
        (html_response("Access denied", "", 403), "not accepted"),
        (json_response({"token_type": "Bearer"}), "did not return a token"),
        (json_response(["a"]), "did not return a token"),
        (html_response("Welcome to the guest network", ""), "Welcome to the guest network"),
        (json_response({}, 500), "HTTP 500"),
        (Response(302, b"", headers={"Location": "https://elsewhere.example/token"}), "https://elsewhere.example"),
    ],
)
def test_odd_answers_of_the_token_address_are_told_and_never_followed(
    answer: Response, says: str, start_jira: StartJira
) -> None:
    jira = start_jira(DATA_CENTER_SERVICE)
    jira.faults.add(Fault("odd", match="/oauth2/", answer=lambda request: answer))
    diagnosis = diagnosed(config_for(jira, DATA_CENTER_SERVICE.method))
    assert not diagnosis.succeeded
    assert says in diagnosis.message
    assert client_of(jira).secret not in diagnosis.message


def test_a_token_address_that_fails_for_a_while_does_not_end_a_sync(start_jira: StartJira) -> None:
    jira = start_jira(CLOUD_SERVICE)
    jira.faults.server_error(503, match="/oauth/token", first=2)
    reading = read_all(config_for(jira, CLOUD_SERVICE.method), ["issues"])
    assert reading.succeeded, reading.error_messages


@pytest.mark.parametrize("myself", ["refused", "unauthorized", "nameless"])
@pytest.mark.parametrize("permissions", ["refused", "none"])
@pytest.mark.parametrize("header", [None, "anonymous"])
def test_whatever_jira_says_of_a_service_account_the_check_proves_access_by_reading(
    myself: str, permissions: str, header: str | None, start_jira: StartJira
) -> None:
    jira = start_jira(DATA_CENTER_SERVICE)
    settings = jira.site.settings
    settings.service_account_myself, settings.service_account_permissions = myself, permissions
    settings.service_account_header = header
    config = config_for(jira, DATA_CENTER_SERVICE.method)
    diagnosis = diagnosed(config)
    assert diagnosis.succeeded, diagnosis.message
    assert sorted(codes(diagnosis)) == ["boards_closed", "other_types"]
    jira.faults.refuse(403, match="/rest/api/2/search")
    assert not diagnosed(config).succeeded
    jira.faults.clear()
    reading = read_all(config)
    assert reading.succeeded, reading.error_messages
    assert len(reading.records["users"]) == len(read_all(config_for(jira, "oauth"), ["users"]).records["users"])


@pytest.mark.parametrize("status", [401, 403, 404])
def test_sprints_come_from_issues_where_boards_are_closed(status: int, start_jira: StartJira) -> None:
    jira = start_jira(DATA_CENTER_SERVICE)
    jira.site.settings.closed_to_service_accounts = status
    reading = read_all(config_for(jira, DATA_CENTER_SERVICE.method), ["issues", "sprints", "boards"])
    assert reading.succeeded, reading.error_messages
    in_issues = {sprint for row in reading.records["issues"] for sprint in row["sprint_ids"] or ()}
    assert {row["id"] for row in reading.records["sprints"]} == in_issues
    assert in_issues
    assert "boards" not in reading.records
    if status != 404:
        assert any("sprints only has those that occur in issues" in line for line in reading.logs)
    # A closed door is no reason for a new token.
    assert len(jira.site.bearer.issued) == 1
    alone = read_all(config_for(jira, DATA_CENTER_SERVICE.method), ["sprints"])
    assert alone.succeeded
    if status != 404:
        assert any("Choose the stream issues too" in line for line in alone.logs)


def test_open_boards_are_read_by_a_service_account(start_jira: StartJira) -> None:
    jira = start_jira(DATA_CENTER_SERVICE)
    jira.site.settings.closed_to_service_accounts = None
    config = config_for(jira, DATA_CENTER_SERVICE.method)
    assert codes(diagnosed(config)) == ["other_types"]
    reading = read_all(config, ["boards", "sprints"])
    other = read_all(config_for(jira, "oauth"), ["boards", "sprints"])
    assert reading.count() == other.count()


@pytest.mark.parametrize(
    ("scopes", "code", "says", "succeeds"),
    [
        (("read:jira-user",), "sign_in:scope", ("read:jira-work (for", "issues"), False),
        (("read:jira-work",), "sign_in:scope", ("read:jira-user (for users, groups)",), False),
        (
            ("read:jira-work", "read:jira-user"),
            "scope_of_boards",
            ("read:board-scope:jira-software (for boards, sprints)",),
            True,
        ),
    ],
)
def test_scopes_that_lack_are_named_with_their_streams(
    scopes: tuple[str, ...], code: str, says: tuple[str, ...], succeeds: bool, start_jira: StartJira
) -> None:
    jira = start_jira(CLOUD_SERVICE)
    client_of(jira).scopes = frozenset(scopes)
    diagnosis = diagnosed(config_for(jira, CLOUD_SERVICE.method))
    assert code in codes(diagnosis), diagnosis.message
    assert diagnosis.succeeded is succeeds
    for part in ("service account's credentials lack", *says):
        assert part in diagnosis.message
    # A token that lacks scopes is as good as a new one.
    assert len(jira.site.bearer.issued) == 1


def test_a_service_account_of_data_center_needs_the_scope_to_read(start_jira: StartJira) -> None:
    jira = start_jira(DATA_CENTER_SERVICE)
    client_of(jira).scopes = frozenset(("NOTHING",))
    config = config_for(jira, DATA_CENTER_SERVICE.method)
    assert "sign_in:service_account:scope" in codes(diagnosed(config))
    config["credentials"]["scopes"] = "NOTHING"
    assert not diagnosed(config).succeeded


def test_the_secret_goes_to_the_token_address_alone_and_the_token_to_jira_alone(
    start_jira: StartJira, monkeypatch: pytest.MonkeyPatch
) -> None:
    jira, tokens = start_jira(CLOUD_SERVICE), start_jira(CLOUD_SERVICE)
    secret = client_of(jira).secret
    sent: list[tuple[str, str, str]] = []
    real = requests.Session.send

    def watch(session: requests.Session, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        sent.append((str(request.url), str(request.body), str(request.headers.get("Authorization", ""))))
        return real(session, request, **options)

    monkeypatch.setattr(requests.Session, "send", watch)
    tokens.site.bearer = jira.site.bearer
    elsewhere = replace(SHORT_WAITS, token_url=f"{tokens.root_url}/oauth/token")
    reading = read_all(config_for(jira, CLOUD_SERVICE.method), ["issues", "users"], settings=elsewhere)
    assert reading.succeeded, reading.error_messages
    with_secret = {address for address, body, header in sent if secret in address + body + header}
    signed = [address for address, _, header in sent if header]
    assert with_secret == {f"{tokens.root_url}/oauth/token"}
    assert signed and all(address.startswith(f"{jira.gateway_url}/rest/") for address in signed)


def test_a_site_that_hides_its_cloud_id_is_told(start_jira: StartJira) -> None:
    jira = start_jira(CLOUD_SERVICE)
    jira.faults.refuse(404, match="tenant_info")
    diagnosis = diagnosed(config_for(jira, CLOUD_SERVICE.method))
    assert "enter https://api.atlassian.com/ex/jira/CLOUD-ID" in diagnosis.message
    config = config_for(jira, CLOUD_SERVICE.method)
    assert diagnosed({**config, "base_url": jira.gateway_url}).succeeded
