"""The endpoints of Jira that the connector uses, and what each requires. `docs/permissions.md` has the same table,
written by `python -m tools.endpoints`.

Scopes are those that Atlassian documents for scoped API tokens.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

BOTH, CLOUD, SELF_HOSTED = "all", "Cloud", "self-hosted"

_NOTHING = "none"
_SIGNED_IN = "access to Jira"
_BROWSE = "Browse projects"
_BROWSE_USERS = "Browse users and groups (global)"
_BROWSE_ISSUES = "Browse projects; issue security"
_ADMINISTER = "Administer projects (skipped without it)"

_ADMIN = "Administer Jira (left out without)"
_WORK = ("read:jira-work",)
_USER = ("read:jira-user",)
_BOARD = ("read:board-scope:jira-software", "read:project:jira")
_BOARD_CONFIGURATION = ("read:board-scope.admin:jira-software", "read:project:jira")
_ADMIN_SCOPES = ("manage:jira-project",)
_ROLE_SCOPES = ("manage:jira-configuration",)
_SPRINT = ("read:sprint:jira-software",)


@dataclass(frozen=True)
class Endpoint:
    """One endpoint: the kind of Jira that has it, what it is used for, and what it requires."""

    method: str
    path: str
    kind: str
    used_for: str
    permission: str
    scopes: tuple[str, ...] = ()

    @property
    def uses(self) -> list[str]:
        """The streams that are made of what it gives."""
        return [use for use in self.used_for.split(", ") if use in _STREAMS]

    def matches(self, method: str, path: str) -> bool:
        """Whether a request is to this endpoint. `path` is without the context path of Jira."""
        pattern = re.sub(r"\\\{[a-zA-Z]+\\\}", "[^/]+", re.escape(self.path))
        return method == self.method and re.fullmatch(pattern, path) is not None


_STREAMS = frozenset(path.stem for path in (Path(__file__).parent.parent / "schemas").glob("*.json"))

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint("GET", "/rest/api/2/serverInfo", BOTH, "which Jira, and its clock", _NOTHING, _WORK),
    Endpoint("GET", "/rest/api/2/myself", BOTH, "which account, and its time zone", _SIGNED_IN, _USER),
    Endpoint("GET", "/_edge/tenant_info", CLOUD, "the gateway for scoped tokens", _NOTHING),
    Endpoint("POST", "/oauth/token", CLOUD, "service accounts (at auth.atlassian.com)", _NOTHING),
    Endpoint("POST", "/rest/oauth2/latest/token", SELF_HOSTED, "service accounts (11 and newer)", _NOTHING),
    Endpoint("GET", "/rest/api/2/mypermissions", BOTH, "check", _SIGNED_IN, _WORK),
    Endpoint("POST", "/rest/api/2/permissions/project", CLOUD, "check", _SIGNED_IN, _WORK),
    Endpoint("GET", "/rest/api/2/project/{id}/issuesecuritylevelscheme", BOTH, "check", _ADMINISTER, _WORK),
    Endpoint("GET", "/rest/api/2/project/{id}/securitylevel", BOTH, "check", _ADMINISTER, _WORK),
    Endpoint("GET", "/rest/api/2/project/search", CLOUD, "projects", _BROWSE, _WORK),
    Endpoint("GET", "/rest/api/2/project", SELF_HOSTED, "projects", _BROWSE),
    Endpoint("GET", "/rest/api/2/project/{id}", BOTH, "projects that were deleted or renamed", _BROWSE, _WORK),
    Endpoint("POST", "/rest/api/2/search/jql", CLOUD, "issues and what belongs to them", _BROWSE_ISSUES, _WORK),
    Endpoint("POST", "/rest/api/2/search/approximate-count", CLOUD, "issues, check", _BROWSE_ISSUES, _WORK),
    Endpoint("POST", "/rest/api/2/search", SELF_HOSTED, "issues, labels, check", _BROWSE_ISSUES),
    Endpoint("GET", "/rest/api/2/issue/{id}/comment", BOTH, "comments of long issues", _BROWSE_ISSUES, _WORK),
    Endpoint("GET", "/rest/api/2/issue/{id}/worklog", BOTH, "work logs of long issues", _BROWSE_ISSUES, _WORK),
    Endpoint("GET", "/rest/api/2/worklog/deleted", BOTH, "work logs that were deleted", _SIGNED_IN, _WORK),
    Endpoint("POST", "/rest/api/2/changelog/bulkfetch", CLOUD, "changes of long histories", _BROWSE_ISSUES, _WORK),
    Endpoint("GET", "/rest/api/2/issue/{id}/changelog", CLOUD, "histories that came short", _BROWSE_ISSUES, _WORK),
    Endpoint("GET", "/rest/api/2/issue/{id}", BOTH, "issues that can no longer be found", _BROWSE_ISSUES, _WORK),
    Endpoint("POST", "/rest/api/2/issue/bulkfetch", CLOUD, "issues that can no longer be found", _BROWSE_ISSUES, _WORK),
    Endpoint("GET", "/rest/api/2/field", BOTH, "issues, fields", _SIGNED_IN, _WORK),
    Endpoint("GET", "/rest/api/2/users/search", CLOUD, "users", _BROWSE_USERS, _USER),
    Endpoint("GET", "/rest/api/2/user/list", SELF_HOSTED, "users (10.3 and newer)", _BROWSE_USERS),
    Endpoint("GET", "/rest/api/2/user/search", SELF_HOSTED, "users (older than 10.3)", _BROWSE_USERS),
    Endpoint("GET", "/rest/api/2/user", BOTH, "users that were deleted", _BROWSE_USERS, _USER),
    Endpoint("GET", "/rest/api/2/label", CLOUD, "labels", _SIGNED_IN, _WORK),
    Endpoint("GET", "/rest/agile/1.0/board", BOTH, "boards, sprints", _BROWSE, _BOARD),
    Endpoint("GET", "/rest/agile/1.0/board/{id}/configuration", BOTH, "board_columns", _BROWSE, _BOARD_CONFIGURATION),
    Endpoint("GET", "/rest/agile/1.0/board/{id}/sprint", BOTH, "sprints", _BROWSE, _SPRINT),
    Endpoint("GET", "/rest/agile/1.0/sprint/{id}", BOTH, "sprints that were deleted", _BROWSE, _SPRINT),
    Endpoint("GET", "/rest/api/2/status", BOTH, "statuses", _SIGNED_IN, _WORK),
    Endpoint("GET", "/rest/api/2/statuscategory", BOTH, "status_categories", _SIGNED_IN, _WORK),
    Endpoint("GET", "/rest/api/2/issueLinkType", BOTH, "issue_link_types", _BROWSE, _WORK),
    Endpoint("GET", "/rest/api/2/projectCategory", BOTH, "project_categories", _SIGNED_IN, _WORK),
    Endpoint("GET", "/rest/api/2/issuesecurityschemes", BOTH, "issue_security_levels", _ADMIN, _ADMIN_SCOPES),
    Endpoint("GET", "/rest/api/2/issuesecurityschemes/{id}", BOTH, "issue_security_levels", _ADMIN, _ADMIN_SCOPES),
    Endpoint("GET", "/rest/api/2/filter/search", CLOUD, "filters", _SIGNED_IN, _WORK),
    Endpoint("GET", "/rest/api/2/filter/favourite", SELF_HOSTED, "filters", _SIGNED_IN),
    Endpoint("GET", "/rest/api/2/group/bulk", CLOUD, "groups", _BROWSE_USERS, _USER),
    Endpoint("GET", "/rest/api/2/groups/picker", SELF_HOSTED, "groups", _BROWSE_USERS),
    Endpoint("GET", "/rest/api/2/workflow/search", CLOUD, "workflows", _ADMIN, _ADMIN_SCOPES),
    Endpoint("GET", "/rest/api/2/workflow", SELF_HOSTED, "workflows", _ADMIN),
    Endpoint("GET", "/rest/api/2/role", BOTH, "project_roles", _ADMIN, _ROLE_SCOPES),
    Endpoint("GET", "/rest/api/2/dashboard", BOTH, "dashboards", _SIGNED_IN, _WORK),
    Endpoint("GET", "/rest/api/2/issuetype", BOTH, "issue_types", _SIGNED_IN, _WORK),
    Endpoint("GET", "/rest/api/2/priority", BOTH, "priorities", _SIGNED_IN, _WORK),
    Endpoint("GET", "/rest/api/2/resolution", BOTH, "resolutions", _SIGNED_IN, _WORK),
    Endpoint("GET", "/rest/api/2/project/{id}/components", BOTH, "project_components", _BROWSE, _WORK),
    Endpoint("GET", "/rest/api/2/project/{id}/versions", BOTH, "project_versions", _BROWSE, _WORK),
    Endpoint("GET", "/rest/api/2/project/{id}/statuses", BOTH, "project_issue_types", _BROWSE, _WORK),
)

COLUMNS = ("Endpoint", "Jira", "Used for", "Permission behind it", "Scopes of a scoped token")


def row(endpoint: Endpoint) -> tuple[str, str, str, str, str]:
    """The cells of an endpoint, in the order of COLUMNS."""
    return (
        f"{endpoint.method} {endpoint.path}",
        endpoint.kind,
        endpoint.used_for,
        endpoint.permission,
        ", ".join(endpoint.scopes) or "–",
    )
