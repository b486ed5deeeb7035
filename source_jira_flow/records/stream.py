"""A stream as destinations see it: its name, primary key, cursor and columns."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any


@dataclass(frozen=True)
class StreamDefinition:
    """`primary_key` names one or more columns; `cursor` is None for streams that are always sent completely."""

    name: str
    primary_key: tuple[str, ...]
    cursor: str | None = None

    @property
    def key(self) -> str:
        """The only column of the primary key. Raises ValueError if there are several."""
        (column,) = self.primary_key
        return column

    def schema(self) -> Mapping[str, Any]:
        """The stream's JSON schema."""
        text = resources.files("source_jira_flow").joinpath("schemas", f"{self.name}.json").read_text("utf-8")
        document: Mapping[str, Any] = json.loads(text)
        return document
