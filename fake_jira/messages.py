"""Requests, answers and refusals, as objects: what the API modules see of HTTP."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

from .entities import User

JSON = "application/json;charset=UTF-8"
HTML = "text/html;charset=UTF-8"
TEXT = "text/plain;charset=UTF-8"
FORM = "application/x-www-form-urlencoded"


@dataclass
class Request:
    method: str
    target: str
    """As it came: path and query."""
    headers: Mapping[str, str]
    body: bytes = b""
    path: str = ""
    """Within the context path or the gateway's prefix, without the query."""
    gateway: bool = False
    url: str = ""
    """The whole address as the client used it."""

    def __post_init__(self) -> None:
        self.query: dict[str, list[str]] = parse_qs(urlsplit(self.target).query, keep_blank_values=True)

    def text(self, name: str) -> str | None:
        values = self.query.get(name)
        return values[0] if values else None

    def listed(self, name: str) -> list[str]:
        """A parameter that may repeat and may hold commas."""
        return [part.strip() for value in self.query.get(name, []) for part in value.split(",") if part.strip()]

    def integer(self, name: str, default: int) -> int:
        value = self.text(name)
        if value is None or value == "":
            return default
        try:
            return int(value)
        except ValueError:
            raise JiraError(400, f"Failed to convert '{name}' with value: '{value}'") from None

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.text(name)
        return default if value is None else value.lower() == "true"

    def json(self) -> dict[str, Any]:
        """The body as an object, refused as Jira refuses others."""
        if not self.headers.get("Content-Type", "").startswith("application/json"):
            raise JiraError(415, f"Content-Type '{self.headers.get('Content-Type', 'null')}' is not supported.")
        if not self.body:
            raise JiraError(400, "No content to map to Object due to end of input")
        try:
            content = json.loads(self.body)
        except ValueError:
            raise JiraError(400, "There was an error parsing JSON. Check that your request body is valid.") from None
        if not isinstance(content, dict):
            raise JiraError(400, "Invalid request payload. Refer to the REST API documentation and try again.")
        return content


@dataclass
class Response:
    status: int = 200
    body: bytes = b""
    content_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)
    compressed: bytes | None = None
    """The body as gzip, once somebody needed it."""
    cookies: tuple[str, ...] = ()
    """More `Set-Cookie` headers, each `name=value`."""


def json_response(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(status, orjson.dumps(content), JSON, headers or {})


def html_response(title: str, text: str, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    page = f"<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1>{text}</body></html>"
    return Response(status, page.encode(), HTML, headers or {})


class JiraError(Exception):
    """A refusal in the common form, `{"errorMessages": […], "errors": {}}`."""

    def __init__(self, status: int, *messages: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(status, *messages)
        self.response = json_response({"errorMessages": list(messages), "errors": {}}, status, headers)

    @classmethod
    def in_short(cls, status: int, message: str, headers: dict[str, str] | None = None) -> "JiraError":
        """The other form, `{"message": …, "status-code": …}`."""
        return cls.with_response(json_response({"message": message, "status-code": status}, status, headers))

    @classmethod
    def with_response(cls, response: Response) -> "JiraError":
        error = cls(response.status)
        error.response = response
        return error


@dataclass
class RequestRecord:
    """What the log keeps of a request."""

    method: str
    path: str
    """Without context path, gateway prefix and query."""
    query: dict[str, str]
    body: Any
    """Parsed JSON, or None."""
    headers: dict[str, str]
    """Without `Authorization`."""
    gateway: bool
    status: int = 0
    """0 where the connection was dropped before an answer."""
    account: str | None = None
    """Display name of who asked, None for nobody."""
    duration_ms: float = 0.0
    fault: str | None = None
    """The name of the fault that answered or spoiled the answer."""


Handler = Callable[..., Response]


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    """With `{name}` for a part that varies."""
    handler: Handler
    kinds: str = "both"
    """`both`, `cloud` or `self-hosted`."""
    scopes: tuple[str, ...] = ("read:jira-work",)
    """Cloud: a token with scopes needs one of these on the gateway."""
    anonymous: bool = True
    """Whether Jira answers nobody; otherwise 401."""
    signs_in: bool = True
    """False for pages that do not look at the credentials of the API."""


@dataclass
class SignIn:
    """Whom Jira takes the client for, and what its answer says about that."""

    account: User | None
    headers: dict[str, str] = field(default_factory=dict)
    scopes: frozenset[str] | None = None
    is_user: bool = True
    """False for a service account of Data Center."""
