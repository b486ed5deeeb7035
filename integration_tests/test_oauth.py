"""The verb `oauth` without a person at the terminal, against a Jira that verifies every signature."""

from __future__ import annotations

import json
import logging
import re
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fake_jira import FakeJira, Fault, Request, build_site
from fake_jira.messages import Response, json_response
from integration_tests.oauth_people import (
    Administrator,
    address_in,
    allow_and_return,
    allow_for_code,
    press,
    sign_in_browser,
)
from integration_tests.support import SHORT_WAITS
from source_jira_flow.config import Config
from source_jira_flow.jira.connection import client_for, connect
from source_jira_flow.oauth_setup.command_line import DONE, FAILED, PAUSED, oauth_main
from source_jira_flow.oauth_setup.keys import make_key_pair
from source_jira_flow.settings import Settings
from source_jira_flow.sign_in.oauth1 import load_private_key

MINUTE_MS = 60_000
LOGGER = logging.getLogger("test")


@pytest.fixture
def jira(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeJira]:
    """A Data Center under a context path, and a working directory without anything."""
    monkeypatch.chdir(tmp_path)
    with FakeJira(build_site("data-center-10.3", seed=1, issues=20), context_path="/jira") as jira:
        sign_in_browser(jira)
        yield jira


class Shell:
    """Runs the verb; `screen` is what it showed last."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.screen = ""
        self.everything = ""

    def run(self, *arguments: str) -> int:
        code = oauth_main(list(arguments), SHORT_WAITS)
        shown = self._capsys.readouterr()
        self.screen = shown.out + shown.err
        self.everything += self.screen
        return code


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(capsys)


def prepare(shell: Shell, jira: FakeJira) -> None:
    """As far as the application link."""
    assert shell.run("--base-url", jira.base_url) == PAUSED
    Administrator(jira.site).make_link(shell.screen)


def allow(shell: Shell, jira: FakeJira) -> None:
    """The whole set-up."""
    prepare(shell, jira)
    assert shell.run("--resume") == PAUSED
    assert shell.run("--resume", "--verifier", allow_for_code(address_in(shell.screen))) == DONE


def config_at(path: str) -> dict[str, object]:
    document: dict[str, object] = json.loads(Path(path).read_text())
    return document


def mode_of(path: str) -> int:
    return stat.S_IMODE(Path(path).stat().st_mode)


def words(text: str) -> str:
    return " ".join(text.split())


def test_the_whole_dance_leads_to_a_token_that_reads_issues(jira: FakeJira, shell: Shell) -> None:
    allow(shell, jira)
    assert "Successfully connected via" in shell.screen
    assert str(jira.site.service_account.email) in shell.screen
    config = Config.parse(config_at("secrets/config.json"))
    assert config.base_url == jira.base_url
    instance = connect(config, client_for(config, settings=SHORT_WAITS.impatient(), logger=LOGGER))
    assert instance.jira.search("created > 0 ORDER BY created ASC", ["summary"], 10).issues


def test_key_session_and_configuration_are_for_their_owner_alone(jira: FakeJira, shell: Shell) -> None:
    prepare(shell, jira)
    assert mode_of("secrets") == 0o700
    assert mode_of("secrets/config.key.pem") == mode_of("secrets/config.session.json") == 0o600
    shell.run("--resume")
    assert mode_of("secrets/config.session.json") == 0o600
    shell.run("--resume", "--verifier", allow_for_code(address_in(shell.screen)))
    assert mode_of("secrets/config.json") == mode_of("secrets/config.key.pem") == 0o600
    assert not Path("secrets/config.session.json").exists()


def test_nothing_secret_is_shown_unless_asked_for(jira: FakeJira, shell: Shell) -> None:
    allow(shell, jira)
    credentials = config_at("secrets/config.json")["credentials"]
    assert isinstance(credentials, dict)
    token = next(iter(jira.site.oauth.access_tokens.values()))
    secrets = [token.secret, *(credentials[name] for name in ("access_token", "access_token_secret"))]
    secrets += [line for line in credentials["private_key"].splitlines() if not line.startswith("-----")]
    for secret in secrets:
        assert secret not in shell.everything
    assert "credentials.access_token_secret in secrets/config.json" in shell.screen

    assert shell.run("--paste") == DONE
    assert credentials["access_token"] not in shell.screen
    assert shell.run("--paste", "--show-secrets") == DONE
    assert credentials["access_token_secret"] in shell.screen.splitlines()
    assert credentials["private_key"].strip() in shell.screen


def test_the_steps_for_the_administrator_lie_in_a_file_to_send(jira: FakeJira, shell: Shell) -> None:
    assert shell.run("--base-url", jira.base_url, "--prepare") == PAUSED
    text = Path("secrets/config.administrator.txt").read_text()
    assert f"{jira.base_url}/plugins/servlet/applinks/listApplicationLinks" in text
    assert "PRIVATE" not in text
    Administrator(jira.site).make_link(text)
    assert shell.run("--resume") == PAUSED
    assert address_in(shell.screen)


def test_the_callback_takes_the_verifier(jira: FakeJira, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(shell, jira)
    pages: list[str] = []
    in_browser(jira, monkeypatch, lambda address: pages.append(allow_and_return(address).text))
    assert shell.run("--resume", "--callback-port", "0") == DONE
    assert "Access allowed" in pages[0]
    assert Path("secrets/config.json").exists()


def in_browser(jira: FakeJira, monkeypatch: pytest.MonkeyPatch, act: object) -> None:
    """A person at another window, who acts on the address as soon as Jira gave the request token."""
    tokens = jira.site.oauth.request_tokens

    def watch(record: object) -> None:
        if "request-token" in getattr(record, "path", "") and tokens:
            address = f"{jira.base_url}/plugins/servlet/oauth/authorize?oauth_token={list(tokens)[-1]}"
            threading.Timer(0.3, act, [address]).start()  # type: ignore[arg-type]

    monkeypatch.setattr(jira, "on_request", watch)


def test_a_page_that_was_closed_is_noticed(jira: FakeJira, shell: Shell) -> None:
    prepare(shell, jira)
    assert shell.run("--resume", "--callback-port", "0", "--timeout", "0.2") == PAUSED
    assert "Was the page closed?" in words(shell.screen)
    assert "source-jira-flow oauth --resume" in shell.screen


def test_deny_is_told_by_the_callback(jira: FakeJira, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(shell, jira)
    pages: list[str] = []
    in_browser(jira, monkeypatch, lambda address: pages.append(allow_and_return(address, "deny").text))
    assert shell.run("--resume", "--callback-port", "0") == FAILED
    assert "Access was denied in Jira" in words(shell.screen)
    assert "Access denied" in pages[0]


def test_deny_without_a_callback_is_told_when_the_code_is_used(jira: FakeJira, shell: Shell) -> None:
    prepare(shell, jira)
    shell.run("--resume")
    press("deny", address_in(shell.screen))
    assert shell.run("--resume", "--verifier", "abc123") == FAILED
    assert "Access was denied in Jira" in words(shell.screen)


def test_a_mistyped_code_can_be_typed_again(jira: FakeJira, shell: Shell) -> None:
    prepare(shell, jira)
    shell.run("--resume")
    code = allow_for_code(address_in(shell.screen))
    assert shell.run("--resume", "--verifier", f"{code}x") == FAILED
    assert "does not accept this code" in words(shell.screen)
    assert shell.run("--resume", "--verifier", f" {code} ") == DONE


def test_a_code_before_allow_says_so(jira: FakeJira, shell: Shell) -> None:
    prepare(shell, jira)
    shell.run("--resume")
    assert shell.run("--resume", "--verifier", "abc123") == FAILED
    assert "press Allow on Jira's page first" in words(shell.screen)


def test_a_request_token_that_expired_is_replaced(jira: FakeJira, shell: Shell) -> None:
    prepare(shell, jira)
    shell.run("--resume")
    first = address_in(shell.screen)
    code = allow_for_code(first)
    jira.site.oauth.request_tokens[first.rpartition("=")[2]].expires_ms -= 11 * MINUTE_MS
    assert shell.run("--resume", "--verifier", code) == PAUSED
    assert "Starting again" in words(shell.screen)
    second = address_in(shell.screen)
    assert second != first
    assert shell.run("--resume", "--verifier", allow_for_code(second)) == DONE


def test_a_code_of_an_attempt_that_is_over_leads_to_a_new_one(jira: FakeJira, shell: Shell) -> None:
    prepare(shell, jira)
    assert shell.run("--resume", "--verifier", "abc123") == PAUSED
    assert "a new one is needed" in words(shell.screen)
    assert shell.run("--resume", "--verifier", allow_for_code(address_in(shell.screen))) == DONE


def test_an_unknown_consumer_key_shows_the_steps_again(jira: FakeJira, shell: Shell) -> None:
    prepare(shell, jira)
    assert shell.run("--resume", "--consumer-key", "another") == PAUSED
    assert "does not know this key pair yet" in words(shell.screen)
    assert Administrator(jira.site).make_link(shell.screen) == "another"
    assert shell.run("--resume") == PAUSED
    assert shell.run("--resume", "--verifier", allow_for_code(address_in(shell.screen))) == DONE
    credentials = config_at("secrets/config.json")["credentials"]
    assert isinstance(credentials, dict)
    assert credentials["consumer_key"] == "another"


def test_the_wrong_key_pair_names_the_key_file(jira: FakeJira, shell: Shell, tmp_path: Path) -> None:
    prepare(shell, jira)
    consumer_key = list(jira.site.oauth.consumers)[-1]
    make_key_pair(tmp_path / "other.pem")
    code = shell.run("--resume", "--key-file", "other.pem", "--consumer-key", consumer_key)
    assert code == FAILED
    assert "the same on both sides, so it is the key" in words(shell.screen)
    assert "belongs to other.pem" in words(shell.screen)


def test_a_proxy_that_hides_the_address_says_what_to_compare(jira: FakeJira, shell: Shell) -> None:
    prepare(shell, jira)
    jira.site.oauth.believed_base_url = "http://jira-internal:8080/jira"
    assert shell.run("--resume") == FAILED
    assert f"the base URL used is {jira.base_url}" in words(shell.screen)
    assert "Jira checks signatures for http://jira-internal:8080/jira" in words(shell.screen)


def test_a_clock_that_is_off_says_by_how_much(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    shell = Shell(capsys)
    site = build_site("data-center-10.3", seed=1, issues=1)
    with FakeJira(site, context_path="/jira") as jira:
        prepare(shell, jira)
        assert "clock is" not in words(shell.screen)
        site.clock.advance(2 * 60 * MINUTE_MS)
        assert shell.run("--resume") == FAILED
    assert re.search(r"clock is (2 h|1 h 59 min 59 s|1 h 59 min).* behind Jira's", words(shell.screen))
    assert "Jira refuses the time of the sign-in" in words(shell.screen)


def test_a_consumer_that_is_not_allowed_is_told(jira: FakeJira, shell: Shell) -> None:
    prepare(shell, jira)
    jira.site.oauth.consumers[list(jira.site.oauth.consumers)[-1]].allowed = False
    assert shell.run("--resume") == FAILED
    assert "does not allow this consumer" in words(shell.screen)


def test_nothing_is_overwritten_unasked(jira: FakeJira, shell: Shell) -> None:
    allow(shell, jira)
    first, key = Path("secrets/config.json").read_text(), Path("secrets/config.key.pem").read_text()
    assert shell.run("--base-url", jira.base_url) == PAUSED
    assert shell.run("--resume", "--verifier", allow_for_code(address_in(shell.screen))) == DONE
    assert Path("secrets/config.json").read_text() == first
    assert Path("secrets/config.key.pem").read_text() == key
    assert "secrets/config-2.json" in shell.screen
    assert mode_of("secrets/config-2.json") == 0o600


def test_with_yes_the_new_sign_in_goes_into_the_configuration_and_its_settings_stay(
    jira: FakeJira, shell: Shell
) -> None:
    allow(shell, jira)
    place = Path("secrets/config.json")
    place.write_text(json.dumps({**config_at(str(place)), "projects": ["CORE"]}))
    for token in jira.site.oauth.access_tokens.values():
        token.revoked = True
    # Neither the base URL nor the consumer key need be named again.
    assert shell.run("--yes") == PAUSED
    assert shell.run("--resume", "--yes", "--verifier", allow_for_code(address_in(shell.screen))) == DONE
    assert config_at(str(place))["projects"] == ["CORE"]
    config = Config.parse(config_at(str(place)))
    assert connect(config, client_for(config, settings=Settings().impatient(), logger=LOGGER))
    assert mode_of(str(place)) == 0o600


def test_a_key_that_vanished_comes_back_from_the_configuration(jira: FakeJira, shell: Shell) -> None:
    allow(shell, jira)
    key = Path("secrets/config.key.pem")
    before = key.read_text()
    key.unlink()
    assert shell.run() == PAUSED
    assert key.read_text() == before
    assert mode_of(str(key)) == 0o600


def test_a_key_of_ones_own_is_used_as_it_is(jira: FakeJira, shell: Shell, tmp_path: Path) -> None:
    pair = make_key_pair(tmp_path / "mine.pem")
    (tmp_path / "mine.pem").chmod(0o644)
    jira.site.oauth.add_consumer("mine", "Mine", pair.public_pem)
    arguments = ["--base-url", jira.base_url, "--key-file", "mine.pem", "--consumer-key", "mine"]
    assert shell.run(*arguments, "--output", "elsewhere/jira.json") == PAUSED
    assert "chmod 600 mine.pem" in words(shell.screen)
    assert "Application Name" not in shell.screen
    code = allow_for_code(address_in(shell.screen))
    assert shell.run("--resume", "--output", "elsewhere/jira.json", "--verifier", code) == DONE
    credentials = config_at("elsewhere/jira.json")["credentials"]
    assert isinstance(credentials, dict)
    assert load_private_key(credentials["private_key"]).private_numbers() == pair.private_key.private_numbers()


def test_what_failed_after_allow_need_not_be_allowed_again(jira: FakeJira, shell: Shell) -> None:
    prepare(shell, jira)
    shell.run("--resume")
    code = allow_for_code(address_in(shell.screen))
    jira.faults.add(Fault("down", match="/myself", drop=True))
    assert shell.run("--resume", "--verifier", code) == FAILED
    assert "The progress so far is saved" in words(shell.screen)
    jira.faults.clear()
    assert shell.run("--resume") == DONE


def test_a_token_that_was_revoked_meanwhile_is_got_anew(jira: FakeJira, shell: Shell) -> None:
    prepare(shell, jira)
    shell.run("--resume")
    code = allow_for_code(address_in(shell.screen))
    jira.faults.add(Fault("down", match="/myself", drop=True))
    shell.run("--resume", "--verifier", code)
    jira.faults.clear()
    for token in jira.site.oauth.access_tokens.values():
        token.revoked = True
    assert shell.run("--resume") == FAILED
    assert shell.run("--resume") == PAUSED
    assert shell.run("--resume", "--verifier", allow_for_code(address_in(shell.screen))) == DONE


def test_an_unfinished_set_up_for_another_jira_is_not_given_up_unasked(jira: FakeJira, shell: Shell) -> None:
    prepare(shell, jira)
    kept = Path("secrets/config.session.json").read_text()
    assert shell.run("--base-url", "http://127.0.0.1:1/other") == FAILED
    assert "name another --output" in words(shell.screen)
    assert Path("secrets/config.session.json").read_text() == kept


def test_nothing_to_resume_says_how_to_begin(jira: FakeJira, shell: Shell) -> None:
    assert shell.run("--resume") == FAILED
    assert "start with --base-url" in words(shell.screen)
    assert shell.run() == FAILED
    assert "Name its address with --base-url" in words(shell.screen)
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("flavor", ["cloud", "server-7.13"])
def test_other_kinds_of_jira(
    flavor: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    shell = Shell(capsys)
    with FakeJira(build_site(flavor, seed=1, issues=1)) as jira:
        sign_in_browser(jira)
        allow(shell, jira)
    if flavor == "cloud":
        assert "deprecated on Jira Cloud" in words(shell.everything)
        assert "Direct application link" in words(shell.everything)
    else:
        assert "Create new link" in words(shell.everything)
        assert "Atlassian product" not in words(shell.everything)


def test_a_jira_that_tells_nothing_to_strangers_can_be_set_up(jira: FakeJira, shell: Shell) -> None:
    jira.site.settings.server_info_requires_sign_in = True
    prepare(shell, jira)
    assert "Something responds" in words(shell.everything)
    assert "8.22" in words(shell.everything)
    shell.run("--resume")
    assert shell.run("--resume", "--verifier", allow_for_code(address_in(shell.screen))) == DONE


def test_no_jira_is_told_before_anything_is_made(jira: FakeJira, shell: Shell) -> None:
    assert shell.run("--base-url", f"{jira.base_url}/wrong") == FAILED
    assert not Path("secrets").exists()


def test_check_accepts_the_configuration(jira: FakeJira, shell: Shell) -> None:
    allow(shell, jira)
    checked = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "source_jira_flow", "check", "--config", "secrets/config.json"],
        env={"PYTHONPATH": str(Path(__file__).parents[1]), "PATH": "/usr/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert '"status":"SUCCEEDED"' in checked.stdout.replace(" ", ""), checked.stdout + checked.stderr


def test_no_token_reaches_a_log(jira: FakeJira, shell: Shell, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    allow(shell, jira)
    token = next(token for token in jira.site.oauth.access_tokens.values())
    credentials = config_at("secrets/config.json")["credentials"]
    assert isinstance(credentials, dict)
    for secret in (token.secret, credentials["access_token"], credentials["access_token_secret"], "oauth_signature="):
        assert secret not in caplog.text


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_jira_that_echoes_the_sign_in_shows_no_token(status: int, jira: FakeJira, shell: Shell) -> None:
    prepare(shell, jira)
    shell.run("--resume")
    code = allow_for_code(address_in(shell.screen))

    def echo(request: Request) -> Response:
        return json_response({"errorMessages": [f"Not with {request.headers['Authorization']}"]}, status)

    jira.faults.add(Fault("echo", match="/myself", answer=echo))
    shell.run("--resume", "--verifier", code)
    for token in jira.site.oauth.access_tokens.values():
        assert token.token not in shell.everything
        assert token.secret not in shell.everything
    assert "HTTP" in shell.screen or "Jira" in shell.screen


def test_escape_sequences_of_a_server_do_not_reach_the_terminal(jira: FakeJira, shell: Shell) -> None:
    hostile = {"serverTitle": "Jira\x1b[2J\x9b31m\u202e", "version": "10.3.12\x1b]8;;https://evil.example\x07"}
    jira.faults.changed(lambda document: {**document, **hostile}, match="/serverInfo")
    prepare(shell, jira)
    assert "answers at" in words(shell.screen)
    assert not set(shell.everything) & set("\x1b\x07\x9b\u202e")


def test_a_configuration_that_is_a_link_to_nothing_is_left_alone(jira: FakeJira, shell: Shell) -> None:
    prepare(shell, jira)
    Path("secrets/config.json").symlink_to("nowhere")
    assert shell.run("--resume") == FAILED
    assert "can't be read" in words(shell.screen)
    assert not Path("secrets/nowhere").exists()


def test_the_steps_never_go_through_a_link(jira: FakeJira, shell: Shell) -> None:
    Path("secrets").mkdir()
    Path("mine.txt").write_text("mine")
    Path("secrets/config.administrator.txt").symlink_to("../mine.txt")
    prepare(shell, jira)
    assert Path("mine.txt").read_text() == "mine"
    assert mode_of("secrets/config.administrator.txt") == 0o600


@pytest.mark.parametrize("credentials", [{}, {"consumer_key": 5}, {"consumer_key": "a", "private_key": ["b"]}])
def test_pasting_from_an_odd_configuration_is_a_sentence(
    credentials: dict[str, Any], jira: FakeJira, shell: Shell
) -> None:
    Path("secrets").mkdir()
    Path("secrets/config.json").write_text(json.dumps({"credentials": {"auth_type": "oauth", **credentials}}))
    assert shell.run("--paste") == FAILED
    assert "The base URL is empty" in words(shell.screen)


@pytest.mark.parametrize("folder", ["taken", "/proc/nowhere"])
def test_a_place_that_can_not_be_used_says_what_to_do(folder: str, jira: FakeJira, shell: Shell) -> None:
    Path("taken").touch()
    assert shell.run("--base-url", jira.base_url, "--output", f"{folder}/config.json") == FAILED
    assert f"{folder}/config.session.json" in words(shell.screen)
    assert words(shell.screen).endswith(" directory. Name another place with --output.")
