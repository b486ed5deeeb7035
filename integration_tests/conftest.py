"""Fixtures of the integration tests; what they are made of stands in `support`."""

from __future__ import annotations

import gc
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from fake_jira import FakeJira
from integration_tests.support import SETUPS, SHORT_WAITS, Setup, config_for, environment_of, running_jira


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What happened in random histories and in chaos, which say so in `user_properties`; of chaos the sum."""
    told: dict[str, Counter[str]] = {}
    for report in terminalreporter.stats.get("", []):
        for name, counts in report.user_properties if report.when == "teardown" else ():
            if isinstance(counts, dict):
                told.setdefault(report.nodeid if name == "happened" else name, Counter()).update(counts)
    for name, counts in told.items():
        terminalreporter.write_line(f"{name}: {', '.join(f'{number:,} {what}' for what, number in counts.items())}")


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Back-off in hundredths of a second, for what runs as a process."""
    for name, value in environment_of(SHORT_WAITS).items():
        monkeypatch.setenv(name, value)


@pytest.fixture(autouse=True)
def collected_garbage() -> Iterator[None]:
    """A `read` keeps the collector off all that lives: right for a process that ends with it, not for this one."""
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


@pytest.fixture(autouse=True)
def airbyte_logs() -> Iterator[None]:
    """PyAirbyte turns the logger that the CDK logs to into one of its own, for good."""
    logger = logging.getLogger("airbyte")
    before = logger.level, logger.propagate, list(logger.handlers)
    yield
    logger.setLevel(before[0])
    logger.propagate, logger.handlers = before[1:]


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """PyAirbyte without telemetry or registry. It reads its environment when it is imported."""
    for name in ("AIRBYTE_OFFLINE_MODE", "DO_NOT_TRACK", "NO_LIVE_PROGRESS"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("AIRBYTE_LOCAL_REGISTRY", "0")
    monkeypatch.setenv("AIRBYTE_LOGGING_ROOT", str(tmp_path / "logs"))


@pytest.fixture
def start_jira() -> Iterator[Callable[..., FakeJira]]:
    """`start_jira(DATA_CENTER, issues=500)`: a fake Jira that runs until the end of the test."""
    with ExitStack() as running:

        def start(setup: Setup = SETUPS[0], **content: Any) -> FakeJira:
            return running.enter_context(running_jira(setup, **content))

        yield start


@pytest.fixture(params=SETUPS, ids=str)
def setup(request: pytest.FixtureRequest) -> Setup:
    """Each kind of Jira in turn."""
    chosen: Setup = request.param
    return chosen


@pytest.fixture
def jira(setup: Setup, start_jira: Callable[..., FakeJira]) -> FakeJira:
    """A small fake Jira of each kind in turn."""
    return start_jira(setup)


@pytest.fixture
def config(setup: Setup, jira: FakeJira) -> dict[str, Any]:
    """The configuration for `jira`, with the way to sign in that goes with it."""
    return config_for(jira, setup.method)
