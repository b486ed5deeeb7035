"""What is said of a valid configuration that is most likely a mistake."""

from pathlib import Path

import yaml

import source_jira_flow
from source_jira_flow.check.configuration import FIELDS, unknown_fields


def test_the_fields_are_those_of_the_specification() -> None:
    manifest = yaml.safe_load(Path(source_jira_flow.__file__).with_name("manifest.yaml").read_text("utf-8"))
    assert set(FIELDS) == set(manifest["spec"]["connection_specification"]["properties"])


def test_what_airbyte_adds_is_no_mistake() -> None:
    assert list(unknown_fields({"base_url": "x", "__injected_components_py": "…"})) == []


def test_a_long_list_of_unknown_fields_fits() -> None:
    [finding] = unknown_fields({f"unheard_of_{number}": 1 for number in range(60)})
    assert len(finding.text) < 300
    assert finding.text.endswith("Correct or remove them.")
