"""What can go wrong between a client and a healthy Jira, each as a switch.

A fault concerns all requests, or those that `match` (a part of the path, or a predicate on the `Request`); of these
all, the `first` n, `every` nth, those `after` n, and no more than `times` of them.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any, TypedDict, Unpack

import orjson

from .messages import HTML, JSON, Request, Response, html_response, json_response
from .search_index import SearchIndex

Match = str | Callable[[Request], bool] | None


class When(TypedDict, total=False):
    match: Match
    every: int
    first: int
    after: int
    times: int


@dataclass
class Fault:
    name: str
    match: Match = None
    every: int | None = None
    first: int | None = None
    after: int = 0
    times: int | None = None
    answer: Callable[[Request], Response] | None = None
    """Instead of Jira's own."""
    change: Callable[[Request, Response], Response] | None = None
    """Of Jira's own."""
    misread: Callable[[Request], None] | None = None
    """What Jira makes of the request before it answers; the log has it as it came."""
    delay_ms: int = 0
    drop: bool = False
    hang: bool = False
    cut: bool = False
    drip_ms: int = 0
    """Between two bytes of the answer."""
    anonymous: bool = False
    page_share: float = 1.0
    seen: int = 0
    """Requests that matched so far."""
    hits: int = 0
    """Requests that were spoiled so far."""

    def strikes(self, request: Request) -> bool:
        if isinstance(self.match, str) and self.match not in request.path:
            return False
        if callable(self.match) and not self.match(request):
            return False
        self.seen += 1
        struck = self.seen > self.after
        if self.first is not None:
            struck = struck and self.seen <= self.after + self.first
        if self.every is not None:
            struck = struck and (self.seen - self.after) % self.every == 0
        if self.times is not None:
            struck = struck and self.hits < self.times
        self.hits += struck
        return struck


class Faults:
    """`jira.faults`: each method switches a fault on and returns it; `remove` and `clear` switch off."""

    def __init__(self, index: SearchIndex) -> None:
        self._index = index
        self.active: list[Fault] = []
        self.estimate_factor = 1.0
        """Cloud's estimated counts are wrong by this factor."""
        self.unstable_ties = False
        """Rows of equal rank come in another order each time."""
        self.is_last_is_unreliable = False
        """Cloud: `isLast` says true although a token follows."""
        self._lock = Lock()

    @property
    def index_lag_ms(self) -> int:
        """How long a change takes to reach the search; documents by id are current at once."""
        return self._index.lag_ms

    @index_lag_ms.setter
    def index_lag_ms(self, lag_ms: int) -> None:
        self._index.lag_ms = lag_ms

    def add(self, fault: Fault) -> Fault:
        with self._lock:
            self.active.append(fault)
        return fault

    def remove(self, fault: Fault) -> None:
        with self._lock:
            self.active.remove(fault)

    def clear(self) -> None:
        with self._lock:
            self.active.clear()
        self.estimate_factor, self.unstable_ties, self.is_last_is_unreliable = 1.0, False, False
        self.index_lag_ms = 0

    def striking(self, request: Request) -> list[Fault]:
        with self._lock:
            return [fault for fault in self.active if fault.strikes(request)]

    # Refusals for the time being

    def rate_limit(
        self, retry_after: int | str | None = 1, reset_in_s: int | None = None, **when: Unpack[When]
    ) -> Fault:
        """429, with `Retry-After` unless None, and with Cloud's `X-RateLimit-Reset`, which has no seconds."""

        def answer(request: Request) -> Response:
            headers = {"X-RateLimit-Limit": "350", "X-RateLimit-Remaining": "0", "RateLimit-Reason": "jira-burst-based"}
            if retry_after is not None:
                headers["Retry-After"] = str(retry_after)
            if reset_in_s is not None:
                moment = datetime.now(UTC) + timedelta(seconds=reset_in_s)
                headers["X-RateLimit-Reset"] = moment.strftime("%Y-%m-%dT%H:%MZ")
            if retry_after is None and reset_in_s is None:
                headers = {}
            return json_response({"message": "Rate limit exceeded."}, 429, headers)

        return self.add(Fault("rate_limit", answer=answer, **when))

    def unavailable(self, retry_after: int | str | None = None, **when: Unpack[When]) -> Fault:
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        return self._answering(
            "unavailable", html_response("503 Service Unavailable", "Jira is starting up.", 503, headers), when
        )

    def server_error(self, status: int = 500, **when: Unpack[When]) -> Fault:
        return self._answering(
            "server_error", json_response({"errorMessages": ["Internal server error"], "errors": {}}, status), when
        )

    # Refusals for good

    def refuse(self, status: int, message: str | None = None, style: str = "messages", **when: Unpack[When]) -> Fault:
        """400, 401, 403, 404, 410 and the like, in one of Jira's forms: `messages`, `status-code` or `html`."""
        text = message or _REFUSALS.get(status, "Refused.")
        if style == "messages":
            response = json_response({"errorMessages": [text], "errors": {}}, status)
        elif style == "status-code":
            response = json_response({"message": text, "status-code": status}, status)
        else:
            response = html_response(f"Error ({status})", f"<p>{text}</p>", status)
        return self._answering("refuse", response, when)

    def session_expired(self, **when: Unpack[When]) -> Fault:
        """Self-hosted: 401 to good credentials, passing."""
        response = json_response({"errorMessages": ["You are not authenticated."], "errors": {}}, 401)
        response.headers["X-AUSERNAME"] = "anonymous"
        return self._answering("session_expired", response, when)

    def anonymous(self, **when: Unpack[When]) -> Fault:
        """Jira takes the client for nobody, and answers that."""
        return self.add(Fault("anonymous", anonymous=True, **when))

    def redirect(self, location: str = "https://login.invalid/sso", status: int = 302, **when: Unpack[When]) -> Fault:
        return self._answering("redirect", Response(status, b"", HTML, {"Location": location}), when)

    # Something else than Jira answers

    def login_page(self, **when: Unpack[When]) -> Fault:
        """HTML with 200."""
        return self._answering(
            "login_page", html_response("Log in", "<form method='post'><input name='username'></form>"), when
        )

    def captive_portal(self, **when: Unpack[When]) -> Fault:
        return self._answering(
            "captive_portal", html_response("Welcome to the guest network", "<p>Accept the terms.</p>"), when
        )

    def _answering(self, name: str, response: Response, when: When) -> Fault:
        return self.add(Fault(name, answer=lambda request: response, **when))

    # The connection

    def cut_body(self, **when: Unpack[When]) -> Fault:
        """Half of what `Content-Length` promises, then the end."""
        return self.add(Fault("cut_body", cut=True, **when))

    def drop_connection(self, **when: Unpack[When]) -> Fault:
        """Closed before an answer."""
        return self.add(Fault("drop_connection", drop=True, **when))

    def slow(self, delay_ms: int, **when: Unpack[When]) -> Fault:
        return self.add(Fault("slow", delay_ms=delay_ms, **when))

    def hang(self, **when: Unpack[When]) -> Fault:
        """No answer until the server is closed."""
        return self.add(Fault("hang", hang=True, **when))

    def drip(self, pause_ms: int, **when: Unpack[When]) -> Fault:
        """The answer comes, a byte at a time."""
        return self.add(Fault("drip", drip_ms=pause_ms, **when))

    # Answers that look good and are not: see also `lies`

    def empty_page(self, **when: Unpack[When]) -> Fault:
        """A list without rows, with everything else as it was."""
        return self._changing("empty_page", lambda request, content: _rows(content, lambda rows: []), when)

    def short_pages(self, share: float = 0.5, **when: Unpack[When]) -> Fault:
        """Fewer rows than asked, and rightly so: the next page begins after them."""

        return self.add(Fault("short_pages", page_share=share, **when))

    def repeated_token(self, **when: Unpack[When]) -> Fault:
        """Cloud: the token of the next page is that of this page, again and again."""

        def repeat(request: Request, content: Any) -> Any:
            asked = request.text("nextPageToken") or _body(request).get("nextPageToken")
            if isinstance(content, dict) and asked and "nextPageToken" in content:
                content["nextPageToken"] = asked
            return content

        return self._changing("repeated_token", repeat, when)

    def early_end(self, keep: float = 0.5, **when: Unpack[When]) -> Fault:
        """Part of the rows, and the claim that there are no more."""

        def end(request: Request, content: Any) -> Any:
            content = _rows(content, lambda rows: rows[: int(len(rows) * keep)])
            if isinstance(content, dict):
                content.pop("nextPageToken", None)
                if "isLast" in content:
                    content["isLast"] = True
                if "total" in content:
                    shown = content.get("issues") or content.get("values") or []
                    content["total"] = content.get("startAt", 0) + len(shown)
            return content

        return self._changing("early_end", end, when)

    def changed(self, change: Callable[[Any], Any], name: str = "changed", **when: Unpack[When]) -> Fault:
        """Any other change of a JSON answer: `change` gets it parsed and returns it."""
        return self._changing(name, lambda request, content: change(content), when)

    def _changing(self, name: str, change: Callable[[Request, Any], Any], when: When) -> Fault:
        def apply(request: Request, response: Response) -> Response:
            if response.status != 200 or response.content_type != JSON:
                return response
            changed = change(request, orjson.loads(response.body))
            return Response(200, dumps(changed), JSON, response.headers)

        return self.add(Fault(name, change=apply, **when))


def dumps(content: Any) -> bytes:
    """JSON, also where it is nested deeper than the fast serializer goes."""
    try:
        return orjson.dumps(content)
    except TypeError:
        return json.dumps(content).encode()


def _body(request: Request) -> dict[str, Any]:
    try:
        content = orjson.loads(request.body)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _rows(content: Any, change: Callable[[list[Any]], list[Any]]) -> Any:
    if isinstance(content, list):
        return change(content)
    for name in ("issues", "values", "comments", "worklogs", "issueChangeLogs"):
        if isinstance(content, dict) and isinstance(content.get(name), list):
            return content | {name: change(content[name])}
    return content


_REFUSALS = {
    400: "The request is not valid.",
    401: "You are not authenticated. Authentication required to perform this operation.",
    403: "You do not have permission to perform this operation.",
    404: "It does not exist or you do not have permission to see it.",
    410: "The requested API has been removed.",
}
