"""The Python streams: their keys, cursors and columns. A stream's columns stand in `schemas/<name>.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any


@dataclass(frozen=True)
class StreamDefinition:
    """Name, primary key and cursor of a stream."""

    name: str
    primary_key: str
    cursor: str

    def schema(self) -> Mapping[str, Any]:
        """The stream's JSON schema."""
        text = resources.files("source_jira_flow").joinpath("schemas", f"{self.name}.json").read_text("utf-8")
        document: Mapping[str, Any] = json.loads(text)
        return document


ISSUES = StreamDefinition("issues", "id", "updated")
COMMENTS = StreamDefinition("comments", "id", "issue_updated")
USERS = StreamDefinition("users", "id", "observed_at")
PROJECTS = StreamDefinition("projects", "id", "observed_at")
SPRINTS = StreamDefinition("sprints", "id", "observed_at")
LABELS = StreamDefinition("labels", "name", "observed_at")
