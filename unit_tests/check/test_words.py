"""Every sentence that is kept in a table: short enough with the longest names, English, and with something to do."""

import re

import pytest

from source_jira_flow.http.faults import WORDS, in_words
from source_jira_flow.http.refusals import SIGN_IN_WORDS, sign_in_refused
from source_jira_flow.jira.missing_permissions import WORDS as JIRA_WORDS
from source_jira_flow.jira.missing_permissions import (
    lost_projects,
    no_browse_users,
    no_longer_imported,
    no_project,
    unknown_projects,
)
from source_jira_flow.sign_in.base import SignIn
from source_jira_flow.sign_in.oauth1 import OAuth1Refusals
from source_jira_flow.sign_in.table import WAYS

LONG_HOST = "a-very-long-name-of-a-host." * 8 + "example.com"
AN_ACTION = re.compile(
    r"\b(ask|authorize|check|compare|correct|create|enter|log in|make|plan to change|renew|set|take|try|use)\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize("reason", WORDS)
def test_words_about_the_network_fit_with_the_longest_names(reason: str) -> None:
    base_url = f"https://{LONG_HOST}:8443/{'path/' * 40}"
    text = in_words(reason, base_url, other=base_url, title="Title " * 40)
    assert len(text) < 300
    assert AN_ACTION.search(text)
    assert "{" not in text


EVERY_SIGN_IN_WORDS = {
    **SIGN_IN_WORDS,
    **{f"{way.title}: {reason}": words for way in WAYS for reason, words in way.words.items()},
}


@pytest.mark.parametrize("reason", EVERY_SIGN_IN_WORDS)
def test_words_about_the_sign_in_fit_and_say_what_to_do(reason: str) -> None:
    text = EVERY_SIGN_IN_WORDS[reason].format(login=" (" + "x" * 90 + ")", clock="y" * 60, problem="z" * 30)
    assert len(text) < 300
    assert AN_ACTION.search(text)


@pytest.mark.parametrize("kind", JIRA_WORDS)
def test_words_about_permissions_fit_and_say_what_to_do(kind: str) -> None:
    texts = [no_browse_users(kind), no_project(kind)]
    for keys in (["A"], ["LONGKEY"] * 40, ["VERYLONGKEY" * 20]):
        texts += [lost_projects(keys, kind), unknown_projects(keys, [], kind), no_longer_imported(keys, kind)]
    for text in texts:
        assert len(text) < 300
        assert AN_ACTION.search(text)
        assert "Jira administrator" in text
        assert text.endswith(".")


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.title)
def test_words_about_ways_to_sign_in_fit_and_say_what_to_do(way: type[SignIn]) -> None:
    said = (
        way.refused_by_cloud,
        way.refused_by_self_hosted,
        way.retired_by_cloud,
        way.retired_by_self_hosted,
        way.refused_before,
    )
    for text in (one.format(version="10.3.12-SNAPSHOT") for one in said if one):
        assert len(text) < 300
        assert AN_ACTION.search(text)


@pytest.mark.parametrize(
    ("status", "headers", "body", "reason"),
    [
        (401, {}, b"", "unauthorized"),
        (401, {"WWW-Authenticate": 'OAuth realm="x",oauth_problem="token_rejected"'}, b"", "oauth:token_rejected"),
        (
            401,
            {},
            b"oauth_problem=signature_invalid&oauth_signature_base_string=GET%26secret",
            "oauth:signature_invalid",
        ),
        (401, {}, b'{"code":401,"message":"Unauthorized; scope does not match"}', "scope"),
        (403, {}, b'{"code":403,"message":"Unauthorized; scope does not match"}', "scope"),
        (401, {}, b"Basic auth with password is not allowed on this instance", "password_as_token"),
        (403, {}, b'{"message":"Basic Authentication has been disabled on this instance."}', "basic_disabled"),
        (403, {"X-Seraph-LoginReason": "AUTHENTICATION_DENIED"}, b"", "captcha"),
        (403, {"X-Seraph-LoginReason": "AUTHORISATION_FAILED"}, b"", "no_access"),
        (401, {"WWW-Authenticate": "OAuth oauth_problem=never_heard_of"}, b"", "oauth:never_heard_of"),
    ],
)
def test_a_refusal_has_one_reason_and_quotes_nothing(
    status: int, headers: dict[str, str], body: bytes, reason: str
) -> None:
    refused = sign_in_refused(status, headers, body, OAuth1Refusals())
    assert refused.reason == reason
    assert "secret" not in str(refused).replace("access token secret", "")
