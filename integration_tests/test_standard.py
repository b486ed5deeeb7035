"""Airbyte's standard tests for sources, against a fake Jira of each kind.

Which test runs for which configuration stands in acceptance-test-config.yml; the files named there are not needed.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
from airbyte_cdk.test.models import ConnectorTestScenario
from airbyte_cdk.test.standard_tests import SourceTestSuiteBase
from airbyte_cdk.test.standard_tests._job_runner import IConnector

from fake_jira import FakeJira
from integration_tests.support import CLOUD, DATA_CENTER, ROOT, SERVER, SHORT_WAITS, Setup, config_for
from source_jira_flow.source import SourceJiraFlow

_SETUPS = {"config_cloud": CLOUD, "config_data_center": DATA_CENTER, "config_server": SERVER, "config_refused": CLOUD}


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


@pytest.fixture(params=TestSourceJiraFlow.get_scenarios(), ids=lambda scenario: scenario.id)
def scenario(request: pytest.FixtureRequest, start_jira: Callable[..., FakeJira]) -> ConnectorTestScenario:
    """A scenario of acceptance-test-config.yml, with a fake Jira that answers to its configuration."""
    named: ConnectorTestScenario = request.param
    setup: Setup = _SETUPS[named.id]
    config = config_for(start_jira(setup), setup.method)
    if named.id == "config_refused":
        config["credentials"] = {**config["credentials"], "access_token": "ATATT3xFfGF0-revoked-long-ago"}
    return named.model_copy(update={"config_dict": config})
