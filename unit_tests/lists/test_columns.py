"""Columns of the small lists, made from Jira's objects as the manifest says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

import source_jira_flow
from source_jira_flow.lists.columns import ColumnMaker

PARTITION = {"project_id": "10000"}


def made(place: str, document: dict[str, Any], **column: Any) -> Any:
    maker = ColumnMaker({"column": place}, {"properties": {"column": {"type": ["null", "string"], **column}}})
    return maker.make(document, PARTITION, 7)["column"]


@pytest.mark.parametrize(
    ("place", "document", "column", "expected"),
    [
        ("name", {"name": "x"}, {}, "x"),
        ("name", {}, {}, None),
        ("name", {"name": None}, {}, None),
        ("name", {"name": ""}, {}, None),
        ("id", {"id": 5}, {}, "5"),
        ("id", {"id": "5"}, {"type": "integer"}, 5),
        ("flag", {"flag": False}, {"type": ["null", "boolean"]}, False),
        ("level", {"level": 0}, {"type": ["null", "integer"]}, 0),
        ("a.b.c", {"a": {"b": {"c": "deep"}}}, {}, "deep"),
        ("a.b.c", {"a": {"b": None}}, {}, None),
        ("a.b.c", {"a": "text"}, {}, None),
        ("a.id|a.key|b", {"a": {"key": "k"}, "b": "c"}, {}, "k"),
        ("list.*.id", {"list": [{"id": "1"}, {"id": "2"}]}, {"type": ["null", "array"]}, ["1", "2"]),
        ("list.*.id", {}, {"type": ["null", "array"]}, None),
        ("partition.project_id", {"project_id": "other"}, {}, "10000"),
        ("#", {}, {"type": ["null", "integer"]}, 7),
        ("*", {"id": 1, "self": "https://x", "none": None}, {"type": ["null", "object"]}, {"id": 1}),
        ("when", {"when": "2024-01-02T03:04:05.678+0100"}, {"format": "date-time"}, "2024-01-02T02:04:05.678Z"),
        ("day", {"day": "2024-01-02"}, {"format": "date"}, "2024-01-02"),
        ("day", {"day": "2024-01-02T00:00:00.000+0000"}, {"format": "date"}, "2024-01-02"),
    ],
)
def test_a_place_gives_a_typed_column(
    place: str, document: dict[str, Any], column: dict[str, Any], expected: Any
) -> None:
    assert made(place, document, **column) == expected


def test_every_stream_of_the_manifest_fills_the_columns_of_its_schema() -> None:
    package = Path(source_jira_flow.__file__).parent
    streams = yaml.safe_load((package / "manifest.yaml").read_text("utf-8"))["streams"]
    assert len(streams) == 9
    for stream in streams:
        schema = json.loads((package / "schemas" / f"{stream['name']}.json").read_text("utf-8"))
        assert list(stream["retriever"]["columns"]) == list(schema["properties"]), stream["name"]
        keys = stream["primary_key"] if isinstance(stream["primary_key"], list) else [stream["primary_key"]]
        # All but the keys may be null.
        assert {name for name, column in schema["properties"].items() if "null" not in column["type"]} == set(keys)


def test_a_column_that_the_schema_does_not_know_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        ColumnMaker({"column": "id"}, {"properties": {}})
