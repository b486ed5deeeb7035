"""The manifest, as a reader of Airbyte's manifests takes it, and the traps because of which some parts are ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from airbyte_cdk.sources.declarative.concurrent_declarative_source import (
    get_declarative_component_schema,
    validate_manifest,
)
from airbyte_cdk.sources.declarative.decoders import JsonDecoder
from airbyte_cdk.sources.declarative.requesters.paginators.strategies.offset_increment import OffsetIncrement
from airbyte_cdk.sources.declarative.transformations.add_fields import AddedFieldDefinition, AddFields

import source_jira_flow
from source_jira_flow.cdk.seam import Manifest

MANIFEST = Path(source_jira_flow.__file__).with_name("manifest.yaml")


def parts(node: Any) -> list[dict[str, Any]]:
    """All objects in the manifest that have a type."""
    nested = node.values() if isinstance(node, dict) else node if isinstance(node, list) else []
    own = [node] if isinstance(node, dict) and "type" in node else []
    return own + [part for value in nested for part in parts(value)]


def test_it_is_valid_by_the_cdks_schema() -> None:
    validate_manifest(Manifest(MANIFEST).document, get_declarative_component_schema())


def test_only_the_requester_the_columns_and_the_projects_are_ours() -> None:
    document = yaml.safe_load(MANIFEST.read_text("utf-8"))
    del document["spec"]
    own = {part["class_name"].rsplit(".", 1)[-1] for part in parts(document) if part["type"].startswith("Custom")}
    assert own == {"JiraRequester", "Columns", "ProjectPartitionRouter"}
    assert {part["type"] for part in parts(document) if part["type"].endswith("Retriever")} == {"SimpleRetriever"}


# Should one of these fail after an upgrade, the CDK may do what ours is for.


def answer_of(body: bytes) -> requests.Response:
    response = requests.Response()
    response.status_code, response._content = 200, body
    return response


def test_trap_a_login_page_is_an_empty_answer() -> None:
    assert not any(JsonDecoder(parameters={}).decode(answer_of(b"<html>Log in</html>")))


def test_trap_a_short_page_is_the_last_one() -> None:
    strategy = OffsetIncrement(config={}, page_size=100, parameters={})
    assert strategy.next_page_token(answer_of(b"[]"), 50, None, 0) is None
    without_size = OffsetIncrement(config={}, page_size=None, parameters={})
    assert without_size.next_page_token(answer_of(b"[]"), 50, None, 0) == 50


@pytest.mark.parametrize(
    ("value", "name", "becomes"),
    [
        ("{{ record.name }}", None, "None"),
        ("{{ record.name }}", '"Done"', "Done"),
        ("{{ record.name[:10] }}", 20240102, "{{ record.name[:10] }}"),
    ],
)
def test_trap_an_added_field_is_evaluated_as_python(value: str, name: Any, becomes: str) -> None:
    record = {"name": name}
    field = AddedFieldDefinition(path=["column"], value=value, value_type=str, parameters={})
    AddFields(fields=[field], parameters={}).transform(record)
    assert record["column"] == becomes
