"""What people paste, and what becomes of it."""

from __future__ import annotations

from typing import Any

import pytest

from source_jira_flow.config import Config, clean_base_url
from source_jira_flow.errors import ConfigurationError, InvalidConfig
from source_jira_flow.sign_in.api_token import ApiToken
from source_jira_flow.sign_in.password import Password

TOKEN = {"auth_type": "access_token", "email": "service@acme.com", "access_token": "secret-token"}


@pytest.mark.parametrize(
    ("pasted", "cleaned"),
    [
        ("https://acme.atlassian.net", "https://acme.atlassian.net"),
        ("  https://acme.atlassian.net/ \n", "https://acme.atlassian.net"),
        ("acme.atlassian.net", "https://acme.atlassian.net"),
        ('"https://acme.atlassian.net"', "https://acme.atlassian.net"),
        ("“https://acme.atlassian.net/”", "https://acme.atlassian.net"),
        ("https://acme.atlassian.net/browse/ABC-1", "https://acme.atlassian.net"),
        ("https://acme.atlassian.net/jira/software/projects/ABC/boards/1", "https://acme.atlassian.net"),
        ("https://ACME.atlassian.net/", "https://acme.atlassian.net"),
        ("https://jira.acme.com:8443/jira", "https://jira.acme.com:8443/jira"),
        ("https://jira.acme.com:8443/jira/browse/ABC-1?filter=2#top", "https://jira.acme.com:8443/jira"),
        ("https://jira.acme.com/secure/Dashboard.jspa", "https://jira.acme.com"),
        ("https://jira.acme.com/jira/secure/RapidBoard.jspa?rapidView=3", "https://jira.acme.com/jira"),
        ("https://jira.acme.com/rest/api/2", "https://jira.acme.com"),
        ("https://jira.acme.com/jira/rest/api/2/", "https://jira.acme.com/jira"),
        ("https://jira.acme.com/login.jsp", "https://jira.acme.com"),
        ("https://jira.acme.com/jira/projects/ABC/summary", "https://jira.acme.com/jira"),
        ("https://tracker.acme.com/jira/software/c/projects/ABC", "https://tracker.acme.com"),
        ("https://jira.acme.com:443/", "https://jira.acme.com"),
        ("https://api.atlassian.com/ex/jira/1f2e/rest/api/2", "https://api.atlassian.com/ex/jira/1f2e"),
        ("http://127.0.0.1:8123/jira", "http://127.0.0.1:8123/jira"),
        ("http://localhost:8123", "http://localhost:8123"),
        ("http://[::1]:8123/", "http://[::1]:8123"),
    ],
)
def test_a_base_url_is_forgiven_what_people_paste(pasted: str, cleaned: str) -> None:
    assert clean_base_url(pasted) == cleaned


@pytest.mark.parametrize(
    ("pasted", "words"),
    [
        ("", "'base_url'"),
        ("   ", "empty"),
        ("http://jira.acme.com", "https://jira.acme.com"),
        ("ftp://jira.acme.com", "not an address"),
        ("https://", "not an address"),
        ("https://user:word@jira.acme.com", "credentials"),
        ("https://jira.acme.com:notaport", "not an address"),
        *((f"https://jira.acme.com:{port}/jira", "port, a number from 1 to 65535") for port in ("65536", "0", "-1")),
        ("https://jira acme,com", "not an address"),
    ],
)
def test_a_base_url_that_cannot_be_used_is_refused_in_one_sentence(pasted: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        clean_base_url(pasted)


def parsed(**changes: Any) -> Config:
    return Config.parse({"base_url": "https://acme.atlassian.net", "credentials": TOKEN, **changes})


def test_white_space_around_credentials_is_dropped() -> None:
    config = parsed(credentials={**TOKEN, "email": " service@acme.com\n", "access_token": "\tsecret-token "})
    assert config.credentials == ApiToken("service@acme.com", "secret-token")


def test_white_space_inside_a_token_is_an_error_that_does_not_repeat_it() -> None:
    with pytest.raises(ConfigurationError, match="a space or line break") as caught:
        parsed(credentials={**TOKEN, "access_token": "secret token"})
    assert "secret" not in str(caught.value).replace("access token secret", "")


def test_a_password_in_latin_letters_is_taken_and_another_points_at_oauth() -> None:
    password = {"auth_type": "username_password", "username": "service", "password": "grün"}
    assert parsed(credentials=password).credentials == Password("service", "grün")
    with pytest.raises(ConfigurationError, match="OAuth"):
        parsed(credentials={**password, "password": "密码"})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"credentials": None}, "credentials are missing"),
        ({"credentials": {"auth_type": "magic"}}, "auth_type"),
        ({"credentials": {**TOKEN, "email": " "}}, "e-mail address is empty"),
        ({"credentials": {"auth_type": "username_password", "username": "a:b", "password": "x"}}, "colon"),
        ({"start_date": "yesterday"}, "start date"),
        ({"num_workers": 0}, "from 1 to 40"),
        ({"num_workers": "8.5"}, "from 1 to 40"),
        ({"lookback_minutes": 1441}, "from 0 to 1440"),
        ({"projects": 5}, "list of project keys"),
        ({"projects": [True]}, "list of project keys"),
    ],
)
def test_what_cannot_be_used_is_named(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        parsed(**changes)


def test_project_keys_are_tidied() -> None:
    assert parsed(projects=[" ABC", "DEF ", "", "ABC"]).projects == ("ABC", "DEF")
    assert parsed(projects=None).projects == ()


def test_a_start_date_is_taken_as_utc() -> None:
    assert parsed(start_date="2024-01-02").start_date == 1704153600000
    assert parsed(start_date="2024-01-02T03:00:00+03:00").start_date == 1704153600000
    assert parsed(start_date="").start_date is None


def test_secrets_are_not_in_the_representation() -> None:
    assert "secret-token" not in repr(parsed())


def test_everything_that_cannot_be_used_is_named_at_once() -> None:
    with pytest.raises(InvalidConfig) as refused:
        Config.parse({"base_url": "", "credentials": None, "start_date": "soon", "num_workers": 0})
    assert len(refused.value.problems) == 4
    assert all(problem in str(refused.value) for problem in refused.value.problems)


@pytest.mark.parametrize("pasted", ["htp:/jira.example.com", "https://jira.example.com:"])
def test_a_colon_without_a_port_is_refused(pasted: str) -> None:
    with pytest.raises(ConfigurationError, match="is not an address"):
        clean_base_url(pasted)


@pytest.mark.parametrize("pasted", ["https://..", f"https://{'a' * 64}.example.com", "https://jira..example.com"])
def test_a_name_that_no_name_server_can_know_is_refused(pasted: str) -> None:
    with pytest.raises(ConfigurationError, match="is not an address"):
        clean_base_url(pasted)


def test_a_name_in_other_letters_is_taken_as_name_servers_know_it() -> None:
    assert clean_base_url("https://jirä.example.com/jira") == "https://xn--jir-sla.example.com/jira"


@pytest.mark.parametrize(
    ("pasted", "cleaned"),
    [
        ("https://straße.example", "https://xn--strae-oqa.example"),
        ("https://STRASSE.example", "https://strasse.example"),
        ("https://jira。example。com", "https://jira.example.com"),
        ("https://my_jira.example.com", "https://my_jira.example.com"),
        ("https://xn--strae-oqa.example/jira", "https://xn--strae-oqa.example/jira"),
    ],
)
def test_a_host_is_the_one_that_browsers_go_to(pasted: str, cleaned: str) -> None:
    assert clean_base_url(pasted) == cleaned


@pytest.mark.parametrize(
    "pasted",
    [
        "https:/jira.acme.com",
        "https//jira.acme.com",
        "https:jira.acme.com",
        "HTTPS:///jira.acme.com",
        "https;//jira.acme.com",
    ],
)
def test_a_mistyped_scheme_is_named_with_what_to_write(pasted: str) -> None:
    with pytest.raises(ConfigurationError, match=r"mistyped: write https://jira\.acme\.com"):
        clean_base_url(pasted)


@pytest.mark.parametrize(
    "pasted",
    [
        "https://user:pass-w0rd@jira.acme.com",
        "https://user:pass-w0rd@jira.acme.com:notaport",
        "https://user:pass-w0rd@[jira.acme.com",
        "https://user:pass/w0rd@jira.acme.com",
        "user:pass-w0rd@jira.acme.com",
        "ftp://user:pass-w0rd@jira.acme.com",
        "https:/user:pass-w0rd@jira.acme.com",
        "https//user:pass-w0rd@jira.acme.com",
    ],
)
def test_a_password_in_the_base_url_is_never_shown(pasted: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        clean_base_url(pasted)
    assert "w0rd" not in str(refused.value)
    assert "user:" not in str(refused.value)


def test_what_forms_leave_empty_is_the_default() -> None:
    names = ("projects", "start_date", "require_create_issues", "lookback_minutes", "num_workers")
    assert parsed(**dict.fromkeys(names)) == parsed()
    assert parsed(start_date="", num_workers="", lookback_minutes="", require_create_issues="") == parsed()


@pytest.mark.parametrize(
    ("changes", "name", "value"),
    [
        ({"num_workers": "8"}, "workers", 8),
        ({"num_workers": 12.0}, "workers", 12),
        ({"lookback_minutes": "30"}, "lookback", 30 * 60_000),
        ({"require_create_issues": "false"}, "require_create_issues", False),
        ({"require_create_issues": "True"}, "require_create_issues", True),
        ({"projects": "ABC, DEF"}, "projects", ("ABC", "DEF")),
        ({"projects": ["ABC, DEF", "GHI"]}, "projects", ("ABC", "DEF", "GHI")),
    ],
)
def test_values_are_taken_as_forms_and_templates_write_them(changes: dict[str, Any], name: str, value: Any) -> None:
    assert getattr(parsed(**changes), name) == value


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"num_workers": 8.5}, "num_workers"),
        ({"num_workers": True}, "num_workers"),
        ({"num_workers": [8]}, "num_workers"),
        ({"lookback_minutes": "ten"}, "lookback_minutes"),
        ({"require_create_issues": "perhaps"}, "require_create_issues"),
        ({"require_create_issues": 7}, "require_create_issues"),
        ({"projects": {"ABC": True}}, "projects"),
        ({"projects": [["ABC"]]}, "projects"),
        ({"start_date": "20223-05-01"}, "start_date"),
        ({"base_url": 5}, "base_url"),
        ({"base_url": ["https://acme.atlassian.net"]}, "base_url"),
    ],
)
def test_every_sentence_about_a_field_names_it(changes: dict[str, Any], name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"'{name}'"):
        parsed(**changes)
