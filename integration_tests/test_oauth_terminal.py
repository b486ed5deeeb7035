"""The verb `oauth` as a person has it: in a pseudo-terminal, with interruptions, narrow, plain, without a browser."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from fake_jira import FakeJira, build_site
from integration_tests.oauth_people import (
    Administrator,
    address_in,
    allow_and_return,
    allow_for_code,
    press,
    sign_in_browser,
)
from integration_tests.support import SHORT_WAITS
from integration_tests.terminal import CONTROL_C, CONTROL_D, ESCAPE_CODE, Terminal
from source_jira_flow.oauth_setup.command_line import oauth_main

DONE, INTERRUPTED = 0, 130
# A browser that opens and does nothing: the tests are the person who uses it.
BROWSER = {"BROWSER": "true"}
LINK_IS_MADE = "Press Enter when the link exists"
CAN_PASTE = "to type a code"
CODE = "Code that Jira shows:"
WRITTEN = "Saved to"

Open = Callable[..., Terminal]


@pytest.fixture
def jira() -> Iterator[FakeJira]:
    """A Data Center under a context path."""
    with FakeJira(build_site("data-center-10.3", seed=1, issues=5), context_path="/jira") as jira:
        sign_in_browser(jira)
        yield jira


@pytest.fixture
def open_terminal(tmp_path: Path) -> Open:
    """Runs the verb in a terminal of its own, always in the same directory."""

    program = partial(oauth_main, settings=SHORT_WAITS)

    def opened(*arguments: str, **options: Any) -> Terminal:
        return Terminal(program, list(arguments), directory=tmp_path, **options)

    return opened


def make_link(terminal: Terminal, jira: FakeJira) -> None:
    Administrator(jira.site).make_link(terminal.wait_for(LINK_IS_MADE))
    terminal.enter()


def finish(terminal: Terminal, directory: Path) -> dict[str, Any]:
    """To the end of a walk that goes well; the configuration that it wrote."""
    terminal.wait_for("Successfully connected via")
    terminal.wait_for(WRITTEN)
    assert terminal.end() == DONE
    place = directory / "secrets/config.json"
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    document: dict[str, Any] = json.loads(place.read_text())
    for secret in ("access_token", "access_token_secret"):
        assert document["credentials"][secret] not in terminal.screen
    return document


def words(text: str) -> str:
    return " ".join(text.split())


def test_the_whole_walk_with_a_browser(jira: FakeJira, open_terminal: Open, tmp_path: Path) -> None:
    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {opened}\n')
    browser.chmod(0o755)
    with open_terminal(environment={"BROWSER": str(browser)}) as terminal:
        terminal.wait_for("Address of your Jira")
        terminal.enter("ftp://nowhere")
        terminal.wait_for("is not an address")
        terminal.wait_for("Address of your Jira")
        terminal.enter(f"{jira.base_url}/browse/CORE-1")
        terminal.wait_for(f"answers at {jira.base_url}\n")
        make_link(terminal, jira)
        terminal.wait_for(CAN_PASTE)
        page = allow_and_return(opened.read_text().strip())
        assert page.status_code == 200
        assert "Access allowed" in page.text
        assert finish(terminal, tmp_path)["base_url"] == jira.base_url
        assert ESCAPE_CODE.search(terminal.screen)


def test_without_a_browser_the_code_is_typed(jira: FakeJira, open_terminal: Open, tmp_path: Path) -> None:
    with open_terminal("--base-url", jira.base_url, environment={"SSH_CONNECTION": "1", **BROWSER_MISSING}) as terminal:
        make_link(terminal, jira)
        terminal.wait_for(CODE)
        terminal.enter(f"  {allow_for_code(address_in(terminal.plain))}  ")
        finish(terminal, tmp_path)


BROWSER_MISSING = {"DISPLAY": ":0"}


def test_the_address_of_a_page_that_can_not_be_shown_is_pasted(
    jira: FakeJira, open_terminal: Open, tmp_path: Path
) -> None:
    with open_terminal("--base-url", jira.base_url, environment=BROWSER) as terminal:
        make_link(terminal, jira)
        terminal.wait_for(CAN_PASTE)
        terminal.wait_for("instead.")
        # The browser runs on another machine, where nothing listens.
        terminal.enter(press("approve", address_in(terminal.plain)).headers["Location"])
        finish(terminal, tmp_path)


def test_a_page_that_was_closed_leads_to_a_code(jira: FakeJira, open_terminal: Open, tmp_path: Path) -> None:
    with open_terminal("--base-url", jira.base_url, "--timeout", "0.3", environment=BROWSER) as terminal:
        make_link(terminal, jira)
        terminal.wait_for("Was the page closed?")
        terminal.wait_for("instead:")
        terminal.enter()
        terminal.wait_for(CODE)
        terminal.enter(allow_for_code(address_in(terminal.plain)))
        finish(terminal, tmp_path)


def test_deny_and_then_allow(jira: FakeJira, open_terminal: Open, tmp_path: Path) -> None:
    with open_terminal("--base-url", jira.base_url, environment=BROWSER) as terminal:
        make_link(terminal, jira)
        terminal.wait_for(CAN_PASTE)
        allow_and_return(address_in(terminal.plain), "deny")
        terminal.wait_for("Access was denied in Jira")
        terminal.wait_for("Press Enter to try again")
        terminal.enter()
        terminal.wait_for(CAN_PASTE)
        allow_and_return(address_in(terminal.plain))
        finish(terminal, tmp_path)


def test_a_code_mistyped_three_times_gets_a_new_attempt(jira: FakeJira, open_terminal: Open, tmp_path: Path) -> None:
    with open_terminal("--base-url", jira.base_url, "--no-browser") as terminal:
        make_link(terminal, jira)
        terminal.wait_for(CODE)
        terminal.enter("too-early")
        terminal.wait_for("press Allow on Jira's page first")
        terminal.wait_for(CODE)
        first = address_in(terminal.plain)
        allow_for_code(first)
        for _ in range(2):
            terminal.enter("wrong")
            terminal.wait_for("does not accept this code")
            terminal.wait_for(CODE)
        terminal.enter("wrong")
        terminal.wait_for("Starting again with a new page")
        terminal.wait_for(CODE)
        second = address_in(terminal.plain)
        assert second != first
        terminal.enter(allow_for_code(second))
        finish(terminal, tmp_path)


def test_an_attempt_that_took_too_long_starts_over_by_itself(
    jira: FakeJira, open_terminal: Open, tmp_path: Path
) -> None:
    with open_terminal("--base-url", jira.base_url, "--no-browser") as terminal:
        make_link(terminal, jira)
        terminal.wait_for(CODE)
        code = allow_for_code(address_in(terminal.plain))
        for token in jira.site.oauth.request_tokens.values():
            token.expires_ms -= 11 * 60_000
        terminal.enter(code)
        terminal.wait_for("Starting again with a new page")
        terminal.wait_for(CODE)
        terminal.enter(allow_for_code(address_in(terminal.plain)))
        finish(terminal, tmp_path)


def test_a_link_that_was_not_made_is_asked_for_again(jira: FakeJira, open_terminal: Open, tmp_path: Path) -> None:
    with open_terminal("--base-url", jira.base_url, "--no-browser") as terminal:
        steps = terminal.wait_for(LINK_IS_MADE)
        terminal.enter()
        terminal.wait_for("does not know the consumer key")
        terminal.wait_for("Press Enter to try again")
        Administrator(jira.site).make_link(steps)
        terminal.enter()
        terminal.wait_for(CODE)
        terminal.enter(allow_for_code(address_in(terminal.plain)))
        finish(terminal, tmp_path)


@pytest.mark.parametrize("stop", [CONTROL_C, CONTROL_D, "kill"])
def test_an_interruption_at_every_step_loses_nothing(
    stop: str, jira: FakeJira, open_terminal: Open, tmp_path: Path
) -> None:
    def interrupt(terminal: Terminal) -> None:
        if stop == "kill":
            terminal.kill()
            return
        terminal.enter(stop)
        assert terminal.end() == INTERRUPTED
        assert "Traceback" not in terminal.plain

    with open_terminal() as terminal:
        terminal.wait_for("Address of your Jira")
        interrupt(terminal)
    assert not (tmp_path / "secrets").exists()

    with open_terminal("--base-url", jira.base_url, environment=BROWSER) as terminal:
        steps = terminal.wait_for(LINK_IS_MADE)
        interrupt(terminal)
        if stop != "kill":
            assert "source-jira-flow oauth --resume" in terminal.plain
    key = (tmp_path / "secrets/config.key.pem").read_text()

    with open_terminal("--resume", environment=BROWSER) as terminal:
        terminal.wait_for("Jira does not know this key pair yet")
        terminal.wait_for(LINK_IS_MADE)
        Administrator(jira.site).make_link(steps)
        terminal.enter()
        terminal.wait_for(CAN_PASTE)
        address = address_in(terminal.plain)
        callback = re.findall(r"http://127\.0\.0\.1:\d+/$", terminal.plain, re.MULTILINE)[-1]
        interrupt(terminal)

    with open_terminal("--resume", environment=BROWSER) as terminal:
        # The page that is open in the browser still works: same request token, same port.
        terminal.wait_for(CAN_PASTE)
        assert address_in(terminal.plain) == address
        assert re.findall(r"http://127\.0\.0\.1:\d+/$", terminal.plain, re.MULTILINE)[-1] == callback
        interrupt(terminal)

    with open_terminal("--resume", "--no-browser") as terminal:
        terminal.wait_for(CODE)
        code = allow_for_code(address_in(terminal.plain))
        interrupt(terminal)

    (tmp_path / "secrets/config.json").write_text("{}")
    with open_terminal("--resume", "--no-browser") as terminal:
        terminal.wait_for(CODE)
        terminal.enter(code)
        terminal.wait_for("[y/N]")
        interrupt(terminal)

    with open_terminal("--resume") as terminal:
        terminal.wait_for("Already allowed in an earlier run")
        terminal.wait_for("[y/N]")
        terminal.enter("y")
        document = finish_into_existing(terminal, tmp_path)
    assert document["credentials"]["private_key"] == key
    assert sorted(path.name for path in (tmp_path / "secrets").iterdir()) == [
        "config.administrator.txt",
        "config.json",
        "config.key.pem",
    ]


def finish_into_existing(terminal: Terminal, directory: Path) -> dict[str, Any]:
    terminal.wait_for(WRITTEN)
    assert terminal.end() == DONE
    document: dict[str, Any] = json.loads((directory / "secrets/config.json").read_text())
    return document


def test_beginning_again_offers_to_go_on(jira: FakeJira, open_terminal: Open, tmp_path: Path) -> None:
    with open_terminal("--base-url", jira.base_url) as terminal:
        make_link(terminal, jira)
        terminal.wait_for(CODE)
        terminal.enter(CONTROL_C)
        terminal.end()
    with open_terminal("--base-url", jira.base_url) as terminal:
        terminal.wait_for("Continue it? [Y/n]")
        terminal.enter("what?")
        terminal.wait_for("Continue it? [Y/n]")
        terminal.enter()
        terminal.wait_for(CODE)
        terminal.enter(allow_for_code(address_in(terminal.plain)))
        finish(terminal, tmp_path)


def test_a_key_that_is_there_is_used_or_left_alone(jira: FakeJira, open_terminal: Open, tmp_path: Path) -> None:
    with open_terminal("--base-url", jira.base_url) as terminal:
        terminal.wait_for(LINK_IS_MADE)
        terminal.kill()
    (tmp_path / "secrets/config.session.json").unlink()
    key = (tmp_path / "secrets/config.key.pem").read_text()
    with open_terminal("--base-url", jira.base_url) as terminal:
        terminal.wait_for("Use the key in secrets/config.key.pem? [Y/n]")
        terminal.enter("n")
        terminal.wait_for("secrets/config.key-2.pem")
        terminal.wait_for(LINK_IS_MADE)
    assert (tmp_path / "secrets/config.key.pem").read_text() == key
    assert (tmp_path / "secrets/config.key-2.pem").read_text() != key


def test_a_narrow_window_breaks_no_value(jira: FakeJira, open_terminal: Open, tmp_path: Path) -> None:
    with open_terminal("--base-url", jira.base_url, columns=40, environment={"NO_COLOR": "1"}) as terminal:
        shown = terminal.wait_for(LINK_IS_MADE)
        lines = shown.splitlines()
        assert f"{jira.base_url}/plugins/servlet/applinks/listApplicationLinks" in lines
        Administrator(jira.site).make_link(shown)
        terminal.enter()
        terminal.wait_for(CODE)
        terminal.enter(allow_for_code(address_in(terminal.plain)))
        finish(terminal, tmp_path)
        prose = [line for line in terminal.plain.splitlines() if line.startswith("  ") and len(line.split()) > 1]
        assert len(prose) > 20
        # A line of prose is longer than the window only where it is one long word and its neighbours fit.
        assert all(len(line) <= 40 for line in prose if not re.search(r"\S{30}", line))


@pytest.mark.parametrize("plain", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_without_colour_there_are_no_escape_codes(
    plain: dict[str, str], jira: FakeJira, open_terminal: Open, tmp_path: Path
) -> None:
    with open_terminal("--base-url", jira.base_url, environment=plain) as terminal:
        make_link(terminal, jira)
        terminal.wait_for(CODE)
        terminal.enter(allow_for_code(address_in(terminal.plain)))
        finish(terminal, tmp_path)
        assert "\x1b" not in terminal.screen


def test_a_terminal_that_knows_only_ascii(jira: FakeJira, open_terminal: Open) -> None:
    with open_terminal("--base-url", jira.base_url, environment={"LANG": "C", "PYTHONIOENCODING": "ascii"}) as terminal:
        terminal.wait_for(LINK_IS_MADE)
        terminal.enter()
        terminal.wait_for("does not know the consumer key")
        terminal.wait_for("Press Enter to try again")
        assert terminal.screen.isascii()


def test_a_trouble_of_the_network_ends_with_words(open_terminal: Open, tmp_path: Path) -> None:
    with open_terminal("--base-url", "http://127.0.0.1:9/jira") as terminal:
        assert terminal.end() == 1
        assert "Traceback" not in terminal.plain
        assert "127.0.0.1:9" in words(terminal.plain)
    assert not (tmp_path / "secrets").exists()
