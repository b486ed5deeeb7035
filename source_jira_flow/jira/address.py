"""Where Jira is when it is not where the base URL says: the context path is what people most often miss."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from source_jira_flow.common.hosts import GATEWAY_HOST, is_cloud
from source_jira_flow.errors import JiraFlowError, UnusableAddress
from source_jira_flow.http.client import JiraClient
from source_jira_flow.http.faults import unusable

SERVER_INFO = "/rest/api/2/serverInfo"
_USUAL_CONTEXT_PATH = "/jira"


def no_jira_at(client: JiraClient) -> UnusableAddress:
    """The error for a base URL where something else than Jira answers; names the right address where one is found."""
    parts = urlsplit(client.base_url)
    host = parts.hostname or ""
    if host == GATEWAY_HOST:
        return unusable("gateway_without_id", client.base_url)
    if is_cloud(host):
        return unusable("no_cloud_site", client.base_url)
    found = right_base_url(client)
    return unusable("wrong_path" if found else "no_jira", client.base_url, other=found or "")


def right_base_url(client: JiraClient) -> str | None:
    """The base URL with another path at which a Jira answers, or None. Asks unsigned, once each."""
    return next((address for address in _neighbours(client.base_url) if _is_jira(client.at(address))), None)


def _neighbours(base_url: str) -> Iterator[str]:
    """The same host with `/jira` behind the path, and with the path cut back step by step."""
    parts = urlsplit(base_url)
    root, segments = f"{parts.scheme}://{parts.netloc}", [segment for segment in parts.path.split("/") if segment]
    paths = ["/" + "/".join(segments[:length]) if length else "" for length in range(len(segments), -1, -1)]
    for path in paths:
        for candidate in (root + path, root + path + _USUAL_CONTEXT_PATH):
            if candidate != base_url:
                yield candidate


def _is_jira(client: JiraClient) -> bool:
    try:
        document = client.ask("GET", SERVER_INFO, signed=False, tries=1).document
    except JiraFlowError:
        return False
    return isinstance(document, dict) and bool(document.get("version"))
