"""Pages that people see: the OAuth dance, and the administrator's application links; and where tokens are given."""

from urllib.parse import parse_qs, urlencode, urlsplit

from .authentication import believed_url, form_body, problem_response
from .calls import Call
from .messages import FORM, HTML, Response, Route, html_response, json_response
from .oauth_provider import OAuthProblem

_SERVLET = "/plugins/servlet/oauth"


def request_token(call: Call) -> Response:
    request, oauth = call.request, call.site.oauth
    try:
        token = oauth.request_token(
            request.method, believed_url(request, call.site), form_body(request), request.headers
        )
    except OAuthProblem as problem:
        return problem_response(problem, call.site)
    return _form({"oauth_token": token.token, "oauth_token_secret": token.secret, "oauth_callback_confirmed": "true"})


def access_token(call: Call) -> Response:
    request, oauth = call.request, call.site.oauth
    try:
        token = oauth.access_token(
            request.method, believed_url(request, call.site), form_body(request), request.headers
        )
    except OAuthProblem as problem:
        return problem_response(problem, call.site)
    lifetime_s = (token.expires_ms - call.site.clock.now()) // 1000
    return _form(
        {
            "oauth_token": token.token,
            "oauth_token_secret": token.secret,
            "oauth_expires_in": str(lifetime_s),
            "oauth_session_handle": token.token[::-1],
            "oauth_authorization_expires_in": str(lifetime_s + 30 * 86_400),
        }
    )


def authorize(call: Call) -> Response:
    """The question to the person who is logged in."""
    try:
        token = call.site.oauth.pending(call.request.text("oauth_token"))
    except OAuthProblem as problem:
        return _page_of(problem)
    consumer = call.site.oauth.consumers[token.consumer_key]
    return html_response(
        "Welcome to Jira",
        f"<p>{consumer.name} would like to have read and write access to your data on {call.site.settings.server_title}"
        f"</p><form method='post'><input type='hidden' name='oauth_token' value='{token.token}'>"
        "<input type='submit' name='approve' value='Allow'><input type='submit' name='deny' value='Deny'></form>",
    )


def decide(call: Call) -> Response:
    form = parse_qs(call.request.body.decode())
    named = form.get("oauth_token") or call.request.query.get("oauth_token") or [""]
    try:
        token = call.site.oauth.decide(named[0], allow="approve" in form)
    except OAuthProblem as problem:
        return _page_of(problem)
    verifier = token.verifier if token.verifier is not None else "denied"
    if token.callback == "oob":
        if token.denied:
            return html_response("Access Denied", "<p>You have denied access to your data.</p>")
        return html_response("Access Approved", f"<p>Your verification code is '<b>{verifier}</b>'.</p>")
    separator = "&" if urlsplit(token.callback).query else "?"
    answer = urlencode({"oauth_token": token.token, "oauth_verifier": verifier})
    return Response(302, b"", HTML, {"Location": f"{token.callback}{separator}{answer}"})


def application_links(call: Call) -> Response:
    return html_response("Application links", "<p>Create a link to another application.</p>")


def login_page(call: Call) -> Response:
    return html_response("Log in", "<form method='post'><input name='os_username'><input name='os_password'></form>")


def token_of_cloud(call: Call) -> Response:
    """What stands for `https://auth.atlassian.com/oauth/token`."""
    return json_response(call.site.bearer.issue(call.request, (401, "access_denied")))


def token_of_data_center(call: Call) -> Response:
    return json_response(call.site.bearer.issue(call.request, (400, "invalid_client")))


def _form(values: dict[str, str]) -> Response:
    return Response(200, urlencode(values).encode(), FORM)


def _page_of(problem: OAuthProblem) -> Response:
    return html_response("OAuth problem", f"<p>oauth_problem={problem.problem}</p>", 401)


ROUTES = [
    *(
        Route(method, f"{_SERVLET}/{name}", handler, signs_in=False)
        for method in ("GET", "POST")
        for name, handler in (("request-token", request_token), ("access-token", access_token))
    ),
    Route("GET", f"{_SERVLET}/authorize", authorize, signs_in=False),
    Route("POST", f"{_SERVLET}/authorize", decide, signs_in=False),
    Route("POST", "/oauth/token", token_of_cloud, "cloud", signs_in=False),
    Route("POST", "/rest/oauth2/latest/token", token_of_data_center, "service-accounts", signs_in=False),
    Route("GET", "/plugins/servlet/applinks/listApplicationLinks", application_links, signs_in=False),
    Route("GET", "/", login_page, signs_in=False),
    Route("GET", "/login.jsp", login_page, signs_in=False),
    Route("GET", "/secure/Dashboard.jspa", login_page, signs_in=False),
]
