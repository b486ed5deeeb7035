"""Service accounts of Atlassian's organisations and of Data Center 11: OAuth 2.0 client credentials.

Cloud (https://support.atlassian.com/user-management/docs/create-oauth-2-0-credential-for-service-accounts): a token is
good for 60 minutes, and only at the gateway. Data Center (https://confluence.atlassian.com/enterprise: "Service
accounts overview", "How service accounts work in Data Center"): for about an hour, with scopes, and in the first
releases only at /rest/api/2/.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from requests import PreparedRequest

from source_jira_flow.common import secret_text
from source_jira_flow.common.hosts import is_cloud, is_gateway, seen_from
from source_jira_flow.errors import BrokenPromise, PassingFault, SignInRefused
from source_jira_flow.settings import ATLASSIAN_TOKENS
from source_jira_flow.sign_in.base import Asker, Field, Signer, SignIn

_SELF_HOSTED_TOKENS = "/rest/oauth2/latest/token"
_SELF_HOSTED_SCOPES = "READ"
_OPEN_PATHS = "/rest/api/2/"
# Seconds. A token is renewed so long before its end, or a tenth of its life before if that is less.
_MARGIN = 60.0
_USUAL_LIFE = 3600.0
# Where Jira does not renew a token that is still good, it is asked again after this.
_PATIENCE = 15.0


@dataclass(frozen=True)
class ServiceAccount(SignIn):
    """`scopes` is empty for all that the credentials were made with (Cloud), for READ (Data Center)."""

    client_id: str
    client_secret: str = field(repr=False)
    scopes: str = ""

    auth_type = "service_account"
    title = "service account (OAuth 2.0)"
    choice = "Jira Cloud or Data Center 11: OAuth 2.0 service account"
    fields = (
        Field("client_id", "client ID", is_token=True),
        Field("client_secret", "client secret", is_secret=True, is_token=True),
        Field("scopes", "scopes", is_optional=True, is_list=True),
    )
    first_version = (11, 0)
    refused_before = (
        "Service accounts with OAuth 2.0 need Jira Cloud or Data Center 11, and this is Jira {version}: use a personal"
        " access token or OAuth."
    )
    basic_pair = ("client_id", "client_secret")
    gateway = "only"
    lacking_scopes = (
        "The service account's credentials lack {scopes}: create new ones that have them, in Atlassian Administration"
        " under Directory → Service accounts."
    )
    words = {  # noqa: RUF012  # never changed
        "service_account:refused": "The service account's client ID and client secret are not accepted: paste both"
        " again. If they worked before, they were revoked or have expired: create new ones.",
        "service_account:scope": "The service account does not have the requested scopes: leave the field"
        " scopes empty, or enter only scopes that its credentials have.",
        "service_account:absent": "This Jira has no service accounts with OAuth 2.0: check the base URL and"
        " that Jira is Data Center 11 or newer, or use a personal access token.",
        "service_account:other": "The service account did not get a token (“{problem}”): check its client ID, client"
        " secret and scopes, and ask the administrator who created them.",
        "scope": "The service account's credentials lack a scope that this request needs: create new ones with the"
        " scopes read:jira-work and read:jira-user.",
        "anonymous": "Jira treats the sign-in as anonymous, so it does not accept the service account's token: check"
        " that the service account has access to Jira. A proxy that removes the Authorization header may also be the"
        " cause.",
        "unauthorized": "Jira does not accept the service account's token, although it was just issued: check that"
        " the service account has access to this Jira, and that its credentials have scopes for Jira.",
    }

    def signer(self) -> Signer:
        return ServiceAccountSigner(self)


@dataclass(frozen=True)
class _Token:
    """What Jira at `base_url` takes. Instants are those of `time.monotonic()`."""

    header: str = field(repr=False)
    base_url: str
    ends: float
    renewed_from: float


class ServiceAccountSigner(Signer):
    """Signs with a token that one thread gets for all, before it ends and after Jira refused it.

    The secret goes to the token address alone, the token to the Jira that it was got for alone.
    """

    words = ServiceAccount.words
    keeps_cookies = False

    def __init__(self, account: ServiceAccount) -> None:
        self._account = account
        self._lock = threading.Lock()
        self._token: _Token | None = None
        self._worked = ""
        self._refused: SignInRefused | None = None

    @property
    def is_user(self) -> bool:  # type: ignore[override]  # a fact of the Jira that gave the token
        """False for a service account of Data Center, which is in no group and in no permission scheme."""
        return self._token is None or is_gateway(self._token.base_url)

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        token = self._token
        if token is not None and (request.url or "").startswith(f"{token.base_url}/"):
            request.headers["Authorization"] = token.header
        return request

    def prepare(self, client: Asker) -> None:
        token = self._token
        if token is not None and token.base_url == client.base_url and time.monotonic() < token.renewed_from:
            return
        with self._lock:
            if self._token is token:
                self._token = self._renewed_in_time(token, client)

    def worked(self, accepted: PreparedRequest) -> None:
        self._worked = accepted.headers.get("Authorization", "")

    def renew(self, refused: PreparedRequest, client: Asker, *, again: bool) -> bool:
        used = refused.headers.get("Authorization")
        if used is None or self.is_closed(urlsplit((refused.url or "").removeprefix(client.base_url)).path):
            return False
        if again and used != self._worked and self._token is not None and used == self._token.header:
            # New, and never taken: another one would not be either.
            return False
        with self._lock:
            # Another thread may have got a new one meanwhile.
            if self._token is not None and self._token.header == used:
                self._token = self._fetched(client)
        return True

    def is_closed(self, path: str) -> bool:
        return not self.is_user and not path.startswith(_OPEN_PATHS)

    def _renewed_in_time(self, token: _Token | None, client: Asker) -> _Token:
        try:
            return self._fetched(client)
        except PassingFault as fault:
            now = time.monotonic()
            if token is None or token.base_url != client.base_url or now >= token.ends:
                raise
            client.logger.info("The token is good for another %.0f seconds: %s", token.ends - now, fault)
            return replace(token, renewed_from=now + _PATIENCE)

    def _fetched(self, client: Asker) -> _Token:
        if self._refused is not None:
            raise self._refused.again()
        form = {
            "grant_type": "client_credentials",
            "client_id": self._account.client_id,
            "client_secret": self._account.client_secret,
        }
        scopes = self._account.scopes or ("" if is_gateway(client.base_url) else _SELF_HOSTED_SCOPES)
        if scopes:
            form["scope"] = scopes
        url, asked = _token_address(client), time.monotonic()
        status, document = client.post_form(url, form)
        if status >= 400:
            self._refused = _refusal(status, document)
            raise self._refused
        return _token_in(document, client.base_url, asked, url)


def _token_address(client: Asker) -> str:
    if not is_gateway(client.base_url) and not is_cloud(urlsplit(client.base_url).hostname or ""):
        return client.base_url + _SELF_HOSTED_TOKENS
    return client.settings.token_url or seen_from(client.base_url, ATLASSIAN_TOKENS)


def _token_in(document: Any, base_url: str, asked: float, url: str) -> _Token:
    text = document.get("access_token") if isinstance(document, dict) else None
    if not isinstance(text, str) or not text or not text.isascii() or not text.isprintable():
        raise BrokenPromise(f"{url} did not return a token, and gave no reason.")
    secret_text.hide(text)
    life = document.get("expires_in")
    seconds = float(life) if isinstance(life, (int, float)) and life > 0 else _USUAL_LIFE
    return _Token(f"Bearer {text}", base_url, asked + seconds, asked + seconds - min(_MARGIN, seconds / 10))


def _refusal(status: int, document: Any) -> SignInRefused:
    """The error for an answer by RFC 6749, or by a Jira that has no such address. Only its short code is quoted."""
    code = document.get("error") if isinstance(document, dict) else None
    known = {"invalid_scope": "scope", "invalid_client": "refused", "unauthorized_client": "refused"}
    # Atlassian says "access_denied" of a client that it does not know.
    by_status = "refused" if status in (401, 403) else None
    if isinstance(code, str):
        reason, said = known.get(code) or by_status or "other", secret_text.masked(code)[:40]
    else:
        reason, said = by_status or "absent", f"HTTP {status}"
    words = ServiceAccount.words[f"service_account:{reason}"].format(problem=said)
    return SignInRefused(words, reason=f"service_account:{reason}", status=status)
