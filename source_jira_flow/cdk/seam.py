"""A read by the CDK, the streams of its manifest, and the parts that it expects of a stream."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, MutableMapping
from itertools import chain
from pathlib import Path
from typing import Any

import yaml
from airbyte_cdk.models import (
    AirbyteErrorTraceMessage,
    AirbyteMessage,
    AirbyteStateMessage,
    AirbyteStream,
    AirbyteStreamStatus,
    ConfiguredAirbyteCatalog,
    ConnectorSpecification,
    FailureType,
    StreamDescriptor,
)
from airbyte_cdk.sources.concurrent_source.concurrent_source import ConcurrentSource
from airbyte_cdk.sources.connector_state_manager import ConnectorStateManager
from airbyte_cdk.sources.declarative.models.declarative_component_schema import (
    DeclarativeStream as DeclarativeStreamModel,
)
from airbyte_cdk.sources.declarative.parsers.manifest_component_transformer import ManifestComponentTransformer
from airbyte_cdk.sources.declarative.parsers.manifest_reference_resolver import ManifestReferenceResolver
from airbyte_cdk.sources.declarative.parsers.model_to_component_factory import ModelToComponentFactory
from airbyte_cdk.sources.message import InMemoryMessageRepository, MessageRepository
from airbyte_cdk.sources.message.concurrent_repository import ConcurrentMessageRepository
from airbyte_cdk.sources.streams.concurrent.abstract_stream import AbstractStream
from airbyte_cdk.sources.streams.concurrent.cursor import Cursor
from airbyte_cdk.sources.streams.concurrent.partitions.partition import Partition
from airbyte_cdk.sources.streams.concurrent.partitions.partition_generator import PartitionGenerator
from airbyte_cdk.sources.types import Record
from airbyte_cdk.sources.utils.slice_logger import DebugSliceLogger
from airbyte_cdk.utils.stream_status_utils import as_airbyte_message
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_jira_flow.cdk.lines import count_of
from source_jira_flow.cdk.queue import HalfEmptyQueue
from source_jira_flow.errors import traced

# The CDK's own queue takes 10,000 records: 300 MB of Jira issues. 200 is as fast.
RECORDS_IN_QUEUE = 200
_READ = re.compile(r"Read \d+ records from (?P<stream>.+) stream")
_BY_URGENCY = (FailureType.config_error, FailureType.system_error, FailureType.transient_error)


class ConcurrentRead:
    """One `read` by the CDK: its workers fill a queue that the calling thread empties.

    `states` are those passed in by the platform; workers put messages into `messages`, in order with their records.
    Create it in the thread that reads: the CDK keeps that thread from waiting for itself.
    """

    def __init__(
        self,
        catalog: ConfiguredAirbyteCatalog,
        states: list[AirbyteStateMessage] | None,
        *,
        workers: int,
        logger: logging.Logger,
    ) -> None:
        queue = HalfEmptyQueue(RECORDS_IN_QUEUE)
        self.catalog = catalog
        self.states = ConnectorStateManager(state=states)
        self._log = _ReadLog(logger)
        self.messages: MessageRepository = ConcurrentMessageRepository(queue, InMemoryMessageRepository())
        self._source = ConcurrentSource.create(
            num_workers=workers,
            initial_number_of_partitions_to_generate=max(workers // 2, 1),
            logger=self._log,
            slice_logger=DebugSliceLogger(),
            message_repository=self.messages,
            queue=queue,
        )

    def read(self, streams: Iterable[AbstractStream]) -> Iterator[AirbyteMessage]:
        """Read the chosen ones of these streams. Raises at the end if one failed or does not exist.

        Like the CDK's own, whose last error would always be a config_error that quotes Python.
        """
        by_name = {stream.name: stream for stream in streams}
        chosen = [configured.stream for configured in self.catalog.streams]
        errors: list[AirbyteErrorTraceMessage] = []
        known = [by_name[stream.name] for stream in chosen if stream.name in by_name]
        try:
            for message in chain(_missing(chosen, by_name), self._source.read(known) if known else ()):
                if message.trace is not None and message.trace.error is not None:
                    errors.append(message.trace.error)
                if message.record is not None:
                    self._log.counts[message.record.stream] += count_of(message.record.data)
                yield message
        except AirbyteTracedException as error:
            raise (_summary(errors) if errors else error) from None
        if errors:
            raise _summary(errors)


class _ReadLog(logging.Logger):
    """The CDK's log of a read: it counts every record where several come as one, and omits the stack trace of an error,
    which is in the error's message."""

    def __init__(self, logger: logging.Logger) -> None:
        super().__init__(logger.name)
        self.parent = logger
        self.counts: Counter[str] = Counter()

    def handle(self, record: logging.LogRecord) -> None:
        record.exc_info = None
        read = _READ.fullmatch(str(record.msg))
        if read:
            record.msg = f"Read {self.counts[read['stream']]} records from {read['stream']} stream"
        super().handle(record)


def _missing(chosen: Iterable[AirbyteStream], known: Container[str]) -> Iterator[AirbyteMessage]:
    """An error for each chosen stream that the source does not have."""
    for stream in chosen:
        if stream.name not in known:
            yield as_airbyte_message(stream, AirbyteStreamStatus.INCOMPLETE)
            yield AirbyteTracedException(
                message=f"This source has no stream {stream.name}: refresh the source's schema in the connection, or"
                " remove the stream from the catalog.",
                failure_type=FailureType.config_error,
                stream_descriptor=StreamDescriptor(name=stream.name),
            ).as_airbyte_message()


def _summary(errors: list[AirbyteErrorTraceMessage]) -> AirbyteTracedException:
    """The error that ends a read in which streams failed. Its type is the one that needs a person most."""
    kinds = {error.failure_type for error in errors}
    by_stream = {
        error.stream_descriptor.name: error.message for error in reversed(errors) if error.stream_descriptor is not None
    }
    told = " ".join(f"{stream}: {message}" for stream, message in sorted(by_stream.items()))
    return AirbyteTracedException(
        message=f"Not all streams could be read completely. {told}",
        internal_message="Some streams are INCOMPLETE.",
        failure_type=next((kind for kind in _BY_URGENCY if kind in kinds), FailureType.system_error),
    )


class Manifest:
    """A manifest of the CDK's declarative framework: its specification, and its streams.

    `document` is the whole manifest, with references resolved.
    """

    def __init__(self, path: Path) -> None:
        document = yaml.safe_load(path.read_text("utf-8"))
        resolved = ManifestReferenceResolver().preprocess_manifest(document)
        self.document = ManifestComponentTransformer().propagate_types_and_parameters("", resolved, {})

    @property
    def specification(self) -> ConnectorSpecification:
        """What `spec` prints."""
        spec = self.document["spec"]
        return ConnectorSpecification(
            connectionSpecification=spec["connection_specification"], documentationUrl=spec["documentation_url"]
        )

    def streams(self, config: Mapping[str, Any], read: ConcurrentRead | None) -> list[AbstractStream]:
        """The streams as the framework makes them; `read` is None if they are only described."""
        factory = (
            ModelToComponentFactory(
                message_repository=read.messages,
                connector_state_manager=read.states,
                configured_catalog=read.catalog,
            )
            if read
            else ModelToComponentFactory()
        )
        return [factory.create_component(DeclarativeStreamModel, stream, config) for stream in self.document["streams"]]


class GivenPartitions(PartitionGenerator):
    """Partitions from a function, called when the stream begins."""

    def __init__(self, make: Callable[[], Iterable[Partition]]) -> None:
        self._make = make

    def generate(self) -> Iterable[Partition]:
        with traced():
            yield from self._make()


class FunctionPartition(Partition):
    """A partition that reads by calling a function once."""

    def __init__(self, stream_name: str, name: str, read: Callable[[], Iterable[Record]]) -> None:
        self._stream_name = stream_name
        self._name = name
        self._read = read

    def read(self) -> Iterable[Record]:
        with traced():
            yield from self._read()

    def to_slice(self) -> Mapping[str, Any]:
        return {"partition": self._name}

    def stream_name(self) -> str:
        return self._stream_name

    def __hash__(self) -> int:
        return hash((self._stream_name, self._name))


class OwnStateCursor(Cursor):
    """A cursor for streams that keep and emit their own state; the CDK only requests a last one."""

    def __init__(self, emit_last_state: Callable[[], None]) -> None:
        self._emit_last_state = emit_last_state

    @property
    def state(self) -> MutableMapping[str, Any]:
        return {}

    def observe(self, record: Record) -> None:
        """Nothing: progress is counted in pages, by the reader."""

    def close_partition(self, partition: Partition) -> None:
        """Nothing: states are emitted where the records are made."""

    def ensure_at_least_one_state_emitted(self) -> None:
        self._emit_last_state()

    def should_be_synced(self, record: Record) -> bool:
        return True
