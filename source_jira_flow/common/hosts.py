"""What the name of a host tells: this machine, Jira Cloud, Atlassian's gateway."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

GATEWAY_HOST = "api.atlassian.com"
# Below it stand the sites, each by its cloud id: the only address at which tokens with scopes work.
GATEWAY_PATH = "/ex/jira/"
_CLOUD_HOSTS = (".atlassian.net", ".jira.com", ".jira-dev.com")


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine's own."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_cloud(host: str) -> bool:
    """Whether it is the name of a Jira Cloud site. Sites may have names of their own too: `serverInfo` tells."""
    return host.endswith(_CLOUD_HOSTS)


def is_gateway(base_url: str) -> bool:
    """Whether a base URL leads through Atlassian's gateway."""
    return urlsplit(base_url).path.startswith(GATEWAY_PATH)


def seen_from(base_url: str, address: str) -> str:
    """Atlassian's address; for a Jira on this machine, the same path there, since its credentials never leave it."""
    site = urlsplit(base_url)
    is_own = is_loopback(site.hostname or "")
    return f"{site.scheme}://{site.netloc}{urlsplit(address).path}" if is_own else address
