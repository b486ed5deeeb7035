"""The sprint field of an issue: objects on Cloud, strings on self-hosted Jira.

The strings are Java's `toString`, `…Sprint@4263b21c[id=444,rapidViewId=158,state=ACTIVE,name=…,goal=…,sequence=444]`,
in an order that varies by version. Nothing in them is escaped: a name may contain `,`, `]`, `=`, and even `,state=`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

_NULL = "<null>"
_DIGITS = re.compile(r"-?\d+")
_NUMBER = re.compile(r"-?\d+|<null>|")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT[0-9:.]+(?:Z|[+-]\d\d:?\d\d)|<null>|")
# A date in another form ends at the next comma: it is omitted, and the rest of the sprint stays.
_OTHER_DATE = re.compile(r"[^,\[\]]*")
_FLAG = re.compile(r"true|false|<null>|")
# The form of each key's value; None for free text.
_GRAMMAR: Mapping[str, re.Pattern[str] | None] = {
    "id": _DIGITS,
    "rapidViewId": _NUMBER,
    "state": re.compile(r"ACTIVE|CLOSED|FUTURE", re.IGNORECASE),
    "name": None,
    "goal": None,
    "startDate": _INSTANT,
    "endDate": _INSTANT,
    "completeDate": _INSTANT,
    "activatedDate": _INSTANT,
    "sequence": _NUMBER,
    "synced": _FLAG,
    "autoStartStop": _FLAG,
    "incompleteIssuesDestinationId": _NUMBER,
}
_CLOUD_NAMES = {"rapidViewId": "boardId"}
_KEY = re.compile(rf"(?:^|,)({'|'.join(_GRAMMAR)})=")
# A key that a newer Jira may have added; no value with a fixed form looks like this.
_UNKNOWN_KEYS = re.compile(r",[A-Za-z]\w*=.*", re.DOTALL)
# A bound on the search, for names that imitate a sprint.
_MOST_STEPS = 5_000


def sprint_ids(values: Iterable[Any]) -> list[int]:
    """The ids in an issue's sprint field, in the field's order. A hot path."""
    ids = []
    for value in values:
        if type(value) is dict and "id" in value:
            ids.append(int(value["id"]))
            continue
        if type(value) is str:
            # In most, the id comes first.
            first, comma, _ = value.partition("[")[2].partition(",")
            if comma and first.startswith("id=") and first[3:].isdecimal():
                ids.append(int(first[3:]))
                continue
        identifier = _identifier(_by_key(value))
        if identifier is not None:
            ids.append(identifier)
    return ids


def parse_sprint(value: str | Mapping[str, Any]) -> Mapping[str, Any] | None:
    """One value of the field as an object with Cloud's names, or None for an unknown form."""
    parts = _by_key(value)
    return None if _identifier(parts) is None else parts


def _by_key(value: str | Mapping[str, Any]) -> Mapping[str, Any]:
    """The parts of a value, by Cloud's keys."""
    if isinstance(value, Mapping):
        return value
    known = {name: text for name, text in _parts(str(value)).items() if text != _NULL}
    return {_CLOUD_NAMES.get(name, name): text for name, text in known.items()}


def _identifier(parts: Mapping[str, Any]) -> int | None:
    identifier = str(parts.get("id") or "")
    return int(identifier) if _DIGITS.fullmatch(identifier) else None


def _parts(text: str) -> dict[str, str]:
    """The values by key, in the reading where the most keys have a value of their kind."""
    start, end = text.find("["), text.rfind("]")
    if start < 0 or end < start:
        return {}
    return _Reading(text[start + 1 : end]).best()


class _Reading:
    """Finds which of the `,key=` in a text are keys, and which belong to a name or a goal.

    Every key appears once, the values of most have a fixed form, and only free text can contain something that looks
    like a key. That leaves one reading in all but contrived cases; there the earlier key counts.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._marks = [(mark.start(), mark.end(), mark.group(1)) for mark in _KEY.finditer(text)]
        self._wanted = len({name for _, _, name in self._marks})
        self._best: dict[str, str] = {}
        self._steps = 0
        self._takes_other_dates = False

    def best(self) -> dict[str, str]:
        if self._marks and not self._search(1, self._marks[0], {}):
            self._steps, self._takes_other_dates = 0, True
            self._search(1, self._marks[0], {})
        return self._best

    def _search(self, following: int, key: tuple[int, int, str], found: dict[str, str]) -> bool:
        """Whether a reading with all keys was found, with `key` open and the marks from `following` on undecided."""
        self._steps += 1
        if self._steps > _MOST_STEPS:
            return True
        _, start, name = key
        grammar = _GRAMMAR[name]
        for place in range(following, len(self._marks) + 1):
            closing = self._marks[place] if place < len(self._marks) else None
            value = self._value(grammar, self._text[start : closing[0] if closing else len(self._text)])
            if value is not None and (closing is None or (closing[2] != name and closing[2] not in found)):
                reading = {**found, name: value}
                if closing is None:
                    if len(reading) > len(self._best):
                        self._best = reading
                    return len(self._best) == self._wanted
                if self._search(place + 1, closing, reading):
                    return True
            if grammar is not None:
                # A value with a fixed form contains no comma: it ends at the next key or not at all.
                return False
        return False

    def _value(self, grammar: re.Pattern[str] | None, text: str) -> str | None:
        """The part of a text that is a value of this form, or None if the text does not begin with one."""
        if grammar is None:
            return text
        forms = (grammar, _OTHER_DATE) if grammar is _INSTANT and self._takes_other_dates else (grammar,)
        for form in forms:
            found = form.match(text)
            if found and (found.end() == len(text) or _UNKNOWN_KEYS.fullmatch(text, found.end())):
                return found.group()
        return None
