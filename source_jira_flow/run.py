"""The command line: Airbyte's verbs, and `diagnose` and `oauth`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from airbyte_cdk.entrypoint import AirbyteEntrypoint
from airbyte_cdk.exception_handler import init_uncaught_exception_handler
from airbyte_cdk.logger import PRINT_BUFFER, init_logger
from airbyte_cdk.models import (
    AirbyteMessage,
    AirbyteStateMessage,
    ConfiguredAirbyteCatalog,
    ConnectorSpecification,
    Type,
)

from source_jira_flow.cdk import masking, seam
from source_jira_flow.cdk.output import MessageWriter
from source_jira_flow.config import Config
from source_jira_flow.errors import ConfigurationError, as_traced
from source_jira_flow.source import SourceJiraFlow

_Content = TypeVar("_Content")

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
    """The CDK's entry, with our sentences about a configuration before those of its schema validator, and records
    that go straight to the output: what `run` yields is all the rest."""

    def __init__(self, source: SourceJiraFlow, output: MessageWriter) -> None:
        super().__init__(source)
        self._output = output

    def read(
        self,
        source_spec: ConnectorSpecification,
        config: Any,
        catalog: ConfiguredAirbyteCatalog,
        state: list[AirbyteStateMessage],
    ) -> Iterator[AirbyteMessage]:
        for message in super().read(source_spec, config, catalog, state):
            if message.type is Type.RECORD:
                self._output.record(message)
            else:
                yield masking.masked(message)

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
        from source_jira_flow.check.command_line import diagnose_main

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
    seam.share_memory()
    seam.tune_garbage_collection()
    source = SourceJiraFlow(catalog, config, state, getattr(parsed, "config", None))
    source.writes_json = True
    output = MessageWriter(sys.stdout.buffer)
    # What anything else prints goes through the buffer, a whole line at a time.
    with PRINT_BUFFER:
        try:
            for message in JiraFlowEntrypoint(source, output).run(parsed):
                output.line(message)
        finally:
            output.flush()
    return 0


def _optional(read: Callable[[str], _Content], path: str | None) -> _Content | None:
    return read(path) if path else None


if __name__ == "__main__":
    sys.exit(main())
