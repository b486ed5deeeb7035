"""`source-jira-flow diagnose`: the findings of `check` for a person at a terminal."""

from __future__ import annotations

import argparse
import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

from source_jira_flow.check.checkup import examine
from source_jira_flow.check.report import show
from source_jira_flow.errors import ConfigurationError
from source_jira_flow.settings import DEFAULTS, Settings

# The width of tables without a terminal.
_WIDTH_OF_FILES = 120


def diagnose_main(arguments: list[str], settings: Settings = DEFAULTS) -> int:
    """Print the report for `--config FILE`. Returns 0 where the check succeeds, 1 where it fails, 2 for wrong usage."""
    parser = argparse.ArgumentParser(
        prog="source-jira-flow diagnose",
        description="Test a configuration, and show what is wrong, who can fix it, and what the account may do.",
    )
    parser.add_argument("--config", required=True, metavar="FILE", help="the configuration, as for check and read")
    try:
        options = parser.parse_args(arguments)
    except SystemExit as wanted:
        return int(wanted.code or 0)
    console = Console()
    if not console.is_terminal:
        console = Console(width=max(console.width, _WIDTH_OF_FILES))
    try:
        config = _read(Path(options.config))
    except ConfigurationError as error:
        console.print(str(error), style="bold red", markup=False, highlight=False)
        return 1
    # Few retries, as in check, but more time for a slow Jira.
    patient = replace(settings.impatient(), read_timeout=settings.read_timeout)
    with console.status("Asking Jira …"):
        diagnosis = examine(config, _quiet_logger(), patient, limit=settings.diagnose_limit, thorough=True)
    show(diagnosis, console)
    return 0 if diagnosis.succeeded else 1


def _read(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigurationError(f"The file {path} can't be read: {error.strerror or type(error).__name__}.") from None
    except ValueError:
        raise ConfigurationError(f"The file {path} is not JSON. Write the configuration as for check.") from None
    if not isinstance(document, dict):
        raise ConfigurationError(f"The file {path} is not a configuration: it must be a JSON object.")
    return document


def _quiet_logger() -> logging.Logger:
    """Without output: the report says everything."""
    logger = logging.getLogger("source_jira_flow.diagnose")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    return logger
