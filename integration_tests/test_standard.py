"""Airbyte's standard tests for sources, against a fake Jira of each kind.

Which test runs for which configuration stands in acceptance-test-config.yml; the files named there are not needed.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from airbyte_cdk.test.models import ConnectorTestScenario
from airbyte_cdk.test.standard_tests import SourceTestSuiteBase
from airbyte_cdk.test.standard_tests._job_runner import IConnector

from fake_jira import FakeJira
from integration_tests.support import (
    CLOUD,
    CLOUD_SERVICE,
    DATA_CENTER,
    DATA_CENTER_SERVICE,
    PERSONAL_TOKEN,
    ROOT,
    SERVER,
    SHORT_WAITS,
    Setup,
    config_for,
)
from source_jira_flow.source import SourceJiraFlow

_SETUPS = {
    "config_cloud": CLOUD,
    "config_data_center": DATA_CENTER,
    "config_server": SERVER,
    "config_personal_access_token": PERSONAL_TOKEN,
    "config_service_account_cloud": CLOUD_SERVICE,
    "config_service_account_data_center": DATA_CENTER_SERVICE,
    "config_refused": CLOUD,
}


@pytest.mark.filterwarnings("error::airbyte_cdk.test.standard_tests.DiscoveredCatalogWarning")
class TestSourceJiraFlow(SourceTestSuiteBase):
    """The suite; the tests are Airbyte's."""

    @classmethod
    def get_connector_root_dir(cls) -> Path:
        return ROOT

    @classmethod
    def create_connector(cls, scenario: ConnectorTestScenario | None) -> IConnector:
        """With short waits."""
        return cast(IConnector, SourceJiraFlow(settings=SHORT_WAITS))


def config_of(name: str, start_jira: Callable[..., FakeJira]) -> dict[str, Any]:
    """What a file of acceptance-test-config.yml stands for, with a fake Jira that answers to it."""
    setup: Setup = _SETUPS[name]
    config = config_for(start_jira(setup), setup.method)
    if name == "config_refused":
        config["credentials"] = {**config["credentials"], "access_token": "ATATT3xFfGF0-revoked-long-ago"}
    return config


@pytest.fixture(params=TestSourceJiraFlow.get_scenarios(), ids=lambda scenario: scenario.id)
def scenario(request: pytest.FixtureRequest, start_jira: Callable[..., FakeJira]) -> ConnectorTestScenario:
    """A scenario of acceptance-test-config.yml."""
    named: ConnectorTestScenario = request.param
    return named.model_copy(update={"config_dict": config_of(named.id, start_jira)})


def test_the_cdks_own_command_passes_where_the_configurations_are_there(
    tmp_path: Path, start_jira: Callable[..., FakeJira]
) -> None:
    folder = tmp_path / "source-jira-flow"
    shutil.copytree(ROOT / "source_jira_flow", folder / "source_jira_flow")
    for name in ("acceptance-test-config.yml", "metadata.yaml", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    (folder / "secrets").mkdir()
    for name in _SETUPS:
        (folder / "secrets" / f"{name}.json").write_text(json.dumps(config_of(name, start_jira)), "utf-8")
    finished = subprocess.run(
        [Path(sys.executable).with_name("airbyte-cdk"), "connector", "test", str(folder)],
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout[-5_000:]
    assert " failed" not in finished.stdout.splitlines()[-1]
