"""Messages as lines of bytes."""

from __future__ import annotations

import io
import json
import string

import pytest
from airbyte_cdk.models import AirbyteMessage, AirbyteRecordMessage, Type

from source_jira_flow import output
from source_jira_flow.output import MessageWriter, on_one_line

LINE_ENDS = "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
# Each shares its first bytes with a character that ends lines.
NEIGHBOURS = "\x84\x86\xa0\xe9\u2027\u202a\u201e\u2019\u20ac"


def record(text: str) -> AirbyteMessage:
    return AirbyteMessage(
        type=Type.RECORD, record=AirbyteRecordMessage(stream="issues", data={"summary": text}, emitted_at=1)
    )


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
    assert on_one_line(line) == line


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


def test_late_records_go_out_without_a_state(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "_SECONDS_PER_FLUSH", 0.0)
    stream = io.BytesIO()
    MessageWriter(stream).record(record("one"))
    assert written_records(stream) == ["one"]
