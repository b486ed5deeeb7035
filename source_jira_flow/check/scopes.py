"""Which scopes a sign-in through Atlassian's gateway lacks.

Atlassian's gateway answers 401 "scope does not match" and does not say which: one small request for each group of
scopes finds out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from source_jira_flow.check.endpoints import ENDPOINTS, SELF_HOSTED
from source_jira_flow.check.findings import Finding, FixedBy, failed, warning
from source_jira_flow.common.text import listed
from source_jira_flow.errors import JiraFlowError, SignInRefused
from source_jira_flow.http.client import JiraClient
from source_jira_flow.sign_in.base import SignIn

# Requests that show whether the scopes of an endpoint are there: parameters by path.
_Probes = Mapping[str, Mapping[str, Any]]
_ONE = {"maxResults": 1}
# Without these scopes nothing is read.
_ESSENTIAL: _Probes = {"/rest/api/2/myself": {}, "/rest/api/2/project/search": _ONE, "/rest/api/2/users/search": _ONE}
_BOARDS = "/rest/agile/1.0/board"


def scope_findings(client: JiraClient, credentials: SignIn) -> list[Finding]:
    """What a sign-in lacks: the scopes that everything needs, and those for boards and sprints, with their streams."""
    of_boards = {_BOARDS: _ONE, **_sprint_probe(client)}
    found = []
    if missing := _missing_scopes(client, _ESSENTIAL):
        found.append(failed("sign_in:scope", FixedBy.YOU, _lacking(missing, credentials)))
    if missing := _missing_scopes(client, of_boards):
        found.append(warning("scope_of_boards", FixedBy.YOU, _lacking(missing, credentials)))
    return found


def _missing_scopes(client: JiraClient, probes: _Probes) -> list[str]:
    refused = [path for path, params in probes.items() if _lacks_scope(client, path, params)]
    needing = [next(endpoint for endpoint in ENDPOINTS if endpoint.matches("GET", path)) for path in refused]
    return list(dict.fromkeys(scope for endpoint in needing for scope in endpoint.scopes))


def _lacking(scopes: Iterable[str], credentials: SignIn) -> str:
    named = [f"{scope} (for {listed(streams_of(scope), most=2)})" for scope in scopes]
    return credentials.lacking_scopes.format(scopes=f"the scope{'' if len(named) == 1 else 's'} {listed(named)}")


def streams_of(scope: str) -> list[str]:
    """The streams of Cloud that need a scope, in the order of the table of endpoints."""
    needing = [one for one in ENDPOINTS if scope in one.scopes and one.kind != SELF_HOSTED]
    return list(dict.fromkeys(use for endpoint in needing for use in endpoint.uses))


def _sprint_probe(client: JiraClient) -> _Probes:
    """Sprints have a scope of their own, which shows only at a board that has sprints."""
    try:
        boards = client.get(_BOARDS, {**_ONE, "type": "scrum"}, tries=1)["values"]
    except (JiraFlowError, KeyError, TypeError):
        return {}
    return {f"{_BOARDS}/{board['id']}/sprint": _ONE for board in boards[:1]}


def _lacks_scope(client: JiraClient, path: str, params: Mapping[str, Any]) -> bool:
    try:
        client.get(path, params, tries=1)
    except JiraFlowError as error:
        return isinstance(error, SignInRefused) and error.reason == "scope"
    return False
