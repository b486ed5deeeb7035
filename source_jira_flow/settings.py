"""What the user decides about the reading (`Options`), and limits that users never see (`Settings`)."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from source_jira_flow.common.hosts import is_loopback
from source_jira_flow.errors import ConfigurationError

ATLASSIAN_GATEWAY = "https://api.atlassian.com"
ATLASSIAN_TOKENS = "https://auth.atlassian.com/oauth/token"

FIND_DELETED_ISSUES = ("daily", "every_sync", "never")
_PREFIX = "SOURCE_JIRA_FLOW_"
# Nothing that two readers of an address could understand differently, such as user names or backslashes.
_PLAIN_ADDRESS = re.compile(r"https?://(?:[\w.-]+|\[[0-9A-Fa-f:]+\])(?::[0-9]{1,5})?(?:/[\w./-]*)?", re.ASCII)


@dataclass(frozen=True)
class Options:
    """`projects` are keys as typed, empty for all but the `excluded` ones.

    `start_date` is epoch milliseconds, `lookback` milliseconds.
    `find_deleted_issues` is one of FIND_DELETED_ISSUES.
    """

    projects: tuple[str, ...] = ()
    start_date: int | None = None
    lookback: int = 0
    excluded: tuple[str, ...] = ()
    find_deleted_issues: str = FIND_DELETED_ISSUES[0]

    def wants(self, key: str) -> bool:
        """Whether the configuration asks for a project, by its key."""
        named = self.projects or self.excluded
        return (key.upper() in {name.upper() for name in named}) is bool(self.projects)


@dataclass(frozen=True)
class Settings:
    """Seconds, unless a name says otherwise. `check_requests` is how many requests `check` has under way at once."""

    connect_timeout: float = 10.0
    read_timeout: float = 90.0
    tries: int = 8
    rate_limit_tries: int = 20
    backoff_base: float = 1.0
    backoff_cap: float = 60.0
    longest_wait: float = 900.0
    # Bytes of one answer, unpacked; an answer about Jira itself, or a refusal, has a few KB.
    largest_answer: int = 256 * 1024 * 1024
    largest_small_answer: int = 1024 * 1024
    check_limit: float = 20.0
    check_requests: int = 32
    diagnose_limit: float = 300.0
    # Empty: Atlassian's, or for a Jira on this machine that machine itself.
    gateway_url: str = ""
    # Where Cloud gives tokens to service accounts. Empty as above.
    token_url: str = ""
    # Issues in a page, and in a window of the backfill.
    page_size: int = 100
    window_size: int = 1000
    # The scan emits a state after so many issues or seconds: at the end of a page, so a thousand issues at most.
    checkpoint_size: int = 900
    # Histories that Jira embedded in part are asked for once so many entries are due, or a range of issues is read.
    waiting_changes: int = 5000
    checkpoint_seconds: float = 30.0

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """The defaults, changed by SOURCE_JIRA_FLOW_<NAME> where set (SOURCE_JIRA_FLOW_BACKOFF_BASE=0.01).

        Raises ConfigurationError for a value that is not of the setting's kind. An address must be this machine's own:
        these variables are for tests, and credentials must never follow one to another host.
        """
        changed = {}
        for name, default in vars(cls()).items():
            variable = f"{_PREFIX}{name.upper()}"
            if text := environment.get(variable):
                changed[name] = _read(variable, default, text)
        return cls(**changed)

    def impatient(self) -> Settings:
        """For `check`: a person waits at the screen, though a big list may take Jira its time."""
        return replace(
            self,
            connect_timeout=min(self.connect_timeout, 5.0),
            read_timeout=min(self.read_timeout, 15.0),
            tries=min(self.tries, 2),
            rate_limit_tries=min(self.rate_limit_tries, 3),
            longest_wait=min(self.longest_wait, 5.0),
        )


def _read(variable: str, default: Any, text: str) -> Any:
    reader, wanted = _READERS[type(default)]
    try:
        return reader(text)
    except ValueError:
        raise ConfigurationError(
            f"The environment variable {variable} must be {wanted}, but it is '{text}': correct or unset it."
        ) from None


def _seconds(text: str) -> float:
    number = float(text)
    if not math.isfinite(number) or number < 0:
        raise ValueError(text)
    return number


def _amount(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _own_address(text: str) -> str:
    if not _PLAIN_ADDRESS.fullmatch(text) or not is_loopback(urlsplit(text).hostname or ""):
        raise ValueError(text)
    return text


_READERS: Mapping[type, tuple[Callable[[str], Any], str]] = {
    float: (_seconds, "a number of seconds such as 0.5"),
    int: (_amount, "a whole number, 1 or more"),
    str: (_own_address, "an address of this machine such as http://127.0.0.1:8080"),
}


DEFAULTS = Settings()
