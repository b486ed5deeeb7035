"""`source-jira-flow diagnose`: the findings of `check` for a person at a terminal."""

from __future__ import annotations

import argparse
import logging
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from source_jira_flow.check.checkup import examine
from source_jira_flow.check.report import show
from source_jira_flow.common.files import read_json_object
from source_jira_flow.common.text import printable
from source_jira_flow.errors import ConfigurationError
from source_jira_flow.settings import DEFAULTS, Settings


def diagnose_main(arguments: list[str], settings: Settings = DEFAULTS) -> int:
    """Print the report for `--config FILE`. Returns 0 if the check succeeds, 1 if it fails."""
    parser = argparse.ArgumentParser(
        prog="source-jira-flow diagnose",
        description="Test a configuration, and show what is wrong, who can fix it, and what the account may do.",
    )
    parser.add_argument("--config", required=True, metavar="FILE", help="the configuration, as for check and read")
    parser.add_argument("--verbose", action="store_true", help="show the endpoints of Jira that the connector uses too")
    options = parser.parse_args(arguments)
    console = Console()
    try:
        config = read_json_object(Path(options.config), "a configuration")
    except ConfigurationError as error:
        console.print(printable(str(error)), style="bold red", markup=False, highlight=False)
        return 1
    # Few retries, as in check, but more time for a slow Jira.
    patient = replace(settings.impatient(), read_timeout=settings.read_timeout)
    with console.status("Asking Jira …"):
        # Without log lines: the report says everything.
        silent = logging.Logger("source_jira_flow.diagnose", level=logging.CRITICAL + 1)
        diagnosis = examine(config, silent, patient, limit=settings.diagnose_limit, thorough=True)
    show(diagnosis, console, endpoints=options.verbose)
    return 0 if diagnosis.succeeded else 1
