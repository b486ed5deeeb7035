"""OAuth 1.0a: the dance, signed requests, and every problem by its name."""

import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from requests_oauthlib import OAuth1, OAuth1Session

from fake_jira import FakeJira, key_pair
from fake_jira.clock import DAY_MS, HOUR_MS, MINUTE_MS
from fake_jira.oauth_provider import ACCESS_TOKEN_LIFETIME_MS

from .client import API, Client, auth_of
from .conftest import Start

CONSUMER = "source-jira-flow"
CALLBACK = "http://127.0.0.1:5000/callback?state=1"


@pytest.fixture
def jira(start: Start) -> FakeJira:
    return start("dc10", "/jira")


@pytest.fixture(scope="module")
def other_key() -> str:
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    ).decode()


def session(
    callback: str | None = "oob", key: str | None = None, consumer: str = CONSUMER, **more: Any
) -> OAuth1Session:
    return OAuth1Session(
        consumer, rsa_key=key or key_pair()[0], signature_method="RSA-SHA1", callback_uri=callback, **more
    )


def servlet(jira: FakeJira, name: str) -> str:
    return f"{jira.base_url}/plugins/servlet/oauth/{name}"


def request_token(jira: FakeJira, callback: str = "oob") -> dict[str, str]:
    response = session(callback).post(servlet(jira, "request-token"))
    assert response.status_code == 200, response.text
    return {name: values[0] for name, values in parse_qs(response.text).items()}


def decide(jira: FakeJira, token: str, button: str) -> requests.Response:
    """What a person does in a browser: opens the page, reads, presses a button."""
    page = requests.get(servlet(jira, "authorize"), params={"oauth_token": token}, timeout=10)
    assert "Jira flow" in page.text
    assert "value='Allow'" in page.text
    assert "value='Deny'" in page.text
    hidden = re.search(r"name='oauth_token' value='(\w+)'", page.text)
    assert hidden
    return requests.post(
        servlet(jira, "authorize"), {"oauth_token": hidden.group(1), button: "x"}, allow_redirects=False, timeout=10
    )


def access_token(jira: FakeJira, token: dict[str, str], verifier: str | None) -> requests.Response:
    more = {"resource_owner_key": token["oauth_token"], "resource_owner_secret": token["oauth_token_secret"]}
    return session(None, **more, **({"verifier": verifier} if verifier else {})).post(servlet(jira, "access-token"))


def problem(response: requests.Response) -> str:
    """From the body of the servlets, from a header of the API."""
    assert response.status_code == 401
    from_header = re.search(r'oauth_problem="([^"]+)"', response.headers["WWW-Authenticate"])
    assert from_header
    if response.headers["Content-Type"].startswith("text/plain"):
        assert parse_qs(response.text)["oauth_problem"] == [from_header.group(1)]
    return from_header.group(1)


def test_the_dance_with_a_verifier_typed_in(jira: FakeJira) -> None:
    token = request_token(jira)
    assert token["oauth_callback_confirmed"] == "true"
    page = decide(jira, token["oauth_token"], "approve")
    code = re.search(r"<b>(\w+)</b>", page.text)
    assert code
    response = access_token(jira, token, code.group(1))
    granted = {name: values[0] for name, values in parse_qs(response.text).items()}
    assert abs(int(granted["oauth_expires_in"]) - ACCESS_TOKEN_LIFETIME_MS // 1000) < 60
    credentials = {
        "auth_type": "oauth",
        "consumer_key": CONSUMER,
        "private_key": key_pair()[0],
        "access_token": granted["oauth_token"],
        "access_token_secret": granted["oauth_token_secret"],
    }
    answer = requests.get(f"{jira.base_url}{API}/myself", auth=auth_of(credentials), timeout=10)
    assert answer.json()["name"] == "service.account"


def test_the_dance_with_a_callback(jira: FakeJira) -> None:
    token = request_token(jira, CALLBACK)
    answer = decide(jira, token["oauth_token"], "approve")
    assert answer.status_code == 302
    location = urlsplit(answer.headers["Location"])
    query = parse_qs(location.query)
    assert f"{location.scheme}://{location.netloc}{location.path}" == CALLBACK.split("?")[0]
    assert (query["state"], query["oauth_token"]) == (["1"], [token["oauth_token"]])
    assert access_token(jira, token, query["oauth_verifier"][0]).status_code == 200


def test_deny_comes_back_as_a_verifier_and_grants_nothing(jira: FakeJira) -> None:
    token = request_token(jira, CALLBACK)
    answer = decide(jira, token["oauth_token"], "deny")
    assert parse_qs(urlsplit(answer.headers["Location"]).query)["oauth_verifier"] == ["denied"]
    assert problem(access_token(jira, token, "denied")) == "permission_denied"
    token = request_token(jira)
    assert "denied access" in decide(jira, token["oauth_token"], "deny").text


def test_a_request_token_serves_once_for_ten_minutes_and_with_its_verifier(jira: FakeJira) -> None:
    token = request_token(jira)
    assert problem(access_token(jira, token, "123456")) == "permission_unknown"
    page = decide(jira, token["oauth_token"], "approve")
    verifier = re.findall(r"<b>(\w+)</b>", page.text)[0]
    assert problem(access_token(jira, token, None)) == "parameter_absent"
    assert problem(access_token(jira, token, "wrong1")) == "token_rejected"
    assert access_token(jira, token, verifier).status_code == 200
    assert problem(access_token(jira, token, verifier)) == "token_rejected"

    token = request_token(jira)
    jira.site.clock.advance(11 * MINUTE_MS)
    page = requests.get(servlet(jira, "authorize"), params={"oauth_token": token["oauth_token"]}, timeout=10)
    assert "token_expired" in page.text


def test_servlets_refuse_by_name(jira: FakeJira, other_key: str) -> None:
    address = servlet(jira, "request-token")
    assert problem(session(consumer="unknown").post(address)) == "consumer_key_unknown"
    assert problem(session(key=other_key).post(address)) == "signature_invalid"
    assert problem(requests.post(address, timeout=10)) in ("parameter_absent", "parameter_rejected")
    hmac = OAuth1Session(CONSUMER, client_secret="secret", callback_uri="oob")
    assert problem(hmac.post(address)) == "signature_method_rejected"
    jira.site.oauth.consumers[CONSUMER].allowed = False
    assert problem(session().post(address)) == "permission_denied"


def unknown_consumer(jira: FakeJira) -> None:
    jira.site.oauth.consumers.clear()


def unknown_token(jira: FakeJira) -> None:
    jira.site.oauth.access_tokens.clear()


def revoked_token(jira: FakeJira) -> None:
    for token in jira.site.oauth.access_tokens.values():
        token.revoked = True


def expired_token(jira: FakeJira) -> None:
    for token in jira.site.oauth.access_tokens.values():
        token.expires_ms = jira.site.clock.now() - DAY_MS


def clock_ahead(jira: FakeJira) -> None:
    jira.site.clock.advance(2 * HOUR_MS)


def inactive_account(jira: FakeJira) -> None:
    jira.site.deactivate_user(jira.site.service_account)


def proxy_that_jira_does_not_know(jira: FakeJira) -> None:
    jira.site.oauth.believed_base_url = "https://jira.example.com"


def other_public_key(jira: FakeJira) -> None:
    key = rsa.generate_private_key(public_exponent=65_537, key_size=1024).public_key()
    jira.site.oauth.consumers[CONSUMER].public_key = key


@pytest.mark.parametrize(
    ("breaks", "named"),
    [
        (unknown_consumer, "consumer_key_unknown"),
        (unknown_token, "token_rejected"),
        (revoked_token, "token_rejected"),
        (expired_token, "token_expired"),
        (clock_ahead, "timestamp_refused"),
        (inactive_account, "permission_denied"),
        (proxy_that_jira_does_not_know, "signature_invalid"),
        (other_public_key, "signature_invalid"),
    ],
)
def test_the_api_refuses_by_name(jira: FakeJira, breaks: Callable[[FakeJira], None], named: str) -> None:
    client = Client(jira, method="oauth")
    assert client.get(f"{API}/myself").status_code == 200
    breaks(jira)
    assert problem(client.get(f"{API}/myself")) == named


def test_an_expired_clock_says_what_would_do(jira: FakeJira) -> None:
    client = Client(jira, method="oauth")
    clock_ahead(jira)
    header = client.get(f"{API}/myself").headers["WWW-Authenticate"]
    window = re.search(r'oauth_acceptable_timestamps="(\d+)-(\d+)"', header)
    assert window
    assert abs(int(window.group(1)) + 300 - time.time() - 7200) < 10


def test_an_invalid_signature_echoes_the_token(jira: FakeJira, other_key: str) -> None:
    """The reason why such an answer must never reach a log."""
    token = request_token(jira)
    more = {"resource_owner_key": token["oauth_token"], "resource_owner_secret": token["oauth_token_secret"]}
    response = session(None, other_key, verifier="x", **more).post(servlet(jira, "access-token"))
    assert problem(response) == "signature_invalid"
    assert token["oauth_token"] in parse_qs(response.text)["oauth_signature_base_string"][0]


def test_a_nonce_serves_once(jira: FakeJira) -> None:
    credentials = jira.site.credentials("oauth")
    signed = requests.Request("GET", f"{jira.base_url}{API}/myself", auth=auth_of(credentials)).prepare()
    with requests.Session() as connection:
        assert connection.send(signed).status_code == 200
        assert problem(connection.send(signed)) == "nonce_used"


def test_the_signature_covers_address_query_and_context_path(jira: FakeJira) -> None:
    credentials = jira.site.credentials("oauth")
    jql = quote("project = CORE AND summary ~ 'a+b & ü'")
    address = f"{jira.base_url}{API}/search?jql={jql}&maxResults=1"
    with requests.Session() as connection:
        assert connection.send(requests.Request("GET", address, auth=auth_of(credentials)).prepare()).status_code == 200
        changed = requests.Request("GET", address, auth=auth_of(credentials)).prepare()
        assert changed.url is not None
        changed.url = changed.url.replace("maxResults=1", "maxResults=2")
        assert problem(connection.send(changed)) == "signature_invalid"


def test_a_post_with_json_is_signed_too(jira: FakeJira) -> None:
    client = Client(jira, method="oauth")
    assert client.post(f"{API}/search", {"jql": "project = CORE", "maxResults": 1}).status_code == 200


def test_a_proxy_whose_address_jira_believes_is_signed_for(jira: FakeJira) -> None:
    """Jira behind https://jira.example.com: signed for that address, sent to this one, it is good."""
    proxy_that_jira_does_not_know(jira)
    credentials = jira.site.credentials("oauth")
    signed = requests.Request("GET", f"https://jira.example.com{API}/myself", auth=auth_of(credentials)).prepare()
    header = {"Authorization": signed.headers["Authorization"]}
    assert requests.get(f"{jira.base_url}{API}/myself", headers=header, timeout=10).status_code == 200


def test_a_frozen_clock_does_not_refuse_signatures(start: Start) -> None:
    from fake_jira import Clock

    jira = start("dc10", clock=Clock(1_700_000_000_000, frozen=True), issues=1)
    assert Client(jira, method="oauth").get(f"{API}/myself").status_code == 200


def test_a_key_as_an_administrator_pastes_it(jira: FakeJira, other_key: str) -> None:
    private = serialization.load_pem_private_key(other_key.encode(), None)
    pem = private.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    bare = "".join(pem.decode().splitlines()[1:-1])
    for place, pasted in enumerate((pem.decode(), bare, f"  {bare}\n")):
        jira.site.oauth.add_consumer(f"consumer-{place}", "Another", pasted)
        token = jira.site.oauth.add_access_token(f"consumer-{place}", jira.site.service_account)
        auth = OAuth1(
            f"consumer-{place}",
            rsa_key=other_key,
            resource_owner_key=token.token,
            signature_method="RSA-SHA1",
        )
        assert requests.get(f"{jira.base_url}{API}/myself", auth=auth, timeout=10).status_code == 200


def test_the_page_for_application_links_is_there(jira: FakeJira) -> None:
    page = requests.get(f"{jira.base_url}/plugins/servlet/applinks/listApplicationLinks", timeout=10)
    assert page.status_code == 200
    assert "Application links" in page.text


def test_cloud_knows_the_dance_too(cloud: FakeJira) -> None:
    assert request_token(cloud)["oauth_token"]
