"""`make sync` says in a sentence what is wrong with the file that it was given."""

from __future__ import annotations

from pathlib import Path

import pytest

from demo.configuration import database_for, read_configuration
from demo.troubles import Trouble


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "There is no file"),
        (b"", "is not JSON"),
        (b'{"base_url": ', "is not JSON: Expecting value at line 1, column 14."),
        (b"[]", "it must be a JSON object"),
        (b"\xff\xfe{", "is not text in UTF-8"),
    ],
)
def test_a_file_that_is_no_configuration_is_refused_in_words(content: bytes | None, said: str, tmp_path: Path) -> None:
    file = tmp_path / "my config.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(Trouble) as trouble:
        read_configuration(str(file))
    assert said in str(trouble.value)
    assert str(file) in str(trouble.value)


@pytest.mark.parametrize("given", ["", "  "])
def test_without_a_file_the_command_is_shown(given: str) -> None:
    with pytest.raises(Trouble, match="make sync CONFIG="):
        read_configuration(given)


def test_a_folder_is_no_configuration(tmp_path: Path) -> None:
    with pytest.raises(Trouble, match="can't be read"):
        read_configuration(str(tmp_path))


@pytest.mark.parametrize(
    ("base_url", "file"),
    [
        ("https://acme.atlassian.net/", "acme.atlassian.net.duckdb"),
        (" Acme.atlassian.net", "acme.atlassian.net.duckdb"),
        ("https://jira.acme.com:8443/jira", "jira.acme.com-8443-jira.duckdb"),
        ("../../etc/passwd", "etc-passwd.duckdb"),
        ("", "jira.duckdb"),
    ],
)
def test_each_jira_has_a_database_of_its_own(base_url: str, file: str) -> None:
    assert database_for(base_url) == Path(".sync") / file
