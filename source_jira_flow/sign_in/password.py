"""User name and password, for self-hosted Jira."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from source_jira_flow.sign_in.base import ByHeader, Field, Signer, SignIn
from source_jira_flow.sign_in.basic import basic_header, looks_like_api_token, looks_like_personal_access_token

_ENCODING = "latin-1"


@dataclass(frozen=True)
class Password(SignIn):
    """A refused password counts towards a CAPTCHA, so it is never tried twice."""

    username: str
    password: str = field(repr=False)

    auth_type = "username_password"
    title = "user name and password"
    choice = "Self-hosted Jira: user name and password (being retired)"
    fields = (Field("username", "user name"), Field("password", "password", is_secret=True))
    basic_pair = ("username", "password")
    refused_by_cloud = (
        "Jira Cloud does not accept passwords: use an access token (e-mail address and API token) or OAuth."
    )
    retired_by_self_hosted = (
        "Jira is retiring sign-in by user name and password: OAuth is strongly suggested, so plan to change to it"
        " (source-jira-flow oauth) or to a personal access token."
    )
    administrator_fixes = ("basic_disabled",)
    words = {  # noqa: RUF012  # never changed
        "basic_disabled": "Sign-in by user name and password is switched off in this Jira: ask your Jira"
        " administrator to"
        " allow it for the service account (Administration → System → Authentication methods), or use OAuth.",
        "anonymous": "Jira treats the sign-in as anonymous, so it does not accept the user name and password: check"
        " both in a browser. A proxy that removes the Authorization header may also be the cause.",
        "unauthorized": "Jira did not accept the user name and password: check both once in a browser. Several failures"
        " in a row make Jira ask for a CAPTCHA. If Jira only has single sign-on, use OAuth.",
    }

    @classmethod
    def mistakes(cls, values: Mapping[str, str]) -> Iterator[str]:
        if ":" in values["username"]:
            yield "The user name contains a colon, which this way to sign in can't send: use OAuth instead."
        if looks_like_personal_access_token(values["password"]):
            yield "The password is a personal access token: choose “personal access token” as the way to sign in."
        if looks_like_api_token(values["password"]):
            yield (
                "The password is an API token of an Atlassian account, which Jira Cloud accepts together with the"
                " e-mail address: choose “access token” as the way to sign in."
            )
        for part in cls.fields:
            try:
                values[part.name].encode(_ENCODING)
            except UnicodeEncodeError:
                yield (
                    f"The {part.title} contains a character that self-hosted Jira can't read in this kind of sign-in"
                    " (only ISO-8859-1): use OAuth, or a service account without such characters."
                )

    def signer(self) -> Signer:
        return ByHeader(basic_header(self.username, self.password, _ENCODING), self.words)
