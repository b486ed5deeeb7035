"""What a refused answer of Jira says: its messages, and why a sign-in was refused."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any

import orjson

from source_jira_flow.common.instants import SECOND
from source_jira_flow.common.text import clipped, duration
from source_jira_flow.errors import SignInRefused
from source_jira_flow.http.waiting import date_of

_OAUTH_PROBLEM = re.compile(r"oauth_problem=\"?([a-z_]+)")
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
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

_LINK = "the application link in Jira (Administration → Applications → Application links)"
_AUTHORIZE_AGAIN = "authorize the source again (source-jira-flow oauth)"
_NOT_ALLOWED = (
    "Jira does not allow this consumer to sign in: ask your Jira administrator to allow it in the application link, and"
    " " + _AUTHORIZE_AGAIN + " as the service account."
)

# {login} is where a CAPTCHA is answered, {clock} how far this machine's clock is off, {problem} Jira's own word. A key
# with a method after the colon goes before the one without. Every sentence says what to do.
SIGN_IN_WORDS: Mapping[str, str] = {
    "captcha": "Jira asks for a CAPTCHA after failed log-ins, and refuses the right password too: log in once with a"
    " browser as the service account{login}, then try again.",
    "scope": "The API token lacks a scope that this request needs: make a token with the scopes read:jira-work and"
    " read:jira-user, or one without scopes.",
    "basic_disabled": "This Jira has sign-in by user name and password switched off: ask your Jira administrator to"
    " allow it for the service account (Administration → System → Authentication methods), or use OAuth.",
    "password_as_token": "This is the account's password, and Jira Cloud takes an API token only: make one in the"
    " Atlassian account under Security, API tokens, and enter it as the access token.",
    "no_access": "The account may not log in to Jira: ask your Jira administrator to give it access to Jira"
    " (Administration → Applications → Application access).",
    "ip_address": "Jira's list of allowed IP addresses does not hold the one that this request came from: ask your Jira"
    " administrator to add Airbyte's addresses to the allowlist.",
    "anonymous": "Jira took the sign-in as anonymous: check the credentials, they may be mistyped, revoked or expired.",
    "anonymous:access_token": "Jira takes the sign-in as anonymous, so it does not accept the API token: it may be"
    " mistyped, revoked or expired, or the e-mail is not that of its account. Make a new token if it was in order"
    " before.",
    "anonymous:username_password": "Jira takes the sign-in as anonymous, so it does not accept the user name and"
    " password: check both in a browser. A proxy that takes the sign-in away may be the cause too.",
    "anonymous:oauth": "Jira takes the sign-in as anonymous, so it does not accept the OAuth token: "
    + _AUTHORIZE_AGAIN
    + ". A proxy that takes the Authorization header away may be the cause too.",
    "unauthorized": "Jira did not accept the sign-in: check that the credentials are complete, current, and of the"
    " right account.",
    "unauthorized:access_token": "Jira did not accept the e-mail and API token: check that the e-mail is the one of the"
    " account that made the token, that the token was pasted whole, and that it is not revoked or expired. It must be"
    " Jira Cloud; elsewhere use another method.",
    "unauthorized:username_password": "Jira did not accept the user name and password: check both once in a browser."
    " Several failures in a row make Jira ask for a CAPTCHA. Where Jira has single sign-on only, use OAuth.",
    "unauthorized:oauth": "Jira did not accept the OAuth sign-in and gave no reason: compare consumer key and public"
    " key with " + _LINK + ", then " + _AUTHORIZE_AGAIN + ".",
    "oauth:consumer_key_unknown": "Jira does not know the consumer key: compare it with the incoming settings of "
    + _LINK
    + ". Was “Create incoming link” ticked?",
    "oauth:signature_invalid": "Jira can't verify the signature: the private key does not fit the public key of the"
    " application link, or a proxy makes Jira see another address. Compare the key, and the base URL with the one in"
    " Jira's general configuration.",
    "oauth:token_rejected": "Jira rejects the OAuth access token: it was revoked, mistyped, or made for another"
    " consumer: " + _AUTHORIZE_AGAIN + ".",
    "oauth:token_expired": "The OAuth access token has expired: " + _AUTHORIZE_AGAIN + ".",
    "oauth:token_revoked": "The OAuth access token was revoked in Jira: " + _AUTHORIZE_AGAIN + ".",
    "oauth:token_used": "Jira says that this OAuth token was used up, as a request token is: " + _AUTHORIZE_AGAIN + ".",
    "oauth:timestamp_refused": "Jira refuses the time of the sign-in: {clock}. Set the clock right, best by a time"
    " server.",
    "oauth:nonce_used": "Jira says that a signed request came twice: a proxy may repeat requests. Try again, and ask"
    " your network team if it stays.",
    "oauth:permission_denied": _NOT_ALLOWED,
    "oauth:permission_unknown": _NOT_ALLOWED,
    "oauth:consumer_key_refused": _NOT_ALLOWED,
    "oauth:consumer_key_rejected": _NOT_ALLOWED,
    "oauth:user_refused": "The authorization was denied in Jira: " + _AUTHORIZE_AGAIN + ", and press Allow.",
    "oauth:signature_method_rejected": "Jira wants RSA-SHA1 signatures for this consumer: enter the RSA public key in "
    + _LINK
    + ".",
    "oauth:parameter_absent": "Jira misses a part of the OAuth sign-in: a proxy may cut the Authorization header. Ask"
    " your network team to let it through, and try again.",
    "oauth:parameter_rejected": "Jira does not take a part of the OAuth sign-in: check consumer key and access token"
    " for characters that do not belong there.",
    "oauth": "Jira refuses the OAuth sign-in ({problem}): compare consumer key and public key with "
    + _LINK
    + ", then "
    + _AUTHORIZE_AGAIN
    + ".",
}


def jira_messages(body: bytes) -> tuple[str, ...]:
    """Jira's own sentences in an error's body: of both JSON forms, or the title of an HTML page."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        title = _TITLE.search(body.decode("utf-8", "replace"))
        return (_tidy(title.group(1)),) if title else ()
    if not isinstance(document, dict):
        return ()
    found: list[Any] = list(document.get("errorMessages") or [])
    errors = document.get("errors")
    if isinstance(errors, dict):
        found += [f"{name}: {said}" for name, said in errors.items()]
    found += [document[name] for name in ("message", "errorMessage") if isinstance(document.get(name), str)]
    return tuple(_tidy(str(message)) for message in found if message)


def refuses_sign_in(status: int, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether an answer refuses who asks, and not only what is asked for."""
    if status == 401:
        return True
    return status == 403 and (is_captcha(headers) or _reason_in_words(headers, body) is not None)


def sign_in_refused(status: int, headers: Mapping[str, str], body: bytes, method: str = "") -> SignInRefused:
    """The error for an answer that refuses the credentials. Never quotes the body: it can echo a token.

    `method` is the auth_type that signed, where it is known.
    """
    reason = _reason(headers, body)
    login = _LOGIN_URL.search(headers.get("X-Authentication-Denied-Reason", ""))
    words = SIGN_IN_WORDS.get(f"{reason}:{method}") or SIGN_IN_WORDS.get(reason) or SIGN_IN_WORDS[reason.split(":")[0]]
    message = words.format(
        login=f" ({clipped(login.group(1), _LONGEST_ADDRESS)})" if login else "",
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
    return headers.get("X-AUSERNAME") == "anonymous" or "AUTHENTICATED_FAILED" in headers.get(
        "X-Seraph-LoginReason", ""
    )


def oauth_problem(headers: Mapping[str, str], body: bytes) -> str | None:
    """The `oauth_problem` of an answer, such as "token_rejected", from its header or its body."""
    found = _OAUTH_PROBLEM.search(headers.get("WWW-Authenticate", "")) or _OAUTH_PROBLEM.search(
        body[:_LOOKED_AT].decode("utf-8", "replace")
    )
    return found.group(1) if found else None


def _reason(headers: Mapping[str, str], body: bytes) -> str:
    if is_captcha(headers):
        return "captcha"
    if headers.get("X-AUSERNAME") == "anonymous" and not body:
        return "anonymous"
    text = _beginning(body)
    problem = _OAUTH_PROBLEM.search(headers.get("WWW-Authenticate", "")) or _OAUTH_PROBLEM.search(text)
    if problem:
        return f"oauth:{problem.group(1)}"
    return _reason_in_words(headers, body) or "unauthorized"


def _reason_in_words(headers: Mapping[str, str], body: bytes) -> str | None:
    if "AUTHORISATION_FAILED" in headers.get("X-Seraph-LoginReason", ""):
        return "no_access"
    text = _beginning(body)
    return next((reason for reason, pattern in _REFUSING_TEXTS.items() if pattern.search(text)), None)


def _beginning(body: bytes) -> str:
    return body[:4096].decode("utf-8", "replace")


def _tidy(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_MESSAGE else line[: _LONGEST_MESSAGE - 3] + "..."
