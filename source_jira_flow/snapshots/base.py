"""The part that all lists share that Jira gives whole: everything is read, only new, changed and gone rows are sent."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from airbyte_cdk.sources.types import Record

from source_jira_flow.common.json import JsonObject
from source_jira_flow.errors import Forbidden
from source_jira_flow.records.observed import Columns
from source_jira_flow.records.seen import Seen
from source_jira_flow.records.stream import StreamDefinition
from source_jira_flow.snapshots.absences import NOT_TOLD, Absences
from source_jira_flow.snapshots.comparison import Comparison
from source_jira_flow.state.snapshots import StoredSnapshot
from source_jira_flow.sync import Sync


class Snapshot(ABC):
    """One reading of one list in one sync. `seen` is what the scan of issues has seen in the same sync."""

    # Makes an id, which is text everywhere else, what the column of the primary key holds.
    key_type: ClassVar[type[str] | type[int]] = str

    def __init__(self, stream: StreamDefinition, sync: Sync, seen: Seen) -> None:
        """Raises ConfigurationError where the stored state can't be read."""
        self.stream = stream
        self.sync = sync
        self.seen = seen
        self.stored = StoredSnapshot.parse(sync.states.stored(stream.name), stream.name)
        self.comparison = Comparison(stream, self.stored, sync.now)

    # -- what differs from list to list ------------------------------------------------------------

    @abstractmethod
    def list(self) -> Iterable[JsonObject]:
        """All of them, as Jira gives them; the same one can come more than once."""

    @abstractmethod
    def find(self, identifier: str) -> JsonObject | None:
        """One of them; None where Jira confirms that there is none (404), NOT_TOLD where it can't be known."""

    @abstractmethod
    def columns(self, document: JsonObject) -> Columns:
        """The columns of one of them."""

    @property
    def is_whole(self) -> bool:
        """Whether the list that was read lacks nothing that Jira still has; if not, issues may mention more."""
        return True

    def mentioned(self) -> Iterable[tuple[str, Columns]]:
        """The id and columns of those that issues of this sync mention; called when all issues were read."""
        return ()

    def explain_empty_list(self) -> None:
        """Called where Jira listed nothing. Raises where that can't be right, and warns where it needs a word."""

    def own_state(self, *, complete: bool) -> dict[str, Any]:
        """What the state has in addition to digests; of the last sync where this reading is not `complete`."""
        return {}

    # -- what does not -----------------------------------------------------------------------------

    def read(self) -> Iterator[Record]:
        """Records, and a state after the last of them: also after those that came before an error.

        Raises PassingFault where the list came back short, and whatever `list` and `explain_empty_list` raise.
        """
        # Asks Jira for its projects: before anything goes out that only a state makes good.
        new = self.sync.states.new(self.stream.name)
        sent = False
        try:
            for data in self._differences():
                sent = True
                yield Record(data=data, stream_name=self.stream.name)
        except Exception:
            if sent:
                self._emit({**new, **self.comparison.state_so_far(), **self.own_state(complete=False)})
            raise
        self._emit({**new, **self.comparison.state(), **self.own_state(complete=True)})

    def _emit(self, state: dict[str, Any]) -> None:
        self.sync.states.emitter().emit(lambda: {self.stream.name: state})

    def _differences(self) -> Iterator[Columns]:
        for document in self.list():
            yield from self.comparison.listed(self.columns(document))
        if not self.comparison.present:
            self.explain_empty_list()
        if not self.is_whole:
            yield from self._mentioned()
        yield from Absences(
            self.comparison,
            self._find_columns,
            self.sync.account.prove_sign_in,
            title=self.stream.name,
            workers=self.sync.workers,
            logger=self.sync.logger,
            whole=self.is_whole,
            key=self.key_type,
        ).records()

    def _mentioned(self) -> Iterator[Columns]:
        """An object that issues mention is not gone, though Jira's list lacks it; and it may never have been listed."""
        self.seen.wait()
        missing = set(self.comparison.missing())
        for identifier, columns in self.mentioned():
            found = self._find_columns(identifier) if identifier in missing else None
            if found is NOT_TOLD:
                self.comparison.keep(identifier)
            elif found is not None:
                yield from self.comparison.listed(found)
            else:
                yield from self.comparison.mentioned(columns)

    def _find_columns(self, identifier: str) -> Columns | None:
        try:
            document = self.find(identifier)
        except Forbidden:
            return NOT_TOLD
        return document if document is None or document is NOT_TOLD else self.columns(document)
