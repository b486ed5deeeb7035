"""The fake Jira as an HTTP server on loopback."""

import json
import socket
import ssl
import sys
import time
import traceback
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Any, Self, cast
from urllib.parse import unquote, urlsplit

from . import agile_api, issue_api, lists_api, platform_api, search, servlets
from .authentication import require_scope, sign_in
from .calls import Call
from .clock import MINUTE_MS
from .document_cache import DocumentCache
from .faults import Fault, Faults
from .lies import Lies
from .messages import JSON, JiraError, Request, RequestRecord, Response, SignIn, html_response, json_response
from .routing import Routes
from .site import Site

_ALL_ROUTES = [
    route for module in (platform_api, issue_api, lists_api, search, agile_api, servlets) for route in module.ROUTES
]
_COMPRESS_FROM_BYTES = 1024
_WRITE_APART_FROM_BYTES = 65_536
_MOST_KEPT_BYTES = 1_500_000_000
_LONGEST_TARGET = 8_192
_LONGEST_COOKIES = 8_192
_ANONYMOUS_REFUSED = "Client must be authenticated to access this resource."


class FakeJira:
    """Serves a site: `with FakeJira(site, context_path="/jira") as jira: … jira.base_url …`.

    - `requests` is the log and `calls("search")` counts in it; `write_attempts` holds what tried to change data;
    - `connections` counts those that clients opened;
    - `faults` are the switches for trouble, `lies` those for answers that look good and are not; `latency_ms` is added
      to every answer;
    - `on_request` is called when an answer is made and not yet sent, outside the site's lock: the place to change data
      under a reader.

    `certificate` is the path of a PEM file with certificate and key, for https. With `advertise_own_address` the
    `baseUrl` and `self` links are right; by default they lead nowhere, as those of a Jira behind a proxy may.
    `keep_answers` serves equal requests from memory while nothing changes: for benchmarks.
    """

    def __init__(
        self,
        site: Site,
        context_path: str = "",
        latency_ms: int = 0,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        certificate: str | Path | None = None,
        advertise_own_address: bool = False,
        keep_answers: bool = False,
    ) -> None:
        self.site = site
        self.context_path = context_path.rstrip("/")
        self.latency_ms = latency_ms
        self.faults = Faults(site.index)
        self.lies = Lies(self.faults, site.clock)
        self.requests: list[RequestRecord] = []
        self.write_attempts: list[RequestRecord] = []
        self.connections = 0
        self.on_request: Callable[[RequestRecord], object] | None = None
        self._address = (host, port)
        self._certificate = certificate
        self._advertise_own_address = advertise_own_address
        self._kept: dict[tuple[object, ...], Response] | None = {} if keep_answers else None
        self._kept_generation = -1
        self._kept_bytes = 0
        self._routes = Routes(_ALL_ROUTES, site.flavor)
        self._cache = DocumentCache(site)
        self._closing = Event()
        self._log_lock = Lock()
        self._server: _Server | None = None
        if not site.settings.advertised_base_url.endswith(self.context_path):
            site.settings.advertised_base_url += self.context_path

    # Life

    def start(self) -> Self:
        self._server = _Server(self._address, _Handler, self, self._certificate)
        if self._advertise_own_address:
            self.site.settings.advertised_base_url = self.base_url
        Thread(target=self._server.serve_forever, args=(0.01,), name="fake-jira", daemon=True).start()
        return self

    def stop(self) -> None:
        self._closing.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.close_connections()
            self._server.server_close()

    def is_closing(self, seconds: float) -> bool:
        """Waits so long, or until the server is stopped: then True."""
        return self._closing.wait(seconds)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # Addresses

    @property
    def root_url(self) -> str:
        assert self._server is not None, "not started"
        scheme = "https" if self._certificate else "http"
        return f"{scheme}://{self._address[0]}:{self._server.server_address[1]}"

    @property
    def base_url(self) -> str:
        return f"{self.root_url}{self.context_path}"

    @property
    def gateway_url(self) -> str:
        """Cloud: what stands for `https://api.atlassian.com/ex/jira/{cloudId}`."""
        return f"{self.root_url}/ex/jira/{self.site.cloud_id}"

    # The log

    def calls(self, path_part: str | None = None) -> int:
        return sum(1 for record in list(self.requests) if path_part is None or path_part in record.path)

    def reset_log(self) -> None:
        with self._log_lock:
            self.requests.clear()
            self.write_attempts.clear()

    def _log(self, record: RequestRecord, is_write: bool) -> None:
        with self._log_lock:
            self.requests.append(record)
            if is_write:
                self.write_attempts.append(record)

    # Answering

    def serve(self, request: Request) -> "_Outcome":
        """The whole of one request but for the wire: faults, the answer, the log."""
        began = time.perf_counter()
        self._locate(request)
        faults = self.faults.striking(request)
        outcome = _Outcome(Response(), _record(request), None)
        delay_ms = self.latency_ms + sum(fault.delay_ms for fault in faults)
        if delay_ms:
            self._closing.wait(delay_ms / 1000)
        if any(fault.hang for fault in faults):
            self._closing.wait()
        outcome.drop = any(fault.drop or fault.hang for fault in faults)
        if not outcome.drop:
            self._answer(request, faults, outcome)
        outcome.cut = any(fault.cut for fault in faults)
        outcome.drip_ms = max((fault.drip_ms for fault in faults), default=0)
        record = outcome.record
        record.fault = faults[0].name if faults else None
        record.status = 0 if outcome.drop else outcome.response.status
        record.duration_ms = (time.perf_counter() - began) * 1000
        found = self._routes.find(request.method, request.path)
        is_write = request.method not in ("GET", "HEAD", "OPTIONS") and found is None
        self._log(record, is_write and not self._routes.reads_elsewhere(request.method, request.path))
        return outcome

    def _answer(self, request: Request, faults: list[Fault], outcome: "_Outcome") -> None:
        canned = next((fault.answer for fault in faults if fault.answer is not None), None)
        if canned is not None:
            outcome.response = canned(request)
            return
        for fault in faults:
            if fault.misread is not None:
                fault.misread(request)
        anonymous = any(fault.anonymous for fault in faults)
        share = min((fault.page_share for fault in faults), default=1.0)
        with self.site.lock:
            outcome.response, outcome.signed_in = self._jira_answer(request, anonymous, share)
        if outcome.signed_in and outcome.signed_in.account:
            outcome.record.account = outcome.signed_in.account.display_name
        for fault in faults:
            if fault.change is not None:
                outcome.response = fault.change(request, outcome.response)

    def _locate(self, request: Request) -> None:
        """Takes the context path, or the gateway's prefix, off the path."""
        path = unquote(urlsplit(request.target).path)
        prefix = f"/ex/jira/{self.site.cloud_id}"
        if self.site.flavor.cloud and path.startswith(f"{prefix}/"):
            request.path, request.gateway = path[len(prefix) :], True
        elif path.startswith(f"{self.context_path}/"):
            request.path = path[len(self.context_path) :]
        else:
            request.path = ""

    def _jira_answer(self, request: Request, anonymous: bool, page_share: float) -> tuple[Response, SignIn | None]:
        signed_in: SignIn | None = None
        try:
            if len(request.target) > _LONGEST_TARGET:
                return html_response("414 Request-URI Too Large", "", 414), None
            if len(request.headers.get("Cookie", "")) > _LONGEST_COOKIES:
                return html_response("HTTP Status 400 – Bad Request", "Request header is too large", 400), None
            found = self._routes.find(request.method, request.path)
            if found is None:
                return self._no_route(request), None
            route, parts = found
            if not route.signs_in:
                signed_in = SignIn(None)
            elif anonymous:
                signed_in = SignIn(None, {} if self.site.flavor.cloud else {"X-AUSERNAME": "anonymous"})
            else:
                signed_in = sign_in(request, self.site)
            if request.gateway:
                require_scope(signed_in, route.scopes, self.site)
            if signed_in.account is None and not route.anonymous:
                raise _not_signed_in(request.path)
            who, is_user = signed_in.account, signed_in.is_user
            call = Call(self.site, request, who, parts, self.faults, self._cache, page_share, is_user)
            return self._kept_or_made(call, route.handler), signed_in
        except JiraError as error:
            return self._in_language(request, error.response), signed_in
        except Exception:  # noqa: BLE001
            # A fault of the fake itself: to be seen at once, and not to be taken for a fault of Jira.
            traceback.print_exc()
            return json_response({"errorMessages": ["The fake Jira failed; its trace is on stderr."]}, 500), signed_in

    def _in_language(self, request: Request, response: Response) -> Response:
        forced = request.headers.get("X-Force-Accept-Language", "").lower() == "true"
        if self.site.settings.language == "en" or forced or response.content_type != JSON:
            return response
        foreign = {"errorMessages": [f"({self.site.settings.language}) Es ist ein Fehler aufgetreten."], "errors": {}}
        return json_response(foreign, response.status, response.headers)

    def _kept_or_made(self, call: Call, handler: Callable[[Call], Response]) -> Response:
        if self._kept is None:
            return handler(call)
        if self._kept_generation != self.site.generation:
            self._kept.clear()
            self._kept_bytes = 0
            self._kept_generation = self.site.generation
        request = call.request
        key = (request.method, request.target, request.body, call.account, call.page_share)
        response = self._kept.get(key) or handler(call)
        if key not in self._kept and self._kept_bytes < _MOST_KEPT_BYTES:
            self._kept[key] = response
            self._kept_bytes += len(response.body)
        return response

    def _no_route(self, request: Request) -> Response:
        if request.method not in ("GET", "HEAD") and not self._routes.reads_elsewhere(request.method, request.path):
            return json_response({"errorMessages": ["Method Not Allowed"], "errors": {}}, 405)
        if request.path.startswith("/rest/"):
            return json_response({"message": f"null for uri: {request.url}", "status-code": 404}, 404)
        return html_response("Oops, you've found a dead link.", "", 404)

    def headers(self, outcome: "_Outcome") -> dict[str, str]:
        """What Jira puts on every answer, with what this answer has of its own."""
        site, signed_in = self.site, outcome.signed_in
        headers = {"Date": formatdate(site.clock.now() / 1000, usegmt=True), "Cache-Control": "no-cache, no-store"}
        if signed_in is not None:
            headers |= signed_in.headers
            if site.settings.rate_limit_headers and signed_in.account is not None:
                headers |= self._rate_limits()
        if site.flavor.cloud:
            headers |= {"Server": "AtlassianEdge", "Atl-Traceid": f"{len(self.requests):032x}"}
        else:
            headers |= {"X-AREQUESTID": f"{len(self.requests)}x1", "X-ANODEID": "node1", "X-ASESSIONID": "1abcdef"}
            headers["Set-Cookie"] = "JSESSIONID=0123456789ABCDEF; Path=/; HttpOnly"
        return headers | outcome.response.headers

    def _rate_limits(self) -> dict[str, str]:
        if self.site.flavor.cloud:
            reset = time.gmtime(self.site.clock.now() / 1000 + MINUTE_MS / 1000)
            return {
                "X-RateLimit-Limit": "350",
                "X-RateLimit-Remaining": "349",
                "X-RateLimit-Reset": time.strftime("%Y-%m-%dT%H:%MZ", reset),
                "X-RateLimit-NearLimit": "false",
            }
        # Data Center says `Retry-After: 0` on healthy answers.
        return {
            "X-RateLimit-Limit": "1000",
            "X-RateLimit-Remaining": "999",
            "X-RateLimit-FillRate": "10",
            "X-RateLimit-Interval-Seconds": "1",
            "Retry-After": "0",
        }


@dataclass
class _Outcome:
    response: Response
    record: RequestRecord
    signed_in: SignIn | None
    drop: bool = False
    cut: bool = False
    drip_ms: int = 0


def _not_signed_in(path: str) -> JiraError:
    if path.endswith("/myself"):
        return JiraError.in_short(401, _ANONYMOUS_REFUSED)
    return JiraError(401, "You are not authenticated. Authentication required to perform this operation.")


def _record(request: Request) -> RequestRecord:
    return RequestRecord(
        request.method,
        request.path,
        {name: ",".join(values) for name, values in request.query.items()},
        _parsed(request.body),
        {name: value for name, value in request.headers.items() if name.lower() != "authorization"},
        request.gateway,
    )


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError:
        return None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    allow_reuse_address = True

    def __init__(
        self,
        address: tuple[str, int],
        handler: type[BaseHTTPRequestHandler],
        jira: FakeJira,
        certificate: str | Path | None,
    ) -> None:
        self.jira = jira
        self._open: set[socket.socket] = set()
        self._open_lock = Lock()
        self._tls: ssl.SSLContext | None = None
        if certificate is not None:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(certificate)
        super().__init__(address, handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._tls is not None:
            # The handshake happens in the thread of the connection: a client that refuses must not hold up others.
            connection = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        with self._open_lock:
            self._open.add(connection)
            self.jira.connections += 1
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        """Clients keep theirs open; nothing but this ends the threads that wait on them."""
        with self._open_lock:
            connections = list(self._open)
        for connection in connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news; anything else is a fault of the fake, and is shown."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *arguments: Any) -> None:
        """The log is `jira.requests`."""

    def _serve(self) -> None:
        jira = self.server.jira
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        host = self.headers.get("Host") or urlsplit(jira.root_url).netloc
        url = f"{urlsplit(jira.root_url).scheme}://{host}{self.path}"
        outcome = jira.serve(Request(self.command, self.path, cast(Mapping[str, str], self.headers), body, url=url))
        # Before the answer leaves, so that a change made here comes before whatever the client does next.
        if jira.on_request is not None:
            jira.on_request(outcome.record)
        if outcome.drop:
            self.close_connection = True
        else:
            self._send(jira, outcome)

    def _send(self, jira: FakeJira, outcome: _Outcome) -> None:
        response = outcome.response
        headers = jira.headers(outcome)
        content = response.body
        packed = "Content-Encoding" in headers
        if self._takes_gzip() and not packed and len(content) > _COMPRESS_FROM_BYTES and response.content_type == JSON:
            if response.compressed is None:
                response.compressed = _gzip(content)
            content = response.compressed
            headers["Content-Encoding"] = "gzip"
            headers["Vary"] = "Accept-Encoding"
        headers["Content-Type"] = response.content_type
        headers["Content-Length"] = str(len(content))
        if outcome.cut:
            headers["Connection"] = "close"
            content = content[: len(content) // 2]
            self.close_connection = True
        phrase = self.responses.get(response.status, ("",))[0]
        head = [
            f"HTTP/1.1 {response.status} {phrase}",
            *(f"{name}: {value}" for name, value in headers.items()),
            *(f"Set-Cookie: {cookie}; Path=/" for cookie in response.cookies),
            "",
            "",
        ]
        if self.command == "HEAD":
            content = b""
        encoded = "\r\n".join(head).encode("iso-8859-1")
        if outcome.drip_ms:
            self._drip(jira, encoded + content, outcome.drip_ms / 1000)
        elif len(content) > _WRITE_APART_FROM_BYTES:
            self.wfile.write(encoded)
            self.wfile.write(content)
        else:
            self.wfile.write(encoded + content)

    def _drip(self, jira: FakeJira, content: bytes, pause: float) -> None:
        for place in range(len(content)):
            self.wfile.write(content[place : place + 1])
            if jira.is_closing(pause):
                return

    def _takes_gzip(self) -> bool:
        return "gzip" in (self.headers.get("Accept-Encoding") or "")

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = _serve


def _gzip(content: bytes) -> bytes:
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return packer.compress(content) + packer.flush()
