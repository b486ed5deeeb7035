"""What a refused answer of Jira says: its messages, and why a sign-in was refused."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import orjson

from source_jira_flow.common.instants import SECOND
from source_jira_flow.common.secret_text import masked
from source_jira_flow.common.text import REPORT_IT, clipped, duration, page_title
from source_jira_flow.errors import BadRequest, Forbidden, Gone, NotFound, RefusedRequest, SignInRefused
from source_jira_flow.http.waiting import date_of
from source_jira_flow.sign_in.base import Signer

_LOGIN_URL = re.compile(r"login-url=(\S+)")
# "Basic Authentication has been disabled on this instance." is Data Center's, from 8.16 on (shown in public guides);
# "Basic auth with password is not allowed on this instance" is Cloud's, which takes tokens only; Cloud's IP allowlist
# answers 403 and names the list; the gateway says of a scoped token "scope does not match".
_REFUSING_TEXTS = {
    "scope": re.compile(r"scope does not match"),
    "password_as_token": re.compile(r"basic auth with password is not allowed", re.IGNORECASE),
    "basic_disabled": re.compile(r"basic auth\w* has been disabled", re.IGNORECASE),
    "ip_address": re.compile(r"ip address .{0,80}(?:reject|not allowed|allowlist)", re.IGNORECASE | re.DOTALL),
}
_LONGEST_MESSAGE = 400
_LONGEST_ADDRESS = 90
# The signature's window in Jira is five minutes; less than this is the answer's way through the network.
_SMALLEST_SKEW = 30.0
# Bytes of an answer that are searched for the reason of a refusal.
_LOOKED_AT = 4096

# {login} is where a CAPTCHA is answered. The words of a way to sign in go before these. Every
# sentence says what to do.
SIGN_IN_WORDS: Mapping[str, str] = {
    "captcha": "Jira asks for a CAPTCHA after failed log-ins, and refuses the right password too: log in once with a"
    " browser as the service account{login}, then try again.",
    "scope": "The sign-in lacks a scope that this request needs: create one with the scopes read:jira-work and"
    " read:jira-user.",
    "no_access": "The account may not log in to Jira: ask your Jira administrator to give it access to Jira"
    " (Administration → Applications → Application access).",
    "ip_address": "Jira only accepts requests from the IP addresses on its allowlist: ask your Jira administrator to"
    " add the addresses of the machines that run Airbyte.",
    "anonymous": "Jira treated the sign-in as anonymous: check the credentials. They may be mistyped, revoked or"
    " expired.",
    "unauthorized": "Jira did not accept the sign-in: check that the credentials are complete, current, and of the"
    " right account.",
}

# By status: the error, and what to do where a stream or the connection test can't do without the answer.
_REFUSALS: Mapping[int, tuple[type[RefusedRequest], str]] = {
    400: (BadRequest, f"Try again. If it happens again, {REPORT_IT}"),
    403: (
        Forbidden,
        "The account is signed in, but not allowed to use this: ask your Jira administrator whether it has access to"
        " Jira (Application access).",
    ),
    404: (
        NotFound,
        "Check the base URL: Jira may have moved, or its address may include a path such as /jira. If it is correct,"
        f" {REPORT_IT}",
    ),
    410: (Gone, "Atlassian removed it: install a newer version of this connector."),
}
_OTHER_REFUSAL = (RefusedRequest, f"Check the base URL. If it is correct, {REPORT_IT}")


def refused_request(status: int, body: bytes, path: str) -> RefusedRequest:
    """The typed error for a 4xx status, with Jira's own words and what to do."""
    kind, remedy = _REFUSALS.get(status, _OTHER_REFUSAL)
    # Refusals of Jira's REST API are objects of JSON.
    return kind(status, jira_messages(body), path, is_json=body.lstrip()[:1] == b"{", remedy=remedy)


def jira_messages(body: bytes) -> tuple[str, ...]:
    """Jira's own sentences in an error's body: of both JSON forms, or the title of an HTML page."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        title = page_title(body.decode("utf-8", "replace"))
        return (clipped(masked(title), _LONGEST_MESSAGE),) if title else ()
    if not isinstance(document, dict):
        return ()
    said = document.get("errorMessages")
    found: list[Any] = said if isinstance(said, list) else [said]
    errors = document.get("errors")
    if isinstance(errors, dict):
        found += [f"{name}: {said}" for name, said in errors.items()]
    found += [document[name] for name in ("message", "errorMessage") if isinstance(document.get(name), str)]
    return tuple(clipped(masked(str(message)), _LONGEST_MESSAGE) for message in found if message)


def refuses_sign_in(status: int, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether an answer refuses who asks, and not only what is asked for."""
    return status == 401 or (status == 403 and (is_captcha(headers) or _reason_in_words(headers, body) is not None))


def is_missing_scope(body: bytes) -> bool:
    """Whether a refusal is about what the sign-in was allowed, and another token of the same kind would not help."""
    return _REFUSING_TEXTS["scope"].search(_beginning(body)) is not None


def sign_in_refused(status: int | None, headers: Mapping[str, str], body: bytes, signer: Signer) -> SignInRefused:
    """The error for an answer that refuses the credentials. Never quotes the body: it can echo a token.

    `signer` is what signed the request, with its own words.
    """
    if is_captcha(headers):
        reason = "captcha"
    elif headers.get("X-AUSERNAME") == "anonymous" and not body:
        reason = "anonymous"
    else:
        reason = signer.problem(headers, _beginning(body)) or _reason_in_words(headers, body) or "unauthorized"
    return refused_for(reason, signer, status, headers)


def refused_for(
    reason: str, signer: Signer, status: int | None = None, headers: Mapping[str, str] | None = None
) -> SignInRefused:
    """The error for a reason, in the words of the way to sign in where it has any."""
    known = {**SIGN_IN_WORDS, **signer.words}
    words = known.get(reason) or known.get(reason.split(":")[0]) or known["unauthorized"]
    headers = headers or {}
    login = _LOGIN_URL.search(headers.get("X-Authentication-Denied-Reason", ""))
    message = words.format(
        login=f" ({clipped(masked(login.group(1)), _LONGEST_ADDRESS)})" if login else "",
        clock=clock_in_words(headers),
        problem=reason.partition(":")[2],
    )
    return SignInRefused(message, reason=reason, status=status)


def clock_in_words(headers: Mapping[str, str]) -> str:
    """How far this machine's clock is from that of the answer's Date header."""
    jira = date_of(headers)
    ahead = None if jira is None else time.time() - jira / SECOND
    if ahead is None or abs(ahead) < _SMALLEST_SKEW:
        return "the clock of this machine, or Jira's, is off"
    return f"this machine's clock is {duration(ahead)} {'ahead of' if ahead > 0 else 'behind'} Jira's"


def is_captcha(headers: Mapping[str, str]) -> bool:
    """Whether a 403 is Jira's demand for a CAPTCHA."""
    return "CAPTCHA" in headers.get("X-Authentication-Denied-Reason", "") or (
        headers.get("X-Seraph-LoginReason") == "AUTHENTICATION_DENIED"
    )


def is_failed_login(headers: Mapping[str, str]) -> bool:
    """Whether Jira tried the credentials and refused them, which it counts towards a CAPTCHA."""
    return "AUTHENTICATED_FAILED" in headers.get("X-Seraph-LoginReason", "") or is_captcha(headers)


def is_anonymous(headers: Mapping[str, str]) -> bool:
    """Whether Jira answered as to nobody, although the request was signed."""
    failed = "AUTHENTICATED_FAILED" in headers.get("X-Seraph-LoginReason", "")
    return failed or headers.get("X-AUSERNAME") == "anonymous"


def account_in(headers: Mapping[str, str]) -> str | None:
    """The account that an answer was made for, by its headers; None where they name nobody."""
    name = headers.get("X-AACCOUNTID") or headers.get("X-AUSERNAME") or ""
    return unquote(name) if name and name != "anonymous" else None


def _reason_in_words(headers: Mapping[str, str], body: bytes) -> str | None:
    if "AUTHORISATION_FAILED" in headers.get("X-Seraph-LoginReason", ""):
        return "no_access"
    text = _beginning(body)
    return next((reason for reason, pattern in _REFUSING_TEXTS.items() if pattern.search(text)), None)


def _beginning(body: bytes) -> str:
    return body[:_LOOKED_AT].decode("utf-8", "replace")
