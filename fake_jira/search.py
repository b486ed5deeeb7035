"""Searching: Cloud's `search/jql` with tokens, self-hosted `search` with offsets, and what goes with each."""

import base64
import hashlib
from collections.abc import Sequence
from typing import Any

import orjson

from .calls import Call
from .clock import DAY_MS
from .entities import Issue
from .fields import select
from .jql import JqlError, Query, parse
from .jql_evaluation import Evaluation
from .jql_results import Found, Plan, find
from .messages import JiraError, Response, Route, json_response

TOKEN_LIFETIME_MS = 7 * DAY_MS
_MOST_RECONCILED = 50
_CLOUD_KEYS = frozenset(
    "jql nextPageToken maxResults fields expand properties fieldsByKeys reconcileIssues failFast".split()
)
_SELF_HOSTED_KEYS = frozenset("jql startAt maxResults validateQuery fields expand properties".split())
_MOVED = (
    "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. A full migration guideline "
    "is available at https://developer.atlassian.com/changelog/#CHANGE-2046"
)
_UNBOUNDED = "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
_BAD_PAYLOAD = "Invalid request payload. Refer to the REST API documentation and try again."
_BAD_TOKEN = "The provided next page token is invalid or expired."


def _read(call: Call, jql: str, lenient: bool = False) -> Plan:
    try:
        return Evaluation(call.site, call.account, lenient).plan(_parsed(call, jql))
    except JqlError as error:
        raise JiraError(400, *error.messages) from error


def _parsed(call: Call, jql: str) -> Query:
    query = parse(jql)
    if query.where is None and call.site.flavor.cloud:
        raise JqlError(_UNBOUNDED)
    return query


def _find(call: Call, plan: Plan, start: int, size: int, count: bool, reconciled: Sequence[str] = ()) -> Found:
    index = call.site.index
    index.refresh(call.site.clock.now(), reconciled)
    return find(plan, index, start, size, count, call.faults.unstable_ties)


def _issues(call: Call, found: Found) -> list[Issue]:
    """The rows' issues as they are now; those that are gone, or out of sight, since they were indexed drop out."""
    site = call.site
    present = (site.issues.get(row.issue_id) for row in found.rows)
    return [issue for issue in present if issue is not None and site.can_see_issue(call.account, issue)]


def _page(head: dict[str, Any], rendered: list[bytes]) -> Response:
    """The answer put together from issues that are JSON already."""
    opening = orjson.dumps(head)[:-1] + b',"issues":['
    # One join, since a page is a megabyte.
    rows = [opening + rendered[0], *rendered[1:-1], rendered[-1] + b"]}"] if len(rendered) > 1 else None
    return Response(200, b",".join(rows) if rows else opening + b"".join(rendered) + b"]}")


# Cloud


def search_jql(call: Call) -> Response:
    request = call.request
    if request.method == "POST":
        body = request.json()
        unknown = sorted(set(body) - _CLOUD_KEYS)
        if unknown:
            raise JiraError(400, _BAD_PAYLOAD)
        if not isinstance(body.get("fields", []), list) or not isinstance(body.get("expand", ""), str):
            raise JiraError(400, _BAD_PAYLOAD)
        fields, expand = names(body.get("fields")), names(body.get("expand"))
        jql, token = body.get("jql") or "", body.get("nextPageToken")
        asked, reconciled = body.get("maxResults", 50), body.get("reconcileIssues") or []
        properties = names(body.get("properties"))
    else:
        fields, expand = request.listed("fields"), request.listed("expand")
        jql, token = request.text("jql") or "", request.text("nextPageToken")
        asked, reconciled = request.integer("maxResults", 50), request.listed("reconcileIssues")
        properties = request.listed("properties")
    if not isinstance(asked, int) or not 1 <= asked <= 5000:
        raise JiraError(400, "The value of maxResults must be between 1 and 5,000.")
    if len(reconciled) > _MOST_RECONCILED:
        raise JiraError(400, f"At most {_MOST_RECONCILED} issues can be reconciled.")
    if len(properties) > 5:
        raise JiraError(400, "At most 5 properties can be requested.")
    return _search_jql(call, str(jql), token, asked, fields, expand, [str(identity) for identity in reconciled])


def _search_jql(
    call: Call, jql: str, token: str | None, asked: int, fields: list[str], expand: list[str], reconciled: list[str]
) -> Response:
    settings = call.site.settings
    plan = _read(call, jql)
    selection = select(call.site, fields, "id")
    light = selection.is_light and not expand
    size = call.shortened(min(asked, settings.cloud_id_page_cap if light else settings.cloud_page_cap))
    start = start_of(call, token, jql) if token else 0
    found = _find(call, plan, start, size, count=False, reconciled=reconciled)
    rendered = call.cache.issues(call.account, _issues(call, found), selection, expand)
    head: dict[str, Any] = {"isLast": not found.more or call.faults.is_last_is_unreliable}
    if found.more:
        head["nextPageToken"] = page_token(call, start + size, jql)
    if "names" in expand:
        head["names"] = call.documents.field_names()
    return _page(head, rendered)


def page_token(call: Call, start: int, jql: str) -> str:
    """Opaque, and bound to the query: it stands for a place in the results as they are when it is used."""
    content = {"s": start, "q": _fingerprint(jql), "t": call.site.clock.now()}
    return base64.urlsafe_b64encode(orjson.dumps(content)[::-1]).decode()


def start_of(call: Call, token: str, jql: str) -> int:
    try:
        content = orjson.loads(base64.urlsafe_b64decode(token)[::-1])
        start, fingerprint, made = content["s"], content["q"], content["t"]
    except (ValueError, KeyError, TypeError):
        raise JiraError(400, _BAD_TOKEN) from None
    if fingerprint != _fingerprint(jql) or call.site.clock.now() - made > TOKEN_LIFETIME_MS:
        raise JiraError(400, _BAD_TOKEN)
    return int(start)


def _fingerprint(jql: str) -> str:
    return hashlib.sha1(jql.encode(), usedforsecurity=False).hexdigest()[:12]


def approximate_count(call: Call) -> Response:
    body = call.request.json()
    if set(body) - {"jql"}:
        raise JiraError(400, _BAD_PAYLOAD)
    found = _find(call, _read(call, str(body.get("jql") or "")), 0, 0, count=True)
    return json_response({"count": round((found.total or 0) * call.faults.estimate_factor)})


def moved_search(call: Call) -> Response:
    raise JiraError(410, _MOVED)


# Self-hosted


def search(call: Call) -> Response:
    request = call.request
    if request.method == "POST":
        body = request.json()
        unknown = sorted(set(body) - _SELF_HOSTED_KEYS)
        if unknown:
            raise JiraError(
                400, f'Unrecognized field "{unknown[0]}" (Class SearchRequestBean), not marked as ignorable'
            )
        # Unlike on Cloud, what is to be expanded is a list.
        if not isinstance(body.get("fields", []), list) or not isinstance(body.get("expand", []), list):
            raise JiraError(400, "Can not deserialize instance of java.util.ArrayList out of VALUE_STRING token")
        fields, expand = names(body.get("fields")), names(body.get("expand"))
        jql, start, asked = body.get("jql") or "", body.get("startAt", 0), body.get("maxResults", 50)
        validate = bool(body.get("validateQuery", True))
    else:
        fields, expand = request.listed("fields"), request.listed("expand")
        jql, start = request.text("jql") or "", request.integer("startAt", 0)
        asked, validate = request.integer("maxResults", 50), request.flag("validateQuery", True)
    if not isinstance(start, int) or not isinstance(asked, int):
        raise JiraError(400, "Can not deserialize instance of int out of the given token")
    return _search(call, str(jql), max(start, 0), asked, fields, expand, validate)


def _search(
    call: Call, jql: str, start: int, asked: int, fields: list[str], expand: list[str], validate: bool
) -> Response:
    settings = call.site.settings
    plan = _read(call, jql, lenient=not validate)
    # A page is cut in silence at what the administrator allows; a negative size asks for that much.
    size = call.shortened(settings.search_cap if asked < 0 else min(asked, settings.search_cap))
    window = settings.result_window
    if window is not None and start + size > window and size:
        raise JiraError(
            500,
            "Search limit exceeded. We couldn't complete your search because it requests "
            f"{start + size:,} results which exceeded the search platform limit of {window:,}. "
            "Try narrowing down your search.",
        )
    found = _find(call, plan, start, size, count=True)
    selection = select(call.site, fields, "*navigable")
    rendered = call.cache.issues(call.account, _issues(call, found), selection, expand)
    head: dict[str, Any] = {
        "expand": "schema,names",
        "startAt": start,
        "maxResults": size,
        "total": found.total,
    }
    if plan.warnings:
        head["warningMessages"] = plan.warnings
    if "names" in expand:
        head["names"] = call.documents.field_names()
    return _page(head, rendered)


def max_result_window(call: Call) -> Response:
    """A bare number."""
    return json_response(call.site.settings.result_window or 10_000)


def names(value: Any) -> list[str]:
    """A list of names, or a text with commas: Jira's bodies have both."""
    if value is None:
        return []
    parts = value if isinstance(value, list) else [value]
    return [name.strip() for part in parts for name in str(part).split(",") if name.strip()]


ROUTES = [
    Route("GET", "/rest/api/2/search/jql", search_jql, "cloud"),
    Route("POST", "/rest/api/2/search/jql", search_jql, "cloud"),
    Route("POST", "/rest/api/2/search/approximate-count", approximate_count, "cloud"),
    *(
        Route(method, f"/rest/api/{version}/search", moved_search, "cloud")
        for method in ("GET", "POST")
        for version in (2, 3)
    ),
    Route("GET", "/rest/api/2/search", search, "self-hosted"),
    Route("POST", "/rest/api/2/search", search, "self-hosted"),
    Route("GET", "/rest/api/2/searchLimits/maxResultWindow", max_result_window, "search-limits"),
]
