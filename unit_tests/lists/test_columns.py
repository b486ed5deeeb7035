"""Columns of the small lists, made from Jira's objects as the manifest says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

import source_jira_flow
from source_jira_flow.lists.columns import POSITION, Columns

PARTITION = {"project_id": "10000"}


def made(place: str, row: dict[str, Any]) -> Any:
    record = {**row, POSITION: 7}
    Columns(columns={"column": place}).transform(record, stream_slice=PARTITION)
    assert list(record) == ["column"]
    return record["column"]


@pytest.mark.parametrize(
    ("place", "row", "expected"),
    [
        ("name", {"name": "x"}, "x"),
        ("name", {}, None),
        ("name", {"name": None}, None),
        ("name", {"name": ""}, None),
        ("name", {"name": "'quoted'"}, "'quoted'"),
        ("name", {"name": "None"}, "None"),
        ("flag", {"flag": False}, False),
        ("level", {"level": 0}, 0),
        ("a.b.c", {"a": {"b": {"c": "deep"}}}, "deep"),
        ("a.b.c", {"a": {"b": None}}, None),
        ("a.b.c", {"a": "text"}, None),
        ("person(lead)", {"lead": {"accountId": "5b10", "displayName": "A"}}, "5b10"),
        ("person(lead)", {"lead": {"key": "JIRAUSER1", "name": "a"}}, "JIRAUSER1"),
        ("person(a.lead)", {"a": {"lead": {"name": "a"}}}, "a"),
        ("person(lead)", {"lead": None}, None),
        ("list.*.id", {"list": [{"id": "1"}, {"id": "2"}]}, ["1", "2"]),
        ("list.*.id", {}, None),
        ("partition.project_id", {"project_id": "other"}, "10000"),
        ("#", {}, 7),
        ("*", {"id": 1, "self": "https://x", "none": None}, {"id": 1}),
        ("day[:10]", {"day": "2024-01-02"}, "2024-01-02"),
        ("day[:10]", {"day": "2024-01-02T00:00:00.000+0000"}, "2024-01-02"),
        ("day[:10]", {"day": ""}, None),
        ("day[:10]", {}, None),
    ],
)
def test_a_place_gives_a_column(place: str, row: dict[str, Any], expected: Any) -> None:
    assert made(place, row) == expected


def test_every_stream_of_the_manifest_fills_the_columns_of_its_schema() -> None:
    package = Path(source_jira_flow.__file__).parent
    streams = yaml.safe_load((package / "manifest.yaml").read_text("utf-8"))["streams"]
    assert streams
    for stream in streams:
        schema = json.loads((package / "schemas" / f"{stream['name']}.json").read_text("utf-8"))
        (transformation,) = stream["transformations"]
        assert list(transformation["columns"]) == list(schema["properties"]), stream["name"]
        keys = stream["primary_key"] if isinstance(stream["primary_key"], list) else [stream["primary_key"]]
        # All but the keys may be null.
        assert {name for name, column in schema["properties"].items() if "null" not in column["type"]} == set(keys)
