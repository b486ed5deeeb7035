"""What an interrupted set-up goes on from, kept on disk with mode 0600 after every step."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from source_jira_flow.errors import ConfigurationError
from source_jira_flow.oauth_setup.dance import AccessToken, RequestToken
from source_jira_flow.oauth_setup.private_files import write_private

_VERSION = 1
# Jira keeps a request token for ten minutes; a minute is left for the person and the clocks.
_REQUEST_TOKEN_SECONDS = 9 * 60


@dataclass(frozen=True)
class Session:
    """How far a set-up came. `asked_at` is when the request token was given, in epoch seconds of this machine."""

    base_url: str
    key_file: str | None = None
    consumer_key: str | None = None
    request_token: RequestToken | None = None
    asked_at: float = 0.0
    access_token: AccessToken | None = None

    def with_request_token(self, token: RequestToken | None) -> Session:
        """The same set-up with this request token, given now; or without one."""
        return replace(self, request_token=token, asked_at=time.time() if token else 0.0)

    @property
    def fresh_request_token(self) -> RequestToken | None:
        """The request token, unless Jira will have forgotten it."""
        return self.request_token if 0 <= time.time() - self.asked_at < _REQUEST_TOKEN_SECONDS else None


class KeptSession:
    """A set-up under way, whose every change is on disk before anything else happens."""

    def __init__(self, session: Session, path: Path) -> None:
        """Raises ConfigurationError where the place can't be written to."""
        self.path = path
        self.now = session
        save_session(session, path)

    def change(self, **fields: Any) -> None:
        """Replace fields of the session. Raises ConfigurationError where that can't be kept."""
        self.become(replace(self.now, **fields))

    def become(self, session: Session) -> None:
        """Go on from another session. Raises ConfigurationError where that can't be kept."""
        self.now = session
        save_session(session, self.path)


def save_session(session: Session, path: Path) -> None:
    """Raises ConfigurationError where the place can't be written to."""
    document = {"version": _VERSION, **asdict(session)}
    try:
        write_private(path, json.dumps(document, indent=2) + "\n", overwrite=True)
    except OSError as error:
        raise ConfigurationError(f"The set-up can't be kept in {path}: {error.strerror}.") from error


def load_session(path: Path) -> Session | None:
    """The set-up that was begun there, or None. Raises ConfigurationError where the file is damaged."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigurationError(f"The unfinished set-up in {path} can't be read: {error.strerror}.") from error
    except ValueError:
        raise _damaged(path) from None
    try:
        return _session(document)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise _damaged(path) from None


def forget_session(path: Path) -> None:
    """Remove it: the set-up is complete."""
    path.unlink(missing_ok=True)


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


def _damaged(path: Path) -> ConfigurationError:
    return ConfigurationError(
        f"The unfinished set-up in {path} is damaged: remove that file and begin anew. The key is not lost by that."
    )
