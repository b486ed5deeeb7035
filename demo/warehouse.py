"""A Jira, and the DuckDB file that it goes into, by PyAirbyte."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from demo.progress import shown_progress, spinning
from demo.troubles import Trouble

if TYPE_CHECKING:
    from airbyte import Source
    from airbyte.caches import DuckDBCache

SOURCE = "source-jira-flow"
EXECUTABLE = Path(sys.executable).with_name(SOURCE)
EXECUTABLE_SHOWN = f".venv/bin/{SOURCE}"
REMOVED_AT = "_ab_cdc_deleted_at"
# No telemetry, no look into Airbyte's registry, and a progress display of our own.
_ENVIRONMENT = {
    "AIRBYTE_OFFLINE_MODE": "1",
    "AIRBYTE_LOCAL_REGISTRY": "0",
    "DO_NOT_TRACK": "1",
    "NO_LIVE_PROGRESS": "1",
    "AIRBYTE_LOGGING_ROOT": ".demo/logs",
}


@dataclass(frozen=True)
class Synced:
    """One sync: when it began (UTC), the rows that each table holds after it, and those that it brought.

    `whole` are the streams that are short lists, read whole each time.
    """

    began: datetime
    seconds: float
    rows: Mapping[str, int]
    brought: Mapping[str, int]
    whole: frozenset[str]


def prepare() -> None:
    """Begins to load PyAirbyte, which takes seconds, and reads its environment while it does."""
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    threading.Thread(target=importlib.import_module, args=("airbyte",), daemon=True).start()


class Warehouse:
    """One database file, and the configuration of the Jira that is synced into it. Use it in a `with`."""

    def __init__(self, config_file: Path, config: Mapping[str, Any], database: Path) -> None:
        self._config_file = config_file
        self._config = dict(config)
        self.database = database
        self._log = database.with_suffix(".log")
        database.parent.mkdir(parents=True, exist_ok=True)

    def check(self, console: Console) -> str:
        """The result of the connection test. Raises Trouble if it fails."""
        command = [str(EXECUTABLE), "check", "--config", str(self._config_file)]
        with spinning(console, "asking Jira"):
            finished = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        verdict = _verdict(finished.stdout)
        if verdict is None:
            raise Trouble(
                f"The connection test gave no answer (exit code {finished.returncode}).", finished.stderr[-500:]
            )
        succeeded, message = verdict
        if not succeeded:
            raise Trouble(message, f"More, as a table: {EXECUTABLE_SHOWN} diagnose --config {self._config_file}")
        return message

    @contextmanager
    def opened(self, console: Console) -> Iterator[Opened]:
        """PyAirbyte's part. What it prints goes into a log file beside the database."""
        with self._log.open("a") as log, redirect_stdout(log), redirect_stderr(log):
            with spinning(console, "starting PyAirbyte"):
                source, cache = self._parts()
            try:
                yield Opened(source, cache, console, self._log)
            finally:
                cache.close()

    def _parts(self) -> tuple[Source, DuckDBCache]:
        import airbyte
        from airbyte.caches import DuckDBCache
        from sqlalchemy.exc import SQLAlchemyError

        source = airbyte.get_source(SOURCE, local_executable=EXECUTABLE, config=self._config)
        try:
            return source, DuckDBCache(db_path=self.database)
        except SQLAlchemyError as error:
            raise Trouble(
                f"The database {self.database} can't be opened: {_first_line(error)}",
                "Another program may have it open: DuckDB lets one at a time.",
            ) from None


class Opened:
    """A warehouse while it is open."""

    def __init__(self, source: Source, cache: DuckDBCache, console: Console, log: Path) -> None:
        self._source = source
        self._cache = cache
        self._console = console
        self._log = log

    def sync(self) -> Synced:
        """All streams: everything at first, later what changed. Raises Trouble where the connector fails."""
        from airbyte.exceptions import PyAirbyteError

        began = datetime.now(timezone.utc).replace(tzinfo=None)
        try:
            with shown_progress(self._console):
                self._source.select_all_streams()
                # The connection test has looked at the configuration already.
                self._source.read(cache=self._cache, skip_validation=True)
        except PyAirbyteError as error:
            raise Trouble(error.get_message(), f"PyAirbyte's log: {self._log}") from None
        seconds = (datetime.now(timezone.utc).replace(tzinfo=None) - began).total_seconds()
        streams = sorted(self._source.get_selected_streams())
        rows = {stream: self._count(stream, f'"{REMOVED_AT}" is null') for stream in streams}
        brought = {stream: self._count(stream, _since(began)) for stream in streams}
        return Synced(began, seconds, rows, brought, self._whole_lists())

    def drop_removed(self) -> dict[str, int]:
        """Delete the rows that PyAirbyte only marks as removed; how many, of the tables that had some."""
        from sqlalchemy import text

        dropped: dict[str, int] = {}
        for stream in sorted(self._source.get_selected_streams()):
            marked = self._count(stream, f'"{REMOVED_AT}" is not null') if REMOVED_AT in self._columns(stream) else 0
            if marked:
                with self._cache.processor.get_sql_connection() as connection:
                    connection.execute(text(f'delete from {stream} where "{REMOVED_AT}" is not null'))
                dropped[stream] = marked
        return dropped

    def query(self, sql: str) -> list[dict[str, Any]]:
        """The rows that a SELECT gives. The tables are named after the streams."""
        return self._cache.run_sql_query(sql)

    def brought(self, stream: str, synced: Synced) -> list[dict[str, Any]]:
        """The rows of a stream that a sync brought."""
        return self.query(f"select * from {stream} where {_since(synced.began)}")

    def _whole_lists(self) -> frozenset[str]:
        streams = self._source.discovered_catalog.streams
        return frozenset(
            stream.name
            for stream in streams
            if [mode.value for mode in stream.supported_sync_modes] == ["full_refresh"]
        )

    def _count(self, stream: str, condition: str) -> int:
        columns = self._columns(stream)
        if not columns:
            return 0
        where = f"where {condition}" if REMOVED_AT in columns or REMOVED_AT not in condition else ""
        (row,) = self.query(f"select count(*) as number from {stream} {where}")
        return int(row["number"])

    def _columns(self, stream: str) -> set[str]:
        """Empty where there is no table, as for a stream that never had a record."""
        found = self.query(f"select column_name from information_schema.columns where table_name = '{stream}'")
        return {str(row["column_name"]) for row in found}


def _since(moment: datetime) -> str:
    return f"_airbyte_extracted_at >= timestamp '{moment.isoformat(sep=' ')}'"


def _verdict(output: str) -> tuple[bool, str] | None:
    """Whether the check succeeded, and its words; the words of an error count as a refusal."""
    refusal: tuple[bool, str] | None = None
    for line in output.splitlines():
        try:
            message = json.loads(line)
        except ValueError:
            continue
        if message.get("type") == "CONNECTION_STATUS":
            status = message["connectionStatus"]
            return status["status"] == "SUCCEEDED", str(status.get("message") or "Connected.")
        if message.get("type") == "TRACE" and "error" in message["trace"]:
            refusal = False, str(message["trace"]["error"]["message"])
    return refusal


def _first_line(error: Exception) -> str:
    cause = error.__cause__ or error
    return str(cause).strip().splitlines()[0] if str(cause).strip() else type(cause).__name__
