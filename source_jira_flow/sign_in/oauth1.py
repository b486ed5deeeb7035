"""OAuth 1.0a by an application link, and the private key's many shapes."""

from __future__ import annotations

import base64
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests_oauthlib
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from oauthlib.oauth1 import SIGNATURE_RSA
from requests import PreparedRequest

from source_jira_flow.errors import ConfigurationError
from source_jira_flow.sign_in.base import Field, Signer, SignIn

# Both write signature base strings and headers, tokens included, to their debug logs.
for _name in ("oauthlib", "requests_oauthlib"):
    logging.getLogger(_name).setLevel(logging.WARNING)

_PROBLEM = re.compile(r"oauth_problem=\"?([a-z_]+)")
# A key of 16,384 bits has 13 KB.
_LONGEST_KEY = 64 * 1024
_A_LINE_OF_KEY = 40

_LINK = "the application link in Jira (Administration → Applications → Application links)"
_AUTHORIZE_AGAIN = "authorize the source again (source-jira-flow oauth)"
_NOT_ALLOWED = (
    "Jira does not allow this consumer to sign in: ask your Jira administrator to allow it in the application link, and"
    f" {_AUTHORIZE_AGAIN} as the service account."
)

_REASONS_NOT_ALLOWED = (
    "oauth:permission_denied",
    "oauth:permission_unknown",
    "oauth:consumer_key_refused",
    "oauth:consumer_key_rejected",
)
# {clock} is how far this machine's clock is off, {problem} Jira's own word.
WORDS: Mapping[str, str] = {
    "anonymous": f"Jira treats the sign-in as anonymous, so it does not accept the OAuth token: {_AUTHORIZE_AGAIN}. A"
    " proxy that removes the Authorization header may also be the cause.",
    "unauthorized": "Jira did not accept the OAuth sign-in and gave no reason: compare consumer key and public"
    f" key with {_LINK}, then {_AUTHORIZE_AGAIN}.",
    "oauth:consumer_key_unknown": "Jira does not know the consumer key: compare it with the incoming settings of"
    f" {_LINK}. Was “Create incoming link” ticked?",
    "oauth:signature_invalid": "Jira can't verify the signature: the private key does not match the public key of the"
    " application link, or a proxy makes Jira see another address. Compare the key, and the base URL with the one in"
    " Jira's general configuration.",
    "oauth:token_rejected": "Jira rejects the OAuth access token: it was revoked, mistyped, or issued for another"
    f" consumer: {_AUTHORIZE_AGAIN}.",
    "oauth:token_expired": f"The OAuth access token has expired: {_AUTHORIZE_AGAIN}.",
    "oauth:token_revoked": f"The OAuth access token was revoked in Jira: {_AUTHORIZE_AGAIN}.",
    "oauth:token_used": "Jira says that this OAuth token was already used, as a request token would be:"
    f" {_AUTHORIZE_AGAIN}.",
    "oauth:timestamp_refused": "Jira refuses the time of the sign-in: {clock}. Correct the clock, preferably with a"
    " time server.",
    "oauth:nonce_used": "Jira says that a signed request came twice: a proxy may repeat requests. Try again, and ask"
    " your network team if it happens again.",
    **dict.fromkeys(_REASONS_NOT_ALLOWED, _NOT_ALLOWED),
    "oauth:user_refused": f"The authorization was denied in Jira: {_AUTHORIZE_AGAIN}, and press Allow.",
    "oauth:signature_method_rejected": "Jira requires RSA-SHA1 signatures for this consumer: enter the RSA public key"
    f" in {_LINK}.",
    "oauth:parameter_absent": "Part of the OAuth sign-in did not reach Jira: a proxy may be removing the"
    " Authorization header. Ask your network team to let it through, and try again.",
    "oauth:parameter_rejected": "Jira does not accept part of the OAuth sign-in: check the consumer key and access"
    " token for wrong characters.",
    "oauth": "Jira refuses the OAuth sign-in ({problem}): compare consumer key and public key with"
    f" {_LINK}, then {_AUTHORIZE_AGAIN}.",
}


@dataclass(frozen=True)
class OAuth1(SignIn):
    """RSA-SHA1 through an application link of Jira. `private_key` is PEM, in any shape that pasting gives it."""

    consumer_key: str
    private_key: str = field(repr=False)
    access_token: str = field(repr=False)
    access_token_secret: str = field(repr=False)

    auth_type = "oauth"
    title = "OAuth (application link)"
    choice = "Any Jira: OAuth 1.0a with an application link"
    fields = (
        Field("consumer_key", "consumer key", is_token=True),
        Field("private_key", "private key", is_secret=True, is_multiline=True),
        Field("access_token", "OAuth access token", is_secret=True, is_token=True),
        Field("access_token_secret", "OAuth access token secret", is_secret=True, is_token=True),
    )
    retired_by_cloud = (
        "Atlassian is retiring OAuth 1.0a on Jira Cloud: plan to change to an access token (e-mail and API token)."
    )
    words = WORDS
    administrator_fixes = (
        *("oauth:consumer_key_unknown", "oauth:signature_invalid", "oauth:signature_method_rejected"),
        *_REASONS_NOT_ALLOWED,
    )
    network_team_fixes = ("oauth:nonce_used", "oauth:parameter_absent")

    def signer(self) -> Signer:
        return OAuth1Signer(
            load_private_key(self.private_key),
            self.consumer_key,
            resource_owner_key=self.access_token,
            resource_owner_secret=self.access_token_secret,
        )

    @classmethod
    def secrets(cls, raw: Mapping[str, Any]) -> Iterator[str]:
        yield from super().secrets(raw)
        lines = str(raw.get("private_key", "")).replace("\\n", "\n").splitlines()
        yield from (line.strip() for line in lines if len(line.strip()) >= _A_LINE_OF_KEY)


class OAuth1Refusals(Signer):
    """What Jira says to requests that were signed by OAuth 1.0a."""

    words = WORDS

    def problem(self, headers: Mapping[str, str], text: str) -> str | None:
        said = oauth_problem(headers, text)
        return f"oauth:{said}" if said else None


class OAuth1Signer(OAuth1Refusals):
    """Signs each request by RSA-SHA1; arguments as those of `requests_oauthlib`: tokens, callback_uri, verifier.

    As a text, oauthlib would parse and validate the key again for every signature: 50 ms of CPU each. With the loaded
    key, a signature takes about 1 ms.
    """

    def __init__(self, key: RSAPrivateKey, consumer_key: str, **arguments: Any) -> None:
        self._sign = requests_oauthlib.OAuth1(consumer_key, signature_method=SIGNATURE_RSA, rsa_key=key, **arguments)

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        return self._sign(request)


def oauth_problem(headers: Mapping[str, str], text: str) -> str | None:
    """The `oauth_problem` of an answer, such as "token_rejected", from its header or the beginning of its body."""
    found = _PROBLEM.search(headers.get("WWW-Authenticate", "")) or _PROBLEM.search(text)
    return found.group(1) if found else None


def load_private_key(pasted: str) -> RSAPrivateKey:
    """An RSA key from PEM (PKCS#1 or PKCS#8), also where line ends became `\\n`, spaces or nothing.

    Raises ConfigurationError: no key, an encrypted key, a public key, a certificate, or not RSA.
    """
    if len(pasted) > _LONGEST_KEY:
        raise ConfigurationError(
            "The private key is too long: paste only the text of the key file, from -----BEGIN to the END line."
        )
    text = pasted.strip().strip("\"'").replace("\\r", "").replace("\\n", "\n")
    label, body = _framed(text) or ("", text)
    if label:
        _refuse_other_pem(label, body)
    elif not re.fullmatch(r"[A-Za-z0-9+/]{100,}={0,2}", "".join(text.split())):
        raise ConfigurationError(
            "This is not a private key: paste the whole text of the file, from -----BEGIN to the END line."
        )
    try:
        content = base64.b64decode("".join(body.split()), validate=True)
        key = serialization.load_der_private_key(content, password=None)
    except TypeError:
        raise ConfigurationError(_ENCRYPTED) from None
    except (ValueError, UnsupportedAlgorithm):
        raise ConfigurationError(
            "The private key can't be read: it may be cut short."
            " Paste the whole text of the file, with its BEGIN and END lines."
        ) from None
    if not isinstance(key, RSAPrivateKey):
        raise ConfigurationError(
            "The private key is not an RSA key, and Jira's application links only accept RSA keys: use one."
        )
    return key


_ENCRYPTED = (
    "The private key is protected by a passphrase: remove it (openssl pkey -in key.pem -out plain.pem)"
    " and paste the plain key."
)


def _framed(text: str) -> tuple[str, str] | None:
    """What the BEGIN line names, and what stands between it and its END line."""
    _, begin, rest = text.partition("-----BEGIN ")
    label, dashes, rest = rest.partition("-----")
    body, end, _ = rest.partition(f"-----END {label}-----")
    return (label, body) if begin and dashes and end else None


def _refuse_other_pem(label: str, body: str) -> None:
    if "ENCRYPTED" in label or "Proc-Type" in body or "DEK-Info" in body:
        raise ConfigurationError(_ENCRYPTED)
    if "PUBLIC" in label or "CERTIFICATE" in label:
        raise ConfigurationError(
            "This is the public key: paste the private one, whose first line says PRIVATE KEY."
            " The public key belongs in Jira."
        )
    if label not in ("PRIVATE KEY", "RSA PRIVATE KEY"):
        raise ConfigurationError(
            f"The private key is of the kind {label}, and Jira's application links only accept RSA keys: use one."
        )
