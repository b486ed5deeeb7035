"""The columns of an attachment: facts about the file, never its content."""

from __future__ import annotations

from typing import Any

from source_jira_flow.common.instants import utc_if_readable
from source_jira_flow.common.json import JsonObject
from source_jira_flow.jira.people import person_id, person_name


def attachment_record(attachment: JsonObject, issue: JsonObject) -> dict[str, Any]:
    """The record of `attachments`. `size` is in bytes, `issue_updated` the version of the issue that it came with."""
    author = attachment.get("author")
    return {
        "id": attachment["id"],
        "issue_id": issue["id"],
        "issue_key": issue["key"],
        "project_id": (issue["fields"].get("project") or {}).get("id"),
        "author_id": person_id(author),
        "author_name": person_name(author),
        "file_name": attachment.get("filename"),
        "mime_type": attachment.get("mimeType"),
        "size": attachment.get("size"),
        "created": utc_if_readable(attachment.get("created")),
        "url": attachment.get("content"),
        "issue_updated": utc_if_readable(issue["fields"].get("updated")),
    }
