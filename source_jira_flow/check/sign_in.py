"""Findings about the method of signing in, the credentials and the version of Jira."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from source_jira_flow.check.findings import Finding, FixedBy, failed, warning
from source_jira_flow.config import Config
from source_jira_flow.errors import ConfigurationError, SignInRefused
from source_jira_flow.jira.connection import ServerInfo, refuse_old_version, refuse_wrong_method

# By the reasons of `refusals.SIGN_IN_WORDS`; the person at the screen fixes all others.
_FIXED_BY: Mapping[str, FixedBy] = {
    "basic_disabled": FixedBy.JIRA_ADMINISTRATOR,
    "no_access": FixedBy.JIRA_ADMINISTRATOR,
    "ip_address": FixedBy.JIRA_ADMINISTRATOR,
    "oauth:consumer_key_unknown": FixedBy.JIRA_ADMINISTRATOR,
    "oauth:signature_invalid": FixedBy.JIRA_ADMINISTRATOR,
    "oauth:signature_method_rejected": FixedBy.JIRA_ADMINISTRATOR,
    "oauth:permission_denied": FixedBy.JIRA_ADMINISTRATOR,
    "oauth:permission_unknown": FixedBy.JIRA_ADMINISTRATOR,
    "oauth:consumer_key_refused": FixedBy.JIRA_ADMINISTRATOR,
    "oauth:consumer_key_rejected": FixedBy.JIRA_ADMINISTRATOR,
    "oauth:nonce_used": FixedBy.NETWORK_TEAM,
    "oauth:parameter_absent": FixedBy.NETWORK_TEAM,
}

_RETIRED_METHODS: Mapping[str, str] = {
    "username_password": "Jira is retiring sign-in by user name and password: OAuth is strongly suggested, so plan to"
    " change to it (source-jira-flow oauth).",
    "oauth on cloud": "Atlassian is retiring OAuth 1.0a on Jira Cloud: plan to change to an access token (e-mail and"
    " API token).",
}


def sign_in_finding(refused: SignInRefused) -> Finding:
    """The finding for credentials that Jira does not accept."""
    return failed(f"sign_in:{refused.reason}", _FIXED_BY.get(refused.reason, FixedBy.YOU), str(refused))


def version_finding(server: ServerInfo) -> Finding | None:
    """The finding for a self-hosted Jira that is too old."""
    return _refused_by(lambda: refuse_old_version(server), "version", FixedBy.JIRA_ADMINISTRATOR)


def method_finding(config: Config, server: ServerInfo) -> Finding | None:
    """The finding for a method that this kind of Jira does not take, or that is being retired."""
    refused = _refused_by(lambda: refuse_wrong_method(config, server), "method", FixedBy.YOU)
    if refused:
        return refused
    method = config.credentials.auth_type
    words = _RETIRED_METHODS.get(f"{method} on cloud" if server.is_cloud else method)
    return warning("retired_method", FixedBy.YOU, words) if words else None


def _refused_by(demand: Callable[[], None], code: str, fixed_by: FixedBy) -> Finding | None:
    try:
        demand()
    except ConfigurationError as error:
        return failed(code, fixed_by, str(error))
    return None
