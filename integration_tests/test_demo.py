"""`make sync`, as a person at a terminal sees it. `make demo` goes the same way."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rich.console import Console

from demo.__main__ import sync
from demo.changes import work_a_little
from demo.troubles import Trouble
from fake_jira import FakeJira
from integration_tests.support import config_for

# PyAirbyte and what it imports warn of themselves and of each other.
pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.usefixtures("offline")]


@pytest.fixture(autouse=True)
def nothing_in_the_background(monkeypatch: pytest.MonkeyPatch) -> None:
    """PyAirbyte is loaded when it is used: a thread that does would outlive its test."""
    monkeypatch.setattr("demo.__main__.prepare", lambda: None)


@pytest.fixture
def terminal() -> Iterator[Console]:
    yield Console(file=io.StringIO(), width=110, highlight=False)


def shown(terminal: Console) -> str:
    assert isinstance(terminal.file, io.StringIO)
    text = terminal.file.getvalue()
    terminal.file.seek(0)
    terminal.file.truncate()
    return text


@pytest.mark.long  # PyAirbyte takes its time for a table, and this is all of them, twice
def test_a_second_sync_goes_on_in_the_same_file(
    terminal: Console, start_jira: Callable[..., FakeJira], tmp_path: Path
) -> None:
    jira = start_jira(issues=200)
    config = tmp_path / "config.json"
    config.write_text(json.dumps(config_for(jira, find_deleted_issues="every_sync")))
    database = tmp_path / "jira.duckdb"

    sync(terminal, str(config), database)
    first = shown(terminal)
    assert "Successfully connected via service.account@example.com" in first
    assert f"{len(jira.site.visible_issues(jira.site.service_account)):,}" in first
    assert "What this sync brought" not in first

    sentences = list(work_a_little(jira.site))
    sync(terminal, str(config), database)
    second = shown(terminal)
    assert "coffee" in second
    assert sentences[0].split()[0] in second
    assert "(gone)" in second
    assert "is deleted" in sentences[-1]


def test_what_the_connection_test_says_is_the_trouble(
    terminal: Console, start_jira: Callable[..., FakeJira], tmp_path: Path
) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps(config_for(start_jira(), projects=["NOPE"])))
    with pytest.raises(Trouble, match="NOPE"):
        sync(terminal, str(config), tmp_path / "jira.duckdb")
