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
from source_jira_flow.sign_in.oauth1 import OAuth1


def show_fields(screen: Screen, document: Mapping[str, Any], path: Path, key_file: Path, *, secrets: bool) -> None:
    """The fields with their values; for secrets the place where they are, unless the values were asked for.

    `path` is the configuration, `key_file` the private key.
    """
    credentials = document["credentials"]
    places = {field.name: f"credentials.{field.name} in {path}" for field in OAuth1.fields}
    if key_file.exists():
        places["private_key"] = f"the whole text of {key_file}"
    screen.say("Paste these values into Airbyte, in the form of a Jira Flow source:")
    screen.field("Base URL", document["base_url"])
    screen.field("Authentication method", OAuth1.choice)
    for field in OAuth1.fields:
        title = field.title[0].upper() + field.title[1:]
        if not field.is_secret:
            screen.field(title, credentials[field.name])
        elif secrets:
            screen.field(title, "")
            screen.secret(credentials[field.name])
        else:
            screen.field(title, places[field.name])


def show_fields_again(screen: Screen, places: Places, *, secrets: bool) -> None:
    """The same from an existing configuration. Raises ConfigurationError if it is missing or incomplete."""
    document = read_config(places.config)
    if document is None or not oauth_credentials(document):
        raise ConfigurationError(f"There is no configuration with OAuth credentials in {places.config}.")
    Config.parse(document)
    show_fields(screen, document, places.config, places.key, secrets=secrets)
