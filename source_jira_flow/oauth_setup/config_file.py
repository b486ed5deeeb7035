"""The configuration that the setup writes."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from source_jira_flow.common.files import read_json_object, reason_of, write_private
from source_jira_flow.common.json import JsonObject
from source_jira_flow.errors import ConfigurationError
from source_jira_flow.sign_in.oauth1 import OAuth1


def read_config(path: Path) -> JsonObject | None:
    """The configuration that is there, or None. Raises ConfigurationError if the file is something else."""
    if not os.path.lexists(path):
        return None
    try:
        return read_json_object(path, "a configuration")
    except ConfigurationError as error:
        raise ConfigurationError(f"{error} Name another file with --output.") from error


def oauth_credentials(document: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """The OAuth credentials in a configuration; empty if it has none."""
    credentials = document.get("credentials") if document else None
    return credentials if OAuth1.is_chosen_in(credentials) and credentials else {}


def write_config(path: Path, document: Mapping[str, Any], *, into_existing: bool = False) -> None:
    """Write it with mode 0600. Raises FileExistsError if a file is there and `into_existing` is false.

    In an existing configuration only the base URL and the credentials change: its other settings stay.
    """
    settings = (read_config(path) or {}) if into_existing else {}
    text = json.dumps({**settings, **document}, indent=2, ensure_ascii=False) + "\n"
    try:
        write_private(path, text, overwrite=into_existing)
    except FileExistsError:
        raise
    except OSError as error:
        raise ConfigurationError(f"The configuration can't be written to {path}: {reason_of(error)}.") from error
