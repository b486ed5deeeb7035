"""The configuration file of `make sync`, and the database that goes with it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from demo.troubles import Trouble

DATABASES = Path(".sync")
_HOW = "Write it as the README shows under “Configuration”; `source-jira-flow oauth` writes one for OAuth."


def read_configuration(file: str) -> dict[str, Any]:
    """Raises Trouble where the file is not named, not there, or not a JSON object."""
    if not file.strip():
        raise Trouble("No configuration is named: make sync CONFIG=secrets/config.json", _HOW)
    try:
        document = json.loads(Path(file).expanduser().read_text("utf-8"))
    except FileNotFoundError:
        raise Trouble(f"There is no file {file}.", _HOW) from None
    except OSError as error:
        raise Trouble(f"The file {file} can't be read: {error.strerror or type(error).__name__}.", _HOW) from None
    except UnicodeDecodeError:
        raise Trouble(f"The file {file} is not text in UTF-8.", _HOW) from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Trouble(f"The file {file} is not JSON: {error.msg} at {where}.", _HOW) from None
    if not isinstance(document, dict):
        raise Trouble(f"The file {file} holds no configuration: it must be a JSON object.", _HOW)
    return document


def database_for(base_url: str) -> Path:
    """One database for each Jira, named after its address, so that later syncs of a Jira continue in the same file."""
    address = urlsplit(base_url if "://" in base_url else f"https://{base_url.strip()}")
    name = re.sub(r"[^a-z0-9.]+", "-", f"{address.netloc}{address.path}".lower()).strip("-.")
    return DATABASES / f"{name or 'jira'}.duckdb"
