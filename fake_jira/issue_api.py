"""The platform API's part about issues one by one or in bulk, their histories, comments and work logs."""

from typing import Any

from .calls import Call
from .clock import MINUTE_MS
from .entities import Comment, Issue
from .fields import select
from .list_documents import Document
from .messages import JiraError, Response, Route, json_response
from .search import names, page_token, start_of

_WORKLOG_PAGE = 1000


def one_issue(call: Call) -> Response:
    issue, request = call.issue(), call.request
    selection = select(call.site, request.listed("fields"), "*all")
    return Response(200, call.cache.issues(call.account, [issue], selection, request.listed("expand"))[0])


def issue_comments(call: Call) -> Response:
    issue, request = call.issue(), call.request
    order = request.text("orderBy") or ""
    if order.lstrip("+-") not in ("", "created"):
        raise JiraError(400, f"Cannot order by '{order}'. Only 'created' is supported.")
    visible = call.documents.visible_comments(issue)
    if order.startswith("-"):
        visible = visible[::-1]
    size = call.size(100, 100, 0) if call.site.flavor.cloud else call.size(50, 1000, 0)
    content, shown = call.page(visible, size)
    return json_response(content | {"comments": [call.documents.comment(issue, comment) for comment in shown]})


def issue_worklogs(call: Call) -> Response:
    """Cloud in pages; self-hosted Jira knows none and gives all."""
    issue = call.issue()
    visible = call.documents.visible_worklogs(issue)
    if call.site.flavor.cloud:
        content, shown = call.page(visible, call.size(5000, 5000, 0))
    else:
        content, shown = call.page(visible, max(len(visible), 1), start=0)
    return json_response(content | {"worklogs": [call.documents.worklog(issue, worklog) for worklog in shown]})


def updated_worklogs(call: Call) -> Response:
    found = [
        (worklog.updated, worklog.id)
        for issue in call.site.issues.values()
        for worklog in issue.worklogs
        if call.site.can_see_comment(call.account, worklog)
    ]
    return _worklog_feed(call, found)


def deleted_worklogs(call: Call) -> Response:
    return _worklog_feed(call, [(worklog.deleted, worklog.id) for worklog in call.site.deleted_worklogs])


def _worklog_feed(call: Call, entries: list[tuple[int, str]]) -> Response:
    """Of every project, whoever asks: only ids. The last minute is left out, and one instant is never cut in two."""
    since, until = call.request.integer("since", 0), call.site.clock.now() - MINUTE_MS
    due = sorted((instant, int(identity)) for instant, identity in entries if since < instant <= until)
    size = call.shortened(_WORKLOG_PAGE)
    shown = due[:size]
    while len(shown) < len(due) and due[len(shown)][0] == shown[-1][0]:
        shown.append(due[len(shown)])
    is_last = len(shown) == len(due)
    last = shown[-1][0] if shown else since
    address = f"{call.site.settings.advertised_base_url}{call.request.path}"
    content: Document = {
        "values": [{"worklogId": identity, "updatedTime": instant} for instant, identity in shown],
        "since": since,
        "until": last,
        "self": f"{address}?since={since}",
        "lastPage": is_last,
    }
    if call.site.flavor.cloud:
        content["values"] = [value | {"properties": []} for value in content["values"]]
    if not is_last:
        content["nextPage"] = f"{address}?since={last}"
    return json_response(content)


def list_worklogs(call: Call) -> Response:
    """A bare array of those that the account may see."""
    wanted = {str(identity) for identity in call.request.json().get("ids") or []}
    if not wanted or len(wanted) > _WORKLOG_PAGE:
        raise JiraError(400, f"Between 1 and {_WORKLOG_PAGE} worklog ids must be given.")
    return json_response(
        [
            call.documents.worklog(issue, worklog)
            for issue in call.site.issues.values()
            if issue.worklogs and call.site.can_see_issue(call.account, issue)
            for worklog in call.documents.visible_worklogs(issue)
            if worklog.id in wanted
        ]
    )


def issue_changelog(call: Call) -> Response:
    issue = call.issue()
    history = [] if call.site.settings.bulk_changelogs_are_empty else issue.history
    path = f"/rest/api/2/issue/{issue.id}/changelog"
    return json_response(call.values(history, call.documents.change, call.size(100, 100), path))


def _listed_issues(call: Call, body: Document, most: int) -> list[Issue]:
    references = names(body.get("issueIdsOrKeys"))
    if not references or len(references) > most:
        raise JiraError(400, f"issueIdsOrKeys: size must be between 1 and {most}")
    found = [call.site.find_issue(reference) for reference in references]
    visible = {issue.id: issue for issue in found if issue is not None and call.site.can_see_issue(call.account, issue)}
    return sorted(visible.values(), key=lambda issue: int(issue.id))


def fetch_issues(call: Call) -> Response:
    """Those that can't be seen are absent, in silence."""
    body = call.request.json()
    expand = body.get("expand")
    if expand is not None and not isinstance(expand, list):
        raise JiraError(400, "Invalid request payload. Refer to the REST API documentation and try again.")
    issues = _listed_issues(call, body, 100)
    selection = select(call.site, names(body.get("fields")), "*navigable")
    rendered = call.cache.issues(call.account, issues, selection, names(expand))
    return Response(200, b'{"issues":[' + b",".join(rendered) + b'],"issueErrors":[]}')


def fetch_changelogs(call: Call) -> Response:
    body = call.request.json()
    issues = _listed_issues(call, body, 1000)
    field_ids = set(names(body.get("fieldIds")))
    if len(field_ids) > 10:
        raise JiraError(400, "fieldIds: size must be between 0 and 10")
    size = call.shortened(min(int(body.get("maxResults") or 1000), 10_000))
    entries = sorted(
        (
            (change.created, int(issue.id), issue, change)
            for issue in issues
            for change in issue.history
            if not call.site.settings.bulk_changelogs_are_empty
            and (not field_ids or any(item.field_id in field_ids for item in change.items))
        ),
        key=lambda entry: entry[:2],
    )
    binding = ",".join([*(issue.id for issue in issues), *sorted(field_ids)])
    token = body.get("nextPageToken")
    start = start_of(call, token, binding) if token else 0
    grouped: dict[str, list[Any]] = {}
    for _, _, issue, change in entries[start : start + size]:
        grouped.setdefault(issue.id, []).append(call.documents.change(change, epoch=True))
    content: Document = {
        "issueChangeLogs": [
            {"issueId": issue_id, "changeHistories": histories} for issue_id, histories in grouped.items()
        ]
    }
    if start + size < len(entries):
        content["nextPageToken"] = page_token(call, start + size, binding)
    return json_response(content)


def list_comments(call: Call) -> Response:
    wanted = {str(identity) for identity in call.request.json().get("ids") or []}
    if not wanted or len(wanted) > 1000:
        raise JiraError(400, "Between 1 and 1000 comment ids must be given.")
    found: list[tuple[Issue, Comment]] = [
        (issue, comment)
        for issue in call.site.visible_issues(call.account, None)
        for comment in call.documents.visible_comments(issue)
        if comment.id in wanted
    ]
    return json_response(
        {
            "maxResults": 1000,
            "startAt": 0,
            "total": len(found),
            "isLast": True,
            "values": [call.documents.comment(issue, comment) for issue, comment in found],
        }
    )


_API = "/rest/api/2"

ROUTES = [
    Route("GET", f"{_API}/issue/{{issue}}", one_issue),
    Route("GET", f"{_API}/issue/{{issue}}/comment", issue_comments),
    Route("GET", f"{_API}/issue/{{issue}}/worklog", issue_worklogs),
    Route("GET", f"{_API}/issue/{{issue}}/changelog", issue_changelog, "cloud"),
    Route("POST", f"{_API}/issue/bulkfetch", fetch_issues, "cloud"),
    Route("POST", f"{_API}/changelog/bulkfetch", fetch_changelogs, "cloud"),
    Route("POST", f"{_API}/comment/list", list_comments, "cloud"),
    Route("GET", f"{_API}/worklog/updated", updated_worklogs, anonymous=False),
    Route("GET", f"{_API}/worklog/deleted", deleted_worklogs, anonymous=False),
    Route("POST", f"{_API}/worklog/list", list_worklogs, anonymous=False),
]
