"""What an Airbyte connector's files must say, and that they say the same."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml

import source_jira_flow
from source_jira_flow.common.text import REPOSITORY

ROOT = Path(__file__).resolve().parent.parent
DIGEST = re.compile(r"airbyte/python-connector-base:[\d.]+@sha256:[0-9a-f]{64}")
PINNED = re.compile(r"[a-z0-9-]+==[^ ;]+( ; .+)?")


@pytest.fixture(scope="module")
def metadata() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / "metadata.yaml").read_text())
    return document


@pytest.mark.filterwarnings("ignore")  # Airbyte's models, when they are imported
def test_the_metadata_are_valid_by_airbytes_model(metadata: dict[str, Any]) -> None:
    from airbyte_connector_models.metadata.v0.connector_metadata_definition_v0 import ConnectorMetadataDefinitionV0

    ConnectorMetadataDefinitionV0.model_validate(metadata)


def test_the_version_is_the_same_everywhere(metadata: dict[str, Any]) -> None:
    assert metadata["data"]["dockerImageTag"] == source_jira_flow.__version__
    assert version("source-jira-flow") == source_jira_flow.__version__
    assert f"## {source_jira_flow.__version__}" in (ROOT / "CHANGELOG.md").read_text()


def test_the_documentation_is_our_own(metadata: dict[str, Any]) -> None:
    specification = yaml.safe_load((ROOT / "source_jira_flow" / "manifest.yaml").read_text("utf-8"))["spec"]
    address = metadata["data"]["documentationUrl"]
    assert address == specification["documentation_url"]
    repository, _, path = address.partition("/blob/main/")
    assert repository == REPOSITORY
    assert (ROOT / path).is_file()


def test_every_address_of_the_repository_is_the_one_in_the_code() -> None:
    files = ["pyproject.toml", "metadata.yaml", "source_jira_flow/manifest.yaml", "docs/troubleshooting.md"]
    for name in files:
        found = re.findall(r"https://github\.com/[\w-]+/[\w-]+", (ROOT / name).read_text("utf-8"))
        assert set(found) == {REPOSITORY}, name


def test_the_source_stands_at_the_root_of_the_package_and_is_imported_only_when_asked_for() -> None:
    code = (
        "import sys, source_jira_flow as package; print(package.__version__, 'airbyte_cdk' in sys.modules);"
        " print(package.SourceJiraFlow.__name__, hasattr(package, 'SourceJira'))"
    )
    run = subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert run.stdout.split() == [source_jira_flow.__version__, "False", "SourceJiraFlow", "False"], run.stderr


def test_the_licence_is_the_same_everywhere(metadata: dict[str, Any]) -> None:
    assert metadata["data"]["license"] == "MIT"
    assert 'license = "MIT"' in (ROOT / "pyproject.toml").read_text()
    assert (ROOT / "LICENSE").read_text().startswith("MIT License")


def test_the_image_is_built_on_the_base_that_the_metadata_name_by_its_digest(metadata: dict[str, Any]) -> None:
    base = metadata["data"]["connectorBuildOptions"]["baseImage"]
    assert DIGEST.fullmatch(base)
    bases = re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert set(bases) == {base}


def test_the_suggested_streams_exist(metadata: dict[str, Any]) -> None:
    from source_jira_flow.source import SourceJiraFlow

    config = {"base_url": "https://acme.atlassian.net", "credentials": {"auth_type": "access_token"}}
    names = {stream.name for stream in SourceJiraFlow(config=config).streams(config)}
    assert set(metadata["data"]["suggestedStreams"]["streams"]) <= names


def test_every_constraint_is_an_exact_version_and_names_no_place() -> None:
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.lstrip().startswith("#")]
    assert lines
    assert [line for line in lines if not PINNED.fullmatch(line)] == []


def test_the_image_installs_exact_versions_by_their_hashes() -> None:
    text = (ROOT / "requirements.txt").read_text()
    blocks = re.findall(r"^([a-z0-9-]+)\S*==\S+(?: \\\n +--hash=sha256:[0-9a-f]{64})+$", text, re.MULTILINE)
    names = set(blocks)
    assert names >= {"airbyte-cdk", "cryptography", "orjson", "requests", "setuptools"}
    assert len(blocks) == len(re.findall(r"^[a-z0-9-]+\S*==", text, re.MULTILINE))
    assert "--require-hashes --requirement requirements.txt" in (ROOT / "Dockerfile").read_text()


def test_the_image_has_the_versions_that_are_tested_but_for_what_pyairbyte_holds_back() -> None:
    held_back = re.search(r"^HELD_BACK := (\S+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert held_back is not None
    tested = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / "constraints.txt").read_text(), re.MULTILINE))
    differing = {
        name
        for name, version in re.findall(
            r"^([a-z0-9-]+)(?:\[\w+\])?==(\S+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE
        )
        if name in tested and f"{name}=={version}" not in (ROOT / "constraints.txt").read_text()
    }
    assert differing <= set(held_back.group(1).split("|"))
