"""E-mail address and API token: the simplest way for Jira Cloud."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from source_jira_flow.sign_in.base import ByHeader, Field, Signer, SignIn
from source_jira_flow.sign_in.basic import basic_header, looks_like_personal_access_token


@dataclass(frozen=True)
class ApiToken(SignIn):
    """Tokens with scopes work only at Atlassian's gateway, and sites don't say which kind a refused one is."""

    email: str
    access_token: str = field(repr=False)

    auth_type = "access_token"
    title = "access token (e-mail and API token)"
    choice = "Jira Cloud: e-mail and API token"
    fields = (
        Field("email", "e-mail address", is_token=True),
        Field("access_token", "API token", is_secret=True, is_token=True),
    )
    refused_by_self_hosted = (
        "API tokens with an e-mail address are for Jira Cloud, and this is self-hosted Jira {version}: use a"
        " personal access token (8.14 or newer) or OAuth."
    )
    basic_pair = ("email", "access_token")
    gateway = "perhaps"
    lacking_scopes = (
        "The API token lacks {scopes}: create a token that has them, or one without scopes, in the Atlassian account"
        " under Security → API tokens."
    )
    words = {  # noqa: RUF012  # never changed
        "scope": "The API token lacks a scope that this request needs: create a token with the scopes read:jira-work"
        " and read:jira-user, or one without scopes.",
        "password_as_token": "This is the account's password, but Jira Cloud only accepts API tokens: create one in the"
        " Atlassian account under Security → API tokens, and enter it as the access token.",
        "anonymous": "Jira treats the sign-in as anonymous, so it does not accept the API token: it may be mistyped,"
        " revoked or expired, or the e-mail address belongs to another account. If it worked before, create a new"
        " token.",
        "unauthorized": "Jira did not accept the e-mail and API token: check that the e-mail address is that of the"
        " account that created the token, that the token was pasted completely, and that it is not revoked or expired."
        " It only works with Jira Cloud.",
    }

    @classmethod
    def mistakes(cls, values: Mapping[str, str]) -> Iterator[str]:
        email, token = values["email"], values["access_token"]
        if "@" not in email and "@" in token:
            yield "E-mail address and API token are swapped: put each into the other's field."
        elif "@" not in email:
            yield "The e-mail address has no @: enter the address of the Atlassian account that created the token."
        elif looks_like_personal_access_token(token):
            yield (
                "The API token is a personal access token of self-hosted Jira: choose “personal access token” as the"
                " way to sign in, or create an API token in the Atlassian account if this is Jira Cloud."
            )

    def signer(self) -> Signer:
        return ByHeader(basic_header(self.email, self.access_token, "utf-8"), self.words)
