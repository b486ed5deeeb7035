"""Credentials that were pasted into the wrong place, recognised by their looks."""

from __future__ import annotations

import base64

import pytest

from source_jira_flow.config import Config
from source_jira_flow.errors import ConfigurationError, InvalidConfig
from source_jira_flow.sign_in.basic import looks_like_api_token, looks_like_personal_access_token
from source_jira_flow.sign_in.table import parse_credentials

PERSONAL_TOKEN = base64.b64encode(b"123456789012:" + bytes(range(20))).decode()
API_TOKEN = "ATATT3xFfGF0" + "a1B2" * 40


def test_tokens_are_told_by_their_looks() -> None:
    assert looks_like_personal_access_token(PERSONAL_TOKEN)
    assert looks_like_api_token(API_TOKEN)
    for other in ("", "password", "a:b", base64.b64encode(b"x" * 33).decode(), API_TOKEN):
        assert not looks_like_personal_access_token(other)


@pytest.mark.parametrize(
    ("credentials", "words"),
    [
        ({"auth_type": "access_token", "email": API_TOKEN, "access_token": "me@acme.com"}, "swapped"),
        ({"auth_type": "access_token", "email": "service", "access_token": API_TOKEN}, "has no @"),
        ({"auth_type": "access_token", "email": "a@b.c", "access_token": PERSONAL_TOKEN}, "personal access token"),
        ({"auth_type": "username_password", "username": "me", "password": PERSONAL_TOKEN}, "personal access token"),
        ({"auth_type": "username_password", "username": "me", "password": API_TOKEN}, "choose “access token”"),
        ({"auth_type": "personal_access_token", "token": API_TOKEN}, "choose “access token”"),
    ],
)
def test_what_was_mixed_up_is_said_in_one_sentence_without_showing_it(credentials: dict[str, str], words: str) -> None:
    with pytest.raises(InvalidConfig, match=words) as refused:
        parse_credentials(credentials)
    assert len(refused.value.problems) == 1
    for value in (API_TOKEN, PERSONAL_TOKEN):
        assert value not in str(refused.value)


def test_a_password_keeps_its_quotes() -> None:
    credentials = {"auth_type": "username_password", "username": "me", "password": '"quoted"'}
    assert parse_credentials(credentials).as_document() == credentials


def test_a_character_that_no_token_has_is_named_with_its_field() -> None:
    with pytest.raises(ConfigurationError, match="'access_token'"):
        parse_credentials({"auth_type": "access_token", "email": "a@b.c", "access_token": "ATATTпароль"})


@pytest.mark.parametrize(
    "raw",
    [
        {"api_token": "secret-token", "domain": "acme.atlassian.net", "email": "me@acme.com"},
        {"api_token": "secret-token", "domain": "acme.atlassian.net", "email": "me@acme.com", "projects": ["A"]},
        {"domain": "acme.atlassian.net"},
        {"domain": "acme.atlassian.net", "credentials": {"auth_type": "api_token", "api_token": "secret-token"}},
        {"base_url": "https://acme.atlassian.net", "api_token": "secret-token", "email": "me@acme.com"},
    ],
)
def test_a_configuration_of_airbytes_own_source_is_recognised(raw: dict[str, object]) -> None:
    with pytest.raises(InvalidConfig, match="Airbyte's own Jira source") as refused:
        Config.parse(raw)
    assert len(refused.value.problems) == 1
    assert "secret-token" not in str(refused.value)
