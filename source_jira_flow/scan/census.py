"""The census: compares the ids that Jira lists with those that were sent, to find what is gone and what is missing.

Jira reports no deletion, and nothing else that happens without a new `updated`: an issue becomes visible, or invisible,
when the members of its security level change; an archived one leaves search; an index forgets. Nothing is concluded
from a list, which can come short for many reasons. Each issue that is missing from it is asked for by itself; see
`asking`. A project counts as compared only when all that is missing from its list was explained: else it waits for the
next sync.

It is the last part of a scan, when all else is out, and runs in the one thread that sends.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import Any, Protocol

from airbyte_cdk.sources.types import Record

from source_jira_flow.common.instants import DAY, floor_second, instant
from source_jira_flow.common.json import JsonObject
from source_jira_flow.common.parallel import portions
from source_jira_flow.common.text import listed
from source_jira_flow.jira.projects import Project
from source_jira_flow.records.sound import version_of
from source_jira_flow.scan.asking import Asker
from source_jira_flow.scan.batch import Batch, Outgoing
from source_jira_flow.scan.by_id import IdRead
from source_jira_flow.scan.due import A_DAY, is_older
from source_jira_flow.scan.listing import Lister, Listing
from source_jira_flow.scan.proof import Proof
from source_jira_flow.scan.reader import IssueReader
from source_jira_flow.state.census import CensusState
from source_jira_flow.state.issue_ids import UNKNOWN_PROJECT, IssueTable, merged
from source_jira_flow.state.issues import in_queries
from source_jira_flow.state.progress import Group

# Where counts are exact, as many can appear as vanish: now and then every issue is listed.
_WEEK = 7 * DAY
# How many archived issues are asked for: in each census where there are no more, and once a day. Then where each takes
# a call.
_ARCHIVED = (1_000, 10_000)
_ARCHIVED_SINGLE = (50, 5_000)


@dataclass
class _Changes:
    """What a census changes in what counts as sent."""

    removed: set[int] = field(default_factory=set)
    # No deletions, but no issues that are imported either: what becomes of them is no concern any more.
    let_go: set[int] = field(default_factory=set)
    archived: set[int] = field(default_factory=set)
    restored: set[int] = field(default_factory=set)
    # Issues that count as sent without being read.
    rows: list[tuple[int, int, int]] = field(default_factory=list)
    read: Counter[int] = field(default_factory=Counter)
    # Projects of which something is not explained.
    late: set[int] = field(default_factory=set)
    # Whether the list lacked issues that Jira gave when it was asked for each.
    is_short: bool = False


class Issues(Protocol):
    """What a census needs from the stream of issues; see `scan.fed.IssueStream`."""

    name: str
    census: CensusState

    def gone(self, issue_ids: Iterable[str]) -> list[dict[str, Any]]:
        """The records of issues that are gone."""


class Census:
    """One census of the projects that are `due`. `imported` are the keys of all imported projects by id."""

    def __init__(
        self,
        reader: IssueReader,
        issues: Issues,
        streams: tuple[str, ...],
        imported: Mapping[int, str],
        due: frozenset[int],
        *,
        is_full: bool,
    ) -> None:
        """`streams` get the issues that are read again; `is_full`: all projects that could be compared are due."""
        self._reader = reader
        self._sync = reader.sync
        self._jira = reader.sync.jira
        self._logger = reader.sync.logger
        self._issues = issues
        self._state = issues.census
        self._streams = streams
        self._imported = imported
        self._due = due
        self._is_full = is_full
        self._groups = groups_of(due)
        self._lister = Lister(reader, self._groups, {key: project for project, key in imported.items()})
        self._changes = _Changes()
        self.proof: list[JsonObject] = []
        """The rows of `coverage`, once all batches were taken."""

    def batches(self) -> Iterator[Batch | Outgoing]:
        """What to send: removals, and issues that the warehouse lacks or has in an old version."""
        # Also where this ends before its end.
        self._state.waiting |= self._due
        kept, archived = self._state.sent.table(), self._state.archived.table()
        before = kept.where(map(self._is_in_question, kept.projects))
        listing = self._listing(before)
        search = self._reader.search
        asker = Asker(self._sync, search.fields, search.expand, listing.issues.ids)
        looked_at = self._some_archived(archived, set(listing.issues.ids))
        places = asker.places(looked_at)
        restored = {int(issue["id"]) for issue in places.there if self._is_listable(issue)}
        if not listing.whole and (restored or not set(listing.issues.ids).issubset(kept.ids)):
            # Where issues appear, as many others may have vanished without a change of the count.
            listing = self._lister.whole(before, is_known=True)
        missing = self._missing(before, listing)
        asked = asker.ask(missing, self._is_listable)
        if missing and self._jira.counts_exactly and self._lister.count() > listing.expected:
            self._logger.warning(
                "Jira counts more issues after the comparison than before it: its list was short, and nothing is"
                " concluded from it. The next sync looks again."
            )
            return
        sent_in = _projects_of([*missing, *looked_at], kept, archived)
        self._changes.late.update(sent_in[issue_id] for issue_id in [*asked.left, *places.left])
        yield from self._appeared(listing, kept)
        elsewhere = [issue for issue in places.there if _project(issue) not in self._imported]
        yield from self._there([*asked.there, *elsewhere], sent_in)
        yield from self._back(asker.whole(sorted(restored.difference(listing.issues.ids))), kept)
        edited = [int(each["id"]) for each in places.there if _is_archived(each) and self._is_other(each)]
        yield from self._batches(asker.whole(edited))
        yield from self._gone({issue_id: sent_in[issue_id] for issue_id in [*asked.gone, *places.gone]})
        self._finish(listing, before, looked_at)

    def _is_in_question(self, project: int) -> bool:
        return project in self._due or (self._is_full and project == UNKNOWN_PROJECT)

    def _is_listable(self, issue: JsonObject) -> bool:
        """Whether Jira's list must have it. An index that holds whole seconds has not all of the second of T0."""
        created = instant(issue["fields"].get("created"))
        is_new = created is not None and created >= floor_second(self._sync.now)
        return _project(issue) in self._due and not _is_archived(issue) and not is_new

    def _is_other(self, issue: JsonObject) -> bool:
        """Whether an archived issue was edited since it was sent: restored and archived again meanwhile."""
        return _project(issue) in self._due and self._state.versions.is_other(int(issue["id"]), version_of(issue))

    def _listing(self, before: IssueTable) -> Listing:
        is_known = not self._state.unlisted & self._due
        whole_is_due = not is_known or not self._is_full or is_older(self._state.whole_at, _WEEK, self._sync.now)
        if self._jira.counts_exactly and not whole_is_due:
            return self._lister.differing(before)
        return self._lister.whole(before, is_known=is_known)

    def _missing(self, before: IssueTable, listing: Listing) -> list[int]:
        """What was sent and is not listed.

        What happened to an issue since this sync sent it is for the next one: no issue comes twice in one.
        """
        passed_over = set(chain(listing.issues.ids, self._state.sent.new))
        missing = [
            issue_id for issue_id, _, day in before.rows() if issue_id not in passed_over and listing.covers(day)
        ]
        if missing and self._state.start_date != self._sync.options.start_date and self._sync.options.start_date:
            older = self._lister.before_start()
            self._changes.let_go.update(older.intersection(missing))
            missing = [issue_id for issue_id in missing if issue_id not in older]
        return missing

    # -- archived issues ---------------------------------------------------------------------------

    @property
    def _takes_the_days_archived(self) -> bool:
        return self._is_full and is_older(self._state.archived_at, A_DAY, self._sync.now)

    def _some_archived(self, archived: IssueTable, there: set[int]) -> list[int]:
        """Archived issues to ask for now: all if they are few, else once a day a portion, a different one each day."""
        ids = [
            issue_id
            for issue_id, project, _ in archived.rows()
            if issue_id not in there and self._is_in_question(project)
        ]
        few, many = _ARCHIVED_SINGLE if self._jira.issues_in_call == 1 else _ARCHIVED
        if len(ids) <= few:
            return ids
        if self._is_full and not self._takes_the_days_archived:
            return []
        start = bisect_right(ids, self._state.archived_after)
        return [*ids[start:], *ids[:start]][:many]

    # -- what is sent ------------------------------------------------------------------------------

    def _appeared(self, listing: Listing, kept: IssueTable) -> Iterator[Batch | Outgoing]:
        """Issues that Jira lists and that were not sent: they became visible, or the index had forgotten them, or their
        move to another project.

        Those of a project whose ids were never kept were sent by the version before.
        """
        known = set(kept.ids)
        lacking = [row for row in listing.issues.rows() if row[0] not in known]
        archived = set(self._state.archived.table().ids)
        self._changes.rows += [row for row in lacking if row[1] in self._state.unlisted and row[0] not in archived]
        self._changes.restored.update(archived.intersection(listing.issues.ids))
        unread = {str(row[0]): row[1] for row in lacking if row[1] not in self._state.unlisted or row[0] in archived}
        unread.update(_moved(kept, listing))
        for group in (group for group in self._groups if group.projects):
            for issues, _ in IdRead(self._reader.search, group, "").rows(list(unread)):
                for issue in issues:
                    unread.pop(issue["id"], None)
                yield from self._batches(issues)
        self._changes.late.update(unread.values())

    def _there(self, issues: Sequence[JsonObject], sent_in: Mapping[int, int]) -> Iterator[Batch | Outgoing]:
        """Issues that Jira has but does not list: archived, in a project that is not imported, or lost by the index."""
        elsewhere = {int(each["id"]): _project(each) for each in issues if _project(each) not in self._imported}
        # Of a project that was imported until now, as far as is known, and is no longer: they stay as they are.
        stay = {
            issue_id
            for issue_id, project in elsewhere.items()
            if project in self._state.projects and sent_in[issue_id] == UNKNOWN_PROJECT
        }
        self._changes.let_go |= stay
        yield from self._removals([issue_id for issue_id in elsewhere if issue_id not in stay])
        here = [issue for issue in issues if _project(issue) in self._imported]
        archived = [issue for issue in here if _is_archived(issue)]
        self._changes.archived.update(int(issue["id"]) for issue in archived)
        yield from self._batches(archived)
        yield from self._batches([issue for issue in here if not _is_archived(issue)])
        forgotten = [str(issue.get("key")) for issue in here if self._is_listable(issue)]
        if forgotten:
            self._changes.is_short = True
            self._logger.warning(
                "Jira's list lacked %s, which it has: the list was short, and the next sync compares again. Where this"
                " stays so, the search index has to be rebuilt: ask your Jira administrator.",
                listed(forgotten),
            )

    def _back(self, issues: Sequence[JsonObject], kept: IssueTable) -> Iterator[Batch | Outgoing]:
        """Issues that are no longer archived, which search does not show yet."""
        restored = [issue for issue in issues if self._is_listable(issue)]
        self._changes.restored.update(int(issue["id"]) for issue in restored)
        sent = set(kept.ids)
        yield from self._batches([issue for issue in restored if int(issue["id"]) not in sent])

    def _gone(self, projects: Mapping[int, int]) -> Iterator[Batch | Outgoing]:
        """Issues that Jira does not have, or hides, with their projects.

        Projects that went out of sight meanwhile took their issues along, which are not gone. An issue whose project is
        not known can't be told from those.
        """
        lost = self._out_of_sight() if projects else frozenset()
        self._changes.late.update(lost)
        hidden = {issue_id for issue_id, project in projects.items() if project in lost}
        unknown = {issue_id for issue_id, project in projects.items() if project == UNKNOWN_PROJECT}
        if unknown and lost:
            self._changes.late.update(self._due)
            hidden |= unknown
        elif unknown and self._state.projects - self._imported.keys():
            self._changes.let_go.update(unknown)
            hidden |= unknown
            self._logger.warning(
                "%d issues are gone or belong to a project that went out of sight, which can't be told apart any more:"
                " their rows stay as they are.",
                len(unknown),
            )
        yield from self._removals([issue_id for issue_id in projects if issue_id not in hidden])

    def _out_of_sight(self) -> frozenset[int]:
        """The projects that the account can no longer see since this sync began."""
        listed = {int(project.id) for project in map(Project.of, self._jira.projects()) if project.is_live}
        lost = self._due - listed
        found = (self._reader.find_project(str(project)) for project in lost)
        return lost - {int(project.id) for project in found if project is not None and project.is_live}

    def _removals(self, ids: Sequence[int]) -> Iterator[Batch | Outgoing]:
        for some in portions(ids, self._sync.settings.window_size):
            removed = tuple(map(str, some))
            records = [Record(data=data, stream_name=self._issues.name) for data in self._issues.gone(removed)]
            yield Outgoing(records, {}, partial(self._changes.removed.update, some), removed)

    def _batches(self, issues: Sequence[JsonObject]) -> Iterator[Batch | Outgoing]:
        for some in portions(issues, self._sync.settings.page_size):
            self._changes.read.update(map(_project, some))
            yield Batch(some, self._streams)

    # -- the end -----------------------------------------------------------------------------------

    def _finish(self, listing: Listing, before: IssueTable, looked_at: Sequence[int]) -> None:
        """Note what counts as sent from now on, the proof, and which projects wait for the next census."""
        state, changes = self._state, self._changes
        table = self._settled()
        removed = Counter(project for issue_id, project, _ in before.rows() if issue_id in changes.removed)
        there = Counter(listing.issues.projects) if listing.whole else _inferred(before, listing)
        keys = {project: self._imported[project] for project in self._due}
        self.proof = Proof(keys, there, _counts(table, listing), changes.read, removed).tell(self._sync)
        late = self._due if UNKNOWN_PROJECT in changes.late else self._due & changes.late
        if self._is_full and not state.versions.unseen & self._due:
            whole_at = self._sync.now if listing.whole else state.whole_at or 0
            is_explained = not late and self._imported.keys() == self._due
            state.versions.compared(self._sync.now, whole_at, is_explained=is_explained)
        done = frozenset() if changes.is_short else self._due - late
        state.waiting -= done
        state.unlisted -= done
        if self._is_full and done:
            self._count_as_taken(listing, looked_at)

    def _count_as_taken(self, listing: Listing, looked_at: Sequence[int]) -> None:
        state, now = self._state, self._sync.now
        if self._takes_the_days_archived:
            state.archived_at, state.archived_after = now, max(looked_at[-1:], default=0)
        state.waiting |= self._imported.keys() - self._due
        state.taken_at, state.projects = now, frozenset(self._imported)
        if listing.whole:
            state.whole_at = now
        if not state.waiting:
            state.start_date = self._sync.options.start_date

    def _settled(self) -> IssueTable:
        state, changes = self._state, self._changes
        table = state.sent.table()
        archived = state.archived.table()
        # Of those that are archived, not the ones that are for the next sync, since they were edited after T0.
        out = changes.removed | changes.let_go | changes.archived.intersection(archived.ids)
        if changes.rows or out:
            table = merged([table, IssueTable.of(changes.rows)])
            table = table.where(issue_id not in out for issue_id in table.ids)
            state.sent.replace(table)
        # What could not be sent (it was hidden again, or edited since T0) is asked for like any other that is archived.
        left = changes.removed | (changes.restored and changes.restored.intersection(table.ids))
        if left:
            state.archived.replace(archived.where(issue_id not in left for issue_id in archived.ids))
        return table


def groups_of(projects: Iterable[int]) -> list[Group]:
    """Projects in the groups in which they are queried."""
    return [Group(some, {}) for some in in_queries([str(project) for project in sorted(projects)])]


def _moved(kept: IssueTable, listing: Listing) -> Iterator[tuple[str, int]]:
    """Issues that are listed in another project than they were sent in, with that project."""
    projects = dict(zip(listing.issues.ids, listing.issues.projects, strict=True))
    for issue_id, project, _ in kept.rows():
        listed_in = projects.get(issue_id, project)
        if project != listed_in and UNKNOWN_PROJECT not in (project, listed_in):
            yield str(issue_id), listed_in


def _counts(table: IssueTable, listing: Listing) -> Counter[int]:
    """How many issues of each project were sent; those of projects that are not known as far as the list says."""
    counts = table.counts()
    if counts.pop(UNKNOWN_PROJECT, 0):
        projects = dict(zip(listing.issues.ids, listing.issues.projects, strict=True))
        counts.update(
            projects.get(issue_id, UNKNOWN_PROJECT)
            for issue_id, project, _ in table.rows()
            if project == UNKNOWN_PROJECT
        )
    return counts


def _inferred(before: IssueTable, listing: Listing) -> Counter[int]:
    """How many issues Jira lists in each project: where its counts agree, as many as were sent."""
    there, known = set(listing.issues.ids), set(before.ids)
    here = Counter(project for issue_id, project, day in before.rows() if issue_id in there or not listing.covers(day))
    here.update(project for issue_id, project, _ in listing.issues.rows() if issue_id not in known)
    return here


def _projects_of(ids: Sequence[int], *tables: IssueTable) -> dict[int, int]:
    wanted = set(ids)
    rows = chain.from_iterable(table.rows() for table in tables) if wanted else ()
    return {issue_id: project for issue_id, project, _ in rows if issue_id in wanted}


def _project(issue: JsonObject) -> int:
    identifier = str((issue["fields"].get("project") or {}).get("id"))
    return int(identifier) if identifier.isdecimal() else UNKNOWN_PROJECT


def _is_archived(issue: JsonObject) -> bool:
    return bool(issue["fields"].get("archiveddate"))
