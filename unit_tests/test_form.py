"""The form that Airbyte draws from the specification."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

import source_jira_flow
from source_jira_flow.config import Config, clean_base_url
from source_jira_flow.errors import ConfigurationError

MANIFEST = yaml.safe_load(Path(source_jira_flow.__file__).with_name("manifest.yaml").read_text("utf-8"))
FORM: Mapping[str, Any] = MANIFEST["spec"]["connection_specification"]["properties"]
CREDENTIALS = {"auth_type": "access_token", "email": "a@example.com", "access_token": "token"}


def accepts(field: str, text: str) -> bool:
    return re.search(FORM[field]["pattern"], text) is not None


@pytest.mark.parametrize(
    "address",
    [
        "https://acme.atlassian.net",
        "acme.atlassian.net",
        " https://acme.atlassian.net/jira/software/projects/ABC ",
        "https://jira.acme.com:8443/jira",
        "https://api.atlassian.com/ex/jira/11111111-2222-3333-4444-555555555555",
        "http://localhost:8080",
        "http://[::1]:8080/jira",
        "https://jira.müller.example",
    ],
)
def test_the_form_takes_every_address_that_the_connector_takes(address: str) -> None:
    assert clean_base_url(address)
    assert accepts("base_url", address)


@pytest.mark.parametrize("address", ["", " ", "https://", "my jira", "https://me:secret@jira.acme.com"])
def test_the_form_refuses_what_the_connector_refuses(address: str) -> None:
    with pytest.raises(ConfigurationError):
        clean_base_url(address if " " not in address.strip() else "")
    assert not accepts("base_url", address)


@pytest.mark.parametrize("date", ["2024-01-31", "2024-01-31T00:00:00Z", "2024-01-31T10:20:30.456Z"])
def test_a_start_date_can_be_a_day_or_an_instant(date: str) -> None:
    assert FORM["start_date"]["format"] == "date-time"
    assert accepts("start_date", date)
    assert Config.parse({"base_url": "acme.atlassian.net", "credentials": CREDENTIALS, "start_date": date}).start_date


def test_the_form_proposes_start_dates_that_the_strictest_validator_takes() -> None:
    """Airbyte's platform holds values against their format: RFC 3339, which has no plain date."""
    for proposed in FORM["start_date"]["examples"]:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", proposed)
    assert FORM["start_date"]["pattern_descriptor"] == "YYYY-MM-DDTHH:MM:SSZ"


@pytest.mark.parametrize("date", ["2024-01-31", "2024-01-31T00:00:00Z"])
def test_a_start_date_passes_the_validator_of_the_cdk_and_of_pyairbyte(date: str) -> None:
    configuration = {"base_url": "acme.atlassian.net", "credentials": CREDENTIALS, "start_date": date}
    jsonschema.validate(configuration, MANIFEST["spec"]["connection_specification"])


@pytest.mark.parametrize("date", ["soon", "31.01.2024", "2024-1-31", "2024-01-31 00:00"])
def test_a_start_date_in_another_form_is_refused_at_once(date: str) -> None:
    assert not accepts("start_date", date)


def test_projects_are_shown_without_opening_the_optional_fields() -> None:
    assert FORM["projects"]["always_show"] is True


def test_another_jira_needs_a_new_source() -> None:
    assert "For another Jira, create a new source" in " ".join(FORM["base_url"]["description"].split())


def test_fields_have_an_order_a_title_a_description_and_an_example() -> None:
    orders = [field["order"] for field in FORM.values()]
    assert sorted(orders) == list(range(len(FORM)))
    for name, field in FORM.items():
        assert field["title"], name
        assert field["description"], name
        assert field.get("examples") or field.get("oneOf") or field.get("enum"), name


def test_the_ways_to_sign_in_are_radio_buttons_with_titles_of_their_own() -> None:
    ways = FORM["credentials"]["oneOf"]
    assert FORM["credentials"]["display_type"] == "radio"
    assert len({way["title"] for way in ways}) == len(ways)
    assert all(way["description"] for way in ways)
    titles = [
        field["title"] for way in ways for name, field in way["properties"].items() if field.get("airbyte_secret")
    ]
    assert len(set(titles)) == len(titles)
