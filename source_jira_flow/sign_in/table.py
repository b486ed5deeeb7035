"""All ways to sign in. Only this folder and the spec know their names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from source_jira_flow.errors import ConfigurationError
from source_jira_flow.sign_in.api_token import ApiToken
from source_jira_flow.sign_in.base import AUTH_TYPE, SignIn
from source_jira_flow.sign_in.oauth1 import OAuth1
from source_jira_flow.sign_in.password import Password
from source_jira_flow.sign_in.personal_token import PersonalToken
from source_jira_flow.sign_in.service_account import ServiceAccount

# In the order of the spec: what most people need first.
WAYS: tuple[type[SignIn], ...] = (ApiToken, PersonalToken, OAuth1, ServiceAccount, Password)


def parse_credentials(raw: Any) -> SignIn:
    """The chosen way with its values. Raises ConfigurationError, InvalidConfig for several sentences at once."""
    titles = [way.title for way in WAYS]
    choice = f"{', '.join(titles[:-1])}, or {titles[-1]}"
    if not isinstance(raw, Mapping) or not raw:
        raise ConfigurationError(f"The credentials are missing: choose {choice}.")
    way = next((way for way in WAYS if way.is_chosen_in(raw)), None)
    if way is None:
        names = [f"'{way.auth_type}'" for way in WAYS]
        raise ConfigurationError(
            f"The field {AUTH_TYPE} of the credentials must be {', '.join(names[:-1])} or {names[-1]}: choose how to"
            " sign in again."
        )
    return way.parse(raw)


def secrets_of(raw: Any) -> Iterator[str]:
    """What must never be printed of credentials, whichever way they name, or none."""
    for way in WAYS:
        if isinstance(raw, Mapping):
            yield from way.secrets(raw)
