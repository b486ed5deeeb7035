"""`python -m tools.columns`: write docs/columns.md, every column of every stream, from the schemas."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from source_jira_flow.streams import STREAMS, Stream

DOCUMENT = Path(__file__).parents[1] / "docs" / "columns.md"
# What a description ends with: where Jira has the value.
JIRA_FIELD = " Jira: "
_INTRODUCTION = """\
# Columns

Every column of every stream, with its type and the place in Jira's own object that it comes from. Every column but the
primary key can be null. Instants are UTC with milliseconds. [streams.md](streams.md) says how each stream is read.

This page is made from the schemas in `source_jira_flow/schemas/` by `python -m tools.columns`.
"""
_HEAD = "| Column | Type | Meaning | In Jira |\n|---|---|---|---|"
_TYPES = {"date-time": "timestamp", "date": "date"}


def document() -> str:
    """The whole page."""
    return "\n".join([_INTRODUCTION, *(_chapter(stream) for stream in STREAMS)])


def _chapter(stream: Stream) -> str:
    keys = " and ".join(f"`{name}`" for name in stream.primary_key)
    cursor = f", cursor `{stream.cursor}`" if stream.cursor else ", full refresh only"
    rows = "\n".join(_rows(stream.schema()["properties"]))
    return f"## {stream.name}\n\nPrimary key {keys}{cursor}.\n\n{_HEAD}\n{rows}\n"


def _rows(properties: Mapping[str, Mapping[str, Any]]) -> Iterable[str]:
    for name, column in properties.items():
        meaning, _, field = str(column.get("description") or "").partition(JIRA_FIELD)
        yield f"| `{name}` | {_type(column)} | {meaning} | {field or '–'} |"


def _type(column: Mapping[str, Any]) -> str:
    types = column["type"] if isinstance(column["type"], list) else [column["type"]]
    named: str = next(name for name in types if name != "null")
    if named == "array":
        return f"array of {_type(column.get('items') or {'type': 'object'})}s"
    return _TYPES.get(column.get("format", ""), named)


def main(path: Path = DOCUMENT) -> int:
    """Write the page."""
    path.write_text(document(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
