"""The changes of issues: the entries of their histories, each once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from source_jira_flow.common.instants import instant
from source_jira_flow.common.json import JsonObject
from source_jira_flow.common.parallel import in_parallel
from source_jira_flow.errors import Forbidden, NotFound
from source_jira_flow.records.changes import change_records
from source_jira_flow.records.field_map import FieldMap
from source_jira_flow.scan.fed_stream import FedStream
from source_jira_flow.state.own_parts import stored_entries, written_entries
from source_jira_flow.state.sent_entries import SentEntries
from source_jira_flow.sync import Sync

# A moved issue has a new key, which all its changes must have.
_MOVES = frozenset({"key", "project"})


class ChangeStream(FedStream):
    """The entries of each history that were not sent yet; for a moved issue, all of them.

    A history only grows. So the state keeps the number of entries sent for each issue, and the newest beyond that are
    new, whether or not they changed `updated`, and wherever the issue was meanwhile. If more are new than Jira embeds,
    whole histories are requested, for several pages at once.
    """

    fields = ()
    expand = ("changelog",)

    def __init__(self, name: str, sync: Sync, field_map: FieldMap) -> None:
        super().__init__(name, sync, field_map)
        self._sent = stored_entries(sync.states.stored(name))

    def prepare(self, issues: Sequence[JsonObject], only_new: bool) -> Sequence[JsonObject]:
        """Choose the entries of each issue. Returns the issues that must wait for their whole history."""
        waiting, most = [], self._sync.jira.most_embedded_changes
        for issue in issues:
            entries, total = list(self._embedded(issue).values()), _stated(issue)
            # Jira may give a total of 0 with entries: the length is known then if fewer came than it embeds.
            is_counted = total is not None and (total >= len(entries) or most is None or len(entries) < most)
            if not is_counted or not self._choose(issue, entries, max(total or 0, len(entries)), only_new):
                waiting.append(issue)
        return waiting

    def size(self, issue: JsonObject) -> int:
        return max(_total(issue), 1)

    def complete(self, issues: Sequence[JsonObject], only_new: bool) -> None:
        """Choose from the requested histories, and from the embedded entries."""
        whole = {issue["id"]: self._embedded(issue) for issue in issues}
        asked = {issue["id"]: issue for issue in issues}
        # Histories that are refused in bulk, or come short, are requested one by one.
        with suppress(NotFound, Forbidden):
            for issue_id, entries in self._sync.jira.histories(list(whole)):
                if issue_id in asked:
                    whole[issue_id].update(self._by_id(entries, asked[issue_id]))
        short = [issue for issue in issues if len(whole[issue["id"]]) < _total(issue)]
        for issue, entries in in_parallel(lambda each: self._sync.jira.history(each["id"]), short, self._sync.workers):
            whole[issue["id"]].update(self._by_id(entries, issue))
        for issue in issues:
            entries = list(whole[issue["id"]].values())
            if len(entries) < _total(issue):
                # To an anonymous caller, Jira returns no history.
                self._sync.account.prove_answer()
                self._sync.logger.warning(
                    "Jira counts %s entries in the history of %s and gives %s.",
                    _total(issue),
                    issue["key"],
                    len(entries),
                )
            issue["history_length"] = max(len(entries), _total(issue))
            if not self._choose(issue, entries, issue["history_length"], only_new):
                issue["changes"] = entries

    def _embedded(self, issue: JsonObject) -> dict[str, JsonObject]:
        return self._by_id(_changelog(issue).get("histories"), issue)

    def _by_id(self, entries: Any, issue: JsonObject) -> dict[str, JsonObject]:
        """Each entry once, however often Jira returns it."""
        return {str(entry["id"]): entry for entry in self.sound(entries, issue)}

    def _choose(self, issue: JsonObject, entries: Sequence[JsonObject], length: int, only_new: bool) -> bool:
        """Choose what to send of a history of this length; False if these newest entries don't include all of it."""
        out = self._sent.of(int(issue["id"])) if only_new else 0
        new = length - out if out <= length else length
        if new <= len(entries) and out and new:
            newest = _newest(entries, new)
            entries, new = (entries, length) if any(map(_is_move, newest)) else (newest, new)
        if new > len(entries):
            return False
        issue["changes"] = entries if new else ()
        issue["history_length"] = length
        return True

    def records(self, issue: JsonObject) -> Iterator[Mapping[str, Any]]:
        return change_records(issue, issue["changes"], self._field_map)

    def note(self, issue: JsonObject) -> tuple[int, int]:
        """Its id, and the length of its history."""
        return int(issue["id"]), issue["history_length"]

    def commit(self, notes: Sequence[tuple[int, int]]) -> None:
        for issue_id, length in notes:
            if length:
                self._sent.note(issue_id, length)

    def forget(self) -> None:
        # It is not known which issues belong to the renamed project: all are sent completely when they change next.
        self._sent = SentEntries()

    def own_state(self) -> dict[str, Any]:
        return written_entries(self._sent)


def _changelog(issue: JsonObject) -> JsonObject:
    found = issue.get("changelog")
    return found if isinstance(found, dict) else {}


def _stated(issue: JsonObject) -> int | None:
    """The number of entries in the history; None if Jira does not say, or gives no list of them."""
    changelog = _changelog(issue)
    total = changelog.get("total")
    return total if isinstance(total, int) and isinstance(changelog.get("histories"), list) else None


def _total(issue: JsonObject) -> int:
    return _stated(issue) or 0


def _newest(entries: Sequence[JsonObject], number: int) -> list[JsonObject]:
    """Newest by time or by id, which differ if the clocks of a cluster's nodes do: rather one entry too many."""
    by_id = sorted(entries, key=lambda entry: int(entry["id"]))[-number:]
    by_time = sorted(entries, key=_age)[-number:]
    return list({entry["id"]: entry for entry in by_time + by_id}.values())


def _age(entry: JsonObject) -> tuple[int, int]:
    return instant(entry.get("created")) or 0, int(entry["id"])


def _is_move(entry: JsonObject) -> bool:
    return any(str(item.get("field")).lower() in _MOVES for item in entry.get("items") or ())
