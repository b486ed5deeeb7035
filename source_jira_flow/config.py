"""The configuration as the connector uses it, made from what people paste.

The contract of names is `manifest.yaml`'s spec. This module forgives what can be forgiven (spaces around
a token, a link to an issue as base URL) and says in one sentence what cannot.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from source_jira_flow.common.hosts import is_loopback
from source_jira_flow.common.instants import MINUTE, milliseconds
from source_jira_flow.errors import ConfigurationError, InvalidConfig
from source_jira_flow.settings import Options

DEFAULT_WORKERS = 8
DEFAULT_LOOKBACK_MINUTES = 10

# Path segments that belong to a page of Jira, never to its context path.
_PAGE_SEGMENTS = frozenset(
    "browse secure rest projects issues plugins servicedesk wiki login.jsp login dashboard.jspa"
    " default.jsp logout sr".split()
)
# What follows /jira in the addresses of Cloud's pages; on other hosts /jira is a context path.
_CLOUD_PAGES = frozenset(
    "software core dashboards people your-work projects for-you servicedesk settings filters issues"
    " polaris discovery marketplace plans teams".split()
)


@dataclass(frozen=True)
class OAuthCredentials:
    """OAuth 1.0a by an application link. `private_key` is PEM."""

    consumer_key: str
    private_key: str = field(repr=False)
    access_token: str = field(repr=False)
    access_token_secret: str = field(repr=False)
    auth_type: str = "oauth"


@dataclass(frozen=True)
class TokenCredentials:
    """E-mail and API token, Jira Cloud only."""

    email: str
    access_token: str = field(repr=False)
    auth_type: str = "access_token"


@dataclass(frozen=True)
class PasswordCredentials:
    """User name and password, self-hosted only."""

    username: str
    password: str = field(repr=False)
    auth_type: str = "username_password"


Credentials = OAuthCredentials | TokenCredentials | PasswordCredentials


@dataclass(frozen=True)
class Config:
    """A checked configuration. `projects` are keys as typed, empty for all; times are milliseconds."""

    base_url: str
    credentials: Credentials
    projects: tuple[str, ...] = ()
    start_date: int | None = None
    require_create_issues: bool = True
    lookback: int = DEFAULT_LOOKBACK_MINUTES * MINUTE
    workers: int = DEFAULT_WORKERS

    @property
    def options(self) -> Options:
        """What a sync needs of it."""
        return Options(self.projects, self.start_date, self.lookback)

    @classmethod
    def parse(cls, raw: Mapping[str, Any]) -> Config:
        """Raises InvalidConfig with a sentence for each thing to change, all of them at once."""
        readers: dict[str, Callable[[], Any]] = {
            "base_url": lambda: clean_base_url(str(raw.get("base_url") or "")),
            "credentials": lambda: _credentials(raw.get("credentials")),
            "projects": lambda: _project_keys(raw.get("projects")),
            "start_date": lambda: _start_date(raw.get("start_date")),
            "require_create_issues": lambda: bool(raw.get("require_create_issues", True)),
            "lookback": lambda: _whole(raw, "lookback_minutes", DEFAULT_LOOKBACK_MINUTES, 0, 1440) * MINUTE,
            "workers": lambda: _whole(raw, "num_workers", DEFAULT_WORKERS, 1, 40),
        }
        values: dict[str, Any] = {}
        problems: list[str] = []
        for name, read in readers.items():
            try:
                values[name] = read()
            except ConfigurationError as error:
                problems.append(str(error))
        if problems:
            raise InvalidConfig(problems)
        return cls(**values)


def clean_base_url(pasted: str) -> str:
    """The address of Jira without the page that was pasted along: scheme, host, port and context path."""
    text = "".join(pasted.split())
    if not text:
        raise ConfigurationError(
            "The base URL is empty: enter the address of your Jira, such as https://acme.atlassian.net."
        )
    if "://" not in text:
        text = "https://" + text.lstrip("/")
    try:
        parts = urlsplit(text)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise ConfigurationError(
            f"The base URL '{_shortened(pasted)}' is not an address: enter it like https://acme.atlassian.net."
        ) from None
    scheme, host = parts.scheme.lower(), _ascii_host(host)
    if parts.username or parts.password:
        raise ConfigurationError(
            "The base URL holds a user name or password: remove it, and enter it under credentials."
        )
    if scheme not in ("http", "https") or not re.fullmatch(r"[a-z0-9._:\-]+", host):
        raise ConfigurationError(
            f"The base URL '{_shortened(pasted)}' is not an address: enter it like https://acme.atlassian.net."
        )
    if scheme == "http" and not is_loopback(host):
        raise ConfigurationError(
            f"The base URL begins with http: your credentials would travel unprotected. Use https://{host} instead."
        )
    netloc = f"[{host}]" if ":" in host else host
    if port and port != {"http": 80, "https": 443}[scheme]:
        netloc += f":{port}"
    return f"{scheme}://{netloc}{_context_path(host, parts.path)}"


def _ascii_host(host: str) -> str:
    """A host name as name servers know it: umlauts and the like in their ASCII form; empty where it can't be a name."""
    if ":" in host:
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return ""


def _context_path(host: str, path: str) -> str:
    if host.endswith((".atlassian.net", ".jira.com", ".jira-dev.com")):
        return ""
    kept: list[str] = []
    segments = [segment for segment in path.split("/") if segment]
    for place, segment in enumerate(segments):
        following = segments[place + 1].lower() if place + 1 < len(segments) else ""
        if segment.lower() in _PAGE_SEGMENTS or segment.lower().endswith((".jspa", ".jsp")):
            break
        if segment.lower() == "jira" and following in _CLOUD_PAGES - _PAGE_SEGMENTS:
            break
        kept.append(segment)
    return "".join(f"/{segment}" for segment in kept)


def _credentials(raw: Any) -> Credentials:
    if not isinstance(raw, Mapping):
        raise ConfigurationError("The credentials are missing: choose OAuth, access token, or user name and password.")
    kind = raw.get("auth_type")
    if kind == "oauth":
        return OAuthCredentials(
            consumer_key=_secret(raw, "consumer_key", "consumer key"),
            private_key=_required(raw, "private_key", "private key"),
            access_token=_secret(raw, "access_token", "access token"),
            access_token_secret=_secret(raw, "access_token_secret", "access token secret"),
        )
    if kind == "access_token":
        return TokenCredentials(
            email=_secret(raw, "email", "e-mail address"),
            access_token=_secret(raw, "access_token", "API token"),
        )
    if kind == "username_password":
        password = _secret(raw, "password", "password")
        username = _required(raw, "username", "user name")
        if ":" in username:
            raise ConfigurationError(
                "The user name holds a colon, which this way to sign in can't send: use OAuth instead."
            )
        for name, value in (("user name", username), ("password", password)):
            try:
                value.encode("latin-1")
            except UnicodeEncodeError:
                raise ConfigurationError(
                    f"The {name} holds a character that self-hosted Jira can't read from a sign-in of this kind"
                    " (it takes ISO-8859-1 only): use OAuth, or a service account without such characters."
                ) from None
        return PasswordCredentials(username=username, password=password)
    raise ConfigurationError(
        "The field auth_type must be one of 'oauth', 'access_token' or 'username_password':"
        " choose how to sign in again."
    )


def _required(raw: Mapping[str, Any], name: str, title: str) -> str:
    value = raw.get(name)
    text = value.strip() if isinstance(value, str) else ""
    if not text:
        raise ConfigurationError(f"The {title} is empty: fill in '{name}'.")
    return text


def _secret(raw: Mapping[str, Any], name: str, title: str) -> str:
    text = _required(raw, name, title)
    if re.search(r"\s", text):
        raise ConfigurationError(f"The {title} has a space or line break inside: paste it again, without any.")
    return text


def _project_keys(raw: Any) -> tuple[str, ...]:
    if raw is None:
        return ()
    if isinstance(raw, str):
        raw = raw.split(",")
    if not isinstance(raw, (list, tuple)):
        raise ConfigurationError("The projects must be a list of project keys, such as ['ABC', 'DEF'].")
    keys = [str(key).strip() for key in raw]
    return tuple(dict.fromkeys(key for key in keys if key))


def _start_date(raw: Any) -> int | None:
    if raw is None or not str(raw).strip():
        return None
    try:
        return milliseconds(str(raw).strip())
    except ValueError:
        raise ConfigurationError(
            f"The start date '{_shortened(str(raw))}' is no date: write it like 2024-01-31 or 2024-01-31T00:00:00Z."
        ) from None


def _whole(raw: Mapping[str, Any], name: str, default: int, least: int, most: int) -> int:
    value = raw.get(name, default)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ConfigurationError(f"'{name}' must be a whole number from {least} to {most}.")
    return value


def _shortened(text: str) -> str:
    stripped = " ".join(text.split())
    return stripped if len(stripped) <= 80 else stripped[:77] + "..."
