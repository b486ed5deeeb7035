"""Settings from the environment: for tests, and never a way for credentials to leave."""

from __future__ import annotations

import pytest

from source_jira_flow.errors import ConfigurationError
from source_jira_flow.run import main
from source_jira_flow.settings import DEFAULTS, Settings


def test_nothing_in_the_environment_changes_nothing() -> None:
    assert Settings.from_environment({"PATH": "/bin", "SOURCE_JIRA_FLOW_TRIES": ""}) == DEFAULTS


def test_variables_change_what_they_name() -> None:
    settings = Settings.from_environment(
        {
            "SOURCE_JIRA_FLOW_BACKOFF_BASE": "0",
            "SOURCE_JIRA_FLOW_TRIES": "3",
            "SOURCE_JIRA_FLOW_GATEWAY_URL": "http://127.0.0.1:8080/gateway",
        }
    )
    assert (settings.backoff_base, settings.tries) == (0.0, 3)
    assert settings.gateway_url == "http://127.0.0.1:8080/gateway"
    assert settings.page_size == DEFAULTS.page_size


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("BACKOFF_BASE", "0,5", "a number of seconds"),
        ("READ_TIMEOUT", "-1", "a number of seconds"),
        ("READ_TIMEOUT", "nan", "a number of seconds"),
        ("LONGEST_WAIT", "inf", "a number of seconds"),
        ("TRIES", "eight", "a whole number"),
        ("TRIES", "0", "a whole number"),
        ("PAGE_SIZE", "1e2", "a whole number"),
        ("GATEWAY_URL", "https://collector.example.com", "an address of this machine"),
        ("GATEWAY_URL", "https://127.0.0.1.example.com", "an address of this machine"),
        ("GATEWAY_URL", "https://127.0.0.1@example.com", "an address of this machine"),
        ("GATEWAY_URL", "https://example.com\\@127.0.0.1", "an address of this machine"),
        ("GATEWAY_URL", "https://example.com#@127.0.0.1", "an address of this machine"),
        ("GATEWAY_URL", "http://10.0.0.1", "an address of this machine"),
        ("GATEWAY_URL", "127.0.0.1:80", "an address of this machine"),
        ("GATEWAY_URL", "http://[::1", "an address of this machine"),
    ],
)
def test_a_value_of_another_kind_is_told_with_the_variable_and_what_is_wanted(
    name: str, text: str, wanted: str
) -> None:
    with pytest.raises(ConfigurationError) as error:
        Settings.from_environment({f"SOURCE_JIRA_FLOW_{name}": text})
    assert f"SOURCE_JIRA_FLOW_{name} must be {wanted}" in str(error.value)


@pytest.mark.parametrize("arguments", [["spec"], ["diagnose", "--config", "c.json"], ["oauth", "--base-url", "x"]])
def test_every_verb_says_it_and_ends_with_1(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SOURCE_JIRA_FLOW_TRIES", "eight")
    assert main(arguments) == 1
    shown = capsys.readouterr()
    assert "SOURCE_JIRA_FLOW_TRIES must be a whole number" in shown.out + shown.err
