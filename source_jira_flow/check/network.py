"""Findings about the way to Jira, and about answers that no account can do anything about."""

from __future__ import annotations

from collections.abc import Mapping

from source_jira_flow.check.findings import Finding, FixedBy, failed
from source_jira_flow.common.text import clipped
from source_jira_flow.errors import (
    ConnectionFault,
    JiraFlowError,
    NotJson,
    RateLimited,
    RefusedRequest,
    ServerFault,
    UnusableAddress,
)

# By the reasons of `source_jira_flow.http.faults.WORDS`; the network team mends all others.
_FIXED_BY_YOU = frozenset(
    ("redirect", "redirect_https", "wrong_path", "no_jira", "no_cloud_site", "gateway_without_id", "no_tls")
)
# {path} is the REST path, {said} Jira's own messages.
_REFUSALS: Mapping[int, tuple[FixedBy, str]] = {
    403: (
        FixedBy.JIRA_ADMINISTRATOR,
        "The account is signed in, but not allowed to use {path}{said}: ask your Jira administrator whether it has"
        + " access to Jira (Application access).",
    ),
    407: (
        FixedBy.NETWORK_TEAM,
        "A proxy on the way asks for a sign-in of its own (HTTP 407): ask your network team to let Airbyte's requests"
        + " through to Jira.",
    ),
    410: (FixedBy.YOU, "Atlassian took {path} away (HTTP 410): install a newer version of this connector."),
}
_OTHER_REFUSAL = (
    FixedBy.YOU,
    "Jira refuses {path} with HTTP {status}{said}: check the base URL, and report this with the log if it is right.",
)
_LONGEST_MESSAGE = 120


def way_finding(error: JiraFlowError) -> Finding | None:
    """The finding for an error of the network or of Jira's health, None for any other error."""
    if isinstance(error, (UnusableAddress, ConnectionFault, NotJson)):
        fixed_by = FixedBy.YOU if error.reason in _FIXED_BY_YOU else FixedBy.NETWORK_TEAM
        return failed(f"network:{error.reason}", fixed_by, str(error))
    if isinstance(error, RateLimited):
        return failed(
            "rate_limited",
            FixedBy.YOU,
            "Jira asks to wait, and did not let this test finish: try again in a few minutes, with fewer workers"
            " (num_workers) if it stays.",
        )
    if isinstance(error, ServerFault):
        return failed(
            "server_fault",
            FixedBy.JIRA_ADMINISTRATOR,
            f"Jira, or a proxy before it, is in trouble (HTTP {error.status}{_quoted(error.messages)}): try again"
            " later, and ask your Jira administrator to look at it if it stays.",
        )
    if isinstance(error, RefusedRequest):
        fixed_by, words = _REFUSALS.get(error.status, _OTHER_REFUSAL)
        text = words.format(path=error.path, status=error.status, said=_quoted(error.messages))
        return failed(f"refused:{error.status}", fixed_by, text)
    return None


def _quoted(messages: tuple[str, ...]) -> str:
    return f", “{clipped(' '.join(messages), _LONGEST_MESSAGE)}”" if messages else ""
