"""What differs between the kinds of Jira, as a table. Code elsewhere asks the table and never the name."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Flavor:
    name: str
    version: str
    build_number: int
    cloud: bool
    index_granularity_ms: int
    """Self-hosted indexes keep dates to the second."""
    result_window: int | None = None
    """OpenSearch refuses a page that reaches past this result with HTTP 500."""
    search_limits_endpoint: bool = False
    user_search_cap: int = 1000
    user_search_wildcards: frozenset[str] = frozenset({"."})
    user_list: bool = False
    rate_limit_headers: bool = True
    personal_tokens: bool = False
    """From 8.14 on."""
    service_accounts: bool = False
    """With OAuth 2.0 client credentials; on Data Center from 11 on."""
    sprint_extras: bool = False
    """Data Center 9 and newer: `synced`, `autoStartStop`, `incompleteIssuesDestinationId`."""
    archived_components: bool = False
    """Data Center: components tell whether they are archived (ComponentBean of its OpenAPI document)."""

    @property
    def version_numbers(self) -> list[int]:
        return [int(part) for part in self.version.split("-")[0].split(".")]

    def knows(self, method: str) -> bool:
        """Whether this version has a way to sign in that is not in all of them."""
        newer = {"personal_access_token": self.personal_tokens, "service_account": self.service_accounts}
        return newer.get(method, True)

    @property
    def deployment_type(self) -> str:
        # Data Center calls itself "Server" too.
        return "Cloud" if self.cloud else "Server"


def _flavors(*flavors: Flavor) -> dict[str, Flavor]:
    return {flavor.name: flavor for flavor in flavors}


FLAVORS: dict[str, Flavor] = _flavors(
    Flavor("cloud", "1001.0.0-SNAPSHOT", 100_290, cloud=True, index_granularity_ms=1, service_accounts=True),
    Flavor(
        "dc9",
        "9.12.15",
        9_120_015,
        cloud=False,
        index_granularity_ms=1000,
        user_search_wildcards=frozenset({".", '""', "''"}),
        personal_tokens=True,
        sprint_extras=True,
        archived_components=True,
    ),
    Flavor(
        "dc10",
        "10.3.12",
        10_030_012,
        cloud=False,
        index_granularity_ms=1000,
        user_search_cap=100,
        user_list=True,
        personal_tokens=True,
        sprint_extras=True,
        archived_components=True,
    ),
    Flavor(
        "dc11",
        "11.3.2",
        11_030_002,
        cloud=False,
        index_granularity_ms=1000,
        result_window=10_000,
        search_limits_endpoint=True,
        user_search_cap=100,
        user_list=True,
        personal_tokens=True,
        service_accounts=True,
        sprint_extras=True,
        archived_components=True,
    ),
    Flavor(
        "server7",
        "7.13.18",
        713_018,
        cloud=False,
        index_granularity_ms=1000,
        user_search_wildcards=frozenset({".", '""', "''", "_"}),
        rate_limit_headers=False,
    ),
)

_ALIASES = {
    "data-center-9": "dc9",
    "data-center-9.12": "dc9",
    "data-center-10": "dc10",
    "data-center-10.3": "dc10",
    "data-center-11": "dc11",
    "data-center-11.3": "dc11",
    "server": "server7",
    "server-7.13": "server7",
    "jira-cloud": "cloud",
}


def flavor_named(name: str) -> Flavor:
    """The flavor of that name or alias (`data-center-10.3`, `server-7.13`); `ValueError` for any other."""
    known = _ALIASES.get(name.lower(), name.lower())
    if known not in FLAVORS:
        raise ValueError(f"unknown flavor {name!r}; known are {', '.join([*FLAVORS, *_ALIASES])}")
    return FLAVORS[known]
