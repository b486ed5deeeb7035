"""Bodies that are not quite JSON, and those that are none."""

from __future__ import annotations

from typing import Any

import pytest

from source_jira_flow.http.parsing import parse


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b'"\\ud83d"', "\ufffd"),
        (b'"a\\ude00b"', "a\ufffdb"),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b'"\xff\xe9"', "\ufffd\ufffd"),
        (b"NaN", None),
        (b"-Infinity", None),
        (b"1e400", None),
        (b"9" * 6_000, None),
        (b"[[NaN]]", [[None]]),
    ],
)
def test_what_is_not_json_is_replaced_and_its_row_is_named(raw: bytes, value: Any) -> None:
    parsed = parse(b'{"issues": [{"key": "A-1", "fields": {"x": 1}}, {"key": "A-2", "fields": {"x": %b}}]}' % raw)
    assert [row["fields"]["x"] for row in parsed.document["issues"]] == [1, value]
    assert parsed.replaced_in == ((() if raw.startswith(b'"\\ud83d\\ude') else ("A-2",)) or None)


@pytest.mark.parametrize("body", [b'{"a": "b\x01c"}', b'\xef\xbb\xbf{"a": 1}', '{"a": 1}'.encode("utf-16")])
def test_what_is_only_written_oddly_is_read_as_it_is(body: bytes) -> None:
    assert parse(body).document["a"] in (1, "b\x01c")


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"a": undefined}', b"<html>", b"[" * 100_000, b"[" * 100_000 + b"]" * 100_000]
)
def test_what_is_not_json_at_all_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError):
        parse(body)
