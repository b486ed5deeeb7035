"""The configuration that the set-up leads to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from source_jira_flow.errors import ConfigurationError
from source_jira_flow.oauth_setup.private_files import write_private

Document = dict[str, Any]


def config_document(
    base_url: str, consumer_key: str, private_pem: str, access_token: str, access_token_secret: str
) -> Document:
    """A configuration that `check` accepts, in the names of the spec."""
    return {
        "base_url": base_url,
        "credentials": {
            "auth_type": "oauth",
            "consumer_key": consumer_key,
            "private_key": private_pem,
            "access_token": access_token,
            "access_token_secret": access_token_secret,
        },
    }


def read_config(path: Path) -> Document | None:
    """The configuration that is there, or None. Raises ConfigurationError where the file is none."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigurationError(f"{path} can't be read: {error.strerror}.") from error
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise ConfigurationError(f"{path} is there and is no configuration: name another file with --output.")
    return document


def oauth_credentials(document: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """The OAuth credentials in a configuration; empty where it has none."""
    credentials = document.get("credentials") if document else None
    if isinstance(credentials, Mapping) and credentials.get("auth_type") == "oauth":
        return credentials
    return {}


def write_config(path: Path, document: Mapping[str, Any], *, into_existing: bool = False) -> None:
    """Write it with mode 0600. Raises FileExistsError where a file is there and `into_existing` is false.

    Into an existing configuration only the base URL and the credentials go: its other settings stay.
    """
    settings = (read_config(path) or {}) if into_existing else {}
    text = json.dumps({**settings, **document}, indent=2, ensure_ascii=False) + "\n"
    try:
        write_private(path, text, overwrite=into_existing)
    except FileExistsError:
        raise
    except OSError as error:
        raise ConfigurationError(f"The configuration can't be written to {path}: {error.strerror}.") from error
