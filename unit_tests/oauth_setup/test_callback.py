"""The listener that takes the verifier, what people paste instead, and when a browser is opened."""

from __future__ import annotations

import socket
import sys
import webbrowser
from collections.abc import Iterator

import pytest
import requests

from source_jira_flow.errors import ConfigurationError
from source_jira_flow.oauth_setup.browser import can_open_browser
from source_jira_flow.oauth_setup.callback import CallbackListener, verifier_in


@pytest.fixture
def listener() -> Iterator[CallbackListener]:
    with CallbackListener() as listener:
        listener.expect("token")
        yield listener


def get(listener: CallbackListener, query: str) -> requests.Response:
    return requests.get(f"{listener.address}{query}", timeout=5)


def test_the_verifier_of_the_expected_token_is_taken(listener: CallbackListener) -> None:
    answer = get(listener, "?oauth_token=token&oauth_verifier=a1b2c3")
    assert answer.status_code == 200
    assert "return to the terminal" in answer.text
    assert "a1b2c3" not in answer.text
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert listener.wait(5)
    assert listener.take() == "a1b2c3"
    assert listener.take() is None


def test_deny_shows_another_page(listener: CallbackListener) -> None:
    assert "denied" in get(listener, "?oauth_token=token&oauth_verifier=denied").text
    assert listener.wait(5)
    assert listener.take() == "denied"


@pytest.mark.parametrize(
    "query",
    ["", "favicon.ico", "?oauth_token=other&oauth_verifier=x", "?oauth_verifier=x", "?oauth_token=token", "?%ff"],
)
def test_anything_else_is_not(query: str, listener: CallbackListener) -> None:
    assert get(listener, query).status_code == 404
    assert listener.take() is None
    assert not listener.wait(0)


def test_a_new_request_token_forgets_the_old_answer(listener: CallbackListener) -> None:
    get(listener, "?oauth_token=token&oauth_verifier=old")
    assert listener.wait(5)
    listener.expect("next")
    assert listener.take() is None
    assert not listener.wait(0)
    assert get(listener, "?oauth_token=token&oauth_verifier=old").status_code == 404


def test_the_answer_that_came_before_it_was_asked_for_stays(listener: CallbackListener) -> None:
    get(listener, "?oauth_token=token&oauth_verifier=early")
    assert listener.wait(5)
    listener.expect("token")
    assert listener.take() == "early"


def test_nothing_is_written_to_the_terminal(listener: CallbackListener, capfd: pytest.CaptureFixture[str]) -> None:
    get(listener, "?oauth_token=token&oauth_verifier=x")
    with socket.create_connection(("127.0.0.1", int(listener.address.rstrip("/").rpartition(":")[2]))) as stranger:
        stranger.sendall(b"GARBAGE\r\n\r\n")
        stranger.recv(1000)
    assert capfd.readouterr() == ("", "")


def test_only_this_machine_can_reach_it(listener: CallbackListener) -> None:
    assert listener.address.startswith("http://127.0.0.1:")


def test_a_port_that_is_taken_says_what_to_do(listener: CallbackListener) -> None:
    port = int(listener.address.rstrip("/").rpartition(":")[2])
    for taken in (port, 70_000):
        with pytest.raises(ConfigurationError, match="--callback-port"):
            CallbackListener(taken)


@pytest.mark.parametrize(
    ("typed", "verifier"),
    [
        ("a1b2c3", "a1b2c3"),
        ("  a1b2c3\t", "a1b2c3"),
        ("'a1b2c3'", "a1b2c3"),
        ("http://127.0.0.1:40000/?oauth_token=t&oauth_verifier=a1b2c3", "a1b2c3"),
        ("127.0.0.1:40000/?oauth_verifier=a1b2c3&oauth_token=t", "a1b2c3"),
        ("<http://127.0.0.1:40000/?oauth_token=t&oauth_verifier=a1b2c3>", "a1b2c3"),
        ("oauth_verifier=a1b2c3", "a1b2c3"),
        ("?oauth_verifier=a1b2c3", "a1b2c3"),
        ("http://127.0.0.1:40000/?oauth_token=t&oauth_ver ifier=a1b2c3", "a1b2c3"),
        ("", ""),
    ],
)
def test_what_people_type_or_paste(typed: str, verifier: str) -> None:
    assert verifier_in(typed) == verifier


@pytest.mark.parametrize(
    ("environment", "opens"),
    [
        ({}, False),
        ({"DISPLAY": ":0"}, True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, True),
        ({"DISPLAY": ":0", "SSH_CONNECTION": "1 2 3 4"}, False),
        ({"SSH_TTY": "/dev/pts/1", "BROWSER": "remote-open"}, True),
    ],
)
def test_a_browser_is_opened_where_a_person_can_see_it(
    environment: dict[str, str], opens: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SSH_CONNECTION", "SSH_TTY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(webbrowser, "get", lambda: None)
    assert can_open_browser() is opens


def test_without_any_browser_none_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> None:
        raise webbrowser.Error

    monkeypatch.delenv("BROWSER", raising=False)
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(webbrowser, "get", none)
    assert not can_open_browser()
