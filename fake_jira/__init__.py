"""A fake Jira: an HTTP server on loopback with a real data model, for tests, the demo and benchmarks.

    site = build_site("data-center-10.3", seed=1, issues=500)
    with FakeJira(site, context_path="/jira") as jira:
        config = {"base_url": jira.base_url, "credentials": site.credentials("oauth")}
        site.edit_issue("CORE-1", summary="Changed")

`python -m fake_jira --flavor cloud --port 8123` starts one by hand.
"""

from .clock import Clock
from .faults import Fault, Faults
from .flavors import FLAVORS, Flavor, flavor_named
from .lies import Lies
from .messages import Request, RequestRecord
from .oauth_provider import key_pair
from .seeding import build_site
from .server import FakeJira
from .settings import ApiToken, Settings
from .site import Site

__all__ = [
    "FLAVORS",
    "ApiToken",
    "Clock",
    "FakeJira",
    "Fault",
    "Faults",
    "Flavor",
    "Lies",
    "Request",
    "RequestRecord",
    "Settings",
    "Site",
    "build_site",
    "flavor_named",
    "key_pair",
]
