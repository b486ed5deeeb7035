"""The columns of a user."""

from __future__ import annotations

from source_jira_flow.common.json import JsonObject
from source_jira_flow.jira.people import person_id
from source_jira_flow.records.observed import Columns
from source_jira_flow.records.volatile import without_volatile


def user_columns(user: JsonObject) -> Columns:
    """The columns of `users`. Hidden email addresses and zones are null; only self-hosted users have a user name."""
    return {
        "id": person_id(user),
        "username": None if user.get("accountId") else user.get("name") or None,
        "name": user.get("displayName") or None,
        "email": user.get("emailAddress") or None,
        "active": user.get("active"),
        "account_type": user.get("accountType") or None,
        "time_zone": user.get("timeZone") or None,
        "document": without_volatile(user),
    }
