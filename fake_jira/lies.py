"""Answers that look like Jira's and are not true, each as a switch: `jira.lies.nothing(match="/search", times=1)`.

`match` and the like are those of `faults`, and so is what a method returns: `jira.faults.remove` switches it off.
"""

import gzip
from collections.abc import Callable
from datetime import UTC
from email.utils import formatdate
from typing import Any, Unpack

import orjson

from .clock import Clock, platform_date
from .entities import Issue
from .faults import Fault, Faults, When, dumps
from .messages import JSON, Request, Response

Change = Callable[[dict[str, Any]], dict[str, Any]]
_LISTS = ("issues", "values", "comments", "worklogs", "issueChangeLogs", "projects")
_MARK = "\u0001here\u0001"
_PACKED_JSON = "application/json"


class Lies:
    """The switches. All spoil only good answers (200, JSON), as those do that a node behind a proxy gives."""

    def __init__(self, faults: Faults, clock: Clock) -> None:
        self._faults = faults
        self._clock = clock

    # There is nothing, there is less

    def nothing(self, **when: Unpack[When]) -> Fault:
        """No row, a total or a count of 0, and no page behind this one: a node whose index is empty."""
        return self._faults.changed(_emptied, "nothing", **when)

    def null_rows(self, **when: Unpack[When]) -> Fault:
        """`null` in the place of a list of rows."""
        return self._faults.changed(lambda content: _with_rows(content, None), "null_rows", **when)

    def cut_list(self, keep: int, status: int = 200, **when: Unpack[When]) -> Fault:
        """So many rows of the page, and no page behind it; with `status=206` the answer says that it is partial."""

        def cut(request: Request, response: Response) -> Response:
            if not _is_good(response):
                return response
            content = orjson.loads(response.body)
            shown = _rows(content)[:keep]
            changed = _with_rows(_emptied(content), shown)
            if isinstance(changed, dict) and "total" in changed:
                changed["total"] = changed.get("startAt", 0) + len(shown)
            return Response(status, dumps(changed), JSON, response.headers)

        return self._faults.add(Fault("cut_list", change=cut, **when))

    def fields_without(self, *field_ids: str, **when: Unpack[When]) -> Fault:
        """The list of fields, without some."""

        def lack(content: Any) -> Any:
            return [field for field in content if field["id"] not in field_ids]

        return self._faults.changed(lack, "fields_without", **({"match": _ends_with("/field")} | when))

    # What time it is

    def clock(self, ahead_ms: int, *, date_too: bool = False, **when: Unpack[When]) -> Fault:
        """`serverInfo` of a node whose clock is wrong; its Date header is right unless `date_too`."""

        def shift(request: Request, response: Response) -> Response:
            if not _is_good(response):
                return response
            told = self._clock.now() + ahead_ms
            content = orjson.loads(response.body) | {"serverTime": platform_date(told, UTC)}
            headers = {"Date": formatdate(told / 1000, usegmt=True)} if date_too else {}
            return Response(200, dumps(content), JSON, response.headers | headers)

        return self._faults.add(Fault("clock", change=shift, **({"match": "/serverInfo"} | when)))

    # One issue

    def row(self, issue: Issue, change: Change, **when: Unpack[When]) -> Fault:
        """Wherever the issue is shown, `change` gets its JSON and returns another."""

        def spoil(content: Any) -> Any:
            if isinstance(content, dict) and content.get("id") == issue.id:
                return change(content)
            rows = _rows(content)
            changed = [change(row) if _is(issue, row) else row for row in rows]
            return _with_rows(content, changed) if rows else content

        return self._faults.changed(spoil, "row", **when)

    def field(self, issue: Issue, name: str, value: Any, **when: Unpack[When]) -> Fault:
        """One field of the issue shows another value; searches that don't ask for the field stay as they are."""

        def spoil(row: dict[str, Any]) -> dict[str, Any]:
            fields = row.get("fields") or {}
            return row | {"fields": fields | {name: value}} if name in fields else row

        return self.row(issue, spoil, **when)

    def raw(self, issue: Issue, value: bytes, name: str = "description", **when: Unpack[When]) -> Fault:
        """One field of the issue holds these bytes in the place of its JSON: `b"NaN"`, half a character, no UTF-8."""

        def spoil(request: Request, response: Response) -> Response:
            if not _is_good(response):
                return response
            content = orjson.loads(response.body)
            for row in [*_rows(content), content]:
                if _is(issue, row) and name in (row.get("fields") or {}):
                    row["fields"][name] = _MARK
            return Response(200, dumps(content).replace(dumps(_MARK), value), JSON, response.headers)

        return self._faults.add(Fault("raw", change=spoil, **when))

    # Lists without an end

    def ignores_start(self, **when: Unpack[When]) -> Fault:
        """Every page is the first."""

        def forget(request: Request) -> None:
            request.query.pop("startAt", None)

        return self._faults.add(Fault("ignores_start", misread=forget, **when))

    def never_last(self, **when: Unpack[When]) -> Fault:
        """`isLast` is false on every page, and there is no total."""

        def go_on(content: Any) -> Any:
            if not isinstance(content, dict) or "isLast" not in content:
                return content
            return {name: value for name, value in content.items() if name != "total"} | {"isLast": False}

        return self._faults.changed(go_on, "never_last", **when)

    def fresh_tokens(self, **when: Unpack[When]) -> Fault:
        """Cloud: no rows, and a token of a next page that is another each time and leads to the first page again."""
        numbers = iter(range(10**9))

        def forget(request: Request) -> None:
            body = orjson.loads(request.body or b"{}")
            request.body = orjson.dumps({name: value for name, value in body.items() if name != "nextPageToken"})

        def promise(content: Any) -> Any:
            return _with_rows(content, []) | {"nextPageToken": f"token-{next(numbers)}", "isLast": False}

        fault = self._faults.changed(promise, "fresh_tokens", **when)
        fault.misread = forget
        return fault

    # Too much of it

    def big(self, size: int, *, packed: bool = False, **when: Unpack[When]) -> Fault:
        """The answer with so many bytes of blanks behind it; `packed` as gzip, a thousandth of that on the wire."""

        def swell(request: Request, response: Response) -> Response:
            body = response.body + b" " * size
            if not packed:
                return Response(response.status, body, response.content_type, response.headers)
            headers = response.headers | {"Content-Encoding": "gzip"}
            return Response(response.status, gzip.compress(body, 1), _PACKED_JSON, headers)

        return self._faults.add(Fault("big", change=swell, **when))

    def cookies(self, number: int, **when: Unpack[When]) -> Fault:
        """So many new cookies with every answer."""
        numbers = iter(range(10**9))

        def add(request: Request, response: Response) -> Response:
            response.cookies = tuple(f"flood{next(numbers)}={'x' * 80}" for _ in range(number))
            return response

        return self._faults.add(Fault("cookies", change=add, **when))


def _is_good(response: Response) -> bool:
    return response.status == 200 and response.content_type == JSON


def _is(issue: Issue, row: Any) -> bool:
    return isinstance(row, dict) and row.get("id") == issue.id


def _ends_with(end: str) -> Callable[[Request], bool]:
    return lambda request: request.path.endswith(end)


def _rows(content: Any) -> list[Any]:
    if isinstance(content, list):
        return content
    found = (content.get(name) for name in _LISTS) if isinstance(content, dict) else ()
    return next((rows for rows in found if isinstance(rows, list)), [])


def _with_rows(content: Any, rows: list[Any] | None) -> Any:
    if isinstance(content, list):
        return rows
    if not isinstance(content, dict):
        return content
    return {name: rows if name in _LISTS and isinstance(part, list) else part for name, part in content.items()}


def _emptied(content: Any) -> Any:
    changed = _with_rows(content, [])
    if isinstance(changed, dict):
        changed = {name: value for name, value in changed.items() if name != "nextPageToken"}
        changed |= {name: 0 for name in ("total", "count") if name in changed}
        changed |= {"isLast": True} if "isLast" in changed else {}
    return changed
