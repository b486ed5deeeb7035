"""The command line: Airbyte's verbs, and `diagnose` and `oauth`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeVar

from airbyte_cdk.entrypoint import AirbyteEntrypoint
from airbyte_cdk.exception_handler import init_uncaught_exception_handler
from airbyte_cdk.logger import PRINT_BUFFER, init_logger
from airbyte_cdk.models import ConnectorSpecification

from source_jira_flow import cdk
from source_jira_flow.config import Config
from source_jira_flow.errors import ConfigurationError, as_traced
from source_jira_flow.source import SourceJiraFlow

_Content = TypeVar("_Content")
_LINE_ENDS = {0x85: "\\u0085", 0x2028: "\\u2028", 0x2029: "\\u2029"}

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


class JiraFlowEntrypoint(AirbyteEntrypoint):
    """The CDK's entry, with our sentences about a configuration before those of its schema validator."""

    @staticmethod
    def validate_connection(source_spec: ConnectorSpecification, config: Any) -> None:
        try:
            Config.parse(config)
        except ConfigurationError as error:
            raise as_traced(error) from error
        AirbyteEntrypoint.validate_connection(source_spec, config)


def main(arguments: list[str] | None = None) -> int:
    """Run one verb; returns the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    verb = given[0] if given else "--help"
    if verb in ("--help", "-h", "help"):
        print(_USAGE, end="")
        return 0 if given else 2
    if verb == "diagnose":
        from source_jira_flow.diagnosis.command_line import diagnose_main

        return diagnose_main(given[1:])
    if verb == "oauth":
        from source_jira_flow.oauth_setup.command_line import oauth_main

        return oauth_main(given[1:])
    return _airbyte(given)


def _airbyte(arguments: list[str]) -> int:
    init_uncaught_exception_handler(init_logger("airbyte"))
    parsed = AirbyteEntrypoint.parse_args(arguments)
    config = _optional(SourceJiraFlow.read_config, getattr(parsed, "config", None))
    catalog = _optional(SourceJiraFlow.read_catalog, getattr(parsed, "catalog", None))
    state = _optional(SourceJiraFlow.read_state, getattr(parsed, "state", None))
    cdk.give_memory_back()
    cdk.tune_garbage_collection()
    source = SourceJiraFlow(catalog, config, state, getattr(parsed, "config", None))
    with PRINT_BUFFER:
        for message in JiraFlowEntrypoint(source).run(parsed):
            # One write a message: two would interleave with what other threads log.
            sys.stdout.write(f"{on_one_line(message)}\n")
    return 0


def on_one_line(message: str) -> str:
    """JSON allows characters inside a text that many readers of lines take for a line's end: write them escaped."""
    # Looking is a thousand times cheaper than translating, and nearly always enough.
    if any(character in message for character in "\x85\u2028\u2029"):
        return message.translate(_LINE_ENDS)
    return message


def _optional(read: Callable[[str], _Content], path: str | None) -> _Content | None:
    return read(path) if path else None


if __name__ == "__main__":
    sys.exit(main())
