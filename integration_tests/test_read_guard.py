"""The findings of `check` guard `read` too: the same words, as configuration errors, after what was read is kept."""

from collections.abc import Callable
from typing import Any

import pytest
from airbyte_cdk.models import FailureType

from fake_jira import FakeJira, RequestRecord
from fake_jira.oauth_provider import AccessToken
from fake_jira.settings import ApiToken
from integration_tests import broken_networks, certificates
from integration_tests.broken_set_ups.scene import Scene
from integration_tests.support import CLOUD, DATA_CENTER, SERVER, Setup, config_for, discover, read_all, undocumented
from source_jira_flow.jira.missing_permissions import lost_projects, no_longer_imported, no_project, unknown_projects
from source_jira_flow.sign_in import api_token, oauth1, password
from source_jira_flow.sign_in.table import parse_credentials

StartJira = Callable[..., FakeJira]


def tokens_of(jira: FakeJira) -> list[ApiToken | AccessToken]:
    """All tokens of the site, whatever their kind."""
    return [*jira.site.tokens.values(), *jira.site.oauth.access_tokens.values()]


def after_searches(jira: FakeJira, number: int, change: Callable[[], None]) -> None:
    """Changes something when the connector asked for so many pages of issues."""
    seen = 0

    def look(record: RequestRecord) -> None:
        nonlocal seen
        asked = record.body if isinstance(record.body, dict) else {}
        seen += "/search" in record.path and record.method == "POST" and asked.get("maxResults", 0) != 0
        if seen == number:
            seen += 1
            change()

    jira.on_request = look


@pytest.mark.parametrize(
    ("setup", "words"),
    [
        (CLOUD, api_token.ApiToken.words["unauthorized"]),
        (DATA_CENTER, oauth1.OAuth1.words["oauth:token_rejected"]),
        (SERVER, password.Password.words["unauthorized"]),
    ],
    ids=["Cloud", "Data Center", "Server"],
)
def test_a_sign_in_that_fails_in_the_middle_ends_with_the_words_of_check(
    setup: Setup, words: str, start_jira: StartJira
) -> None:
    jira = start_jira(setup, issues=1500, comments_per_issue=0)
    config = config_for(jira, setup.method)

    def revoke() -> None:
        for token in tokens_of(jira):
            token.revoked = True
        jira.site.service_account.password = "changed meanwhile"

    after_searches(jira, 3, revoke)
    reading = read_all(config, ["issues"])

    assert reading.statuses == {"issues": "INCOMPLETE"}
    assert FailureType.config_error in [error.failure_type for error in reading.errors]
    anonymous = parse_credentials(config["credentials"]).words["anonymous"]
    assert any(words in said or anonymous in said for said in reading.error_messages), reading.error_messages
    read = {record["id"] for record in reading.records["issues"]}
    assert 0 < len(read) < 1500
    for message in [*reading.error_messages, *reading.logs]:
        for secret in (config["credentials"].get("access_token"), config["credentials"].get("password")):
            assert secret is None or secret not in message

    for token in tokens_of(jira):
        token.revoked = False
    # No more than were under way when the first was refused: Jira counts them towards a CAPTCHA.
    assert jira.site.failed_logins[jira.site.service_account] <= 8
    jira.site.service_account.password = config["credentials"].get("password")
    jira.on_request = None
    jira.site.reset_captcha()
    rest = read_all(config, ["issues"], reading.states)
    assert rest.succeeded, rest.error_messages
    whole = read | {record["id"] for record in rest.records["issues"]}
    assert whole == {issue.id for issue in jira.site.visible_issues(jira.site.service_account)}


@pytest.mark.parametrize("setup", [CLOUD, DATA_CENTER], ids=str)
def test_a_project_that_loses_its_permission_in_the_middle_is_named_and_the_others_are_read(
    setup: Setup, start_jira: StartJira
) -> None:
    jira = start_jira(setup, issues=600, comments_per_issue=0)
    after_searches(jira, 2, lambda: jira.site.revoke("BROWSE_PROJECTS", project="CORE"))
    reading = read_all(config_for(jira, setup.method), ["issues"])
    assert any(
        lost_projects(["CORE"], "cloud" if setup is CLOUD else "self_hosted") in said for said in reading.error_messages
    ), reading.error_messages
    assert {error.failure_type for error in reading.errors} == {FailureType.config_error}
    others = {issue.id for issue in jira.site.visible_issues(jira.site.service_account)}
    assert others <= {record["id"] for record in reading.records["issues"]}


def test_a_project_that_is_configured_and_unknown_fails_at_the_end_with_the_words_of_check(
    start_jira: StartJira,
) -> None:
    jira = start_jira(CLOUD)
    reading = read_all(config_for(jira, projects=["BIZ", "CORA"]), ["issues"])
    words = unknown_projects(["CORA"], [], "cloud").replace("CORA", "CORA (did you mean CORE?)")
    assert any(words in said for said in reading.error_messages), reading.error_messages
    assert {record["project_key"] for record in reading.records["issues"]} == {"BIZ"}


def test_nothing_to_browse_ends_with_the_words_of_check(start_jira: StartJira) -> None:
    jira = start_jira(CLOUD)
    jira.site.revoke("BROWSE_PROJECTS")
    reading = read_all(config_for(jira), ["issues"])
    assert any(no_project("cloud") in said for said in reading.error_messages), reading.error_messages


@pytest.mark.parametrize(
    ("make", "says", "kind"),
    [
        (lambda scene: scene.network(broken_networks.closed_port()), "refuses the connection", "transient_error"),
        (
            lambda scene: scene.data_center(certificate=certificates.make_certificate(scene.folder, None)),
            "self-signed",
            "config_error",
        ),
        (
            lambda scene: scene.data_center(context_path="/jira") | {"base_url": scene.jira.root_url},
            "/jira: enter that as the base URL",
            "config_error",
        ),
    ],
    ids=["a closed port", "a self-signed certificate", "/jira forgotten"],
)
def test_the_way_to_jira_is_told_by_read_as_by_check(
    make: Callable[[Scene], dict[str, Any]], says: str, kind: str, tmp_path: Any
) -> None:
    with Scene.set(tmp_path) as scene:
        reading = read_all(make(scene), ["issues"])
    assert any(says in said for said in reading.error_messages), reading.error_messages
    assert kind in {error.failure_type.value for error in reading.errors if error.failure_type}


def test_every_request_of_a_sync_is_in_the_table_of_endpoints(config: dict[str, Any], jira: FakeJira) -> None:
    assert discover(config).streams
    reading = read_all(config)
    assert reading.succeeded, reading.error_messages
    again = read_all(config, states=reading.states)
    assert again.succeeded, again.error_messages
    assert undocumented(jira) == []


@pytest.mark.parametrize("setup", [CLOUD, DATA_CENTER], ids=str)
def test_a_project_that_disappears_between_two_syncs_is_named_once(setup: Setup, start_jira: StartJira) -> None:
    jira = start_jira(setup, issues=60, comments_per_issue=0)
    config = config_for(jira, setup.method)
    first = read_all(config, ["issues"])
    jira.site.revoke("BROWSE_PROJECTS", project="BIZ")
    jira.site.archive_project("OR")
    second = read_all(config, ["issues"], first.states)
    assert second.succeeded, second.error_messages
    words = no_longer_imported(["BIZ", "OR"], "cloud" if setup is CLOUD else "self_hosted")
    assert any(words in line for line in second.logs)
    assert not any("no longer imported" in line for line in read_all(config, ["issues"], second.states).logs)
