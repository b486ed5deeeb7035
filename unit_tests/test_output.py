"""Messages as lines of bytes."""

from __future__ import annotations

import io
import json
import string
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from airbyte_cdk.models import AirbyteRecordMessage

from source_jira_flow.cdk import output
from source_jira_flow.cdk.output import MessageWriter, with_escaped_line_ends

LINE_ENDS = "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
# Each shares its first bytes with a character that ends lines.
NEIGHBOURS = "\x84\x86\xa0\xe9\u2027\u202a\u201e\u2019\u20ac"


def record(text: str) -> AirbyteRecordMessage:
    return AirbyteRecordMessage(stream="issues", data={"summary": text}, emitted_at=1)


def written_records(stream: io.BytesIO) -> list[str]:
    return [json.loads(line)["record"]["data"]["summary"] for line in stream.getvalue().decode().splitlines()]


@pytest.mark.parametrize(
    "text", ["", string.printable, LINE_ENDS, NEIGHBOURS, "漢字 \U0001f4a5 " + LINE_ENDS + NEIGHBOURS]
)
def test_a_record_is_one_line_for_every_reader_of_lines(text: str) -> None:
    stream = io.BytesIO()
    writer = MessageWriter(stream)
    writer.record(record(text))
    writer.record(record("next"))
    writer.flush()
    assert written_records(stream) == [text, "next"]


def test_other_characters_stay_as_they_are() -> None:
    line = json.dumps(NEIGHBOURS, ensure_ascii=False).encode()
    assert with_escaped_line_ends(line) == line


def test_records_wait_for_one_another_and_states_for_nothing() -> None:
    stream = io.BytesIO()
    writer = MessageWriter(stream)
    writer.record(record("first"))
    assert stream.getvalue() == b""
    writer.line('{"type":"STATE"}')
    lines = stream.getvalue().splitlines()
    assert [json.loads(line)["type"] for line in lines] == ["RECORD", "STATE"]


def test_many_records_go_out_without_a_state(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "_SECONDS_PER_FLUSH", 3600.0)
    stream = io.BytesIO()
    writer = MessageWriter(stream)
    for number in range(10):
        writer.record(record(f"{number}" * 10_000))
    assert len(written_records(stream)) >= 6


class _Sluggish(io.BytesIO):
    """Takes a little at a time, as an unbuffered pipe may."""

    def write(self, data: Any) -> int:
        return super().write(memoryview(data)[:7])


def test_an_output_that_takes_little_at_a_time_gets_everything() -> None:
    stream = _Sluggish()
    writer = MessageWriter(stream)
    writer.record(record("all of it"))
    writer.flush()
    assert written_records(stream) == ["all of it"]


def test_what_is_logged_meanwhile_never_comes_into_a_line(tmp_path: Path) -> None:
    """Without buffers, long writes of several threads would run into each other."""
    script = tmp_path / "script.py"
    script.write_text(_SCRIPT)
    run = subprocess.run([sys.executable, "-u", script], stdout=subprocess.PIPE, check=True, timeout=120)
    types = [json.loads(line)["type"] for line in run.stdout.splitlines()]
    assert types.count("RECORD") == 3_000
    assert types.count("LOG") == 3_000


_SCRIPT = """
import logging, sys, threading
from airbyte_cdk.logger import init_logger
from airbyte_cdk.models import AirbyteRecordMessage
from source_jira_flow.cdk.output import MessageWriter

logger = init_logger("airbyte")
def log():
    for number in range(1_000):
        logger.info("number %s", number)
others = [threading.Thread(target=log) for _ in range(3)]
for other in others:
    other.start()
writer = MessageWriter(sys.stdout.buffer)
for number in range(3_000):
    data = {"text": "x" * 4_000}
    writer.record(AirbyteRecordMessage(stream="issues", data=data, emitted_at=1))
writer.flush()
for other in others:
    other.join()
"""


def test_late_records_go_out_without_a_state(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "_SECONDS_PER_FLUSH", 0.0)
    stream = io.BytesIO()
    MessageWriter(stream).record(record("one"))
    assert written_records(stream) == ["one"]
