"""Why Jira refused a step of the dance, in words, with the two values to compare.

The sentences are those of a refused sign-in, except where a problem means something else during the dance.
What Jira answers at each step was read in Atlassian's own provider (`AccessTokenRestEndpoint` and
`RequestTokenRestEndpoint` of the Jenkins integration for Bitbucket, made from the code that Jira has).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from source_jira_flow.errors import SignInRefused
from source_jira_flow.http.refusals import sign_in_refused
from source_jira_flow.sign_in.oauth1 import OAuth1Refusals

REQUEST_TOKEN = "request-token"  # noqa: S105  # a servlet's name
ACCESS_TOKEN = "access-token"  # noqa: S105

_BASE_STRING = re.compile(r"oauth_signature_base_string=\"?([A-Za-z0-9%._~+-]+)")

DENIED = "Access was denied in Jira. Start again, and press Allow."
_NOT_ALLOWED_YET = "Access has not been allowed in Jira yet: press Allow on Jira's page first."
_CODE_REFUSED = "Jira does not accept this code: it was mistyped, or it belongs to an earlier attempt."
_AT_ACCESS_TOKEN: Mapping[str, str] = {
    "permission_denied": DENIED,
    "user_refused": DENIED,
    "permission_unknown": _NOT_ALLOWED_YET,
    "additional_authorization_required": _NOT_ALLOWED_YET,
    "token_rejected": _CODE_REFUSED,
    "parameter_rejected": _CODE_REFUSED,
    "token_expired": "Jira waits ten minutes for Allow, and they have passed.",
    "token_used": "This attempt was already completed or denied.",
}


class DanceRefused(SignInRefused):
    """Jira refused a step of the dance. `problem` is its `oauth_problem`."""

    def __init__(self, problem: str, message: str, *, status: int | None = None) -> None:
        self.problem = problem
        super().__init__(message, reason=f"oauth:{problem}", status=status)


def words_for(step: str, problem: str, status: int, headers: Mapping[str, str], body: bytes) -> str:
    """What a problem means at this step of the dance. The response is never quoted: it can echo a token."""
    own = _AT_ACCESS_TOKEN.get(problem) if step == ACCESS_TOKEN else None
    return own or str(sign_in_refused(status, headers, body, OAuth1Refusals()))


def signature_words(used: str, believed: str | None, configured: str | None, key_file: str) -> str:
    """What to compare after `signature_invalid`.

    `used` is the base URL that was signed, `believed` the one that Jira checked the signature for (if it said so),
    `configured` the one that its administrator entered (`serverInfo.baseUrl`, if known).
    """
    if believed is not None and believed != used:
        return (
            "Jira can't verify the signature, because a proxy makes it see another address. Compare: the base URL"
            " used is"
            f" {used}, but Jira checks signatures for {believed}. Use that one as the base URL, or make the proxy pass"
            " scheme, host and port on unchanged."
        )
    key = f"the application link must have the public key that belongs to {key_file}"
    if believed is None and configured != used:
        theirs = f"which is {configured}" if configured else "which Jira shows only after a sign-in"
        return (
            f"Jira can't verify the signature. Compare the base URL used, {used}, with the one in Jira's general"
            f" configuration, {theirs}: behind a proxy they must be equal. If they are, compare the key: {key}."
        )
    return f"Jira can't verify the signature. The base URL {used} is the same on both sides, so it is the key: {key}."


def believed_base_url(headers: Mapping[str, str], body: bytes) -> str | None:
    """The base URL that Jira checked a signature for, from the base string that it echoes. The rest is not kept."""
    text = headers.get("WWW-Authenticate", "") + "\n" + body.decode("utf-8", "replace")
    found = _BASE_STRING.search(text)
    parts = unquote(found.group(1)).split("&") if found else []
    if len(parts) != 3:
        return None
    address = urlsplit(unquote(parts[1]))
    path, servlet, _ = address.path.partition("/plugins/servlet/oauth/")
    return f"{address.scheme}://{address.netloc}{path}" if servlet and address.netloc else None
