"""Makes typed columns of one of Jira's objects, as the manifest says where each stands.

A place is a path of names: `statusCategory.name`. `schemes.*.id` gathers from a list, `lead.accountId|lead.key` takes
the first that is there, `partition.project_id` is the partition's, `#` counts the rows, `*` is the whole object. The
stream's JSON schema says what type it becomes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from source_jira_flow.common.instants import utc
from source_jira_flow.records.volatile import without_volatile

Place = Callable[[Mapping[str, Any], Mapping[str, Any], int], Any]
_WHOLE = "*"
_POSITION = "#"
_PARTITION = "partition."
_DAY_LENGTH = 10


class ColumnMaker:
    """The columns of one stream. `make(jira_object, partition, position)` gives a record."""

    def __init__(self, places: Mapping[str, str], schema: Mapping[str, Any]) -> None:
        properties = schema["properties"]
        self._columns = [(name, _reader(place), _converter(properties[name])) for name, place in places.items()]

    def make(self, document: Mapping[str, Any], partition: Mapping[str, Any], position: int) -> dict[str, Any]:
        """A record; what is missing, null or an empty text is null."""
        record = {}
        for name, read, convert in self._columns:
            value = read(document, partition, position)
            record[name] = None if value is None or value == "" else convert(value)
        return record


def _reader(place: str) -> Place:
    if place == _WHOLE:
        return lambda document, _partition, _position: without_volatile(document)
    if place == _POSITION:
        return lambda _document, _partition, position: position
    if place.startswith(_PARTITION):
        name = place.removeprefix(_PARTITION)
        return lambda _document, partition, _position: partition[name]
    paths = [path.split(".") for path in place.split("|")]
    return lambda document, _partition, _position: next(
        (value for path in paths if (value := _look_up(document, path)) is not None), None
    )


def _look_up(value: Any, path: list[str]) -> Any:
    for depth, name in enumerate(path):
        if name == _WHOLE:
            return [_look_up(part, path[depth + 1 :]) for part in value] if isinstance(value, list) else None
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def _converter(column: Mapping[str, Any]) -> Callable[[Any], Any]:
    types = column["type"] if isinstance(column["type"], list) else [column["type"]]
    if column.get("format") == "date-time":
        return utc
    if column.get("format") == "date":
        return lambda value: str(value)[:_DAY_LENGTH]
    if "string" in types:
        return str
    if "integer" in types:
        return int
    return lambda value: value
