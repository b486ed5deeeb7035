"""The platform API, `/rest/api/2`: who and what this is, permissions, people, projects, vocabulary."""

from collections.abc import Sequence

from .calls import NO_ISSUE, Call
from .clock import platform_date
from .entities import User
from .fields import field_documents
from .jql import RESERVED_WORDS
from .list_documents import Document
from .messages import JiraError, Response, Route, json_response
from .people_index import searched_texts
from .permissions import BY_KEY, PERMISSIONS, Permission
from .search import names
from .site import Site

_USER_SCOPES = ("read:jira-user",)
_WORK_OR_USER_SCOPES = ("read:jira-work", "read:jira-user")
_NOT_SIGNED_IN = "You are not authenticated. Authentication required to perform this operation."

# What this is, and who asks


def server_info(call: Call) -> Response:
    site = call.site
    if site.settings.server_info_requires_sign_in and call.account is None:
        raise JiraError(401, _NOT_SIGNED_IN)
    flavor, settings = site.flavor, site.settings
    content: Document = {
        "baseUrl": settings.advertised_base_url,
        "version": flavor.version,
        "versionNumbers": flavor.version_numbers,
        "deploymentType": flavor.deployment_type,
        "buildNumber": flavor.build_number,
        "buildDate": "2026-10-01T00:00:00.000+0000",
        "serverTime": platform_date(site.clock.now(), site.zone_of(None)),
        "scmInfo": "0123456789abcdef0123456789abcdef01234567",
        "serverTitle": settings.server_title,
    }
    if flavor.cloud:
        content["displayUrl"] = settings.advertised_base_url
        content["serverTimeZone"] = settings.server_time_zone
    return json_response(content)


def myself(call: Call) -> Response:
    assert call.account is not None
    if not call.is_user:
        return json_response({"displayName": "A service account", "active": True})
    return json_response(call.documents.myself(call.account))


def tenant_info(call: Call) -> Response:
    return json_response({"cloudId": call.site.cloud_id})


# Permissions


def my_permissions(call: Call) -> Response:
    request, site = call.request, call.site
    wanted: Sequence[Permission] = PERMISSIONS
    if site.flavor.cloud:
        keys = request.listed("permissions")
        if not keys:
            raise JiraError(400, "The 'permissions' query parameter is required.")
        unknown = [key for key in keys if key not in BY_KEY]
        if unknown:
            raise JiraError(400, *(f"Unrecognized permission: {key}" for key in unknown))
        wanted = [BY_KEY[key] for key in keys]
    project = None
    reference = request.text("projectId") or request.text("projectKey")
    if reference:
        project = call.project(reference)
    issue_reference = request.text("issueId") or request.text("issueKey")
    if issue_reference and project is None:
        issue = site.find_issue(issue_reference)
        if issue is None or not site.can_see_issue(call.account, issue):
            raise JiraError(404, NO_ISSUE)
        project = issue.project
    permissions: dict[str, Document] = {}
    for permission in wanted:
        document = {
            "id": permission.id,
            "key": permission.key,
            "name": permission.name,
            "type": permission.type,
            "description": f"Ability to {permission.name.lower()}.",
            "havePermission": call.is_user and site.holds(call.account, permission.key, project),
        }
        permissions[permission.key] = document
        if permission.old_key and not site.flavor.cloud:
            permissions[permission.old_key] = document | {"key": permission.old_key, "deprecatedKey": True}
    return json_response({"permissions": permissions})


def permitted_projects(call: Call) -> Response:
    keys = names(call.request.json().get("permissions"))
    unknown = [key for key in keys if key not in BY_KEY or BY_KEY[key].type != "PROJECT"]
    if unknown or not keys:
        raise JiraError(400, *(f"Unrecognized permission: {key}" for key in unknown))
    found = [
        {"id": int(project.id), "key": project.key}
        for project in call.site.visible_projects(call.account)
        if all(call.site.holds(call.account, key, project) for key in keys)
    ]
    return json_response({"projects": found})


def check_permissions(call: Call) -> Response:
    body, site = call.request.json(), call.site
    granted: list[Document] = []
    for group in body.get("projectPermissions") or []:
        for key in names(group.get("permissions")):
            if key not in BY_KEY:
                raise JiraError(400, f"Unrecognized permission: {key}")
            projects = [site.find_project(str(identity)) for identity in group.get("projects") or []]
            held = [int(project.id) for project in projects if project and site.holds(call.account, key, project)]
            granted.append({"permission": key, "issues": [], "projects": held})
    globals_held = [
        key for key in names(body.get("globalPermissions")) if key in BY_KEY and site.holds(call.account, key)
    ]
    return json_response({"projectPermissions": granted, "globalPermissions": globals_held})


# People


def _require_user_picker(call: Call) -> None:
    if not call.site.holds(call.account, "USER_PICKER"):
        raise JiraError(403, "You are not authorized to perform this operation. Administrator privileges are required.")


def all_users(call: Call) -> Response:
    _require_user_picker(call)
    _, users = call.page(list(call.site.users.values()), call.size(50, 1000, 0))
    return json_response([call.documents.person(user) for user in users])


def search_users_on_cloud(call: Call) -> Response:
    request, site = call.request, call.site
    query, account_id = request.text("query"), request.text("accountId")
    if query is None and account_id is None and request.text("property") is None:
        raise JiraError(400, "The query, accountId or property parameter must be given.")
    if not site.holds(call.account, "USER_PICKER"):
        return json_response([])
    candidates = site.people.beginning_with((query or "").lower())
    found = [user for user in candidates if user.active and account_id in (None, user.account_id)]
    _, users = call.page(found[:1000], call.size(50, 1000, 0))
    return json_response([call.documents.person(user) for user in users])


def search_users_on_server(call: Call) -> Response:
    request, site, settings = call.request, call.site, call.site.settings
    username = request.text("username")
    if username is None:
        raise JiraError(400, "The username query parameter was not provided")
    if not site.holds(call.account, "USER_PICKER"):
        if settings.user_search_without_permission_is_empty:
            return json_response([])
        raise JiraError(403, "You do not have permission to browse users.")
    inactive, active = request.flag("includeInactive"), request.flag("includeActive", True)
    candidates = _people(site, username.lower())
    found = [user for user in candidates if (active if user.active else inactive)]
    # The cap is on what can be reached at all, not on a page.
    _, users = call.page(found[: settings.user_search_cap], call.size(50, settings.user_search_cap, 0))
    return json_response([call.documents.person(user) for user in users])


def _people(site: Site, query: str) -> list[User]:
    if query == ".":
        # A dot is no joker: it is looked for, and an address has one.
        found = [user for user in site.users.values() if any("." in text for text in searched_texts(user))]
        return sorted(found, key=lambda user: user.name)
    if query in site.settings.user_search_wildcards:
        return sorted(site.users.values(), key=lambda user: user.name)
    return site.people.beginning_with(query) if query else []


def user_list(call: Call) -> Response:
    if call.account is None:
        raise JiraError(401, _NOT_SIGNED_IN)
    _require_user_picker(call)
    request = call.request
    cursor = request.integer("cursor", 0)
    asked = request.integer("maxResults", 2000)
    size = call.shortened(min(max(asked, 1), 2000))
    # The cursor stands for the last one that came, so nobody comes twice or is left out when others go.
    numbered = [(_user_number(user), user) for user in call.site.users.values() if _user_number(user) > cursor]
    numbered.sort(key=lambda pair: pair[0])
    shown, is_last = numbered[:size], len(numbered) <= size
    content: Document = {
        "self": f"{call.site.settings.advertised_base_url}/rest/api/2/user/list?cursor={cursor}&maxResults={size}",
        "maxResults": size,
        "isLast": is_last,
        "values": [call.documents.person(user) for _, user in shown],
    }
    if not is_last:
        content["nextCursor"] = str(shown[-1][0])
        content["nextPage"] = (
            f"{call.site.settings.advertised_base_url}/rest/api/2/user/list"
            f"?cursor={content['nextCursor']}&maxResults={size}"
        )
    return json_response(content)


def _user_number(user: User) -> int:
    return int(user.account_id.rsplit("-", 1)[1], 16)


def one_user(call: Call) -> Response:
    request, site = call.request, call.site
    if site.flavor.cloud:
        identity = request.text("accountId")
        if not identity:
            raise JiraError(400, "The accountId query parameter must be provided.")
        _require_user_picker(call)
        found = site.users.get(identity)
    else:
        key, name = request.text("key"), request.text("username")
        if key is None and name is None:
            raise JiraError(400, "Either the 'username' or the 'key' query parameters need to be provided")
        found = next((user for user in site.users.values() if user.key == key or user.name == name), None)
    if found is None:
        raise JiraError(404, "The user does not exist.")
    return json_response(call.documents.person(found))


# Projects


def search_projects(call: Call) -> Response:
    request, site = call.request, call.site
    # More than a hundred falls back to the default.
    size = call.shortened(50) if request.integer("maxResults", 50) > 100 else call.size(50, 100)
    statuses = request.listed("status") or ["live"]
    keys, ids = request.listed("keys"), [identity for value in request.query.get("id", []) for identity in [value]]
    kinds, query = request.listed("typeKey"), (request.text("query") or "").lower()
    permission = {
        "view": "BROWSE_PROJECTS",
        "browse": "BROWSE_PROJECTS",
        "create": "CREATE_ISSUES",
        "edit": "ADMINISTER_PROJECTS",
    }.get(request.text("action") or "view")
    if permission is None:
        raise JiraError(400, "The action must be one of view, browse, edit, create.")
    candidates = []
    for project in [*site.projects.values(), *site.deleted_projects.values()]:
        deleted = project.id in site.deleted_projects
        status = "deleted" if deleted else "archived" if project.archived else "live"
        seen = site.holds(call.account, "ADMINISTER") if deleted else site.holds(call.account, permission, project)
        if status in statuses and seen:
            candidates.append(project)
    found = sorted(
        (
            project
            for project in candidates
            if (not keys or project.key in keys)
            and (not ids or project.id in ids)
            and (not kinds or project.type_key in kinds)
            and (query in project.key.lower() or query in project.name.lower())
        ),
        key=lambda project: project.key,
    )
    expand = request.listed("expand")
    return json_response(
        call.values(found, lambda project: call.documents.project(project, expand), size, "/rest/api/2/project/search")
    )


def all_projects(call: Call) -> Response:
    """Self-hosted: a bare array of all."""
    request, site = call.request, call.site
    archived_too = request.flag("includeArchived")
    found = [
        project
        for project in site.projects.values()
        if site.holds(call.account, "BROWSE_PROJECTS", project) and (archived_too or not project.archived)
    ]
    return json_response([call.documents.project(project, request.listed("expand")) for project in found])


def one_project(call: Call) -> Response:
    return json_response(call.documents.project(call.project(), call.request.listed("expand"), single=True))


def project_statuses(call: Call) -> Response:
    return json_response(call.documents.issue_types_with_statuses(call.project()))


def project_components(call: Call) -> Response:
    project = call.project()
    return json_response([call.documents.component(component, project) for component in project.components])


def project_versions(call: Call) -> Response:
    project = call.project()
    return json_response([call.documents.version(version, project) for version in project.versions])


# Vocabulary


def labels(call: Call) -> Response:
    found = sorted(call.site.all_labels()) if call.account else []
    return json_response(call.values(found, str, call.size(1000, 1000)))


def _visible_scopes(call: Call) -> set[str | None]:
    return {None, *(project.id for project in call.site.visible_projects(call.account))}


def statuses(call: Call) -> Response:
    scopes = _visible_scopes(call)
    found = [status for status in call.site.statuses() if status.project_id in scopes]
    return json_response([call.documents.status(status) for status in found])


def status_categories(call: Call) -> Response:
    return json_response(call.documents.categories())


def issue_types(call: Call) -> Response:
    scopes = _visible_scopes(call)
    found = [kind for kind in call.site.issue_types() if kind.project_id in scopes]
    if call.site.flavor.cloud and not call.site.visible_projects(call.account):
        # Types come with the projects that one may browse: nobody gets none.
        found = []
    return json_response([call.documents.issue_type(kind) for kind in found])


def priorities(call: Call) -> Response:
    return json_response([call.documents.priority(priority, listed=True) for priority in call.site.priorities])


def resolutions(call: Call) -> Response:
    return json_response([call.documents.resolution(resolution) for resolution in call.site.resolutions])


def fields(call: Call) -> Response:
    documents = field_documents(call.site)
    return json_response(documents if call.account else [document for document in documents if not document["custom"]])


def autocomplete_data(call: Call) -> Response:
    return json_response(
        {"visibleFieldNames": [], "visibleFunctionNames": [], "jqlReservedWords": sorted(RESERVED_WORDS)}
    )


_API = "/rest/api/2"

ROUTES = [
    Route("GET", "/_edge/tenant_info", tenant_info, "cloud"),
    Route("GET", f"{_API}/serverInfo", server_info, scopes=_WORK_OR_USER_SCOPES),
    Route("GET", f"{_API}/myself", myself, scopes=_USER_SCOPES, anonymous=False),
    Route("GET", f"{_API}/mypermissions", my_permissions, "cloud"),
    Route("GET", f"{_API}/mypermissions", my_permissions, "self-hosted", anonymous=False),
    Route("POST", f"{_API}/permissions/project", permitted_projects, "cloud"),
    Route("POST", f"{_API}/permissions/check", check_permissions, "cloud"),
    Route("GET", f"{_API}/users/search", all_users, "cloud", _USER_SCOPES),
    Route("GET", f"{_API}/user/search", search_users_on_cloud, "cloud", _USER_SCOPES),
    Route("GET", f"{_API}/user/search", search_users_on_server, "self-hosted", anonymous=False),
    Route("GET", f"{_API}/user/list", user_list, "user-list", anonymous=False),
    Route("GET", f"{_API}/user", one_user, scopes=_USER_SCOPES, anonymous=False),
    Route("GET", f"{_API}/project/search", search_projects, "cloud"),
    Route("GET", f"{_API}/project", all_projects),
    Route("GET", f"{_API}/project/{{project}}", one_project),
    Route("GET", f"{_API}/project/{{project}}/statuses", project_statuses),
    Route("GET", f"{_API}/project/{{project}}/components", project_components),
    Route("GET", f"{_API}/project/{{project}}/versions", project_versions),
    Route("GET", f"{_API}/label", labels, "cloud"),
    Route("GET", f"{_API}/status", statuses),
    Route("GET", f"{_API}/statuscategory", status_categories, anonymous=False),
    Route("GET", f"{_API}/issuetype", issue_types, "cloud"),
    Route("GET", f"{_API}/issuetype", issue_types, "self-hosted", anonymous=False),
    Route("GET", f"{_API}/priority", priorities, anonymous=False),
    Route("GET", f"{_API}/resolution", resolutions, anonymous=False),
    Route("GET", f"{_API}/field", fields, "cloud"),
    Route("GET", f"{_API}/field", fields, "self-hosted", anonymous=False),
    Route("GET", f"{_API}/jql/autocompletedata", autocomplete_data),
]
