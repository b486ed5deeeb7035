"""Personal access tokens: what people make for scripts in self-hosted Jira, from 8.14 on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from source_jira_flow.sign_in.base import ByHeader, Field, Signer, SignIn
from source_jira_flow.sign_in.basic import looks_like_api_token

_MAKE_ANOTHER = "create a new one in the account's Jira profile under Personal Access Tokens"
_ENDS = (
    ("personal_token:expired", re.compile(r"token\b.{0,40}\bexpired|expired.{0,40}\btoken", re.IGNORECASE)),
    ("personal_token:revoked", re.compile(r"token\b.{0,40}\brevoked|revoked.{0,40}\btoken", re.IGNORECASE)),
)
# Jira puts some of them on every answer, also on refusals: without any, something before Jira answered.
_SIGNS_OF_JIRA = ("X-AREQUESTID", "X-ANODEID", "X-ASESSIONID", "X-AUSERNAME", "X-Seraph-LoginReason")


@dataclass(frozen=True)
class PersonalToken(SignIn):
    """`Authorization: Bearer`. Jira gives a session along, which would outlive the token: it is not kept."""

    token: str = field(repr=False)

    auth_type = "personal_access_token"
    title = "personal access token"
    choice = "Self-hosted Jira: personal access token"
    fields = (Field("token", "personal access token", is_secret=True, is_token=True),)
    refused_by_cloud = (
        "Personal access tokens are for self-hosted Jira, and this is Jira Cloud: use an access token (e-mail address"
        " and API token)."
    )
    first_version = (8, 14)
    refused_before = (
        "Personal access tokens need Jira 8.14 or newer, and this is Jira {version}: use OAuth, or user name and"
        " password."
    )
    words = {  # noqa: RUF012  # never changed
        "personal_token:expired": f"The personal access token has expired: {_MAKE_ANOTHER}.",
        "personal_token:revoked": f"The personal access token was revoked: {_MAKE_ANOTHER}.",
        "personal_token:before_jira": "Something in front of Jira refuses the personal access token, such as a proxy or"
        " single sign-on: ask your network team to let the Authorization header of Airbyte's requests through to Jira.",
        "anonymous": "Jira treats the sign-in as anonymous, so it does not accept the personal access token:"
        f" {_MAKE_ANOTHER}. A proxy that removes the Authorization header may also be the cause.",
        "unauthorized": "This Jira did not accept the personal access token: it was revoked, has expired, belongs to"
        f" another Jira, or was not pasted completely. Paste it again, or {_MAKE_ANOTHER}.",
    }
    network_team_fixes = ("personal_token:before_jira",)

    @classmethod
    def mistakes(cls, values: Mapping[str, str]) -> Iterator[str]:
        if looks_like_api_token(values["token"]):
            yield (
                "This is an API token of an Atlassian account, which Jira Cloud accepts together with the e-mail"
                " address: choose “access token” as the way to sign in."
            )

    def signer(self) -> Signer:
        return _PersonalTokenSigner(f"Bearer {self.token}", self.words, keeps_cookies=False)


class _PersonalTokenSigner(ByHeader):
    def problem(self, headers: Mapping[str, str], text: str) -> str | None:
        known = next((reason for reason, pattern in _ENDS if pattern.search(text)), None)
        if known is None and not any(headers.get(name) for name in _SIGNS_OF_JIRA) and "status-code" not in text:
            return "personal_token:before_jira"
        return known
