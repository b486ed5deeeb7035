"""What the user decides about the reading (`Options`), and limits that users never see (`Settings`)."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

ATLASSIAN_GATEWAY = "https://api.atlassian.com"


@dataclass(frozen=True)
class Options:
    """`projects` are keys as typed, empty for all; `start_date` is epoch milliseconds, `lookback` milliseconds."""

    projects: tuple[str, ...] = ()
    start_date: int | None = None
    lookback: int = 0


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
    check_limit: float = 20.0
    check_requests: int = 32
    diagnose_limit: float = 300.0
    # Empty: Atlassian's, or for a Jira on this machine that machine itself.
    gateway_url: str = ""
    # Issues in a page, in a window of the history, and between two checkpoints of the issue scan.
    page_size: int = 100
    window_size: int = 1000
    checkpoint_size: int = 900

    @classmethod
    def from_environment(cls) -> Settings:
        """The defaults, changed by SOURCE_JIRA_FLOW_<NAME> where set (SOURCE_JIRA_FLOW_BACKOFF_BASE=0.01)."""
        settings = cls()
        for name, value in vars(settings).items():
            text = os.environ.get(f"SOURCE_JIRA_FLOW_{name.upper()}")
            if text:
                settings = replace(settings, **{name: type(value)(text)})
        return settings

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
