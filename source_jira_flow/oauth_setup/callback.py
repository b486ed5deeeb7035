"""Where Jira sends the browser back: a listener on this machine's loopback address that takes the verifier."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from source_jira_flow.errors import ConfigurationError
from source_jira_flow.oauth_setup.dance import DENIED_VERIFIER

_HOST = "127.0.0.1"
_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>source-jira-flow</title>
<body style="font: 16px/1.5 sans-serif; max-width: 34em; margin: 4em auto; padding: 0 1em">
<h1 style="font-size: 1.3em">{title}</h1><p>{text}</p></body></html>
"""
_ALLOWED = ("Access allowed", "You can close this page and return to the terminal.")
_DENIED = ("Access denied", "You can close this page. The terminal says how to continue.")
_STRANGER = ("Nothing to see here", "This page waits for Jira's response to another request. Return to the terminal.")
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    # The address of this page holds the verifier.
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Connection": "close",
}


class CallbackListener(ThreadingHTTPServer):
    """Listens on 127.0.0.1 while in a `with` block. Only an answer for the expected request token is taken."""

    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        """Port 0 is any free one. Raises ConfigurationError if the port is taken."""
        self.expected: str | None = None
        self.verifier: str | None = None
        self.came = threading.Event()
        try:
            super().__init__((_HOST, port), _Page)
        except (OSError, OverflowError) as error:
            raise ConfigurationError(
                f"Port {port} of this machine can't be used ({getattr(error, 'strerror', None) or error}). Choose"
                " another with --callback-port."
            ) from error
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)

    @property
    def address(self) -> str:
        """What Jira gets as callback."""
        return f"http://{_HOST}:{self.server_port}/"

    def expect(self, request_token: str) -> None:
        """Accept the response for this request token; forget what came for another."""
        if request_token != self.expected:
            self.take()
            self.expected = request_token

    def take(self) -> str | None:
        """What Jira sent, if it did, and only once; "denied" where Deny was pressed."""
        verifier, self.verifier = self.verifier, None
        self.came.clear()
        return verifier

    def wait(self, seconds: float) -> bool:
        """Whether Jira sent a verifier within that time."""
        return self.came.wait(seconds)

    def __enter__(self) -> CallbackListener:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.shutdown()
        self.server_close()
        self._thread.join()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that hangs up early is normal, and a trace could hold the verifier."""


class _Page(BaseHTTPRequestHandler):
    server: CallbackListener
    timeout = 10

    def do_GET(self) -> None:  # noqa: N802  # the name is the protocol's
        query = parse_qs(urlsplit(self.path).query)
        token, verifier = query.get("oauth_token", [""])[0], query.get("oauth_verifier", [""])[0]
        if verifier and token == self.server.expected:
            self._show(200, *(_DENIED if verifier == DENIED_VERIFIER else _ALLOWED))
            self.server.verifier = verifier
            self.server.came.set()
        else:
            self._show(404, *_STRANGER)

    def _show(self, status: int, title: str, text: str) -> None:
        body = _PAGE.format(title=title, text=text).encode()
        self.send_response(status)
        for name, value in {**_HEADERS, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Silent: the address holds the verifier."""


def verifier_in(typed: str) -> str:
    """The verifier in what a person typed or pasted: the code, or the whole address that the browser was sent to."""
    text = "".join(typed.split()).strip("\"'<>")
    query = (urlsplit(text).query or text) if "oauth_verifier=" in text else ""
    return parse_qs(query).get("oauth_verifier", [text])[0]
