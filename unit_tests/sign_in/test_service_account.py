"""Where a service account's secret and tokens go, and when a token is got."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from typing import Any

import pytest
import requests

from source_jira_flow.errors import BrokenPromise, ConfigurationError, PassingFault, ServerFault, SignInRefused
from source_jira_flow.settings import Settings
from source_jira_flow.sign_in.service_account import ServiceAccount

GATEWAY = "https://api.atlassian.com/ex/jira/1f2e0000-0000-4000-8000-000000000001"
ACCOUNT = ServiceAccount("a-client", "its-secret")


class Asking:
    """In the place of the HTTP client: gives `answers` in turn, the last one for ever."""

    def __init__(self, base_url: str, *answers: Any, token_url: str = "") -> None:
        self.base_url = base_url
        self.settings = Settings(token_url=token_url)
        self.logger = logging.getLogger("test")
        self.asked: list[tuple[str, dict[str, str]]] = []
        self._answers = list(answers)

    def post_form(self, url: str, form: Mapping[str, str]) -> tuple[int, Any]:
        self.asked.append((url, dict(form)))
        time.sleep(0.01)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, tuple) else (200, answer)


def token(name: str, seconds: float = 3600) -> dict[str, Any]:
    return {"access_token": name, "expires_in": seconds}


def signed(signer: Any, url: str) -> requests.PreparedRequest:
    return requests.Request("GET", url, auth=signer).prepare()


@pytest.mark.parametrize(
    ("base_url", "address", "scope"),
    [
        (GATEWAY, "https://auth.atlassian.com/oauth/token", None),
        ("https://jira.acme.com:8443/jira", "https://jira.acme.com:8443/jira/rest/oauth2/latest/token", "READ"),
        ("http://127.0.0.1:8123", "http://127.0.0.1:8123/rest/oauth2/latest/token", "READ"),
        # Credentials for a Jira on this machine never leave it.
        (f"http://127.0.0.1:8123{GATEWAY[25:]}", "http://127.0.0.1:8123/oauth/token", None),
    ],
)
def test_the_secret_goes_to_the_address_of_the_kind_of_jira(base_url: str, address: str, scope: str | None) -> None:
    client = Asking(base_url, token("T"))
    ACCOUNT.signer().prepare(client)
    form = {"grant_type": "client_credentials", "client_id": "a-client", "client_secret": "its-secret"}
    assert client.asked == [(address, form if scope is None else {**form, "scope": scope})]


def test_scopes_that_are_configured_are_asked_for_on_both_kinds() -> None:
    for base_url in (GATEWAY, "https://jira.acme.com"):
        client = Asking(base_url, token("T"))
        ServiceAccount.parse({"client_id": "a", "client_secret": "b", "scopes": "READ, WRITE"}).signer().prepare(client)
        assert client.asked[0][1]["scope"] == "READ WRITE"


def test_the_token_goes_to_the_jira_that_it_was_got_for_alone() -> None:
    signer = ACCOUNT.signer()
    signer.prepare(Asking(GATEWAY, token("T")))
    assert signed(signer, f"{GATEWAY}/rest/api/2/myself").headers["Authorization"] == "Bearer T"
    for other in (
        "https://acme.atlassian.net/rest/api/2/myself",
        f"{GATEWAY}0/rest/api/2/myself",
        "https://api.atlassian.com/ex/jira/other/rest/api/2/myself",
        "https://auth.atlassian.com/oauth/token",
    ):
        assert "Authorization" not in signed(signer, other).headers


def test_no_variable_of_the_environment_sends_the_secret_to_another_host() -> None:
    name = "SOURCE_JIRA_FLOW_TOKEN_URL"
    assert Settings.from_environment({name: "http://127.0.0.1:8123/oauth/token"}).token_url
    for elsewhere in ("https://evil.example/token", "http://127.0.0.1@evil.example/token", "//evil.example"):
        with pytest.raises(ConfigurationError, match=name):
            Settings.from_environment({name: elsewhere})


def test_many_threads_get_one_token() -> None:
    signer, client = ACCOUNT.signer(), Asking(GATEWAY, token("T1"), token("T2"))
    url = f"{GATEWAY}/rest/api/2/status"

    def in_threads(act: Any) -> None:
        threads = [threading.Thread(target=act) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    in_threads(lambda: signer.prepare(client))
    assert len(client.asked) == 1
    refused = signed(signer, url)
    in_threads(lambda: signer.renew(refused, client, again=False))
    assert len(client.asked) == 2
    assert signed(signer, url).headers["Authorization"] == "Bearer T2"


def test_a_renewal_that_fails_for_a_while_leaves_the_good_token_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    fault = ServerFault("The token address is down.", status=503)
    signer, client = ACCOUNT.signer(), Asking(GATEWAY, token("T1", 600.0), fault)
    signer.prepare(client)
    late = time.monotonic() + 570
    monkeypatch.setattr(time, "monotonic", lambda: late)
    signer.prepare(client)
    assert len(client.asked) == 2
    signer.prepare(client)
    assert len(client.asked) == 2, "asked again at once"
    with pytest.raises(PassingFault):
        # Without any token there is nothing to go on with.
        ACCOUNT.signer().prepare(Asking(GATEWAY, fault))


def test_a_refused_renewal_is_the_same_for_everybody_and_is_asked_for_once() -> None:
    signer, client = ACCOUNT.signer(), Asking(GATEWAY, token("T1"), (401, {"error": "access_denied"}))
    signer.prepare(client)
    refused = signed(signer, f"{GATEWAY}/rest/api/2/status")
    for _ in range(3):
        with pytest.raises(SignInRefused, match="client ID and client secret are not accepted"):
            signer.renew(refused, client, again=False)
    assert len(client.asked) == 2


def test_a_token_that_was_never_taken_is_renewed_once_and_one_that_worked_as_often_as_it_ends() -> None:
    signer, client = ACCOUNT.signer(), Asking(GATEWAY, *(token(f"T{number}") for number in range(9)))
    url = f"{GATEWAY}/rest/api/2/status"
    signer.prepare(client)
    assert signer.renew(signed(signer, url), client, again=False)
    assert not signer.renew(signed(signer, url), client, again=True)
    signer.worked(signed(signer, url))
    assert signer.renew(signed(signer, url), client, again=True)
    assert len(client.asked) == 3


@pytest.mark.parametrize(
    "answer", [{}, {"access_token": ""}, {"access_token": 5}, {"access_token": "a\r\nHost: x"}, [], None]
)
def test_an_answer_without_a_usable_token_is_an_error(answer: Any) -> None:
    with pytest.raises(BrokenPromise, match="did not return a token"):
        ACCOUNT.signer().prepare(Asking(GATEWAY, answer if answer is not None else (200, None)))


@pytest.mark.parametrize("life", [None, "soon", -5, 0])
def test_a_token_of_unknown_life_is_taken_for_an_hour(life: object) -> None:
    client = Asking(GATEWAY, {"access_token": "T", "expires_in": life})
    signer = ACCOUNT.signer()
    signer.prepare(client)
    signer.prepare(client)
    assert len(client.asked) == 1
