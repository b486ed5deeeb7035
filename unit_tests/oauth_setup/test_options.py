"""The options of the verb, and the guide that tells of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from source_jira_flow.oauth_setup.command_line import oauth_main
from source_jira_flow.oauth_setup.options import parse_options

GUIDE = Path(__file__).parents[2] / "docs" / "sign-in-oauth.md"


def test_the_guide_tells_of_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    assert oauth_main(["--help"]) == 0
    options = set(re.findall(r"--[a-z-]+", capsys.readouterr().out)) - {"--help"}
    assert len(options) > 10
    guide = GUIDE.read_text(encoding="utf-8")
    assert [option for option in sorted(options) if option not in guide] == []


def test_wrong_options_end_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert oauth_main(["--nonsense"]) == 2
    assert "usage: source-jira-flow oauth" in capsys.readouterr().err


@pytest.mark.parametrize("output", ["/", ".", "", "x" * 250])
def test_an_output_that_can_not_be_a_file_is_refused_at_once(output: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert oauth_main(["--output", output]) == 2
    assert "--output" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--callback-port=65536", "--callback-port=-1", "--timeout=-5", "--timeout=nan"])
def test_a_number_that_can_not_be_used_is_refused_at_once(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert oauth_main([option]) == 2
    assert f"argument {option.partition('=')[0]}: '{option.partition('=')[2]}' is not a" in capsys.readouterr().err


def test_the_code_is_not_part_of_what_options_print() -> None:
    assert "a1b2c3" not in repr(parse_options(["--verifier", "a1b2c3"]))
