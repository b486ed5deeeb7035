"""What the screen makes of text: prose in the window's width, values as they are."""

from __future__ import annotations

import pytest

from source_jira_flow.cdk.masking import register
from source_jira_flow.oauth_setup.screen import Screen

ADDRESS = "https://jira.acme.com/jira/plugins/servlet/oauth/authorize?oauth_token=" + 32 * "a"


@pytest.mark.parametrize("columns", ["20", "40", "80", "200"])
def test_prose_is_wrapped_and_values_are_not(
    columns: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    screen = Screen()
    screen.say("word " * 60)
    screen.item(12, "word " * 60)
    screen.done("word " * 60)
    screen.value(ADDRESS)
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == ADDRESS
    assert max(map(len, lines[:-1])) <= min(int(columns), 100)


def test_an_address_in_prose_stays_whole(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    Screen().fail(f"Compare {ADDRESS} with the other.")
    assert ADDRESS in capsys.readouterr().err


def test_markup_in_a_name_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    Screen().done("[bold]Jira[/bold] :smile: answers")
    assert "[bold]Jira[/bold] :smile: answers" in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["say", "done", "warn", "fail", "value", "secret"])
def test_what_a_server_sent_can_not_drive_the_terminal(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    hostile = "Jira\x1b[2J\x1b]8;;https://evil.example\x07click\x9b31m\x7f\u202egpj.exe\u2066 end"
    getattr(Screen(), kind)(hostile)
    shown = capsys.readouterr()
    text = shown.out + shown.err
    assert not set(text) & set("\x1b\x07\x9b\x7f\u202e\u2066")
    assert "end" in text


@pytest.mark.parametrize("kind", ["say", "done", "warn", "fail", "value"])
def test_known_secrets_are_masked_and_shown_only_where_asked_for(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    register({"credentials": {"access_token": "token-of-this-test"}})
    screen = Screen()
    getattr(screen, kind)("It is token-of-this-test.")
    shown = capsys.readouterr()
    assert "token-of-this-test" not in shown.out + shown.err
    screen.secret("token-of-this-test")
    assert "token-of-this-test" in capsys.readouterr().out


def test_without_a_person_questions_have_their_default(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    assert not screen.person
    assert screen.yes("Sure?", default=True)
    assert not screen.yes("Sure?", default=False)
    assert Screen(assume_yes=True).yes("Sure?", default=False)
