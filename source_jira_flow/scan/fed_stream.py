"""A stream fed by the scan: the fields it needs, and its records for one issue."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

from source_jira_flow.common.json import JsonObject
from source_jira_flow.jira.base import Jira
from source_jira_flow.records.field_map import FieldMap
from source_jira_flow.records.sound import is_part
from source_jira_flow.sync import Sync

ALL = "*all"
# Pages are read by these dates, and every record names its project.
_ALWAYS = ("created", "updated", "project")


class FedStream(ABC):
    """A stream fed by the scan. Several workers handle pages at once; the records of a page are sent together.

    `fields` are names of fields, or `*all` and, with a leading `-`, the exceptions; `expand` is what else a page must
    contain.
    """

    fields: ClassVar[tuple[str, ...]]
    expand: ClassVar[tuple[str, ...]] = ()

    def __init__(self, name: str, sync: Sync, field_map: FieldMap) -> None:
        self.name = name
        self._sync = sync
        self._field_map = field_map

    @classmethod
    def is_fed(cls, jira: Jira) -> bool:  # those that override it need it
        """Whether the stream is made of issues on this Jira."""
        return True

    def prepare(self, issues: Sequence[JsonObject], only_new: bool) -> Sequence[JsonObject]:
        """Called with the issues of a page before their records are made, to request what Jira embeds only in part.

        With `only_new`, they were sent before and have changed. Returns those that must wait: `complete` is called with
        those of several pages at once.
        """
        return ()

    def size(self, issue: JsonObject) -> int:
        """The size of the request for a waiting issue, which limits how many wait."""
        return 1

    def complete(self, issues: Sequence[JsonObject], only_new: bool) -> None:
        """Called with the waiting issues, before their records are made."""

    @abstractmethod
    def records(self, issue: JsonObject) -> Iterable[Mapping[str, Any]]:
        """The stream's records for one issue."""

    def removals(self) -> Iterable[tuple[Sequence[Mapping[str, Any]], Callable[[], None]]]:
        """Called once per sync: the records of what Jira reports as deleted, and what to call once they are sent."""
        return ()

    def sound(self, rows: Any, issue: JsonObject) -> list[JsonObject]:
        """The parts of an issue that records can be made of. The others are logged."""
        found = rows if isinstance(rows, list) else []
        good = [row for row in found if is_part(row)]
        if len(good) < len(found):
            self._sync.logger.warning(
                "Issue %s: %s of its %s in a form that is not known, and left out.",
                issue["key"],
                len(found) - len(good),
                self.name,
            )
        return good

    def is_remapped(self, stored: Mapping[str, Any]) -> bool:  # those that override it need it
        """Whether the records of the stored state were made from other fields than today's."""
        return False

    def forget(self) -> None:
        """A project was renamed: from now on, everything is sent completely, with the new keys."""

    def note(self, issue: JsonObject) -> Any:  # those that override it need it
        """What `commit` needs from an issue, once its records are made."""
        return None

    def commit(self, notes: Sequence[Any]) -> None:
        """Called by one thread once the records of some issues are sent, for a stream with its own state."""

    def own_state(self) -> dict[str, Any]:
        """The stream's state in addition to the scan's progress; it covers only what was committed."""
        return {}


def asked_fields(streams: Iterable[FedStream]) -> list[str]:
    """The fields that these streams need together: what one omits is requested if another needs it."""
    wanted = [stream.fields for stream in streams]
    named = {name for fields in wanted for name in fields if name != ALL and not name.startswith("-")}
    whole = [fields for fields in wanted if ALL in fields]
    if not whole:
        return sorted(named.union(_ALWAYS))
    left_out = [name for name in whole[0] if name.startswith("-") and all(name in fields for fields in whole)]
    return [ALL, *(name for name in left_out if name[1:] not in named)]


def asked_expand(streams: Iterable[FedStream]) -> list[str]:
    """What a page must contain in addition to the fields."""
    return sorted({name for stream in streams for name in stream.expand})
