"""Tokens that are sent as they are: personal access tokens, and those that service accounts get for a while.

Tests reach into `personal` and `issued` (to revoke, to expire) and `clients` (to disable, to make tokens end sooner).
"""

import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from .clock import HOUR_MS, SECOND_MS, Clock
from .entities import User
from .messages import FORM, JiraError, Request, json_response


@dataclass
class PersonalToken:
    account: User
    expires_ms: int | None = None
    revoked: bool = False


@dataclass
class Client:
    """The OAuth 2.0 credentials of a service account; `account` is what it sees.

    Its next `short_lived` tokens are good for `requests_each` requests only, without telling so.
    """

    client_id: str
    secret: str = field(repr=False)
    account: User
    scopes: frozenset[str]
    enabled: bool = True
    lifetime_ms: int = HOUR_MS
    requests_each: int = 0
    short_lived: int = 0


@dataclass
class IssuedToken:
    client: Client
    scopes: frozenset[str]
    expires_ms: int
    requests_left: int | None = None
    revoked: bool = False


class BearerTokens:
    """What a site knows of such tokens. `issued` counts how often service accounts asked for one."""

    def __init__(self, clock: Clock) -> None:
        self.personal: dict[str, PersonalToken] = {}
        self.clients: dict[str, Client] = {}
        self.issued: dict[str, IssuedToken] = {}
        self.refusals = 0
        """How often a token was refused to a service account."""
        self._clock = clock

    def add_personal(self, account: User, token: str) -> PersonalToken:
        self.personal[token] = PersonalToken(account)
        return self.personal[token]

    def add_client(self, client_id: str, secret: str, account: User, scopes: frozenset[str]) -> Client:
        self.clients[client_id] = Client(client_id, secret, account, scopes)
        return self.clients[client_id]

    def owner_of_personal(self, token: str) -> User | None:
        found = self.personal.get(token)
        if found is None or found.revoked or not found.account.active:
            return None
        return None if found.expires_ms is not None and self._clock.now() >= found.expires_ms else found.account

    def used(self, token: str) -> IssuedToken | None:
        """A token that is good for one more request."""
        found = self.issued.get(token)
        if found is None or found.revoked or not found.client.enabled or self._clock.now() >= found.expires_ms:
            return None
        if found.requests_left is not None:
            if not found.requests_left:
                return None
            found.requests_left -= 1
        return found

    def issue(self, request: Request, unknown_client: tuple[int, str]) -> dict[str, Any]:
        """The answer to a good request for a token. `unknown_client` is how this kind of Jira refuses a bad one."""
        form = self._form(request)
        if form.get("grant_type") != "client_credentials":
            raise self._refusal(400, "unsupported_grant_type")
        client = self.clients.get(form.get("client_id", ""))
        if client is None or not client.enabled or form.get("client_secret") != client.secret:
            raise self._refusal(*unknown_client)
        scopes = frozenset(form.get("scope", "").split()) or client.scopes
        if not scopes <= client.scopes:
            raise self._refusal(400, "invalid_scope")
        token = secrets.token_urlsafe(48)
        left = client.requests_each if client.short_lived else None
        client.short_lived = max(0, client.short_lived - 1)
        self.issued[token] = IssuedToken(client, scopes, self._clock.now() + client.lifetime_ms, left)
        return {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": client.lifetime_ms // SECOND_MS,
            "scope": " ".join(sorted(scopes)),
        }

    def _form(self, request: Request) -> dict[str, str]:
        content_type = request.headers.get("Content-Type", "")
        if content_type.startswith(FORM):
            return {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        if content_type.startswith("application/json"):
            return {name: str(value) for name, value in request.json().items()}
        raise self._refusal(400, "invalid_request")

    def _refusal(self, status: int, code: str) -> JiraError:
        self.refusals += 1
        return JiraError.with_response(json_response({"error": code, "error_description": "Unauthorized"}, status))
