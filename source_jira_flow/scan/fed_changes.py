"""How issues changed: the entries of their histories, each once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from source_jira_flow.common.instants import instant
from source_jira_flow.common.json import JsonObject
from source_jira_flow.common.parallel import in_parallel
from source_jira_flow.errors import Forbidden, NotFound
from source_jira_flow.records.changes import change_records
from source_jira_flow.records.field_map import FieldMap
from source_jira_flow.scan.fed_stream import FedStream
from source_jira_flow.state.sent_entries import SentEntries, stored_entries, written_entries
from source_jira_flow.sync import Sync

# An issue that was moved has another key, which all its changes bear.
_MOVES = frozenset({"key", "project"})


class ChangeStream(FedStream):
    """The entries of each history that did not go out yet; of an issue that was moved all of them.

    A history only grows. So the state keeps how many entries of each issue went out, and the newest ones beyond that
    number are new, whether or not they moved `updated`, and wherever the issue was meanwhile. Where more are new than
    Jira embeds, whole histories are asked for, those of several pages at once.
    """

    fields = ()
    expand = ("changelog",)

    def __init__(self, name: str, sync: Sync, field_map: FieldMap) -> None:
        super().__init__(name, sync, field_map)
        self._sent = stored_entries(sync.states.stored(name))
        self._lengths: dict[str, int] = {}

    def prepare(self, issues: Sequence[JsonObject], only_new: bool) -> Sequence[JsonObject]:
        """Choose the entries of each issue. Returns the issues that must wait for their whole history."""
        waiting = []
        for issue in issues:
            embedded = issue.get("changelog") or {"total": None, "histories": ()}
            entries, total = embedded["histories"], embedded["total"]
            if not self._is_counted(total, len(entries)) or not self._choose(
                issue, entries, max(total, len(entries)), only_new
            ):
                waiting.append(issue)
        return waiting

    def _is_counted(self, total: int | None, embedded: int) -> bool:
        """Whether the length of a history is known: totals of 0 were seen with entries."""
        most = self._sync.jira.most_embedded_changes
        return total is not None and (total >= embedded or most is None or embedded < most)

    def size(self, issue: JsonObject) -> int:
        return max(_total(issue), 1)

    def complete(self, issues: Sequence[JsonObject], only_new: bool) -> None:
        """Choose the entries of issues whose histories are asked for, and those that Jira embedded."""
        whole = {issue["id"]: _by_id((issue.get("changelog") or {}).get("histories") or ()) for issue in issues}
        # Refused in bulk, histories are asked for one by one, as those are that come short.
        with suppress(NotFound, Forbidden):
            for issue_id, entries in self._sync.jira.histories(list(whole)):
                whole.get(issue_id, {}).update(_by_id(entries))
        short = [issue for issue in issues if len(whole[issue["id"]]) < _total(issue)]
        for issue, entries in in_parallel(self._history, short, self._sync.workers):
            whole[issue["id"]].update(_by_id(entries))
        for issue in issues:
            entries = list(whole[issue["id"]].values())
            if len(entries) < _total(issue):
                # To nobody, Jira gives no history.
                self._sync.account.prove_answer()
                self._sync.logger.warning(
                    "Jira counts %s entries in the history of %s and gives %s.",
                    _total(issue),
                    issue["key"],
                    len(entries),
                )
            self._lengths[issue["id"]] = max(len(entries), _total(issue))
            if not self._choose(issue, entries, self._lengths[issue["id"]], only_new):
                issue["changes"] = entries

    def _history(self, issue: JsonObject) -> list[JsonObject]:
        return self._sync.jira.history(issue["id"])

    def _choose(self, issue: JsonObject, entries: Sequence[JsonObject], length: int, only_new: bool) -> bool:
        """Choose what to send of a history of that length; False where that is more than these newest entries."""
        out = self._sent.of(int(issue["id"])) if only_new else 0
        new = length - out if out <= length else length
        if new <= len(entries) and out and new:
            newest = sorted(entries, key=_age)[-new:]
            entries, new = (entries, length) if any(map(_is_move, newest)) else (newest, new)
        if new > len(entries):
            return False
        issue["changes"] = entries if new else ()
        self._lengths[issue["id"]] = length
        return True

    def records(self, issue: JsonObject) -> Iterator[Mapping[str, Any]]:
        return change_records(issue, issue["changes"], self._field_map)

    def commit(self, records: Iterable[Mapping[str, Any]], issue_ids: Iterable[str]) -> None:
        for issue_id in issue_ids:
            length = self._lengths.pop(issue_id)
            if length:
                self._sent.note(int(issue_id), length)

    def forget(self) -> None:
        # Which of the issues are the renamed project's is not known: others come whole once more when they change.
        self._sent = SentEntries()

    def own_state(self) -> dict[str, Any]:
        return written_entries(self._sent)


def _by_id(entries: Iterable[JsonObject]) -> dict[str, JsonObject]:
    return {str(entry["id"]): entry for entry in entries}


def _total(issue: JsonObject) -> int:
    return (issue.get("changelog") or {}).get("total") or 0


def _age(entry: JsonObject) -> tuple[int, int]:
    return instant(entry["created"]) or 0, int(entry["id"])


def _is_move(entry: JsonObject) -> bool:
    return any(str(item.get("field")).lower() in _MOVES for item in entry.get("items") or ())
