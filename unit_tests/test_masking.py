"""Secrets in every shape in which a server or a log may show them."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

import pytest
from airbyte_cdk.utils.airbyte_secrets_utils import filter_secrets, update_secrets

from source_jira_flow.cdk import masking
from source_jira_flow.common import secret_text
from source_jira_flow.http.faults import in_words, not_json
from source_jira_flow.http.refusals import jira_messages

SECRET = "pä ss/\"w+ö<rd>&='?"
KEY = "-----BEGIN PRIVATE KEY-----\n" + "\n".join("ab+/" * 16 for _ in range(3)) + "\n-----END PRIVATE KEY-----"


@pytest.fixture(autouse=True)
def nothing_hidden() -> Iterator[None]:
    secret_text.configure()
    yield
    secret_text.configure()
    update_secrets([])


def base64_forms(text: str) -> Iterator[str]:
    for encoding in ("utf-8", "latin-1"):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            whole = encode(text.encode(encoding)).decode()
            yield from (whole, whole.rstrip("="))


def forms(text: str) -> Iterator[str]:
    yield from (text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1])
    yield from (quote(text), quote(text, safe=""), quote(quote(text, safe=""), safe=""), quote_plus(text))
    yield from (html.escape(text), html.escape(text, quote=False))
    yield from base64_forms(text)


@pytest.mark.parametrize("secret", [SECRET, "ATATT3xFfGF0-a_token=WITHpadding", "s3cr3t!"])
def test_a_secret_is_masked_in_every_shape_by_us_and_by_the_framework(secret: str) -> None:
    secret_text.hide(secret)
    for form in forms(secret):
        for mask in (secret_text.masked, filter_secrets):
            assert mask(f"Refused: [{form}] was sent.") == "Refused: [****] was sent.", form


@pytest.mark.parametrize("before", ["", "a", "ab", "abc", "user:", "me@acme.com:"])
def test_a_secret_in_the_middle_of_base64_is_masked(before: str) -> None:
    secret = "s3cr3t-and-long-enough"
    secret_text.hide(secret)
    encoded = base64.b64encode(f"{before}{secret}&more=1".encode()).decode()
    shown = secret_text.masked(encoded)
    assert "****" in shown
    assert len(shown) < len(encoded) - 20


def test_a_secret_that_was_cut_off_is_masked_from_eight_characters_on() -> None:
    secret = "ATATT3xFfGF0abcdef"
    secret_text.hide(secret)
    for length in range(8, len(secret)):
        assert secret_text.masked(f"Basic {secret[:length]}") == "Basic ****"
    assert secret_text.masked("Basic ATATT3x") == "Basic ATATT3x"
    assert secret_text.masked("ATATT3xFf is a beginning") == "ATATT3xFf is a beginning"


def test_what_a_server_says_is_masked_before_it_is_shortened() -> None:
    secret = "ATATT3xFfGF0" + "x" * 60
    secret_text.hide(secret)
    body = json.dumps({"errorMessages": ["a" * 380 + " " + secret]}).encode()
    assert "ATATT3x" not in " ".join(jira_messages(body))
    title = "Portal " + "a" * 20 + " " + secret
    assert "ATATT3x" not in in_words("page", "https://jira.acme.com", title=title)
    assert "ATATT3x" not in in_words("redirect", "https://jira.acme.com", other=f"https://x.example/{'a' * 50}{secret}")
    assert "ATATT3x" not in str(not_json("https://jira.acme.com", f"<title>{title}</title>".encode()))


def test_a_password_that_is_a_word_of_ours_leaves_our_sentences_alone_and_is_masked_in_what_servers_say() -> None:
    masking.register({"credentials": {"auth_type": "username_password", "username": "me", "password": "admin"}})
    assert filter_secrets("Ask your Jira administrator.") == "Ask your Jira administrator."
    assert jira_messages(b'{"errorMessages": ["Wrong password: admin"]}') == ("Wrong password: ****",)
    # In any other shape it is no word of anybody's.
    assert filter_secrets(base64.b64encode(b"me:admin").decode()) == "****"


def test_a_private_key_is_masked_line_by_line() -> None:
    for key in (KEY, KEY.replace("\n", "\\n"), KEY.replace("\n", "\r\n")):
        secret_text.configure()
        masking.register({"credentials": {"auth_type": "oauth", "private_key": key}})
        for line in KEY.splitlines()[1:-1]:
            assert line not in filter_secrets(f"line: {line}")
        assert "ab+/" not in filter_secrets(json.dumps(KEY))


def test_secrets_of_another_configuration_are_forgotten() -> None:
    masking.register({"credentials": {"password": "first-s3cret"}})
    masking.register({"credentials": {"password": "second-s3cret"}})
    assert filter_secrets("first-s3cret second-s3cret") == "first-s3cret ****"


@pytest.mark.parametrize("raw", [{}, {"credentials": None}, {"credentials": {"password": 5}}, {"credentials": ["a"]}])
def test_a_configuration_without_secrets_is_none(raw: dict[str, object]) -> None:
    masking.register(raw)
    assert filter_secrets("Nothing to hide.") == "Nothing to hide."
