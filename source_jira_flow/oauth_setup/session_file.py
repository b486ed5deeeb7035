"""The progress of a setup, saved with mode 0600 after every step. Its secrets are masked wherever text is shown."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from source_jira_flow.common.files import reason_of, refuse_foreign, write_private
from source_jira_flow.common.secret_text import hide
from source_jira_flow.errors import ConfigurationError
from source_jira_flow.oauth_setup.dance import AccessToken, RequestToken

_VERSION = 1
# Jira keeps a request token for ten minutes; a minute is left for the person and the clocks.
_REQUEST_TOKEN_SECONDS = 9 * 60


@dataclass(frozen=True)
class Session:
    """How far a setup came. `asked_at` is when Jira gave the request token, in epoch seconds of this machine."""

    base_url: str
    key_file: str | None = None
    consumer_key: str | None = None
    request_token: RequestToken | None = None
    asked_at: float = 0.0
    access_token: AccessToken | None = None

    @property
    def fresh_request_token(self) -> RequestToken | None:
        """The request token, unless Jira will have forgotten it."""
        return self.request_token if 0 <= time.time() - self.asked_at < _REQUEST_TOKEN_SECONDS else None


@dataclass
class KeptSession:
    """A setup in progress. Every change is on disk before anything else happens.

    Raises ConfigurationError if the place can't be written to.
    """

    now: Session
    path: Path

    def __post_init__(self) -> None:
        self.change()

    def change(self, **fields: Any) -> None:
        """Replace fields of the session. Raises ConfigurationError if that can't be saved."""
        self.now = replace(self.now, **fields)
        _mask(self.now)
        document = {"version": _VERSION, **asdict(self.now)}
        try:
            write_private(self.path, json.dumps(document, indent=2) + "\n", overwrite=True)
        except OSError as error:
            raise ConfigurationError(
                f"The setup can't be saved to {self.path}: {reason_of(error)}. Name another place with --output."
            ) from error


def load_session(path: Path) -> Session | None:
    """The setup that was started there, or None. Raises ConfigurationError if the file is damaged."""
    refuse_foreign(path)
    try:
        session = _session(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigurationError(
            f"The unfinished setup in {path} can't be read: {reason_of(error)}. Name another place with --output."
        ) from error
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        raise ConfigurationError(
            f"The unfinished setup in {path} is damaged: remove that file and start again. The key is kept."
        ) from None
    _mask(session)
    return session


def _session(document: dict[str, Any]) -> Session:
    if document["version"] != _VERSION:
        raise ValueError("made by another version of the connector")
    request, access = document.get("request_token"), document.get("access_token")
    return Session(
        base_url=str(document["base_url"]),
        key_file=document.get("key_file"),
        consumer_key=document.get("consumer_key"),
        request_token=RequestToken(**request) if request else None,
        asked_at=float(document.get("asked_at") or 0.0),
        access_token=AccessToken(**access) if access else None,
    )


def _mask(session: Session) -> None:
    if session.request_token is not None:
        hide(session.request_token.secret)
    if session.access_token is not None:
        hide(session.access_token.token, session.access_token.secret)
