"""The configuration as the connector uses it, made from what people paste.

The contract of names is `manifest.yaml`'s spec. This module forgives what can be forgiven (spaces around
a token, a link to an issue as base URL) and says in one sentence what cannot.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

import idna

from source_jira_flow.common.hosts import is_cloud, is_loopback
from source_jira_flow.common.instants import MINUTE, milliseconds
from source_jira_flow.common.text import clipped
from source_jira_flow.errors import ConfigurationError, InvalidConfig
from source_jira_flow.settings import FIND_DELETED_ISSUES, Options
from source_jira_flow.sign_in.base import SignIn
from source_jira_flow.sign_in.table import parse_credentials

DEFAULT_WORKERS = 8
_REQUIRED = {"base_url", "credentials"}
_LONGEST_QUOTE = 80
_QUOTES = "\"'`“”„‘’«»"
# Of a host name, by the rules of name servers.
_LONGEST_LABEL = 63
_FLAGS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
_AIRBYTES_OWN_SOURCE = (
    "This is a configuration of Airbyte's own Jira source: write its domain as base_url (https://acme.atlassian.net),"
    " and under credentials its email and api_token as the way to sign in “API token” (the README shows it)."
)

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
class Config:
    """A checked configuration. `projects` are keys as typed, empty for all but the `excluded` ones; times are
    milliseconds."""

    base_url: str
    credentials: SignIn
    projects: tuple[str, ...] = ()
    start_date: int | None = None
    require_create_issues: bool = True
    lookback: int = 10 * MINUTE
    workers: int = DEFAULT_WORKERS
    excluded: tuple[str, ...] = ()
    find_deleted_issues: str = FIND_DELETED_ISSUES[0]

    @property
    def options(self) -> Options:
        """What a sync needs of it."""
        return Options(self.projects, self.start_date, self.lookback, self.excluded, self.find_deleted_issues)

    @classmethod
    def parse(cls, raw: Mapping[str, Any]) -> Config:
        """Raises InvalidConfig with a sentence for each thing to change, all of them at once."""
        if not raw.keys() >= _REQUIRED and raw.keys() & {"api_token", "domain"}:
            raise InvalidConfig([_AIRBYTES_OWN_SOURCE])
        values: dict[str, Any] = {}
        problems: list[str] = []
        for name, (attribute, read) in READERS.items():
            if raw.get(name) in (None, "") and name not in _REQUIRED:
                continue
            try:
                values[attribute] = read(raw.get(name), name)
            except InvalidConfig as error:
                problems += error.problems
            except ConfigurationError as error:
                problems.append(str(error))
        if problems:
            raise InvalidConfig(problems)
        return cls(**values)


# By the names of the specification, which a test holds against it: the attribute, and what reads it from a value.
READERS: Mapping[str, tuple[str, Callable[[Any, str], Any]]] = {
    "base_url": ("base_url", lambda value, name: clean_base_url(_text(value, name))),
    "credentials": ("credentials", lambda value, _: parse_credentials(value)),
    "projects": ("projects", lambda value, name: _project_keys(value, name)),
    "excluded_projects": ("excluded", lambda value, name: _project_keys(value, name)),
    "start_date": ("start_date", lambda value, _: _start_date(value)),
    "require_create_issues": ("require_create_issues", lambda value, name: _flag(value, name)),
    "lookback_minutes": ("lookback", lambda value, name: _whole(value, name, 0, 1440) * MINUTE),
    "find_deleted_issues": ("find_deleted_issues", lambda value, name: _one_of(value, name, FIND_DELETED_ISSUES)),
    "num_workers": ("workers", lambda value, name: _whole(value, name, 1, 40)),
}


def _text(value: Any, name: str) -> str:
    if value is not None and not isinstance(value, str):
        raise ConfigurationError(f"'{name}' must be text.")
    return value or ""


def clean_base_url(pasted: str) -> str:
    """The address of Jira without the page that was pasted along: scheme, host, port and context path."""
    text = "".join(pasted.split()).strip(_QUOTES)
    if not text:
        raise ConfigurationError(
            "The base URL is empty: enter the address of your Jira in 'base_url', such as https://acme.atlassian.net."
        )
    _refuse_typos(text)
    if "://" not in text:
        text = "https://" + text.lstrip("/")
    scheme, host, port, path = _parts(text)
    if scheme == "http" and not is_loopback(host):
        raise ConfigurationError(
            f"The base URL begins with http: your credentials would travel unprotected. Use https://{host} instead."
        )
    netloc = f"[{host}]" if ":" in host else host
    if port is not None and port != {"http": 80, "https": 443}[scheme]:
        netloc += f":{port}"
    return f"{scheme}://{netloc}{_context_path(host, path)}"


def _refuse_typos(text: str) -> None:
    """`https:/host`, `https//host` and the like: the scheme would become a part of the name."""
    mistyped = re.match(r"(https?)([:;]?[/\\]+|[:;])(?=[^/\\])", text, re.IGNORECASE)
    if mistyped and mistyped.group(2) != "://":
        rest = _shown(text[mistyped.end() :])
        raise ConfigurationError(
            f"The base URL is mistyped: write {mistyped.group(1).lower()}://{rest}, with a colon and two slashes."
        )


def _parts(text: str) -> tuple[str, str, int | None, str]:
    """Scheme, host, port and path of an address. Raises ConfigurationError, which never shows a password."""
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = None
    if "@" in (parts.netloc if parts else text):
        raise ConfigurationError(
            "The base URL contains a user name or password: remove it there, and enter it under credentials."
        )
    # Before a colon without a port stands a mistyped scheme, as in `htp:/jira`.
    host = _ascii_host((parts.hostname or "").lower()) if parts and not parts.netloc.endswith(":") else ""
    if parts is None or parts.scheme.lower() not in ("http", "https") or not re.fullmatch(r"[a-z0-9._:\-]+", host):
        raise ConfigurationError(
            f"The base URL '{_shown(text)}' is not an address: enter it like https://acme.atlassian.net."
        )
    return parts.scheme.lower(), host, _port(parts, text), parts.path


def _port(parts: SplitResult, text: str) -> int | None:
    """The port of an address, None where it has none. Raises ConfigurationError for one that cannot exist."""
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise ConfigurationError(
            f"The base URL '{_shown(text)}' is not an address: correct its port, a number from 1 to 65535."
        )
    return port


def _shown(text: str) -> str:
    """An address as it may be quoted: a user name and password stand before the last @."""
    return clipped(text.rpartition("@")[2], _LONGEST_QUOTE)


def _ascii_host(host: str) -> str:
    """A host name as browsers ask for it: umlauts and the like in their ASCII form; empty where it can't be a name.

    By IDNA 2008: Python's own codec makes ss of ß, which is another host.
    """
    if ":" in host:
        return host
    try:
        ascii_host = host if host.isascii() else idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError:
        return ""
    labels = ascii_host.removesuffix(".").split(".")
    return ascii_host if all(0 < len(label) <= _LONGEST_LABEL for label in labels) else ""


def _context_path(host: str, path: str) -> str:
    if is_cloud(host):
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


def _project_keys(value: Any, name: str) -> tuple[str, ...]:
    """Keys in a list, or in one text, or both: `["A, B"]` is how some fill in a form."""
    given = [value] if isinstance(value, str) else value
    if not isinstance(given, (list, tuple)) or not all(type(key) in (str, int) for key in given):
        raise ConfigurationError(f"'{name}' must be a list of project keys, such as ['ABC', 'DEF'].")
    keys = [part.strip() for key in given for part in str(key).split(",")]
    return tuple(dict.fromkeys(key for key in keys if key))


def _start_date(value: Any) -> int | None:
    text = str(value).strip()
    try:
        return milliseconds(text) if text else None
    except ValueError:
        raise ConfigurationError(
            f"The start date '{clipped(text, _LONGEST_QUOTE)}' ('start_date') is not a date: write it like"
            " 2024-01-31 or 2024-01-31T00:00:00Z."
        ) from None


def _one_of(value: Any, name: str, allowed: Sequence[str]) -> str:
    """A word, the first where it is left out."""
    chosen = _text(value, name).strip().lower() or allowed[0]
    if chosen not in allowed:
        raise ConfigurationError(f"'{name}' must be one of {', '.join(allowed)}.")
    return chosen


def _whole(value: Any, name: str, least: int, most: int) -> int:
    """A whole number, also as a text or with a zero behind the point, as forms and templates have it."""
    if isinstance(value, str) and re.fullmatch(r"\s*\d{1,9}\s*", value):
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ConfigurationError(f"'{name}' must be a whole number from {least} to {most}.")
    return value


def _flag(value: Any, name: str) -> bool:
    if isinstance(value, str):
        value = _FLAGS.get(value.strip().lower())
    if not isinstance(value, bool):
        raise ConfigurationError(f"'{name}' must be true or false.")
    return value
