"""Which scopes a sign-in through Atlassian's gateway lacks.

Atlassian's gateway answers 401 "scope does not match" and does not say which: one small request for each group of
scopes finds out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from source_jira_flow.check.endpoints import ENDPOINTS, SELF_HOSTED
from source_jira_flow.check.findings import Finding, FixedBy, failed, warning
from source_jira_flow.common.text import listed
from source_jira_flow.errors import JiraFlowError, SignInRefused
from source_jira_flow.http.client import JiraClient
from source_jira_flow.sign_in.base import SignIn

_ONE: Mapping[str, Any] = {"maxResults": 1}


@dataclass(frozen=True)
class _Probe:
    """A request that shows whether the scopes of an endpoint are there. Without the essential ones nothing is read."""

    path: str
    params: Mapping[str, Any] = field(default_factory=dict)
    essential: bool = True


_PROBES = (
    _Probe("/rest/api/2/myself"),
    _Probe("/rest/api/2/project/search", _ONE),
    _Probe("/rest/api/2/users/search", _ONE),
    _Probe("/rest/agile/1.0/board", _ONE, essential=False),
)


def scope_findings(client: JiraClient, credentials: SignIn) -> list[Finding]:
    """What a sign-in lacks: the scopes that everything needs, and those for boards and sprints, with their streams."""
    missing: dict[bool, dict[str, None]] = {True: {}, False: {}}
    for probe in [*_PROBES, *_sprint_probe(client)]:
        if _lacks_scope(client, probe):
            endpoint = next(endpoint for endpoint in ENDPOINTS if endpoint.matches("GET", probe.path))
            missing[probe.essential].update(dict.fromkeys(endpoint.scopes))
    found = []
    if missing[True]:
        found.append(failed("sign_in:scope", FixedBy.YOU, _lacking(missing[True], credentials)))
    if missing[False]:
        found.append(warning("scope_of_boards", FixedBy.YOU, _lacking(missing[False], credentials)))
    return found


def _lacking(scopes: Iterable[str], credentials: SignIn) -> str:
    named = [f"{scope} (for {listed(streams_of(scope), most=2)})" for scope in scopes]
    return credentials.lacking_scopes.format(scopes=f"the scope{'' if len(named) == 1 else 's'} {listed(named)}")


def streams_of(scope: str) -> list[str]:
    """The streams of Cloud that need a scope, in the order of the table of endpoints."""
    needing = [one for one in ENDPOINTS if scope in one.scopes and one.kind != SELF_HOSTED]
    return list(dict.fromkeys(use for endpoint in needing for use in endpoint.uses))


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
    except JiraFlowError as error:
        return isinstance(error, SignInRefused) and error.reason == "scope"
    return False
