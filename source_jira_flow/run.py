"""The command line: Airbyte's verbs, and `diagnose` and `oauth`."""

from __future__ import annotations

import os
import sys

from airbyte_cdk.entrypoint import AirbyteEntrypoint
from airbyte_cdk.exception_handler import init_uncaught_exception_handler
from airbyte_cdk.logger import init_logger

from source_jira_flow.cdk import entrypoint, process
from source_jira_flow.errors import ConfigurationError, as_traced
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

`source-jira-flow VERB --help` tells more.
"""


def main(arguments: list[str] | None = None) -> int:
    """Run one verb; returns the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    verb = given[0] if given else "--help"
    if verb in ("--help", "-h", "help"):
        print(_USAGE, end="")
        return 0 if given else 2
    if verb in ("diagnose", "oauth"):
        return _for_people(verb, given[1:])
    return _airbyte(given)


def _for_people(verb: str, arguments: list[str]) -> int:
    try:
        settings = Settings.from_environment(os.environ)
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 1
    if verb == "diagnose":
        from source_jira_flow.check.command_line import diagnose_main

        return diagnose_main(arguments, settings)
    from source_jira_flow.oauth_setup.command_line import oauth_main

    return oauth_main(arguments, settings)


def _airbyte(arguments: list[str]) -> int:
    init_uncaught_exception_handler(init_logger("airbyte"))
    parsed = AirbyteEntrypoint.parse_args(arguments)
    try:
        settings = Settings.from_environment(os.environ)
    except ConfigurationError as error:
        as_traced(error).emit_message()
        return 1
    process.tune()
    entrypoint.run(SourceJiraFlow(settings=settings, writes_json=True), parsed)
    return 0


if __name__ == "__main__":
    sys.exit(main())
