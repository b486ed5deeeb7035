"""The JSON of an answer, also where a few of its characters or numbers are not JSON.

Jira stores what people paste, and sends it on: half an emoji, NaN from a calculated field, bytes in another encoding.
One such value must not cost the page that it is on.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

_LARGEST_INTEGER = 2**64


@dataclass(frozen=True)
class Parsed:
    """A document, and the names of the rows in which something was replaced; None where nothing was."""

    document: Any
    replaced_in: tuple[str, ...] | None = None


def parse(body: bytes) -> Parsed:
    """Raises ValueError for a body that is not JSON at all.

    Characters that UTF-8 can't hold become U+FFFD, numbers that are not finite become null.
    """
    try:
        return Parsed(orjson.loads(body))
    except orjson.JSONDecodeError:
        pass
    try:
        document = _DECODER.decode(body.decode(json.detect_encoding(body), "surrogateescape").strip())
        names = tuple(str(row.get("key") or row.get("id")) for row in _rows(document) if _sound(row) != row)
        return Parsed(_sound(document), names)
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def _integer(text: str) -> int | float:
    """As orjson reads it: beyond 64 bits a float, beyond those infinite."""
    if len(text) > 20:
        return float(text)
    number = int(text)
    return number if -(_LARGEST_INTEGER // 2) <= number < _LARGEST_INTEGER else float(number)


# Control characters inside a text are forgiven as well.
_DECODER = json.JSONDecoder(strict=False, parse_int=_integer)


def _rows(document: Any) -> Iterator[dict[str, Any]]:
    """The document's own objects: the rows of a list, or the document itself."""
    if isinstance(document, dict):
        lists = [part for part in document.values() if isinstance(part, list)]
        parts = [row for rows in lists for row in rows] or [document]
    else:
        parts = document if isinstance(document, list) else []
    return (row for row in parts if isinstance(row, dict))


def _sound(value: Any) -> Any:
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list):
        return [_sound(part) for part in value]
    if isinstance(value, dict):
        return {_sound(name): _sound(part) for name, part in value.items()}
    return value
