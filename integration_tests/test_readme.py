"""The commands of the README work as they stand."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from integration_tests.support import CLOUD, ROOT, config_for, configured, discover, running_jira
from source_jira_flow.check.configuration import FIELDS

README = (ROOT / "README.md").read_text("utf-8")
PATIENCE_SECONDS = 60.0


def blocks(heading: str, language: str) -> list[str]:
    """The code of a chapter."""
    chapter = re.split(r"^## ", README, flags=re.MULTILINE)
    (text,) = (part for part in chapter if part.startswith(f"{heading}\n"))
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with what the commands name: the environment, the tests, the packages."""
    for name in ("fake_jira", "integration_tests", "source_jira_flow"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    return tmp_path


def environment() -> dict[str, str]:
    return {**os.environ, "AIRBYTE_OFFLINE_MODE": "1", "DO_NOT_TRACK": "1", "AIRBYTE_LOCAL_REGISTRY": "0"}


@contextmanager
def in_a_terminal_of_its_own(command: str, folder: Path) -> Iterator[None]:
    # exec: the shell must not stand between us and what is to be ended.
    lines = command.strip().splitlines()
    script = "\n".join([*lines[:-1], f"exec {lines[-1]}"])
    with subprocess.Popen(["bash", "-ec", script], cwd=folder, stdout=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.terminate()


def wait_for(file: Path) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not file.exists():
        assert time.monotonic() < end, f"{file} did not come"
        time.sleep(0.1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_the_commands_work_as_they_stand(folder: Path) -> None:
    start, use, _ = blocks("From the command line", "sh")
    (program,) = blocks("From PyAirbyte", "python")
    with in_a_terminal_of_its_own(start.replace("8123", str(free_port())), folder):
        wait_for(folder / "secrets" / "fake-jira.json")
        used = subprocess.run(
            ["bash", "-ec", use], cwd=folder, env=environment(), capture_output=True, text=True, check=False
        )
        assert used.returncode == 0, used.stdout[-2000:] + used.stderr[-2000:]
        assert "Successfully connected via service.account@example.com" in used.stdout
        assert '"type":"RECORD"' in used.stdout
        ran = subprocess.run(
            [sys.executable, "-c", program],
            cwd=folder,
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr[-2000:]
        assert "'tickets':" in ran.stdout


def test_the_configured_catalog_has_every_stream_as_it_is_discovered() -> None:
    """`read` in the README takes it from integration_tests/configured_catalog.json."""
    with running_jira(CLOUD, issues=10) as jira:
        offered = configured(discover(config_for(jira)))
    document = json.loads((ROOT / "integration_tests" / "configured_catalog.json").read_text())
    assert [
        (each["stream"]["name"], each["sync_mode"], each["stream"]["source_defined_primary_key"])
        for each in document["streams"]
    ] == [(each.stream.name, each.sync_mode.value, each.stream.source_defined_primary_key) for each in offered.streams]


def test_every_stream_and_field_of_the_configuration_is_in_the_readme() -> None:
    with running_jira(CLOUD, issues=10) as jira:
        names = [stream.name for stream in discover(config_for(jira)).streams]
    assert [name for name in [*names, *FIELDS] if f"`{name}`" not in README] == []


def test_every_link_leads_to_a_file() -> None:
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README) if not link.startswith("http")]
    assert links
    assert [link for link in links if not (ROOT / link.partition("#")[0]).exists()] == []


def test_every_make_target_of_the_readme_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    named = set(re.findall(r"^make ([a-z-]+)", README, re.MULTILINE))
    assert named >= {"demo", "test"}
    assert [target for target in named if not re.search(rf"^{target}:", makefile, re.MULTILINE)] == []
