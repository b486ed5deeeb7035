"""The platform API's lists of what an administrator sets up: link types, categories, security levels, filters, groups,
workflows, roles, dashboards. Most are told to administrators only, at least on Cloud."""

from collections.abc import Callable, Sequence
from typing import Any

from .calls import Call
from .clock import platform_date
from .entities import NamedValue, SecurityScheme, SharedThing, Workflow
from .list_documents import Document
from .messages import JiraError, Response, Route, json_response

_ADMINISTRATORS_ONLY = "You are not authorized to perform this operation. Administrator privileges are required."


def _require_administrator(call: Call) -> None:
    if not call.site.holds(call.account, "ADMINISTER"):
        raise JiraError(403, _ADMINISTRATORS_ONLY)


def _address(call: Call, path: str) -> str:
    return f"{call.site.settings.advertised_base_url}/rest/api/2/{path}"


def _page(call: Call, things: Sequence[Any], render: Callable[[Any], Document], most: int) -> Response:
    """Cloud's usual page, 50 unless asked otherwise."""
    return json_response(call.values(things, render, call.size(50, most), call.request.path))


def link_types(call: Call) -> Response:
    return json_response({"issueLinkTypes": [call.documents.link_type(kind) for kind in call.site.link_types]})


def project_categories(call: Call) -> Response:
    return json_response([call.documents.project_category(category) for category in call.site.categories])


# Security levels


def _scheme(call: Call, scheme: SecurityScheme) -> Document:
    document: Document = {
        "self": _address(call, f"issuesecurityschemes/{scheme.id}"),
        "id": int(scheme.id),
        "name": scheme.name,
        "description": scheme.description,
    }
    return document | ({"defaultSecurityLevelId": int(scheme.levels[0].id)} if scheme.levels else {})


def security_schemes(call: Call) -> Response:
    _require_administrator(call)
    return json_response(
        {"issueSecuritySchemes": [_scheme(call, scheme) for scheme in call.site.security_schemes]},
    )


def security_scheme(call: Call) -> Response:
    _require_administrator(call)
    wanted = call.parts["scheme"]
    found = next((scheme for scheme in call.site.security_schemes if scheme.id == wanted), None)
    if found is None:
        raise JiraError(404, "The issue security scheme does not exist.")
    levels = [call.documents.security_level(level) for level in found.levels]
    return json_response(_scheme(call, found) | {"levels": levels})


def search_security_levels(call: Call) -> Response:
    _require_administrator(call)
    levels = [(scheme, level) for scheme in call.site.security_schemes for level in scheme.levels]
    return _page(
        call,
        levels,
        lambda pair: (
            call.documents.security_level(pair[1])
            | {"issueSecuritySchemeId": pair[0].id, "isDefault": pair[1] is pair[0].levels[0]}
        ),
        50,
    )


def project_security_levels(call: Call) -> Response:
    """Those that the account belongs to; none where it may not set them."""
    project, account = call.project(), call.account
    may_set = call.site.holds(account, "SET_ISSUE_SECURITY", project)
    levels = [
        level
        for level in project.security_levels
        if may_set and account is not None and (account in level.members or account.is_admin)
    ]
    return json_response({"levels": [call.documents.security_level(level) for level in levels]})


def scheme_of_project(call: Call) -> Response:
    project = call.project()
    if not call.site.holds(call.account, "ADMINISTER_PROJECTS", project):
        raise JiraError(403, "You do not have permission to administer this project.")
    found = next((each for each in call.site.security_schemes if each.levels is project.security_levels), None)
    if found is None:
        raise JiraError(404, "The project has no issue security scheme.")
    levels = [call.documents.security_level(level) for level in found.levels]
    return json_response(_scheme(call, found) | {"levels": levels})


# Filters and dashboards


def _filter(call: Call, saved: SharedThing, expand: Sequence[str]) -> Document:
    """A page of filters has little but names, unless more is asked for."""
    document: Document = {
        "expand": "description,owner,jql,viewUrl,searchUrl,favourite,favouritedCount,sharePermissions,subscriptions",
        "self": _address(call, f"filter/{saved.id}"),
        "id": saved.id,
        "name": saved.name,
    }
    more: Document = {
        "description": saved.description,
        "owner": call.documents.user(saved.owner),
        "jql": saved.jql,
        "viewUrl": f"{call.site.settings.advertised_base_url}/issues/?filter={saved.id}",
        "searchUrl": _address(call, f"search?jql={saved.jql}"),
        "favourite": saved.favourite,
        "sharePermissions": [{"id": 10000, "type": "authenticated"}] if saved.shared else [],
    }
    return document | {name: value for name, value in more.items() if "*" in expand or name in expand}


def search_filters(call: Call) -> Response:
    visible = sorted(call.site.visible_things(call.account, call.site.filters), key=lambda saved: saved.name)
    expand = call.request.listed("expand")
    return _page(call, visible, lambda saved: _filter(call, saved, expand), 100)


def favourite_filters(call: Call) -> Response:
    """All that self-hosted Jira lists: it has no search for filters."""
    visible = call.site.visible_things(call.account, call.site.filters)
    return json_response([_filter(call, saved, ["*"]) for saved in visible if saved.favourite])


def dashboards(call: Call) -> Response:
    visible = call.site.visible_things(call.account, call.site.dashboards)
    content, shown = call.page(visible, call.size(20, 1000))
    content["dashboards"] = [_dashboard(call, dashboard) for dashboard in shown]
    following = content["startAt"] + content["maxResults"]
    if following < len(visible):
        content["next"] = _address(call, f"dashboard?startAt={following}")
    return json_response(content)


def _dashboard(call: Call, dashboard: SharedThing) -> Document:
    document: Document = {
        "id": dashboard.id,
        "name": dashboard.name,
        "self": _address(call, f"dashboard/{dashboard.id}"),
        "view": f"{call.site.settings.advertised_base_url}/secure/Dashboard.jspa?selectPageId={dashboard.id}",
    }
    if call.site.flavor.cloud:
        document |= {
            "description": dashboard.description,
            "isFavourite": dashboard.favourite,
            "owner": call.documents.user(dashboard.owner),
            "popularity": int(dashboard.favourite),
            "sharePermissions": [{"type": "loggedin"}] if dashboard.shared else [],
        }
    return document


# Groups, roles, workflows


def all_groups(call: Call) -> Response:
    if not call.site.holds(call.account, "USER_PICKER"):
        raise JiraError(403, _ADMINISTRATORS_ONLY)
    groups = sorted(call.site.groups.items(), key=lambda pair: pair[1])
    return _page(call, groups, lambda pair: {"name": pair[1], "groupId": pair[0]}, 50)


def pick_groups(call: Call) -> Response:
    """Self-hosted: for those who may not browse them, there are none."""
    request = call.request
    may_browse = call.site.holds(call.account, "USER_PICKER")
    query = (request.text("query") or "").lower()
    found = sorted(name for name in call.site.groups.values() if query in name.lower()) if may_browse else []
    shown = found[: min(max(request.integer("maxResults", 20), 1), call.site.settings.group_picker_cap)]
    return json_response(
        {
            "header": f"Showing {len(shown)} of {len(found)} matching groups",
            "total": len(found),
            "groups": [{"name": name, "html": name, "labels": []} for name in shown],
        }
    )


def _role(call: Call, role: NamedValue) -> Document:
    return {
        "self": _address(call, f"role/{role.id}"),
        "name": role.name,
        "id": int(role.id),
        "description": role.description,
    }


def roles(call: Call) -> Response:
    if call.site.flavor.cloud:
        _require_administrator(call)
    return json_response([_role(call, role) for role in call.site.roles])


def search_workflows(call: Call) -> Response:
    _require_administrator(call)
    zone = call.site.zone_of(call.account)
    return _page(
        call,
        call.site.workflows,
        lambda workflow: {
            "id": {"name": workflow.name, "entityId": workflow.id},
            "description": workflow.description,
            "created": platform_date(workflow.updated, zone),
            "updated": platform_date(workflow.updated, zone),
            "isDefault": workflow.is_default,
        },
        50,
    )


def workflows(call: Call) -> Response:
    _require_administrator(call)
    return json_response([_workflow(call, workflow) for workflow in call.site.workflows])


def _workflow(call: Call, workflow: Workflow) -> Document:
    return {
        "name": workflow.name,
        "description": workflow.description,
        "lastModifiedDate": platform_date(workflow.updated, call.site.zone_of(call.account)),
        "steps": len(call.site.shared_statuses),
        "default": workflow.is_default,
    }


_API = "/rest/api/2"
_ADMINISTRATION = ("manage:jira-project", "manage:jira-configuration")
_LEVELS = f"{_API}/issuesecurityschemes"

ROUTES = [
    Route("GET", f"{_API}/issueLinkType", link_types),
    Route("GET", f"{_API}/projectCategory", project_categories, anonymous=False),
    Route("GET", _LEVELS, security_schemes, scopes=_ADMINISTRATION, anonymous=False),
    Route("GET", f"{_LEVELS}/level", search_security_levels, "cloud", _ADMINISTRATION, anonymous=False),
    Route("GET", f"{_LEVELS}/{{scheme}}", security_scheme, scopes=_ADMINISTRATION, anonymous=False),
    Route("GET", f"{_API}/project/{{project}}/securitylevel", project_security_levels),
    Route("GET", f"{_API}/project/{{project}}/issuesecuritylevelscheme", scheme_of_project),
    Route("GET", f"{_API}/filter/search", search_filters, "cloud"),
    Route("GET", f"{_API}/filter/favourite", favourite_filters, anonymous=False),
    Route("GET", f"{_API}/dashboard", dashboards),
    Route("GET", f"{_API}/group/bulk", all_groups, "cloud", ("read:jira-user",), anonymous=False),
    Route("GET", f"{_API}/groups/picker", pick_groups, scopes=("read:jira-user",), anonymous=False),
    Route("GET", f"{_API}/role", roles, scopes=_ADMINISTRATION, anonymous=False),
    Route("GET", f"{_API}/workflow/search", search_workflows, "cloud", _ADMINISTRATION, anonymous=False),
    Route("GET", f"{_API}/workflow", workflows, scopes=_ADMINISTRATION, anonymous=False),
]
