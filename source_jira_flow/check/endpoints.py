"""The endpoints of Jira that the connector uses, and what each needs. The one source of the report and of
`docs/permissions.md`: `python -m source_jira_flow.check.endpoints docs/permissions.md` writes the table there.

Scopes are those that Atlassian names for scoped API tokens, in its REST API documents.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

BOTH, CLOUD, SELF_HOSTED = "all", "Cloud", "self-hosted"

_NOTHING = "none"
_SIGNED_IN = "access to Jira"
_BROWSE = "Browse projects"
_BROWSE_USERS = "Browse users and groups (global)"
_BROWSE_ISSUES = "Browse projects; issue security"
_ADMINISTER = "Administer projects (left out without)"

_WORK = ("read:jira-work",)
_USER = ("read:jira-user",)
_BOARD = ("read:board-scope:jira-software", "read:project:jira")
_SPRINT = ("read:sprint:jira-software",)


@dataclass(frozen=True)
class Endpoint:
    """One endpoint. `kind` is where it is used, `used_for` what for, `permission` and `scopes` what it needs."""

    method: str
    path: str
    kind: str
    used_for: str
    permission: str
    scopes: tuple[str, ...] = ()

    def matches(self, method: str, path: str) -> bool:
        """Whether a request, with its path behind the context path, is one of this endpoint."""
        pattern = re.sub(r"\\\{[a-zA-Z]+\\\}", "[^/]+", re.escape(self.path))
        return method == self.method and re.fullmatch(pattern, path) is not None


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint("GET", "/rest/api/2/serverInfo", BOTH, "which Jira, its clock", _NOTHING, _WORK),
    Endpoint("GET", "/rest/api/2/myself", BOTH, "which account, its time zone", _SIGNED_IN, _USER),
    Endpoint("GET", "/_edge/tenant_info", CLOUD, "the gateway for scoped tokens", _NOTHING),
    Endpoint("GET", "/rest/api/2/mypermissions", BOTH, "check", _SIGNED_IN, _WORK),
    Endpoint("POST", "/rest/api/2/permissions/project", CLOUD, "check", _SIGNED_IN, _WORK),
    Endpoint("GET", "/rest/api/2/project/{id}/issuesecuritylevelscheme", BOTH, "check", _ADMINISTER, _WORK),
    Endpoint("GET", "/rest/api/2/project/{id}/securitylevel", BOTH, "check", _ADMINISTER, _WORK),
    Endpoint("GET", "/rest/api/2/project/search", CLOUD, "projects", _BROWSE, _WORK),
    Endpoint("GET", "/rest/api/2/project", SELF_HOSTED, "projects", _BROWSE),
    Endpoint("GET", "/rest/api/2/project/{id}", BOTH, "projects that are gone or renamed", _BROWSE, _WORK),
    Endpoint("POST", "/rest/api/2/search/jql", CLOUD, "issues, comments", _BROWSE_ISSUES, _WORK),
    Endpoint("POST", "/rest/api/2/search/approximate-count", CLOUD, "issues, comments", _BROWSE_ISSUES, _WORK),
    Endpoint("POST", "/rest/api/2/search", SELF_HOSTED, "issues, comments, labels", _BROWSE_ISSUES),
    Endpoint("GET", "/rest/api/2/issue/{id}/comment", BOTH, "comments of long issues", _BROWSE_ISSUES, _WORK),
    Endpoint("GET", "/rest/api/2/issue/{id}", BOTH, "issues that can't be found any more", _BROWSE_ISSUES, _WORK),
    Endpoint("GET", "/rest/api/2/field", BOTH, "issues, fields", _SIGNED_IN, _WORK),
    Endpoint("GET", "/rest/api/2/users/search", CLOUD, "users", _BROWSE_USERS, _USER),
    Endpoint("GET", "/rest/api/2/user/list", SELF_HOSTED, "users (10.3 and newer)", _BROWSE_USERS),
    Endpoint("GET", "/rest/api/2/user/search", SELF_HOSTED, "users (older than 10.3)", _BROWSE_USERS),
    Endpoint("GET", "/rest/api/2/user", BOTH, "users that are gone", _BROWSE_USERS, _USER),
    Endpoint("GET", "/rest/api/2/label", CLOUD, "labels", _SIGNED_IN, _WORK),
    Endpoint("GET", "/rest/agile/1.0/board", BOTH, "boards, sprints", _BROWSE, _BOARD),
    Endpoint("GET", "/rest/agile/1.0/board/{id}/sprint", BOTH, "sprints", _BROWSE, _SPRINT),
    Endpoint("GET", "/rest/agile/1.0/sprint/{id}", BOTH, "sprints that are gone", _BROWSE, _SPRINT),
    Endpoint("GET", "/rest/api/2/status", BOTH, "statuses", _SIGNED_IN, _WORK),
    Endpoint("GET", "/rest/api/2/issuetype", BOTH, "issue_types", _SIGNED_IN, _WORK),
    Endpoint("GET", "/rest/api/2/priority", BOTH, "priorities", _SIGNED_IN, _WORK),
    Endpoint("GET", "/rest/api/2/resolution", BOTH, "resolutions", _SIGNED_IN, _WORK),
    Endpoint("GET", "/rest/api/2/project/{id}/components", BOTH, "project_components", _BROWSE, _WORK),
    Endpoint("GET", "/rest/api/2/project/{id}/versions", BOTH, "project_versions", _BROWSE, _WORK),
    Endpoint("GET", "/rest/api/2/project/{id}/statuses", BOTH, "project_issue_types", _BROWSE, _WORK),
)

COLUMNS = ("Endpoint", "Jira", "Used for", "Permission behind it", "Scopes of a scoped token")
BEGIN, END = "<!-- endpoints: made by source_jira_flow.check.endpoints -->", "<!-- end of endpoints -->"


def row(endpoint: Endpoint) -> tuple[str, str, str, str, str]:
    """The cells of an endpoint, in the order of COLUMNS."""
    return (
        f"{endpoint.method} {endpoint.path}",
        endpoint.kind,
        endpoint.used_for,
        endpoint.permission,
        ", ".join(endpoint.scopes) or "–",
    )


def known(method: str, path: str) -> bool:
    """Whether a request is of an endpoint in the table."""
    return any(endpoint.matches(method, path) for endpoint in ENDPOINTS)


def all_scopes() -> tuple[str, ...]:
    """Every scope that a scoped token needs for all streams."""
    return tuple(dict.fromkeys(scope for endpoint in ENDPOINTS for scope in endpoint.scopes))


def markdown_table() -> str:
    """The table as Markdown."""
    lines = ["| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS)]
    for endpoint in ENDPOINTS:
        name, *others = row(endpoint)
        lines.append(f"| `{name}` | " + " | ".join(others) + " |")
    return "\n".join(lines)


def with_table(document: str) -> str:
    """A document with the table between its two marks brought up to date. Raises ValueError without the marks."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"The document has no lines {BEGIN} and {END}.")
    return f"{before}{BEGIN}\n{markdown_table()}\n{END}{after}"


def main(arguments: Sequence[str]) -> int:
    """Bring the table in the given files up to date."""
    for name in arguments:
        path = Path(name)
        path.write_text(with_table(path.read_text("utf-8")), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
