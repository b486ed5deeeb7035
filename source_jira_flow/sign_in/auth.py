"""The three ways to sign a request, each as a `requests` authenticator, and the private key's many shapes."""

from __future__ import annotations

import base64
import binascii
import logging
import re
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from oauthlib.oauth1 import SIGNATURE_RSA, Client
from requests import PreparedRequest
from requests.auth import AuthBase
from requests_oauthlib import OAuth1

from source_jira_flow.config import Credentials, OAuthCredentials, PasswordCredentials
from source_jira_flow.errors import ConfigurationError

# Both write signature base strings and headers, tokens included, to their debug logs.
for _name in ("oauthlib", "requests_oauthlib"):
    logging.getLogger(_name).setLevel(logging.WARNING)

_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)


class BasicAuth(AuthBase):
    """HTTP Basic. Self-hosted Jira decodes ISO-8859-1 (JRASERVER-59828), Cloud UTF-8."""

    def __init__(self, user: str, secret: str, encoding: str) -> None:
        token = base64.b64encode(f"{user}:{secret}".encode(encoding)).decode("ascii")
        self._header = f"Basic {token}"

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = self._header
        return request

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be printed besides the configured values."""
        return (self._header.removeprefix("Basic "),)


def rsa_sha1_client(key: RSAPrivateKey) -> type[Client]:
    """An OAuth client that signs with a key loaded once.

    The stock client parses and validates the PEM again for every signature: 50 ms of CPU each. Loaded
    once, a signature takes about 1 ms.
    """

    def sign(base_string: str, _client: Client) -> str:
        signature = key.sign(base_string.encode("ascii"), padding.PKCS1v15(), hashes.SHA1())
        return base64.b64encode(signature).decode("ascii")

    class LoadedKeyClient(Client):
        SIGNATURE_METHODS = {**Client.SIGNATURE_METHODS, SIGNATURE_RSA: sign}  # noqa: RUF012  # as oauthlib has it

    return LoadedKeyClient


def oauth1(key: RSAPrivateKey, consumer_key: str, **arguments: Any) -> OAuth1:
    """RSA-SHA1 for Jira's application links; arguments as OAuth1's: tokens, callback_uri, verifier."""
    # rsa_key must not be empty for oauthlib; the key that signs is the loaded one.
    return OAuth1(
        consumer_key, signature_method=SIGNATURE_RSA, rsa_key="loaded", client_class=rsa_sha1_client(key), **arguments
    )


def authenticator(credentials: Credentials) -> AuthBase:
    """What signs every request. Raises ConfigurationError where a private key can't be used."""
    if isinstance(credentials, OAuthCredentials):
        return oauth1(
            load_private_key(credentials.private_key),
            credentials.consumer_key,
            resource_owner_key=credentials.access_token,
            resource_owner_secret=credentials.access_token_secret,
        )
    if isinstance(credentials, PasswordCredentials):
        return BasicAuth(credentials.username, credentials.password, "latin-1")
    return BasicAuth(credentials.email, credentials.access_token, "utf-8")


def load_private_key(pasted: str) -> RSAPrivateKey:
    """An RSA key from PEM (PKCS#1 or PKCS#8), also where line ends became `\\n`, spaces or nothing.

    Raises ConfigurationError: no key, an encrypted key, a public key, a certificate, or not RSA.
    """
    text = pasted.strip().strip("\"'").replace("\\r", "").replace("\\n", "\n")
    found = _PEM.search(text)
    if found:
        label, body = found.group(1), found.group(2)
        _refuse_other_pem(label, body)
        pem = _wrapped(label, "".join(body.split()))
        candidates = [pem]
    else:
        bare = "".join(text.split())
        if not re.fullmatch(r"[A-Za-z0-9+/]{100,}={0,2}", bare):
            raise ConfigurationError(
                "The private key is no key: paste the whole text of the file, from -----BEGIN to the END line."
            )
        candidates = [_wrapped(label, bare) for label in ("PRIVATE KEY", "RSA PRIVATE KEY")]
    for pem in candidates:
        try:
            key = serialization.load_pem_private_key(pem.encode("ascii"), password=None)
        except TypeError:
            raise ConfigurationError(_ENCRYPTED) from None
        except (ValueError, UnsupportedAlgorithm, binascii.Error, UnicodeEncodeError):
            continue
        if not isinstance(key, RSAPrivateKey):
            raise ConfigurationError("The private key is not an RSA key: Jira's application links take RSA only.")
        return key
    raise ConfigurationError(
        "The private key can't be read: it may be cut short."
        " Paste the whole text of the file, with its BEGIN and END lines."
    )


_ENCRYPTED = (
    "The private key is protected by a passphrase: remove it (openssl pkey -in key.pem -out plain.pem)"
    " and paste the plain key."
)


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
            f"The private key is of the kind {label}: Jira's application links take RSA keys only."
        )


def _wrapped(label: str, body: str) -> str:
    lines = [body[start : start + 64] for start in range(0, len(body), 64)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""])
