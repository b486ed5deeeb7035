"""Findings about the method of signing in, the credentials and the version of Jira."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from source_jira_flow.check.findings import Finding, FixedBy, failed, warning
from source_jira_flow.config import Config
from source_jira_flow.errors import ConfigurationError, SignInRefused
from source_jira_flow.jira.connection import ServerInfo, refuse_old_version, refuse_wrong_method
from source_jira_flow.sign_in.table import WAYS

# By the reasons of a refused sign-in; the person at the screen fixes all others.
_FIXED_BY: Mapping[str, FixedBy] = {
    "no_access": FixedBy.JIRA_ADMINISTRATOR,
    "ip_address": FixedBy.JIRA_ADMINISTRATOR,
    **{reason: FixedBy.JIRA_ADMINISTRATOR for way in WAYS for reason in way.administrator_fixes},
    **{reason: FixedBy.NETWORK_TEAM for way in WAYS for reason in way.network_team_fixes},
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
    words = config.credentials.retirement(is_cloud=server.is_cloud)
    return warning("retired_method", FixedBy.YOU, words) if words else None


def _refused_by(demand: Callable[[], None], code: str, fixed_by: FixedBy) -> Finding | None:
    try:
        demand()
    except ConfigurationError as error:
        return failed(code, fixed_by, str(error))
    return None
