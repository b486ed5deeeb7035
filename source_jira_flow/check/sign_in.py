"""Findings about the method of signing in and the credentials."""

from __future__ import annotations

from collections.abc import Mapping

from source_jira_flow.check.findings import Finding, FixedBy, failed, warning
from source_jira_flow.errors import SignInRefused
from source_jira_flow.sign_in.base import SignIn
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


def method_finding(credentials: SignIn, *, is_cloud: bool, version: str) -> Finding | None:
    """The finding for a method that this kind of Jira does not accept, or that is being retired."""
    misfit = credentials.misfit(is_cloud=is_cloud, version=version)
    if misfit:
        return failed("method", FixedBy.YOU, misfit)
    words = credentials.retired_by_cloud if is_cloud else credentials.retired_by_self_hosted
    return warning("retired_method", FixedBy.YOU, words) if words else None
