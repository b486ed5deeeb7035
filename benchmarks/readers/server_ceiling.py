"""What the page server can give: the first page again and again over one bare socket, nothing parsed.

Its "records" are the issues that went over the wire. A reader that is far below is not held up by the server.
"""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.readers.bare_loop import FIELDS, PAGE_SIZE

_PAGES = 1_000


def read(config: Mapping[str, Any]) -> None:
    """A thousand pages. Writes a line for each issue that came, so that they are counted as any reader's."""
    address = urlsplit(config["base_url"])
    request = _request(config)
    with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
        for _ in range(_PAGES):
            connection.sendall(request)
            _pass_over(connection)
    sys.stdout.write('{"type":"RECORD","record":{"stream":"issues","data":{}}}\n' * (_PAGES * PAGE_SIZE))


def _request(config: Mapping[str, Any]) -> bytes:
    jql = f"project in ({', '.join(config['project_ids'])}) ORDER BY created ASC"
    body = json.dumps({"jql": jql, "fields": FIELDS, "maxResults": PAGE_SIZE}).encode()
    head = (
        "POST /rest/api/2/search/jql HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n"
        f"Authorization: {config['authorization']}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _pass_over(connection: socket.socket) -> None:
    received = bytearray(connection.recv(1 << 18))
    while b"\r\n\r\n" not in received:
        received += connection.recv(1 << 18)
    head_end = received.index(b"\r\n\r\n") + 4
    head = bytes(received[:head_end]).lower()
    length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
    missing = length - (len(received) - head_end)
    while missing > 0:
        missing -= len(connection.recv(1 << 18))


if __name__ == "__main__":
    read(json.loads(Path(sys.argv[sys.argv.index("--config") + 1]).read_text()))
