"""Signing in: API tokens on Cloud, passwords and personal tokens on self-hosted Jira, OAuth 1.0a and service accounts
on both; and how each is refused."""

import base64
import re
from urllib.parse import quote, urlencode, urlsplit

from .bearer import IssuedToken
from .entities import User
from .messages import FORM, TEXT, JiraError, Request, Response, SignIn, html_response, json_response
from .oauth_provider import OAuthProblem
from .site import Site

_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/=]")


def sign_in(request: Request, site: Site) -> SignIn:
    """Raises `JiraError` where Jira refuses outright; where it shrugs, the client is nobody (`account` None)."""
    header = request.headers.get("Authorization", "")
    scheme = header.split(" ", 1)[0].lower()
    if scheme == "oauth" or "oauth_signature" in request.query:
        return _by_oauth(request, site)
    if scheme == "bearer":
        return _with_bearer(request, header.partition(" ")[2].strip(), site)
    if scheme == "basic":
        return _on_cloud(request, header, site) if site.flavor.cloud else _with_password(request, header, site)
    if request.gateway:
        raise _gateway_refusal(401, "Unauthorized")
    return _nobody(site)


def _nobody(site: Site, refused: bool = False) -> SignIn:
    if site.flavor.cloud:
        headers = {"x-seraph-loginreason": "AUTHENTICATED_FAILED"} if refused else {}
        return SignIn(None, headers if site.settings.login_reason_header else {})
    return SignIn(None, {"X-AUSERNAME": "anonymous"})


def _as(account: User, site: Site, scopes: frozenset[str] | None = None) -> SignIn:
    if site.flavor.cloud:
        return SignIn(account, {"X-AACCOUNTID": quote(account.account_id)}, scopes)
    return SignIn(account, {"X-AUSERNAME": quote(account.name)}, scopes)


# Bearer tokens


def _with_bearer(request: Request, token: str, site: Site) -> SignIn:
    if site.flavor.cloud:
        if not request.gateway:
            raise JiraError.with_response(
                json_response({"error": "Failed to parse Connect Session Auth Token"}, 403),
            )
        issued = site.bearer.used(token)
        if issued is None:
            raise _gateway_refusal(401, "Unauthorized")
        return _as(issued.client.account, site, issued.scopes)
    account = site.bearer.owner_of_personal(token) if site.flavor.personal_tokens else None
    if account is not None:
        return _as(account, site)
    issued = site.bearer.used(token) if site.flavor.service_accounts else None
    if issued is not None:
        return _as_service_account(issued, request, site)
    if not site.flavor.personal_tokens:
        return _nobody(site)
    raise JiraError.in_short(401, "Client must be authenticated to access this resource.")


def _as_service_account(issued: IssuedToken, request: Request, site: Site) -> SignIn:
    """It is in no group and no scheme: Jira opens a part of its API to it, and looks at scopes and projects alone."""
    settings = site.settings
    closed = settings.closed_to_service_accounts
    if closed is not None and not request.path.startswith("/rest/api/2/"):
        raise JiraError.in_short(closed, "This resource is not available to OAuth 2.0 clients.")
    if not issued.scopes & {"READ", "WRITE"}:
        raise JiraError.in_short(403, "The token does not have the required scope.")
    if request.path.endswith("/myself") and settings.service_account_myself != "nameless":
        status = {"refused": 403, "unauthorized": 401}[settings.service_account_myself]
        raise JiraError.in_short(status, "There is no user.")
    if request.path.endswith("/mypermissions") and settings.service_account_permissions == "refused":
        raise JiraError.in_short(403, "There is no user.")
    name = settings.service_account_header
    return SignIn(issued.client.account, {} if name is None else {"X-AUSERNAME": name}, is_user=False)


# Cloud


def _on_cloud(request: Request, header: str, site: Site) -> SignIn:
    email, _, secret = (_decoded(header) or b"").decode("utf-8", "replace").partition(":")
    token = site.tokens.get(secret)
    known = token is not None and not token.revoked and token.account.active
    if token is None or not known or (token.account.email or "").lower() != email.lower():
        if request.gateway:
            raise _gateway_refusal(401, "Unauthorized")
        if any(secret and user.password == secret and (user.email or "") == email for user in site.users.values()):
            raise JiraError.with_response(
                Response(401, b"Basic auth with password is not allowed on this instance", TEXT)
            )
        return _nobody(site, refused=True)
    if request.gateway:
        if token.scopes is None and not site.settings.gateway_takes_unscoped_tokens:
            raise _gateway_refusal(401, "Unauthorized")
        return _as(token.account, site, token.scopes)
    # The site itself does not know tokens with scopes, and does not say so.
    return _nobody(site, refused=True) if token.scopes is not None else _as(token.account, site)


def require_scope(signed_in: SignIn, scopes: tuple[str, ...], site: Site) -> None:
    """What the gateway says of a token that lacks the scope of an operation."""
    if signed_in.scopes is not None and signed_in.scopes.isdisjoint(scopes):
        raise _gateway_refusal(site.settings.missing_scope_status, "Unauthorized; scope does not match")


def _gateway_refusal(status: int, message: str) -> JiraError:
    body = f'{{"code":{status},"message":"{message}"}}'
    return JiraError.with_response(Response(status, body.encode()))


# Self-hosted


def _with_password(request: Request, header: str, site: Site) -> SignIn:
    if site.settings.basic_auth_disabled:
        body = b'{"message":"Basic Authentication has been disabled on this instance."}'
        raise JiraError.with_response(Response(403, body))
    # UTF-8 is not tried (JRASERVER-59828): a password with other characters never matches then.
    name, _, password = (_decoded(header) or b"").decode("iso-8859-1").partition(":")
    account = next((user for user in site.users.values() if user.name.lower() == name.lower()), None)
    if account is not None and site.failed_logins[account] >= site.settings.failed_logins_before_captcha:
        raise _captcha(site)
    if account is None or not account.active or account.password is None or account.password != password:
        if account is not None:
            site.failed_logins[account] += 1
        raise JiraError.with_response(
            html_response(
                "Unauthorized (401)",
                "<p>Basic Authentication Failure - Reason : AUTHENTICATED_FAILED</p>",
                401,
                {
                    "X-Seraph-LoginReason": "AUTHENTICATED_FAILED",
                    "X-AUSERNAME": "anonymous",
                    "WWW-Authenticate": f'OAuth realm="{quote(site.settings.advertised_base_url, safe="")}"',
                },
            )
        )
    site.failed_logins.pop(account, None)
    return _as(account, site)


def _captcha(site: Site) -> JiraError:
    login_url = f"{site.settings.advertised_base_url}/login.jsp"
    return JiraError.with_response(
        html_response(
            "Forbidden (403)",
            "<p>Basic Authentication Failure - Reason : AUTHENTICATION_DENIED</p>",
            403,
            {
                "X-Seraph-LoginReason": "AUTHENTICATION_DENIED",
                "X-Authentication-Denied-Reason": f"CAPTCHA_CHALLENGE; login-url={login_url}",
                "X-AUSERNAME": "anonymous",
            },
        )
    )


def _decoded(header: str) -> bytes | None:
    value = header.partition(" ")[2].strip()
    if _NOT_BASE64.search(value):
        return None
    try:
        return base64.b64decode(value)
    except ValueError:
        return None


# OAuth 1.0a


def _by_oauth(request: Request, site: Site) -> SignIn:
    try:
        account = site.oauth.account_of(
            request.method, believed_url(request, site), form_body(request), request.headers
        )
    except OAuthProblem as problem:
        # The API says it in a header only; its body is a page.
        response = html_response("Unauthorized (401)", "<p>Encountered an error while loading this page.</p>", 401)
        response.headers = {"WWW-Authenticate": challenge(problem, site), "X-AUSERNAME": "anonymous"}
        raise JiraError.with_response(response) from problem
    return _as(account, site)


def believed_url(request: Request, site: Site) -> str:
    """The address over which Jira computes the signature: its own idea of it, which a proxy may have changed."""
    if site.oauth.believed_base_url is None:
        return request.url
    query = urlsplit(request.target).query
    return f"{site.oauth.believed_base_url}{request.path}{'?' + query if query else ''}"


def form_body(request: Request) -> str:
    is_form = request.headers.get("Content-Type", "").startswith(FORM)
    return request.body.decode("utf-8", "replace") if is_form else ""


def challenge(problem: OAuthProblem, site: Site) -> str:
    details = {"oauth_problem": problem.problem} | problem.details
    realm = quote(site.settings.advertised_base_url, safe="")
    return f'OAuth realm="{realm}",' + ",".join(f'{name}="{quote(text, safe="")}"' for name, text in details.items())


def problem_response(problem: OAuthProblem, site: Site) -> Response:
    """How the servlets of the dance refuse: in the body as well."""
    body = urlencode({"oauth_problem": problem.problem} | problem.details)
    return Response(401, body.encode(), TEXT, {"WWW-Authenticate": challenge(problem, site)})
