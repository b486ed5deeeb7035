"""Findings about the network, and about responses that have nothing to do with the account."""

from __future__ import annotations

from source_jira_flow.check.findings import Finding, FixedBy, failed
from source_jira_flow.common.text import clipped
from source_jira_flow.errors import (
    ConnectionFault,
    Forbidden,
    NotJson,
    RateLimited,
    RefusedRequest,
    ServerFault,
    UnreadableAnswer,
    UnusableAddress,
)

# By the reasons of `source_jira_flow.http.faults.WORDS`; the network team fixes all others.
_FIXED_BY_YOU = frozenset(
    "redirect redirect_https wrong_path no_jira no_cloud_site gateway_without_id no_tls proxy_address proxy_socks"
    " proxy_http_only certificate_file certificate_file_empty".split()
)
_LONGEST_MESSAGE = 120


def way_finding(error: Exception) -> Finding | None:
    """The finding for a network fault or an unhealthy Jira, None for any other error."""
    if isinstance(error, (UnusableAddress, ConnectionFault, NotJson, UnreadableAnswer)):
        fixed_by = FixedBy.YOU if error.reason in _FIXED_BY_YOU else FixedBy.NETWORK_TEAM
        return failed(f"network:{error.reason}", fixed_by, str(error))
    if isinstance(error, RateLimited):
        return failed(
            "rate_limited",
            FixedBy.YOU,
            "Jira asks to wait, so this test could not finish. Try again in a few minutes. If it happens again, use"
            " fewer workers (num_workers).",
        )
    if isinstance(error, ServerFault):
        return failed(
            "server_fault",
            FixedBy.JIRA_ADMINISTRATOR,
            f"Jira, or a proxy in front of it, has a problem (HTTP {error.status}{_quoted(error.messages)}): try again"
            " later. If it happens again, ask your Jira administrator to look into it.",
        )
    if isinstance(error, RefusedRequest):
        fixed_by = FixedBy.JIRA_ADMINISTRATOR if isinstance(error, Forbidden) else FixedBy.YOU
        text = f"Jira refused {error.path} with HTTP {error.status}{_quoted(error.messages)}. {error.remedy}"
        return failed(f"refused:{error.status}", fixed_by, text)
    return None


def _quoted(messages: tuple[str, ...]) -> str:
    return f", “{clipped(' '.join(messages), _LONGEST_MESSAGE)}”" if messages else ""
