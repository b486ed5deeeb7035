"""What to paste into Airbyte, field by field, in the order and with the titles of the spec."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from source_jira_flow.config import Config
from source_jira_flow.errors import ConfigurationError
from source_jira_flow.oauth_setup.config_file import oauth_credentials, read_config
from source_jira_flow.oauth_setup.places import Places
from source_jira_flow.oauth_setup.screen import Screen

_METHOD = "OAuth (application link)"
_FIELDS = {"consumer_key": "Consumer key"}
_SECRET_FIELDS = {
    "private_key": "Private key",
    "access_token": "Access token",
    "access_token_secret": "Access token secret",
}


def show_fields(screen: Screen, document: Mapping[str, Any], path: Path, key_file: Path, *, secrets: bool) -> None:
    """The fields with their values; for secrets the place where they are, unless the values were asked for.

    `path` is the configuration, `key_file` the private key.
    """
    credentials = document["credentials"]
    places = {name: f"credentials.{name} in {path}" for name in _SECRET_FIELDS}
    if key_file.exists():
        places["private_key"] = f"the whole text of {key_file}"
    screen.say("Paste these values into Airbyte, in the form of a Jira Flow source:")
    screen.field("Base URL", document["base_url"])
    screen.field("Authentication method", _METHOD)
    for name, title in _FIELDS.items():
        screen.field(title, credentials[name])
    for name, title in _SECRET_FIELDS.items():
        if secrets:
            screen.field(title, "")
            screen.secret(credentials[name])
        else:
            screen.field(title, places[name])


def show_fields_again(screen: Screen, places: Places, *, secrets: bool) -> None:
    """The same from an existing configuration. Raises ConfigurationError if it is missing or incomplete."""
    document = read_config(places.config)
    if document is None or not oauth_credentials(document):
        raise ConfigurationError(f"There is no configuration with OAuth credentials in {places.config}.")
    Config.parse(document)
    show_fields(screen, document, places.config, places.key, secrets=secrets)
