"""The columns of an attachment: what is told about the file, never the file."""

from __future__ import annotations

from typing import Any

from source_jira_flow.common.json import JsonObject
from source_jira_flow.records.part import part_columns


def attachment_record(attachment: JsonObject, issue: JsonObject) -> dict[str, Any]:
    """The record of `attachments`; `size` is in bytes."""
    return {
        **part_columns(attachment, issue),
        "file_name": attachment.get("filename"),
        "mime_type": attachment.get("mimeType"),
        "size": attachment.get("size"),
        "url": attachment.get("content"),
    }
