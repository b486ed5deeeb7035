"""Which scopes a scoped API token lacks.

Atlassian's gateway answers 401 "scope does not match" and does not say which: one small request for each group of
scopes finds out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from source_jira_flow.check.endpoints import ENDPOINTS, Endpoint
from source_jira_flow.check.findings import Finding, FixedBy, failed, warning
from source_jira_flow.common.text import listed
from source_jira_flow.errors import JiraFlowError, SignInRefused
from source_jira_flow.http.client import JiraClient

_ONE: Mapping[str, Any] = {"maxResults": 1}


@dataclass(frozen=True)
class _Probe:
    """A request that shows whether the scopes of an endpoint are there. Without the essential ones nothing is read."""

    path: str
    params: Mapping[str, Any] = field(default_factory=dict)
    essential: bool = True

    @property
    def endpoint(self) -> Endpoint:
        return next(endpoint for endpoint in ENDPOINTS if endpoint.matches("GET", self.path))


_PROBES = (
    _Probe("/rest/api/2/myself"),
    _Probe("/rest/api/2/project/search", _ONE),
    _Probe("/rest/api/2/users/search", _ONE),
    _Probe("/rest/agile/1.0/board", _ONE, essential=False),
)


def scope_findings(client: JiraClient) -> list[Finding]:
    """What a token lacks: the scopes that everything needs, and those for boards and sprints."""
    missing: dict[bool, list[str]] = {True: [], False: []}
    for probe in [*_PROBES, *_sprint_probe(client)]:
        if _lacks_scope(client, probe):
            missing[probe.essential] += [
                scope for scope in probe.endpoint.scopes if scope not in missing[probe.essential]
            ]
    found = []
    if missing[True]:
        found.append(
            failed(
                "sign_in:scope",
                FixedBy.YOU,
                f"The API token lacks {_scopes(missing[True])}: make a token that has them, or one without scopes, in"
                " the Atlassian account under Security, API tokens.",
            )
        )
    if missing[False]:
        found.append(
            warning(
                "scope_of_boards",
                FixedBy.YOU,
                f"The API token lacks {_scopes(missing[False])}, without which boards and sprints can't be read: make"
                " a token that has them, or one without scopes.",
            )
        )
    return found


def _scopes(names: list[str]) -> str:
    return f"the scope{'' if len(names) == 1 else 's'} {listed(names)}"


def _sprint_probe(client: JiraClient) -> Iterator[_Probe]:
    """Sprints have a scope of their own, which shows only at a board that has sprints."""
    try:
        boards = client.get("/rest/agile/1.0/board", {**_ONE, "type": "scrum"}, tries=1)["values"]
    except (JiraFlowError, KeyError, TypeError):
        return
    for board in boards[:1]:
        yield _Probe(f"/rest/agile/1.0/board/{board['id']}/sprint", _ONE, essential=False)


def _lacks_scope(client: JiraClient, probe: _Probe) -> bool:
    try:
        client.get(probe.path, probe.params, tries=1)
    except SignInRefused as refused:
        return refused.reason == "scope"
    except JiraFlowError:
        return False
    return False
