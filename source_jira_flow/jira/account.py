"""The account that is signed in: as its profile says, or as the headers of another answer name it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from source_jira_flow.common.json import JsonObject
from source_jira_flow.errors import Forbidden, JiraFlowError, NotFound, RefusedRequest, SignInRefused
from source_jira_flow.http.client import JiraClient
from source_jira_flow.http.refusals import account_in, refused_for
from source_jira_flow.jira.people import person_id
from source_jira_flow.jira.shape import an_object

_PROFILE = "/rest/api/2/myself"
_PERMISSIONS = "/rest/api/2/mypermissions"
# Cloud wants the permissions named; self-hosted Jira ignores the names.
_ANY_PERMISSION = {"permissions": "BROWSE_PROJECTS,CREATE_ISSUES"}


@dataclass(frozen=True)
class Account:
    """Who is signed in. `id` is the accountId on Cloud, the user's key elsewhere; the rest may be hidden.

    Without a profile that can be read, `id` is what the headers of an answer say, or empty.
    """

    id: str
    display_name: str | None = None
    email: str | None = None
    time_zone: str | None = None
    has_profile: bool = True

    @property
    def title(self) -> str:
        """How to name the account to a person."""
        return self.email or self.display_name or self.id or "an account that Jira does not name"


# On Data Center, where it is not a user, and Jira does not name it.
_SERVICE_ACCOUNT = Account(id="", display_name="a service account", has_profile=False)


def read_account(client: JiraClient, tries: int | None = None) -> Account:
    """The account that Jira takes us for. Raises SignInRefused, and the other errors of the client.

    A profile that is refused (403) or missing (404) does not fail the sync: another answer proves the sign-in.
    """
    try:
        answer = client.ask("GET", _PROFILE, accept=an_object(_PROFILE), tries=tries, is_small=True)
        document: JsonObject = answer.document
        identifier = person_id(document)
        if not identifier:
            raise refused_for("anonymous", client.signer)
    except (Forbidden, NotFound) as refused:
        return _without_profile(client, refused) if client.signer.is_user else _SERVICE_ACCOUNT
    except SignInRefused as refused:
        # The credentials are good, since a token was given for them: Jira only does not count the account as a user.
        if client.signer.is_user or refused.reason not in ("unauthorized", "anonymous"):
            raise
        return _SERVICE_ACCOUNT
    return Account(
        id=identifier,
        display_name=document.get("displayName") or None,
        email=document.get("emailAddress") or None,
        time_zone=document.get("timeZone") or None,
    )


def _without_profile(client: JiraClient, refused: RefusedRequest) -> Account:
    """The sign-in is proved by an answer that names the account, or that Jira does not give without a sign-in."""
    try:
        answer = client.ask("GET", _PERMISSIONS, params=_ANY_PERMISSION)
    except SignInRefused:
        raise
    except JiraFlowError:
        raise refused from None
    name = account_in(answer.headers)
    if not name and _unsigned_permissions(client) == answer.document:
        raise refused
    client.logger.warning(
        "The account's profile can't be read (HTTP %d): UTC is used as its time zone.", refused.status
    )
    return Account(id=name or "", has_profile=False)


def _unsigned_permissions(client: JiraClient) -> Any | None:
    """What Jira lets anybody do; None where it refuses to tell anybody."""
    try:
        return client.ask("GET", _PERMISSIONS, params=_ANY_PERMISSION, signed=False).document
    except (SignInRefused, RefusedRequest):
        return None
