"""What a person reads when Jira refuses a step of the dance."""

from __future__ import annotations

import time
from email.utils import formatdate
from urllib.parse import quote, urlencode

import pytest

from source_jira_flow.oauth_setup.problems import (
    ACCESS_TOKEN,
    DENIED,
    REQUEST_TOKEN,
    DanceRefused,
    believed_base_url,
    signature_words,
    words_for,
)

# All that the library of Jira's provider knows (net.oauth.OAuth.Problems).
PROBLEMS = (
    "version_rejected",
    "parameter_absent",
    "parameter_rejected",
    "timestamp_refused",
    "nonce_used",
    "signature_method_rejected",
    "consumer_key_unknown",
    "consumer_key_rejected",
    "consumer_key_refused",
    "token_used",
    "token_expired",
    "token_revoked",
    "token_rejected",
    "additional_authorization_required",
    "permission_unknown",
    "permission_denied",
    "user_refused",
    "something_new",
)
USED = "https://jira.acme.com/jira"


@pytest.mark.parametrize("step", [REQUEST_TOKEN, ACCESS_TOKEN])
@pytest.mark.parametrize("problem", PROBLEMS)
def test_every_problem_is_a_sentence_that_quotes_nothing(step: str, problem: str) -> None:
    body = urlencode({"oauth_problem": problem, "oauth_token": "SECRET-TOKEN"}).encode()
    words = words_for(step, problem, 401, {"Date": formatdate(usegmt=True)}, body)
    assert words[0].isupper()
    assert words.endswith((".", "?"))
    assert "{" not in words
    assert "SECRET-TOKEN" not in words
    assert len(words) < 300


@pytest.mark.parametrize(
    ("problem", "part"),
    [
        ("token_rejected", "does not accept this code"),
        ("permission_denied", "denied in Jira"),
        ("permission_unknown", "press Allow on Jira's page first"),
        ("token_expired", "ten minutes"),
    ],
)
def test_at_the_end_of_the_dance_a_problem_means_something_else(problem: str, part: str) -> None:
    body = f"oauth_problem={problem}".encode()
    assert part in words_for(ACCESS_TOKEN, problem, 401, {}, body)
    assert part not in words_for(REQUEST_TOKEN, problem, 401, {}, body)


def test_a_clock_that_is_off_is_told_with_the_difference() -> None:
    headers = {"Date": formatdate(time.time() - 3 * 3600, usegmt=True)}
    words = words_for(REQUEST_TOKEN, "timestamp_refused", 401, headers, b"oauth_problem=timestamp_refused")
    assert "3 h" in words
    assert "ahead of Jira's" in words


def test_deny_in_the_callback_reads_like_deny_at_the_servlet() -> None:
    said = words_for(ACCESS_TOKEN, "permission_denied", 401, {}, b"oauth_problem=permission_denied")
    denied = DanceRefused("permission_denied", DENIED)
    assert str(denied) == said
    assert denied.reason == "oauth:permission_denied"


def base_string(url: str) -> str:
    return "&".join(quote(part, safe="") for part in ("POST", url, "oauth_consumer_key=KEY&oauth_token=SECRET"))


@pytest.mark.parametrize(
    ("url", "base_url"),
    [
        ("http://jira:8080/jira/plugins/servlet/oauth/request-token", "http://jira:8080/jira"),
        ("https://jira.acme.com/plugins/servlet/oauth/access-token", "https://jira.acme.com"),
        ("https://jira.acme.com/elsewhere", None),
    ],
)
def test_the_address_that_jira_believes_in_is_read_from_header_and_body(url: str, base_url: str | None) -> None:
    text = base_string(url)
    body = urlencode({"oauth_problem": "signature_invalid", "oauth_signature_base_string": text}).encode()
    header = f'OAuth realm="x", oauth_problem="signature_invalid", oauth_signature_base_string="{quote(text, safe="")}"'
    assert believed_base_url({}, body) == base_url
    assert believed_base_url({"WWW-Authenticate": header}, b"") == base_url


@pytest.mark.parametrize(
    "body", [b"", b"oauth_signature_base_string=", b"oauth_signature_base_string=POST%26x", b"\xff"]
)
def test_an_answer_without_a_base_string_tells_no_address(body: bytes) -> None:
    assert believed_base_url({}, body) is None


def test_two_addresses_are_named_where_they_differ() -> None:
    words = signature_words(USED, "http://jira:8080/jira", None, "key.pem")
    assert USED in words
    assert "http://jira:8080/jira" in words
    assert "proxy" in words
    assert "key.pem" not in words


def test_the_key_is_to_blame_where_the_addresses_agree() -> None:
    for believed, configured in ((USED, "https://other"), (None, USED)):
        words = signature_words(USED, believed, configured, "key.pem")
        assert "key.pem" in words
        assert "https://other" not in words


def test_both_are_to_be_compared_where_jira_does_not_tell() -> None:
    words = signature_words(USED, None, "https://jira.internal", "key.pem")
    assert all(part in words for part in (USED, "https://jira.internal", "key.pem"))
    assert "shows only after a sign-in" in signature_words(USED, None, None, "key.pem")
