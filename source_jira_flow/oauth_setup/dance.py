"""The three steps of OAuth 1.0a at Jira's servlets. No token, signature or response of theirs is ever logged."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode

import requests
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from source_jira_flow.errors import ConfigurationError, NotJson, ServerFault
from source_jira_flow.http.client import JiraClient
from source_jira_flow.http.refusals import sign_in_refused
from source_jira_flow.oauth_setup.problems import (
    ACCESS_TOKEN,
    REQUEST_TOKEN,
    DanceRefused,
    believed_base_url,
    signature_words,
    words_for,
)
from source_jira_flow.settings import Settings
from source_jira_flow.sign_in.oauth1 import OAuth1Refusals, OAuth1Signer, oauth_problem

_SERVLETS = "/plugins/servlet/oauth"
# Jira then shows the verifier as a "verification code" instead of sending the browser anywhere.
OUT_OF_BAND = "oob"
# What Jira sends as verifier when Deny was pressed.
DENIED_VERIFIER = "denied"


@dataclass(frozen=True)
class RequestToken:
    """What a person allows in Jira. Jira keeps it for ten minutes."""

    token: str
    secret: str = field(repr=False)
    callback: str = OUT_OF_BAND


@dataclass(frozen=True)
class AccessToken:
    """What signs requests as the account that allowed it, for five years."""

    token: str = field(repr=False)
    secret: str = field(repr=False)


@dataclass(frozen=True)
class Dance:
    """One consumer at one Jira. `configured_url` is `serverInfo.baseUrl`, if known; `key_file` is for messages."""

    base_url: str
    consumer_key: str
    private_key: RSAPrivateKey = field(repr=False)
    key_file: str
    configured_url: str | None
    settings: Settings
    logger: logging.Logger

    def request_token(self, callback: str = OUT_OF_BAND) -> RequestToken:
        """Raises DanceRefused, and ConfigurationError or PassingFault if the servlet can't be reached."""
        given = self._post(REQUEST_TOKEN, callback_uri=callback)
        return RequestToken(given["oauth_token"], given["oauth_token_secret"], callback)

    def authorize_address(self, token: RequestToken) -> str:
        """Jira's page where a person allows the access."""
        return f"{self.base_url}{_SERVLETS}/authorize?{urlencode({'oauth_token': token.token})}"

    def access_token(self, token: RequestToken, verifier: str) -> AccessToken:
        """Raises as `request_token`. After a mistyped verifier the request token is still valid."""
        given = self._post(
            ACCESS_TOKEN, resource_owner_key=token.token, resource_owner_secret=token.secret, verifier=verifier
        )
        return AccessToken(given["oauth_token"], given["oauth_token_secret"])

    def _post(self, step: str, **arguments: str) -> dict[str, str]:
        signer = OAuth1Signer(self.private_key, self.consumer_key, **arguments)
        client = JiraClient(self.base_url, signer, settings=self.settings, workers=1, logger=self.logger)
        response = client.send("POST", f"{_SERVLETS}/{step}", is_small=True)
        problem = oauth_problem(response.headers, response.text)
        if problem:
            raise DanceRefused(problem, self._words(step, problem, response), status=response.status_code)
        _refuse_other_answers(response, self.base_url)
        given = {name: values[0] for name, values in parse_qs(response.text, keep_blank_values=True).items()}
        if not given.get("oauth_token") or "oauth_token_secret" not in given:
            raise NotJson(
                f"{self.base_url}{_SERVLETS}/{step} did not return a token: a proxy, a login page or a firewall may be"
                " in between. Ask your network team."
            )
        return given

    def _words(self, step: str, problem: str, response: requests.Response) -> str:
        headers, body = response.headers, response.content
        if problem == "signature_invalid":
            return signature_words(self.base_url, believed_base_url(headers, body), self.configured_url, self.key_file)
        words = words_for(step, problem, response.status_code, headers, body)
        return f"{words} It must be {self.consumer_key}" if problem == "consumer_key_unknown" else words


def _refuse_other_answers(response: requests.Response, base_url: str) -> None:
    status = response.status_code
    if status == 404:
        raise ConfigurationError(
            f"There is no OAuth at {base_url}{_SERVLETS}. Check the base URL, and check whether Jira's address includes"
            " a path such as /jira."
        )
    if status in (401, 403):
        raise sign_in_refused(status, response.headers, response.content, OAuth1Refusals())
    if status >= 400:
        raise ServerFault(f"Jira responded with HTTP {status} to the OAuth sign-in. Try again later.", status=status)
