"""What an administrator is told, for each look of Jira's pages."""

from __future__ import annotations

import pytest

from source_jira_flow.jira.connection import ServerInfo
from source_jira_flow.oauth_setup.steps import ApplicationLink, administrator_steps, steps_as_text

LINK = ApplicationLink(
    base_url="https://jira.acme.com/jira",
    consumer_key="source-jira-flow-0a1b2c3d",
    public_pem="-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
    fingerprint="0a1b2c3d",
)


def server(*version: int, cloud: bool = False) -> ServerInfo:
    return ServerInfo(
        is_cloud=cloud,
        version=".".join(map(str, version)),
        version_numbers=version,
        base_url=LINK.base_url,
        title="Jira",
        now=0,
    )


@pytest.mark.parametrize(
    ("answered", "said", "unsaid"),
    [
        (server(7, 13, 0), "Create new link", "Atlassian product"),
        (server(8, 21, 1), "Create new link", "Atlassian product"),
        (server(8, 22, 0), "Atlassian product", "Create new link"),
        (server(10, 3, 12), "Atlassian product", "Create new link"),
        (server(1001, cloud=True), "Direct application link", "Create new link"),
        (None, "Before 8.22", "Direct application link"),
    ],
)
def test_old_jira_new_jira_and_cloud(answered: ServerInfo | None, said: str, unsaid: str) -> None:
    text = steps_as_text(LINK, answered)
    assert said in text
    assert unsaid not in text


@pytest.mark.parametrize("answered", [server(7, 13, 0), server(10, 3, 0), server(1001, cloud=True), None])
def test_every_jira_asks_for_the_same_values(answered: ServerInfo | None) -> None:
    steps = administrator_steps(LINK, answered)
    assert [step.value for step in steps if step.value] == [
        "https://jira.acme.com/jira/plugins/servlet/applinks/listApplicationLinks",
        "https://source-jira-flow-0a1b2c3d.example",
        "source-jira-flow",
        "source-jira-flow-0a1b2c3d",
        "source-jira-flow",
        LINK.public_pem,
    ]
    text = steps_as_text(LINK, answered)
    for label in ("Application Name", "Generic Application", "Create incoming link", "Consumer Name", "Continue"):
        assert label in text
    assert "No response was received from the URL you entered" in text
    assert "every other field blank" in text


def test_the_text_holds_each_value_in_lines_of_its_own() -> None:
    lines = steps_as_text(LINK, None).splitlines()
    assert "source-jira-flow-0a1b2c3d" in lines
    assert lines[lines.index("-----BEGIN PUBLIC KEY-----") + 1] == "AAAA"
