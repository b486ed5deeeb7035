"""Makes the columns of a record from one of Jira's objects. The manifest says where each value is.

A place is a path of names: `statusCategory.name`. `schemes.*.id` collects from a list, `person(lead)` is the
person's id in `users`, `isDefault|default` the first one present, `startDate[:10]` the first ten characters,
`partition.project_id` the partition's value, `#` the row's position in its list, and `*` the whole object.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from airbyte_cdk.sources.declarative.transformations import RecordTransformation

from source_jira_flow.common.json import JsonObject
from source_jira_flow.jira.people import person_id
from source_jira_flow.records.volatile import without_volatile

Read = Callable[[JsonObject, Mapping[str, Any]], Any]
POSITION = "#"
_WHOLE = "*"
_PARTITION = "partition."
_PERSON = re.compile(r"person\((.+)\)")
_CUT = re.compile(r"(.+)\[:(\d+)\]")


@dataclass
class Columns(RecordTransformation):
    """Turns a row into its columns. A missing value or an empty string is null."""

    columns: Mapping[str, str]

    def __post_init__(self) -> None:
        self._readers = {name: _reader(place) for name, place in self.columns.items()}

    def transform(self, record: JsonObject, *_: Any, stream_slice: Mapping[str, Any] | None = None, **__: Any) -> None:
        """Replace the row's content by its columns."""
        values = {name: read(record, stream_slice or {}) for name, read in self._readers.items()}
        record.clear()
        record.update({name: None if value == "" else value for name, value in values.items()})


def _reader(place: str) -> Read:
    if place == _WHOLE:
        return lambda row, _: without_volatile({name: part for name, part in row.items() if name != POSITION})
    if place.startswith(_PARTITION):
        name = place.removeprefix(_PARTITION)
        return lambda _, partition: partition[name]
    if person := _PERSON.fullmatch(place):
        read_user = _reader(person[1])
        return lambda row, partition: person_id(read_user(row, partition))
    if cut := _CUT.fullmatch(place):
        read, length = _reader(cut[1]), int(cut[2])
        return lambda row, partition: None if (value := read(row, partition)) is None else str(value)[:length]
    paths = [path.split(".") for path in place.split("|")]
    return lambda row, _: next((value for path in paths if (value := _look_up(row, path)) is not None), None)


def _look_up(value: Any, path: list[str]) -> Any:
    for depth, name in enumerate(path):
        if name == _WHOLE:
            return [_look_up(part, path[depth + 1 :]) for part in value] if isinstance(value, list) else None
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value
