"""Where a scoped token is tried: at Atlassian's gateway, and for a Jira on this machine never anywhere else."""

from __future__ import annotations

import logging

import pytest
import requests_mock

from source_jira_flow.http.client import JiraClient
from source_jira_flow.jira.connection import gateway
from source_jira_flow.settings import Settings
from source_jira_flow.sign_in.base import Signer


@pytest.mark.parametrize(
    ("site", "expected"),
    [
        ("https://acme.atlassian.net", "https://api.atlassian.com/ex/jira/1f2e0000-0000-4000-8000-000000000001"),
        ("http://127.0.0.1:8123", "http://127.0.0.1:8123/ex/jira/1f2e0000-0000-4000-8000-000000000001"),
    ],
)
def test_the_gateway_of_a_site(site: str, expected: str) -> None:
    client = JiraClient(site, Signer(), settings=Settings(), workers=1, logger=logging.getLogger("test"))
    with requests_mock.Mocker() as answers:
        answers.get(f"{site}/_edge/tenant_info", json={"cloudId": "1f2e0000-0000-4000-8000-000000000001"})
        found = gateway(client)
    assert found is not None and found.base_url == expected


@pytest.mark.parametrize("cloud_id", ["", None, 5, "../../oauth/token", "x?y=", f"1f2e0000-0000-4000-8000-{1:012}/.."])
def test_a_cloud_id_that_is_not_one_leads_nowhere(cloud_id: object) -> None:
    site = "https://acme.atlassian.net"
    client = JiraClient(site, Signer(), settings=Settings(), workers=1, logger=logging.getLogger("test"))
    with requests_mock.Mocker() as answers:
        answers.get(f"{site}/_edge/tenant_info", json={"cloudId": cloud_id})
        assert gateway(client) is None
