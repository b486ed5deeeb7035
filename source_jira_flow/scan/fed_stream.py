"""What a stream is that the scan feeds: the fields it needs, and its records of one issue."""

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
# Pages are read by the instants, and every record names its project.
_ALWAYS = ("created", "updated", "project")


class FedStream(ABC):
    """One stream that the scan feeds. Pages come to several workers at once; a page's records go out together.

    `fields` are names of fields, or `*all` and, each after a `-`, those that this stream does not need of all; `expand`
    is what else a page must hold.
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
        """Called with the issues of a page before their records are made: to ask for what Jira embeds only in part.

        With `only_new` they were sent before, and come because they changed. Returns those that must wait, for
        `complete` to be called with the ones of several pages at once.
        """
        return ()

    def size(self, issue: JsonObject) -> int:
        """How much is asked for an issue that waits: so much is held at once."""
        return 1

    def complete(self, issues: Sequence[JsonObject], only_new: bool) -> None:
        """Called with issues that waited, before their records are made."""

    @abstractmethod
    def records(self, issue: JsonObject) -> Iterable[Mapping[str, Any]]:
        """The stream's records of one issue."""

    def removals(self) -> tuple[Sequence[Mapping[str, Any]], Callable[[], None]] | None:
        """Asked once in a sync: records of what Jira says is gone, and what to call when they are out."""
        return None

    def sound(self, rows: Any, issue: JsonObject) -> list[JsonObject]:
        """The parts of an issue that records can be made of. Others are told."""
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
        """Whether the records of a stored state were made of other fields than today's would be."""
        return False

    def forget(self) -> None:
        """A project was renamed: whatever is sent from now on is sent whole, with the new keys."""

    def note(self, issue: JsonObject) -> Any:  # those that override it need it
        """What `commit` needs of an issue, once its records are made."""
        return None

    def commit(self, notes: Sequence[Any]) -> None:
        """Called by one thread when the records of some issues are out: for a stream that keeps a state of its own."""

    def own_state(self) -> dict[str, Any]:
        """What the stream's state holds besides the progress of the scan: of what was committed, and no more."""
        return {}


def asked_fields(streams: Iterable[FedStream]) -> list[str]:
    """The fields that these streams need together: what one leaves out is asked for where another needs it."""
    wanted = [stream.fields for stream in streams]
    named = {name for fields in wanted for name in fields if name != ALL and not name.startswith("-")}
    whole = [fields for fields in wanted if ALL in fields]
    if not whole:
        return sorted(named.union(_ALWAYS))
    left_out = [name for name in whole[0] if name.startswith("-") and all(name in fields for fields in whole)]
    return [ALL, *(name for name in left_out if name[1:] not in named)]


def asked_expand(streams: Iterable[FedStream]) -> list[str]:
    """What a page must hold besides the fields."""
    return sorted({name for stream in streams for name in stream.expand})
