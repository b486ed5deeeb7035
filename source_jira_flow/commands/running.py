"""How a verb for people runs: a failure is one sentence on standard error, and the exit code 1."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from source_jira_flow.common.files import reason_of
from source_jira_flow.common.text import printable
from source_jira_flow.errors import JiraFlowError

Verb = Callable[[argparse.Namespace], None]


def run_verb(parser: argparse.ArgumentParser, arguments: list[str], verb: Verb) -> int:
    """The exit code of a verb. Raises SystemExit, as argparse does, for `--help` and for wrong options."""
    options = parser.parse_args(arguments)
    try:
        verb(options)
    except JiraFlowError as error:
        return _failed(str(error))
    except BrokenPipeError:
        raise
    except OSError as error:
        return _failed(f"{error.filename or 'A file'} can't be used: {reason_of(error)}. Check the path.")
    return 0


def _failed(sentence: str) -> int:
    print(printable(sentence), file=sys.stderr)
    return 1
