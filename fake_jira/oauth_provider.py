"""Jira's side of OAuth 1.0a: consumers (application links), the dance, and the proof of each signed request.

Signatures are verified by oauthlib's provider; the order of the checks and the names of the problems are those of
Atlassian's plug-in, which reports them one at a time as `oauth_problem`.
"""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from oauthlib.oauth1 import RequestValidator
from oauthlib.oauth1.rfc5849 import signature
from oauthlib.oauth1.rfc5849.endpoints.base import BaseEndpoint
from oauthlib.oauth1.rfc5849.errors import OAuth1Error

from .clock import DAY_MS, MINUTE_MS, Clock
from .entities import User

REQUEST_TOKEN_LIFETIME_MS = 10 * MINUTE_MS
ACCESS_TOKEN_LIFETIME_MS = 5 * 365 * DAY_MS
TIMESTAMP_WINDOW_S = 300


class OAuthProblem(Exception):
    """A refusal, as Jira names it: `token_rejected`, `signature_invalid`, …"""

    def __init__(self, problem: str, **details: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.details = details


@dataclass
class Consumer:
    """An application link with incoming OAuth: what an administrator entered."""

    key: str
    name: str
    public_key: rsa.RSAPublicKey
    allowed: bool = True


@dataclass
class RequestToken:
    token: str
    secret: str
    consumer_key: str
    callback: str
    expires_ms: int
    verifier: str | None = None
    account: User | None = None
    denied: bool = False


@dataclass
class AccessToken:
    token: str
    secret: str
    consumer_key: str
    account: User
    expires_ms: int
    revoked: bool = False


@cache
def key_pair() -> tuple[str, rsa.RSAPublicKey]:
    """The private key as PEM (PKCS#8) and the public key; made once a process, since making one is slow."""
    private_key = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
    pem = private_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return pem.decode(), private_key.public_key()


class _Keys(RequestValidator):
    """What oauthlib asks of a provider: here only for the key, since the other checks have an order of their own."""

    def __init__(self, consumers: dict[str, Consumer]) -> None:
        super().__init__()
        self._consumers = consumers

    @property
    def enforce_ssl(self) -> bool:
        return False

    def get_rsa_key(self, client_key: str, request: object) -> Any:
        """An object where oauthlib's own providers have PEM: verification takes both, and parses this one never."""
        return self._consumers[client_key].public_key


@dataclass
class _Signed:
    """The parts of a signed request that every check needs."""

    request: Any
    """oauthlib's own, which its verification takes back."""
    consumer_key: str
    method: str
    signature: str
    timestamp: str
    nonce: str
    token: str | None
    verifier: str | None
    callback: str | None
    version: str


class OAuthProvider:
    """Application links, tokens and the dance.

    Tests reach into `consumers`, `access_tokens` (to revoke, to expire), `browser_account`, `believed_base_url`.
    """

    def __init__(self, clock: Clock) -> None:
        self.consumers: dict[str, Consumer] = {}
        self.request_tokens: dict[str, RequestToken] = {}
        self.access_tokens: dict[str, AccessToken] = {}
        self.browser_account: User | None = None
        """Who is logged in where the authorize page is opened."""
        self.believed_base_url: str | None = None
        """The address that Jira believes in; None means the one that was asked. A proxy makes them differ."""
        self._clock = clock
        self._nonces: dict[tuple[str, str, str], int] = {}
        # oauthlib's stubs know nothing of the methods that an endpoint of one's own is made of.
        self._endpoint: Any = BaseEndpoint(_Keys(self.consumers))

    # Set-up by an administrator

    def add_consumer(self, key: str, name: str, public_key: rsa.RSAPublicKey | str) -> Consumer:
        """A public key as an object, or as an administrator pastes it: PEM, with or without its frame."""
        consumer = Consumer(
            key, name, public_key if isinstance(public_key, rsa.RSAPublicKey) else _read_key(public_key)
        )
        self.consumers[key] = consumer
        return consumer

    def add_access_token(self, consumer_key: str, account: User, token: str | None = None) -> AccessToken:
        granted = AccessToken(
            token or secrets.token_hex(16),
            secrets.token_hex(16),
            consumer_key,
            account,
            self._clock.now() + ACCESS_TOKEN_LIFETIME_MS,
        )
        self.access_tokens[granted.token] = granted
        return granted

    # The dance

    def request_token(self, method: str, url: str, body: str, headers: Mapping[str, str]) -> RequestToken:
        request = self._signed(method, url, body, headers)
        consumer = self._consumer(request)
        self._verify(request)
        if not consumer.allowed:
            raise OAuthProblem("permission_denied")
        token = RequestToken(
            secrets.token_hex(16),
            secrets.token_hex(16),
            consumer.key,
            request.callback or "oob",
            self._clock.now() + REQUEST_TOKEN_LIFETIME_MS,
        )
        self.request_tokens[token.token] = token
        return token

    def pending(self, token: str | None) -> RequestToken:
        """The request token that a person is asked about."""
        if not token:
            raise OAuthProblem("parameter_absent", oauth_parameters_absent="oauth_token")
        found = self.request_tokens.get(token)
        if found is None:
            raise OAuthProblem("token_rejected")
        if self._clock.now() > found.expires_ms:
            raise OAuthProblem("token_expired")
        return found

    def decide(self, token: str | None, allow: bool) -> RequestToken:
        found = self.pending(token)
        if found.verifier is not None or found.denied:
            raise OAuthProblem("token_used")
        if allow:
            found.account, found.verifier = self.browser_account, secrets.token_hex(3)
        else:
            found.denied = True
        return found

    def access_token(self, method: str, url: str, body: str, headers: Mapping[str, str]) -> AccessToken:
        request = self._signed(method, url, body, headers)
        consumer = self._consumer(request)
        pending = self.pending(request.token)
        if pending.consumer_key != consumer.key:
            raise OAuthProblem("token_rejected")
        self._verify(request)
        if pending.denied:
            raise OAuthProblem("permission_denied")
        if pending.account is None:
            raise OAuthProblem("permission_unknown")
        if not request.verifier:
            raise OAuthProblem("parameter_absent", oauth_parameters_absent="oauth_verifier")
        if request.verifier != pending.verifier:
            raise OAuthProblem("token_rejected")
        del self.request_tokens[pending.token]
        return self.add_access_token(consumer.key, pending.account)

    # Requests to the API

    def account_of(self, method: str, url: str, body: str, headers: Mapping[str, str]) -> User:
        """Who signed this request; `OAuthProblem` where the proof fails."""
        request = self._signed(method, url, body, headers)
        if not request.token:
            raise OAuthProblem("parameter_absent", oauth_parameters_absent="oauth_token")
        consumer = self._consumer(request)
        token = self.access_tokens.get(request.token)
        if token is None or token.revoked or token.consumer_key != consumer.key:
            raise OAuthProblem("token_rejected")
        self._verify(request)
        if self._clock.now() > token.expires_ms:
            raise OAuthProblem("token_expired")
        if not consumer.allowed or not token.account.active:
            raise OAuthProblem("permission_denied")
        return token.account

    # Checks

    def _signed(self, method: str, url: str, body: str, headers: Mapping[str, str]) -> _Signed:
        try:
            request = self._endpoint._create_request(url, method, body, dict(headers))
        except OAuth1Error as error:
            raise OAuthProblem("parameter_rejected") from error
        parameters: dict[str, str] = request.oauth_params
        absent = [name for name in _NEEDED if not parameters.get(name)]
        if absent:
            raise OAuthProblem("parameter_absent", oauth_parameters_absent="&".join(absent))
        return _Signed(
            request,
            consumer_key=parameters["oauth_consumer_key"],
            method=parameters["oauth_signature_method"],
            signature=parameters["oauth_signature"],
            timestamp=parameters["oauth_timestamp"],
            nonce=parameters["oauth_nonce"],
            token=parameters.get("oauth_token"),
            verifier=parameters.get("oauth_verifier"),
            callback=parameters.get("oauth_callback"),
            version=parameters.get("oauth_version", "1.0"),
        )

    def _consumer(self, request: _Signed) -> Consumer:
        consumer = self.consumers.get(request.consumer_key)
        if consumer is None:
            raise OAuthProblem("consumer_key_unknown")
        return consumer

    def _verify(self, request: _Signed) -> None:
        if request.version != "1.0":
            raise OAuthProblem("version_rejected", oauth_acceptable_versions="1.0-1.0")
        self._verify_timestamp(request)
        if request.method != "RSA-SHA1":
            raise OAuthProblem("signature_method_rejected")
        if not self._is_genuine(request):
            raise OAuthProblem(
                "signature_invalid",
                oauth_signature=request.signature,
                oauth_signature_base_string=_base_string(request.request),
                oauth_signature_method=request.method,
            )

    def _is_genuine(self, request: _Signed) -> bool:
        try:
            return bool(self._endpoint._check_signature(request.request))
        except ValueError:
            # What was sent as a signature is not even Base64.
            return False

    def _verify_timestamp(self, request: _Signed) -> None:
        # A frozen clock is a test's own means and no state of a Jira: signing machines go by real time then.
        now_s = int(time.time()) if self._clock.frozen else self._clock.now() // 1000
        try:
            sent_s = int(request.timestamp)
        except ValueError as error:
            raise OAuthProblem("parameter_rejected") from error
        earliest, latest = now_s - TIMESTAMP_WINDOW_S, now_s + TIMESTAMP_WINDOW_S
        if not earliest <= sent_s <= latest:
            raise OAuthProblem("timestamp_refused", oauth_acceptable_timestamps=f"{earliest}-{latest}")
        nonce = (request.consumer_key, request.timestamp, request.nonce)
        if nonce in self._nonces:
            raise OAuthProblem("nonce_used")
        if len(self._nonces) > 50_000:
            self._nonces = {known: at for known, at in self._nonces.items() if at >= earliest}
        self._nonces[nonce] = sent_s


_NEEDED = ("oauth_consumer_key", "oauth_signature_method", "oauth_signature", "oauth_timestamp", "oauth_nonce")


def _base_string(request: Any) -> str:
    return signature.signature_base_string(
        request.http_method,
        signature.base_string_uri(request.uri),
        signature.normalize_parameters(request.params),
    )


def _read_key(pasted: str) -> rsa.RSAPublicKey:
    text = pasted.strip()
    if not text.startswith("-----"):
        text = f"-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----"
    key = serialization.load_pem_public_key(text.encode())
    if not isinstance(key, rsa.RSAPublicKey):
        raise ValueError("not an RSA key")
    return key
