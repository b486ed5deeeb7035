"""The fake Jira's answers from memory, in a process of its own: so lean that it is never what a reader waits for.

The first request of a kind is answered by the fake Jira itself, whose clock stands still, and the answer is kept
under the bytes of the request: a run that asks the same again gets it without any of the fake's work. The parent
process talks to it by lines of JSON: `{"latency": 0.2}` begins a run, `{}` asks for what was counted since.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import gc
import json
import os
import re
import sys
import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from http.client import parse_headers
from io import BytesIO
from typing import Any

from fake_jira import Clock, FakeJira, Request, Site, build_site
from fake_jira.entities import Issue

# 2026-01-01: any fixed instant does, so that every run asks for the same windows.
_NOW_MS = 1_767_225_600_000
# Together they make a document of about 8 KB.
_DESCRIPTION_BYTES = 400
_COMMENTS_PER_ISSUE = 0.8
_WORKLOGS_PER_ISSUE = 0.5
# The shortest histories that the fake Jira makes are this much shorter than the usual ones.
_LONGEST_OF_SHORTEST = 1 / 0.6
# Some issues lie in projects that are hidden, archived, or not importable.
_BUILT_PER_VISIBLE = 1.32
_COMPRESS_FROM_BYTES = 1024
_SEPARATORS = {0x85: " ", 0x2028: " ", 0x2029: " "}
_END_OF_HEAD = b"\r\n\r\n"
_CONTENT_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


def benchmark_site(issues: int, changes: int = 0) -> Site:
    """A Cloud site of which the service account may import exactly so many issues; with `changes` each has so many
    entries in its history, and no more comments and work logs than a page embeds."""
    built = round(issues * _BUILT_PER_VISIBLE) + 100
    site = build_site(
        "cloud",
        issues=built,
        description_bytes=_DESCRIPTION_BYTES,
        comments_per_issue=_COMMENTS_PER_ISSUE,
        changes_per_issue=changes * _LONGEST_OF_SHORTEST,
        worklogs_per_issue=_WORKLOGS_PER_ISSUE if changes else 0,
        clock=Clock(_NOW_MS, frozen=True),
    )
    _make_ordinary(site.issues.values())
    if changes:
        _cut(site.issues.values(), changes, site.settings.embedded_comments)
    visible = site.visible_issues(site.service_account)
    surplus = len(visible) - issues
    for issue in reversed(visible):
        if surplus <= 0:
            break
        if not issue.children:
            site.delete_issue(issue)
            surplus -= 1
    return site


def _cut(issues: Iterable[Issue], changes: int, parts: int) -> None:
    """So that one page holds all that belongs to an issue."""
    for issue in issues:
        # What an import of one instant made has no history. Those of others are longer than this.
        issue.history = issue.history[:changes]
        issue.comments, issue.worklogs = issue.comments[:parts], issue.worklogs[:parts]


def _make_ordinary(issues: Iterable[Issue]) -> None:
    """The fake's texts are full of line separators, which no reader of lines survives unless they are escaped.

    Here they would weigh as if every second issue of the world had one. Umlauts, CJK and emoji stay.
    """
    for issue in issues:
        if issue.description is not None:
            issue.description = _ordinary(issue.description)
        for comment in issue.comments:
            comment.body = _ordinary(comment.body)


@cache
def _ordinary(text: str) -> str:
    return text.translate(_SEPARATORS)


@dataclass
class Answers:
    """Whole HTTP answers by whole HTTP requests."""

    jira: FakeJira
    kept: dict[bytes, bytes] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    sent_bytes: int = 0

    def to(self, head: bytes, body: bytes) -> bytes:
        """The answer, made by the fake Jira where it was not asked for before."""
        request = head + body
        answer = self.kept.get(request)
        if answer is None:
            answer = self.kept[request] = self._made(head, body)
            self.calls["made"] += 1
        self.calls[_kind(head)] += 1
        self.sent_bytes += len(answer)
        return answer

    def _made(self, head: bytes, body: bytes) -> bytes:
        first, _, lines = head.partition(b"\r\n")
        method, target, _ = first.decode("ascii").split(" ")
        headers = parse_headers(BytesIO(lines))
        outcome = self.jira.serve(Request(method, target, headers, body))  # type: ignore[arg-type]  # as http.server's
        named = self.jira.headers(outcome) | {"Content-Type": outcome.response.content_type}
        content = outcome.response.body
        if "gzip" in headers.get("Accept-Encoding", "") and len(content) > _COMPRESS_FROM_BYTES:
            content = _gzip(content)
            named["Content-Encoding"] = "gzip"
        named["Content-Length"] = str(len(content))
        lines_out = [f"HTTP/1.1 {outcome.response.status} -", *(f"{name}: {value}" for name, value in named.items())]
        return "\r\n".join(lines_out).encode("iso-8859-1") + _END_OF_HEAD + content

    def reset(self) -> None:
        """Count from here."""
        self.calls.clear()
        self.sent_bytes = 0


def _kind(head: bytes) -> str:
    path = head.split(b" ", 2)[1].partition(b"?")[0]
    return "search" if path.endswith(b"/search/jql") else "count" if path.endswith(b"/approximate-count") else "other"


def _gzip(content: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    return packer.compress(content) + packer.flush()


class Connection(asyncio.Protocol):
    """One kept-alive connection. Latency is waited for by a timer, so that no other connection waits with it."""

    def __init__(self, server: PageServer) -> None:
        self._server = server
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(_END_OF_HEAD)) >= 0:
            head_end = end + len(_END_OF_HEAD)
            length = _CONTENT_LENGTH.search(self._received, 0, end)
            body_end = head_end + (int(length.group(1)) if length else 0)
            if len(self._received) < body_end:
                return
            head, body = self._received[:head_end], self._received[head_end:body_end]
            self._received = self._received[body_end:]
            self._answer(self._server.answers.to(head, body))

    def _answer(self, answer: bytes) -> None:
        if self._server.latency:
            asyncio.get_running_loop().call_later(self._server.latency, self._write, answer)
        else:
            self._write(answer)

    def _write(self, answer: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(answer)


class PageServer:
    """Serves until the parent closes its end of the pipe."""

    def __init__(self, site: Site) -> None:
        self.latency = 0.0
        self.answers = Answers(FakeJira(site))
        self._site = site
        self._closed = asyncio.Event()

    async def run(self) -> None:
        """Says where it is and what it holds, in one line, and serves."""
        loop = asyncio.get_running_loop()
        # asyncio sets TCP_NODELAY by itself.
        server = await loop.create_server(lambda: Connection(self), "127.0.0.1", 0, backlog=128)
        loop.add_reader(sys.stdin.fileno(), self._obey)
        _say(self._description(server.sockets[0].getsockname()[1]))
        await self._closed.wait()
        server.close()

    def _description(self, port: int) -> dict[str, Any]:
        site, account = self._site, self._site.service_account
        issues = site.visible_issues(account)
        credentials = site.credentials("access_token")
        basic = f"{credentials['email']}:{credentials['access_token']}".encode()
        return {
            "base_url": f"http://127.0.0.1:{port}",
            "credentials": credentials,
            "authorization": f"Basic {base64.b64encode(basic).decode('ascii')}",
            "projects": sorted({issue.project.id for issue in issues}, key=int),
            "issues": len(issues),
            "comments": sum(len(site.visible_comments(issue, account)) for issue in issues),
        }

    def _obey(self) -> None:
        line = sys.stdin.readline()
        if not line:
            self._closed.set()
            return
        order = json.loads(line)
        _say({"calls": dict(self.answers.calls), "sent_bytes": self.answers.sent_bytes})
        if "latency" in order:
            self.latency = float(order["latency"])
            self.answers.reset()


def _say(content: dict[str, Any]) -> None:
    os.write(sys.stdout.fileno(), json.dumps(content).encode() + b"\n")


def main() -> None:
    """The process: `python -m benchmarks.page_server --issues 20000`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--issues", type=int, required=True)
    parser.add_argument("--changes", type=int, default=0)
    given = parser.parse_args()
    server_process = PageServer(benchmark_site(given.issues, given.changes))
    # What lives as long as the process is none of the garbage collector's business.
    gc.freeze()
    asyncio.run(server_process.run())


if __name__ == "__main__":
    main()
