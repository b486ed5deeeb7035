"""The seam to the CDK: each thing that is used of it, held against the CDK that is installed."""

from __future__ import annotations

import ast
import inspect
import logging
import pkgutil
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from itertools import chain
from pathlib import Path
from queue import Empty, Full
from types import ModuleType

import pytest
from airbyte_cdk.models import (
    AirbyteStream,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteStream,
    DestinationSyncMode,
    FailureType,
    SyncMode,
)
from airbyte_cdk.sources.streams.concurrent.default_stream import DefaultStream
from airbyte_cdk.sources.types import Record
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

import source_jira_flow
from source_jira_flow.cdk.lines import as_lines, one_by_one
from source_jira_flow.cdk.queue import HalfEmptyQueue
from source_jira_flow.cdk.seam import (
    RECORDS_IN_QUEUE,
    ConcurrentRead,
    FunctionPartition,
    GivenPartitions,
    OwnStateCursor,
)
from source_jira_flow.errors import BrokenPromise, Forbidden, ServerFault
from source_jira_flow.state.store import StateEmitter

_WORKERS = 8
_RECORDS_EACH = 2_000
# The protocol, and what the CDK's own documentation tells connectors to use.
_PUBLIC = {
    "airbyte_cdk.models",
    "airbyte_cdk.sources",
    "airbyte_cdk.sources.message",
    "airbyte_cdk.sources.types",
    "airbyte_cdk.utils.traced_exception",
}

# What the package calls of the CDK that is neither documented nor stable: by its name below `airbyte_cdk`, the
# parameters passed to it.
_CALLED = {
    "entrypoint.AirbyteEntrypoint": "source",
    "entrypoint.AirbyteEntrypoint.run": "self parsed_args",
    "entrypoint.AirbyteEntrypoint.parse_args": "args",
    "entrypoint.AirbyteEntrypoint.airbyte_message_to_string": "airbyte_message",
    "exception_handler.init_uncaught_exception_handler": "logger",
    "logger.init_logger": "name",
    "logger.PRINT_BUFFER.flush": "",
    "sources.concurrent_source.concurrent_source.ConcurrentSource.create": (
        "num_workers initial_number_of_partitions_to_generate logger slice_logger message_repository queue"
    ),
    "sources.concurrent_source.concurrent_source.ConcurrentSource.read": "self streams",
    "sources.connector_state_manager.ConnectorStateManager": "state",
    "sources.connector_state_manager.HashableStreamDescriptor": "name namespace",
    "sources.connector_state_manager.ConnectorStateManager.create_state_message": "self stream_name namespace",
    "sources.connector_state_manager.ConnectorStateManager.get_stream_state": "self stream_name namespace",
    "sources.connector_state_manager.ConnectorStateManager.update_state_for_stream": (
        "self stream_name namespace value"
    ),
    "sources.declarative.auth.declarative_authenticator.NoAuth": "parameters",
    "sources.declarative.interpolation.InterpolatedString.create": "string_or_interpolated parameters",
    "sources.declarative.interpolation.InterpolatedString.eval": "self config",
    "sources.declarative.models.declarative_component_schema.DeclarativeStream": "",
    "sources.declarative.parsers.manifest_component_transformer.ManifestComponentTransformer"
    ".propagate_types_and_parameters": "self parent_field_identifier declarative_component parent_parameters",
    "sources.declarative.parsers.manifest_reference_resolver.ManifestReferenceResolver.preprocess_manifest": (
        "self manifest"
    ),
    "sources.declarative.parsers.model_to_component_factory.ModelToComponentFactory": (
        "message_repository connector_state_manager configured_catalog"
    ),
    "sources.declarative.parsers.model_to_component_factory.ModelToComponentFactory.create_component": (
        "self model_type component_definition config"
    ),
    "sources.declarative.requesters.requester.HttpMethod": "value",
    "sources.message.concurrent_repository.ConcurrentMessageRepository": "queue message_repository",
    "sources.message.InMemoryMessageRepository": "",
    "sources.message.MessageRepository.emit_message": "self message",
    "sources.streams.concurrent.abstract_stream.AbstractStream.as_airbyte_stream": "self",
    "sources.streams.concurrent.cursor.CursorField": "cursor_field_key",
    "sources.streams.concurrent.default_stream.DefaultStream": (
        "partition_generator name json_schema primary_key cursor_field logger cursor"
    ),
    "sources.utils.slice_logger.DebugSliceLogger": "",
    "utils.airbyte_secrets_utils.add_to_secrets": "secret",
    "utils.airbyte_secrets_utils.filter_secrets": "string",
    "utils.airbyte_secrets_utils.update_secrets": "secrets",
    "utils.stream_status_utils.as_airbyte_message": "stream current_status",
}


# -- the contract ----------------------------------------------------------------------------------


def modules() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(source_jira_flow.__path__, "source_jira_flow."):
        if not found.name.endswith("__main__"):
            yield import_module(found.name)


def filled_in() -> Iterator[tuple[type, type]]:
    """Our classes, each with a class of the CDK below which it stands."""
    for module in modules():
        for cls in vars(module).values():
            if isinstance(cls, type) and cls.__module__ == module.__name__:
                yield from ((cls, base) for base in cls.__mro__ if base.__module__.startswith("airbyte_cdk."))


_FILLED_IN = list(filled_in())


@pytest.mark.parametrize("name", _CALLED)
def test_the_cdk_still_takes_what_it_is_given(name: str) -> None:
    takes = inspect.signature(pkgutil.resolve_name(f"airbyte_cdk.{name}")).parameters
    given = _CALLED[name].split()
    assert set(given) <= set(takes)
    required = {
        parameter.name
        for parameter in takes.values()
        if parameter.default is parameter.empty
        and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    }
    if "DeclarativeStream" not in name:
        assert required <= set(given)


@pytest.mark.parametrize(("cls", "base"), _FILLED_IN)
def test_the_cdk_still_calls_what_is_overridden_in_the_same_way(cls: type, base: type) -> None:
    for name, method in vars(cls).items():
        if not name.startswith("__") and callable(getattr(cls, name)) and hasattr(base, name):
            ours, theirs = (inspect.signature(getattr(one, name)).parameters for one in (cls, base))
            if any(parameter.kind is parameter.VAR_KEYWORD for parameter in ours.values()):
                assert {name for name in ours if not name.startswith("_")} <= set(theirs), method
            else:
                assert [*ours] == [*theirs] or ["self", *ours] == [*theirs], method


@pytest.mark.parametrize("cls", dict.fromkeys(cls for cls, _ in _FILLED_IN))
def test_the_cdk_asks_no_more_of_a_class_that_is_filled_in(cls: type) -> None:
    assert not inspect.isabstract(cls)


def test_everything_that_is_imported_from_the_inside_of_the_cdk_is_held_here() -> None:
    bases = {base for _, base in _FILLED_IN}
    package = Path(source_jira_flow.__file__).parent
    for path in package.rglob("*.py"):
        for module, name in imported_from_the_cdk(path):
            is_held = any(f"airbyte_cdk.{called}".startswith(f"{module}.{name}") for called in _CALLED)
            is_base = getattr(import_module(module), name) in bases
            assert module in _PUBLIC or is_base or is_held, f"{path.name} uses {module}.{name}: name it in _CALLED"


def imported_from_the_cdk(path: Path) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("airbyte_cdk"):
            yield from ((str(node.module), alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            assert not [alias for alias in node.names if alias.name.startswith("airbyte_cdk")], path


# -- a read ----------------------------------------------------------------------------------------


def catalog_of(*names: str) -> ConfiguredAirbyteCatalog:
    return ConfiguredAirbyteCatalog(
        [
            ConfiguredAirbyteStream(
                AirbyteStream(name, {}, [SyncMode.full_refresh]), SyncMode.full_refresh, DestinationSyncMode.append
            )
            for name in names
        ]
    )


def reading(*names: str) -> ConcurrentRead:
    return ConcurrentRead(catalog_of(*names), None, workers=4, logger=logging.getLogger("airbyte.test"))


def stream_of(read: ConcurrentRead, rows: Iterable[int], name: str = "numbers") -> DefaultStream:
    emitter = StateEmitter(read.states, read.messages)

    def records() -> Iterator[Record]:
        for row in rows:
            yield Record(data={"id": row}, stream_name=name)

    return DefaultStream(
        partition_generator=GivenPartitions(lambda: [FunctionPartition(name, "all", records)]),
        name=name,
        json_schema={},
        primary_key=["id"],
        cursor_field=None,
        logger=logging.getLogger("airbyte.test"),
        cursor=OwnStateCursor(lambda: emitter.emit(lambda: {name: {"last": True}})),
    )


def told(read: ConcurrentRead, *streams: DefaultStream) -> list[str]:
    """The kinds of messages; a status by its name."""
    return [
        message.trace.stream_status.status.value
        if message.trace is not None and message.trace.stream_status is not None
        else message.type.value
        for message in read.read(streams)
    ]


def test_a_stream_starts_runs_and_completes_and_its_last_state_comes_after_it() -> None:
    read = reading("numbers")
    assert told(read, stream_of(read, range(2))) == ["STARTED", "RUNNING", "RECORD", "RECORD", "COMPLETE", "STATE"]


@pytest.mark.parametrize("chosen", [("nowhere", "numbers"), ("nowhere",)])
def test_a_chosen_stream_that_there_is_not_fails_the_read_by_name_and_the_others_come(chosen: tuple[str, ...]) -> None:
    read, messages = reading(*chosen), []
    with pytest.raises(AirbyteTracedException, match="no stream nowhere") as failure:
        for message in read.read([stream_of(read, [1])]):
            messages.append(message)  # what came before the error counts
    assert failure.value.failure_type is FailureType.config_error
    traces = [message.trace for message in messages if message.trace is not None]
    statuses = [trace.stream_status.status.value for trace in traces if trace.stream_status is not None]
    assert statuses[0] == "INCOMPLETE"
    assert ("COMPLETE" in statuses) == ("numbers" in chosen)


@pytest.mark.parametrize(
    ("failures", "kind"),
    [
        ([ServerFault("Busy.", status=503)], FailureType.transient_error),
        ([ServerFault("Busy.", status=503), BrokenPromise("Strange.")], FailureType.system_error),
        ([ServerFault("Busy.", status=503), Forbidden(403, ["Hands off."], "/x")], FailureType.config_error),
        ([KeyError("fields")], FailureType.system_error),
    ],
)
def test_the_last_error_is_of_the_most_urgent_kind_and_in_words(failures: list[Exception], kind: FailureType) -> None:
    names = [f"stream {number}" for number in range(len(failures))]
    read = reading(*names, "numbers")
    streams = [stream_of(read, failing(error), name) for name, error in zip(names, failures, strict=True)]
    with pytest.raises(AirbyteTracedException) as ended:
        list(read.read([*streams, stream_of(read, [1])]))
    assert ended.value.failure_type is kind
    message = str(ended.value)
    assert all(f"{name}: " in message for name in names) and "numbers" not in message
    assert "Exception(" not in message and "KeyError(" not in message


def failing(error: Exception) -> Iterator[int]:
    yield 1
    raise error


def test_workers_never_run_further_ahead_of_the_output_than_the_queue_is_long() -> None:
    made = 0
    read = reading("numbers")

    def rows() -> Iterator[int]:
        nonlocal made
        while made < 10 * RECORDS_IN_QUEUE:
            made += 1
            yield made

    out = 0
    for message in read.read([stream_of(read, rows())]):
        if message.record is not None:
            out += 1
            # One in the worker's hand, one in the output's.
            assert made - out <= RECORDS_IN_QUEUE + 2
    assert out == made == 10 * RECORDS_IN_QUEUE


# -- the queue -------------------------------------------------------------------------------------


def test_all_records_pass_the_bounded_queue_and_never_more_than_allowed_wait() -> None:
    queue = HalfEmptyQueue(RECORDS_IN_QUEUE)

    def work(own: int) -> None:
        for count in range(_RECORDS_EACH):
            queue.put((own, count))

    workers = [threading.Thread(target=work, args=(number,)) for number in range(_WORKERS)]
    for worker in workers:
        worker.start()
    came: Counter[int] = Counter()
    longest = 0
    for _ in range(_WORKERS * _RECORDS_EACH):
        longest = max(longest, queue.qsize())
        worker_number, count = queue.get(timeout=30)
        assert count == came[worker_number]
        came[worker_number] += 1
    for worker in workers:
        worker.join(timeout=30)
    assert queue.empty()
    assert longest <= RECORDS_IN_QUEUE


@pytest.mark.parametrize("size", [1, 2, 3, RECORDS_IN_QUEUE])
def test_a_worker_that_waits_at_a_full_queue_continues_when_half_of_it_is_free(size: int) -> None:
    queue = HalfEmptyQueue(size)
    for number in range(size):
        queue.put(number)
    continued = threading.Event()

    def work() -> None:
        queue.put("more")
        continued.set()

    worker = threading.Thread(target=work)
    worker.start()
    for _ in range((size + 1) // 2 - 1):
        queue.get()
    assert not continued.wait(0.05)
    queue.get()
    assert continued.wait(30)
    worker.join()


def test_a_full_queue_refuses_at_once_or_in_time_where_that_is_asked() -> None:
    queue = HalfEmptyQueue(2)
    queue.put(1, block=False)
    queue.put(2, timeout=0.01)
    assert queue.full()
    with pytest.raises(Full):
        queue.put_nowait(3)
    with pytest.raises(Full):
        queue.put(3, timeout=0.01)
    assert [queue.get(), queue.get()] == [1, 2]
    with pytest.raises(Empty):
        queue.get_nowait()


def test_lines_that_go_together_take_as_much_room_as_there_are_records() -> None:
    queue = HalfEmptyQueue(3)
    first, second = (next(as_lines({"numbers": [{"id": 1}, {"id": 2}]})) for _ in range(2))
    queue.put(first)
    queue.put(second, block=False)
    assert queue.full()
    with pytest.raises(Full):
        queue.put("state", block=False)
    assert queue.get() is first
    queue.put("state", block=False)
    assert [queue.get(), queue.get()] == [second, "state"]


def test_lines_are_counted_and_ordered_as_single_records(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    read = reading("numbers")
    emitter = StateEmitter(read.states, read.messages)

    def records() -> Iterator[Record]:
        for first in (0, 100):
            yield from as_lines({"numbers": ({"id": number} for number in range(first, first + 60))})
            emitter.emit(lambda: {"numbers": {}})

    rows = "RECORD RECORD STATE".split()
    assert told(read, read_by(records)) == ["STARTED", "RUNNING", *rows, *rows, "COMPLETE"]
    assert "Read 120 records from numbers stream" in caplog.messages


def test_a_caller_that_wants_no_lines_gets_each_record_as_it_would_be_written() -> None:
    read = reading("numbers")
    rows = [{"id": number, "text": "a\u2028b\r\nc \ud800", "large": 2**70} for number in range(60)]
    messages = list(chain.from_iterable(map(one_by_one, read.read([read_by(lambda: as_lines({"numbers": rows}))]))))
    records = [message.record for message in messages if message.record is not None]
    assert [record.data["id"] for record in records] == list(range(60))
    assert all(record.stream == "numbers" and record.emitted_at for record in records)
    assert records[0].data == rows[0]
    assert len(messages) > len(records)


def test_the_log_leaves_the_stack_of_an_error_to_its_message(caplog: pytest.LogCaptureFixture) -> None:
    read, messages = reading("numbers"), []

    def records() -> Iterator[Record]:
        yield Record(data={"id": 1}, stream_name="numbers")
        raise RuntimeError("boom")

    with pytest.raises(AirbyteTracedException):
        for message in read.read([read_by(records)]):
            messages.append(message)  # what came before the error counts
    (error,) = (message.trace.error for message in messages if message.trace and message.trace.error)
    assert "boom" in (error.stack_trace or "")
    assert "Exception while syncing stream numbers" in caplog.messages
    assert not [record for record in caplog.records if record.exc_info]


def read_by(records: Callable[[], Iterable[Record]]) -> DefaultStream:
    return DefaultStream(
        partition_generator=GivenPartitions(lambda: [FunctionPartition("numbers", "all", records)]),
        name="numbers",
        json_schema={},
        primary_key=["id"],
        cursor_field=None,
        logger=logging.getLogger("airbyte.test"),
        cursor=OwnStateCursor(lambda: None),
    )
