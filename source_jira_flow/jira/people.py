"""How Jira's user objects name a person: by accountId on Cloud, by the user's key on self-hosted Jira."""

from __future__ import annotations

from source_jira_flow.common.json import JsonObject


def person_id(user: JsonObject | None) -> str | None:
    """The id under which the user stands in `users`; old servers may know a name only."""
    return (user.get("accountId") or user.get("key") or user.get("name")) if user else None


def person_name(user: JsonObject | None) -> str | None:
    return (user.get("displayName") or user.get("name")) if user else None
