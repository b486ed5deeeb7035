"""Standard output: Airbyte's messages, a line each, as bytes from the serializer to the pipe.

A record of 8 KB with one emoji takes 32 KB as a Python string: decoding, joining and encoding it again cost more than
making its columns.
"""

from __future__ import annotations

import time
from typing import BinaryIO

from airbyte_cdk.logger import PRINT_BUFFER
from airbyte_cdk.models import AirbyteRecordMessage

from source_jira_flow.cdk.lines import content_of

# The capacity of a pipe on Linux.
_MOST_PENDING_BYTES = 64 * 1024
_SECONDS_PER_FLUSH = 0.1
# U+0085, U+2028 and U+2029 in UTF-8, and as JSON escapes, by their first byte: searching for one byte is ten times
# faster than for several, and usually finds nothing.
_LINE_ENDS = {
    b"\xc2": ((b"\xc2\x85", b"\\u0085"),),
    b"\xe2": ((b"\xe2\x80\xa8", b"\\u2028"), (b"\xe2\x80\xa9", b"\\u2029")),
}


class MessageWriter:
    """Writes whole lines, for one thread. Records are buffered briefly; any other message is written at once."""

    def __init__(self, output: BinaryIO) -> None:
        self._output = output
        self._pending: list[bytes] = []
        self._pending_bytes = 0
        self._last_flush = time.monotonic()

    def record(self, record: AirbyteRecordMessage) -> None:
        """A record, or several that were serialized together."""
        content = content_of(record)
        self._pending.append(content)
        self._pending_bytes += len(content)
        late = time.monotonic() - self._last_flush >= _SECONDS_PER_FLUSH
        if late or self._pending_bytes >= _MOST_PENDING_BYTES:
            self.flush()

    def line(self, message: str) -> None:
        """Write a serialized message, after everything before it."""
        self._pending.append(f"{message}\n".encode())
        self.flush()

    def flush(self) -> None:
        """Write the buffer, under the lock of the CDK's logger, which writes to the same place."""
        with PRINT_BUFFER.lock:
            PRINT_BUFFER.flush()
            left = memoryview(with_escaped_line_ends(b"".join(self._pending)))
            while left:
                # An unbuffered output (`python -u`) may accept only a part.
                left = left[self._output.write(left) :]
            self._output.flush()
        self._pending.clear()
        self._pending_bytes = 0
        self._last_flush = time.monotonic()


def with_escaped_line_ends(lines: bytes) -> bytes:
    """JSON allows characters in strings that many line readers take for the end of a line: escape them."""
    for first_byte, escapes in _LINE_ENDS.items():
        if first_byte in lines:
            for character, escape in escapes:
                lines = lines.replace(character, escape)
    return lines
