"""The command line: Airbyte's verbs, and `diagnose` and `oauth`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping

from airbyte_cdk.entrypoint import AirbyteEntrypoint
from airbyte_cdk.exception_handler import init_uncaught_exception_handler
from airbyte_cdk.logger import init_logger

from source_jira_flow import __version__
from source_jira_flow.cdk import entrypoint, process
from source_jira_flow.common.text import printable
from source_jira_flow.errors import ConfigurationError
from source_jira_flow.settings import Settings
from source_jira_flow.source import SourceJiraFlow

_USAGE = """usage: source-jira-flow VERB [options]

Airbyte's verbs
  spec                                     what the configuration consists of
  check     --config FILE                  test the connection
  discover  --config FILE                  the streams and their columns
  read      --config FILE --catalog FILE [--state FILE]

For people
  diagnose  --config FILE                  the findings of check, as a table per project
  oauth     --base-url URL                 from a base URL to a working OAuth token

`source-jira-flow VERB --help` tells more, `source-jira-flow --version` which one this is.
"""


def main(arguments: list[str] | None = None) -> int:
    """Run one verb; returns the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    verb = given[0] if given else ""
    if verb in ("", "--help", "-h", "help"):
        print(_USAGE, end="")
        return 0 if verb else 2
    if verb == "--version":
        print(f"source-jira-flow {__version__}")
        return 0
    run = _VERBS.get(verb)
    if run is None:
        print(f"source-jira-flow: there is no verb '{printable(verb)}'.\n\n{_USAGE}", end="", file=sys.stderr)
        return 2
    try:
        return run(given)
    except SystemExit as ended:
        # Argparse has printed what is wrong with the options.
        return ended.code if isinstance(ended.code, int) else 1


def _diagnose(arguments: list[str]) -> int:
    from source_jira_flow.check.command_line import diagnose_main

    return _for_people(diagnose_main, arguments[1:])


def _oauth(arguments: list[str]) -> int:
    from source_jira_flow.oauth_setup.command_line import oauth_main

    return _for_people(oauth_main, arguments[1:])


def _for_people(run: Callable[[list[str], Settings], int], arguments: list[str]) -> int:
    try:
        settings = Settings.from_environment(os.environ)
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 1
    return run(arguments, settings)


def _airbyte(arguments: list[str]) -> int:
    init_uncaught_exception_handler(init_logger("airbyte"))
    parsed = AirbyteEntrypoint.parse_args(arguments)
    try:
        settings = Settings.from_environment(os.environ)
    except ConfigurationError as error:
        print(entrypoint.failure(error))
        return 1
    process.tune()
    return entrypoint.run(SourceJiraFlow(settings=settings, writes_json=True), parsed)


_VERBS: Mapping[str, Callable[[list[str]], int]] = {
    **dict.fromkeys(("spec", "check", "discover", "read"), _airbyte),
    "diagnose": _diagnose,
    "oauth": _oauth,
}


if __name__ == "__main__":
    sys.exit(main())
