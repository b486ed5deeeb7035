"""`source-jira-flow save FILE`: JSON from standard input into a file that only its owner can read."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from source_jira_flow.commands.running import run_verb
from source_jira_flow.common.files import write_private
from source_jira_flow.errors import ConfigurationError
from source_jira_flow.settings import Settings


def save_main(arguments: list[str], settings: Settings) -> int:
    """Returns 0 if the file was written, 1 if not."""
    parser = argparse.ArgumentParser(
        prog="source-jira-flow save",
        description="Save JSON from standard input, such as a configuration, to a file that only you can read (0600).",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="the file to write")
    parser.add_argument("--overwrite", action="store_true", help="replace the file if it exists")
    return run_verb(parser, arguments, _save)


def _save(options: argparse.Namespace) -> None:
    try:
        text = json.dumps(json.load(sys.stdin), indent=2, ensure_ascii=False) + "\n"
    except (ValueError, RecursionError):
        raise ConfigurationError("Standard input is not JSON, so nothing was saved: check it.") from None
    try:
        write_private(options.file, text, overwrite=options.overwrite)
    except FileExistsError:
        raise ConfigurationError(f"{options.file} exists: add --overwrite, or name another file.") from None
    print(f"Saved to {options.file} (readable only by you).")
