"""Fixtures of the tests of diagnosis."""

import logging
from collections.abc import Callable

import pytest

from source_jira_flow.http.client import JiraClient
from source_jira_flow.settings import Settings
from source_jira_flow.sign_in.base import Signer


@pytest.fixture
def client_at() -> Callable[[str], JiraClient]:
    """A client for an address, that signs nothing."""

    def make(base_url: str) -> JiraClient:
        return JiraClient(base_url, Signer(), settings=Settings(tries=1), workers=1, logger=logging.getLogger("test"))

    return make
