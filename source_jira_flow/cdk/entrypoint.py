"""Airbyte's verbs, from parsed arguments to lines on standard output."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from typing import Any

from airbyte_cdk.entrypoint import AirbyteEntrypoint
from airbyte_cdk.logger import PRINT_BUFFER
from airbyte_cdk.models import AirbyteMessage, AirbyteStateMessage, ConfiguredAirbyteCatalog, ConnectorSpecification
from airbyte_cdk.sources import Source
from airbyte_cdk.sources.connector_state_manager import HashableStreamDescriptor

from source_jira_flow.cdk import masking
from source_jira_flow.cdk.lines import count_of
from source_jira_flow.cdk.output import MessageWriter
from source_jira_flow.errors import ConfigurationError, as_traced


class _Entrypoint(AirbyteEntrypoint):
    """The CDK's entry point, with records sent straight to the output. `run` yields everything else."""

    def __init__(self, source: Source, output: MessageWriter) -> None:
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
            if message.record is not None:
                self._output.record(message.record)
            else:
                yield masking.masked(message)

    @staticmethod
    def handle_record_counts(
        message: AirbyteMessage, stream_message_count: defaultdict[HashableStreamDescriptor, float]
    ) -> AirbyteMessage:
        """Counts as the CDK does, without making a descriptor for each record."""
        if message.record is None:
            return AirbyteEntrypoint.handle_record_counts(message, stream_message_count)
        stream_message_count[_descriptor(message.record.stream, message.record.namespace)] += count_of(
            message.record.data
        )
        return message

    @staticmethod
    def validate_connection(source_spec: ConnectorSpecification, config: Any) -> None:
        """Nothing: the source says what is wrong with a configuration, and names the fields."""


_descriptor = cache(HashableStreamDescriptor)


def run(source: Source, arguments: argparse.Namespace) -> int:
    """Run one verb, with `arguments` as the CDK parses them; returns the exit code."""
    output = MessageWriter(sys.stdout.buffer)
    # Anything else that prints goes through the buffer, in whole lines.
    with PRINT_BUFFER:
        try:
            _find_temporary_folder()
            for message in _Entrypoint(source, output).run(arguments):
                output.line(message)
        except Exception as error:  # noqa: BLE001  # whatever it is, the platform gets a message for it
            output.line(failure(error))
            return 1
        finally:
            output.flush()
    return 0


def _find_temporary_folder() -> None:
    """The CDK needs one for every run. Raises ConfigurationError if there is none."""
    try:
        tempfile.gettempdir()
    except FileNotFoundError:
        raise ConfigurationError(
            "There is no folder for temporary files: set TMPDIR to one that can be written where Airbyte runs."
        ) from None


def failure(error: Exception) -> str:
    """The message that ends a run, serialized. It contains the stack trace, which is not logged."""
    traced = as_traced(error)
    # Without a message, the CDK says only that something went wrong.
    traced.message = traced.message or traced.internal_message
    return AirbyteEntrypoint.airbyte_message_to_string(masking.masked(traced.as_airbyte_message()))
