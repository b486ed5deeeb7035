"""The census: the ids that Jira lists, held against those that were sent, tell what is gone and what is missing.

Jira reports no deletion, and nothing else that happens without a new `updated`: an issue becomes visible, or invisible,
when the members of its security level change; an archived one leaves search; an index forgets. Nothing is concluded
from a list, which can come short for many reasons. Each issue that is missing from it is asked for by itself, from
Jira's database, and only while Jira knows who asks.

It is the last part of a scan, when all else is out, and runs in the one thread that sends.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any, Protocol

from airbyte_cdk.sources.types import Record

from source_jira_flow.common.instants import DAY, MINUTE, from_milliseconds
from source_jira_flow.common.json import JsonObject
from source_jira_flow.common.parallel import in_parallel, portions
from source_jira_flow.scan.batch import Batch, Outgoing
from source_jira_flow.scan.by_id import IdRead
from source_jira_flow.scan.listing import Lister, Listing
from source_jira_flow.scan.reader import IssueReader
from source_jira_flow.scan.verification import is_large
from source_jira_flow.state.census import CensusState
from source_jira_flow.state.issue_ids import UNKNOWN_PROJECT, IssueTable, merged
from source_jira_flow.state.issues import in_queries
from source_jira_flow.state.progress import Group

# A daily sync that begins a little earlier than the day before is a day later all the same.
_DAY = DAY - 60 * MINUTE
# Where counts are exact, as many can appear as vanish: now and then every issue is listed.
_WEEK = 7 * DAY
# So many are asked for first: where most of them are there, it is the list that is wrong.
_PROBE = 20
# In one census, where each takes a call; the others wait for the next.
_MOST_SINGLE_CALLS = 5_000
# How many archived issues are looked at in one census, in calls.
_ARCHIVED_CALLS = 1
_ARCHIVED_SINGLE_CALLS = 10
_PROJECTS_IN_LOG = 50


@dataclass
class _Asked:
    """What Jira said of issues that are missing from its list: those that it has, the ids of those that it has not, and
    how many were not asked for."""

    there: list[JsonObject] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    left: int = 0


@dataclass
class _Changes:
    """What a census changes in what counts as sent."""

    removed: set[int] = field(default_factory=set)
    # No deletions, but no issues that are imported either: what becomes of them is no concern any more.
    let_go: set[int] = field(default_factory=set)
    archived: set[int] = field(default_factory=set)
    restored: set[int] = field(default_factory=set)
    # Issues that count as sent without being read, and those that were found in another project.
    rows: list[tuple[int, int, int]] = field(default_factory=list)
    read: Counter[int] = field(default_factory=Counter)


class Issues(Protocol):
    """What a census needs of the stream of issues; see `scan.fed.IssueStream`."""

    name: str
    census: CensusState

    def gone(self, issue_ids: Iterable[str]) -> list[dict[str, Any]]:
        """The records of issues that are gone."""


class Census:
    """One census. `imported` are the keys of all imported projects by id; `groups` were read to their end."""

    def __init__(
        self,
        reader: IssueReader,
        issues: Issues,
        streams: tuple[str, ...],
        imported: Mapping[str, str],
        groups: Iterable[Group],
        show: Callable[[list[dict[str, Any]]], None],
    ) -> None:
        """`streams` get the issues that are read again; `show` takes the rows of `coverage`."""
        self._reader = reader
        self._sync = reader.sync
        self._jira = reader.sync.jira
        self._logger = reader.sync.logger
        self._issues = issues
        self._state = issues.census
        self._streams = streams
        self._imported = {int(project): key for project, key in imported.items()}
        complete = sorted((project for group in groups for project in group.projects), key=int)
        self._groups = [Group(projects, {}) for projects in in_queries(complete)]
        self._projects = frozenset(map(int, complete))
        self._lister = Lister(reader, self._groups, {key: project for project, key in self._imported.items()})
        self._show = show
        self._changes = _Changes()

    # -- when --------------------------------------------------------------------------------------

    def is_due(self, *, asked_for: bool, quiet: bool) -> bool:
        """Whether to take it now. `asked_for`: a stream wants its rows. In a quiet sync, Jira is not asked for that."""
        chosen, taken_at = self._sync.options.find_deleted_issues, self._state.taken_at
        if chosen == "never" or not self._projects:
            return False
        if chosen == "every_sync" or asked_for or self._is_older(taken_at, _DAY):
            return True
        return not quiet and not self._jira.counts_exactly and self._is_clearly_off()

    def _is_older(self, instant: int | None, age: int) -> bool:
        """A clock that was ahead once must not put it off for ever."""
        return instant is None or not instant <= self._sync.now < instant + age

    def _is_clearly_off(self) -> bool:
        counted = self._lister.count()
        sent = sum(self._is_in_question(project) for project in self._state.sent.table().projects)
        return is_large(abs(counted - sent), max(counted, sent))

    # -- the census --------------------------------------------------------------------------------

    def batches(self) -> Iterator[Batch | Outgoing]:
        """What is to be sent: removals, and issues that the warehouse lacks or has as they were."""
        kept = self._state.sent.table()
        in_question = kept.where(map(self._is_in_question, kept.projects))
        listing = self._listing(in_question)
        listed = set(listing.issues.ids)
        # What happened to an issue since this sync sent it is for the next one: no issue comes twice in one.
        passed_over = listed.union(self._state.sent.new)
        missing = [
            issue_id for issue_id, _, day in in_question.rows() if issue_id not in passed_over and listing.covers(day)
        ]
        if missing and self._state.start_date != self._sync.options.start_date and self._sync.options.start_date:
            older = self._lister.before_start()
            self._changes.let_go.update(older.intersection(missing))
            missing = [issue_id for issue_id in missing if issue_id not in older]
        asked = self._ask(missing)
        archived = self._ask(self._some_archived(listed))
        if missing and self._jira.counts_exactly and self._lister.count() > listing.expected:
            self._logger.warning(
                "Jira counts more issues after the comparison than before it: its list was short, and nothing is"
                " concluded from it. The next sync looks again."
            )
            return
        yield from self._appeared(listing, kept)
        yield from self._there(asked.there)
        yield from self._back(archived.there, kept)
        yield from self._gone([*asked.gone, *archived.gone], kept)
        self._finish(listing, in_question, asked)

    def _is_in_question(self, project: int) -> bool:
        return project == UNKNOWN_PROJECT or project in self._projects

    def _listing(self, kept: IssueTable) -> Listing:
        is_known = not self._state.unlisted & self._projects
        whole_is_due = not is_known or self._is_older(self._state.whole_at, _WEEK)
        if self._jira.counts_exactly and not whole_is_due:
            return self._lister.differing(kept)
        return self._lister.whole(kept, is_known=is_known)

    def _some_archived(self, listed: set[int]) -> list[int]:
        """Archived issues that are to be asked for in this census: others each time, where there are many."""
        ids = [issue_id for issue_id in self._state.archived.table().ids if issue_id not in listed]
        single = self._jira.issues_in_call == 1
        most = _ARCHIVED_SINGLE_CALLS if single else _ARCHIVED_CALLS * self._jira.issues_in_call
        if len(ids) <= most:
            return ids
        start = self._sync.now // DAY * most % len(ids)
        return [*ids[start : start + most], *ids[: max(0, start + most - len(ids))]]

    # -- asking for what is missing ----------------------------------------------------------------

    def _ask(self, missing: Sequence[int]) -> _Asked:
        """Each of them by its id. Raises JiraFlowError where Jira does not answer: then nothing is concluded."""
        ids = [str(issue_id) for issue_id in missing]
        probe = list(islice(ids[:: max(1, len(ids) // _PROBE)], _PROBE))
        answers = self._answers(probe)
        there = sum(issue is not None for issue in answers.values())
        if len(ids) > _PROBE and 2 * there >= len(probe):
            self._logger.warning(
                "%d issues are missing from Jira's list, and most of those that were asked for are there: the list was"
                " short, and nothing is concluded from it. The next sync looks again.",
                len(ids),
            )
            return _Asked([issue for issue in answers.values() if issue is not None], left=len(ids) - len(probe))
        rest = [issue_id for issue_id in ids if issue_id not in answers]
        most = _MOST_SINGLE_CALLS if self._jira.issues_in_call == 1 else len(rest)
        answers.update(self._answers(rest[:most]))
        gone = [issue_id for issue_id, issue in answers.items() if issue is None]
        if gone:
            # To nobody, every issue is gone. What came in portions is asked for again: they leave out in silence.
            if self._jira.issues_in_call > 1:
                answers.update(self._answers(gone))
            self._sync.account.prove_sign_in()
        if rest[most:]:
            self._logger.warning(
                "%d issues are missing from Jira's list; %d of them were asked for, the others wait for the next sync.",
                len(ids),
                len(answers),
            )
        return _Asked(
            [issue for issue in answers.values() if issue is not None],
            [int(issue_id) for issue_id, issue in answers.items() if issue is None],
            len(rest[most:]),
        )

    def _answers(self, issue_ids: Sequence[str]) -> dict[str, JsonObject | None]:
        search, answers = self._reader.search, dict[str, JsonObject | None]()
        ask = partial(self._jira.issues_by_id, fields=search.fields, expand=search.expand)
        some = list(portions(issue_ids, self._jira.issues_in_call))
        for _, answer in in_parallel(ask, some, self._jira.workers):
            answers.update(answer)
        return answers

    # -- what is sent ------------------------------------------------------------------------------

    def _appeared(self, listing: Listing, kept: IssueTable) -> Iterator[Batch | Outgoing]:
        """Issues that Jira lists and that were not sent: they became visible, or the index had forgotten them.

        Those of a project whose ids were never kept were sent by the version before.
        """
        known = set(kept.ids)
        lacking = [row for row in listing.issues.rows() if row[0] not in known]
        archived = set(self._state.archived.table().ids)
        self._changes.rows += [row for row in lacking if row[1] in self._state.unlisted and row[0] not in archived]
        self._changes.restored.update(archived.intersection(listing.issues.ids))
        unread = [str(row[0]) for row in lacking if row[1] not in self._state.unlisted or row[0] in archived]
        for group in self._groups:
            search, projects = self._reader.search, group.projects
            read = IdRead(search, lambda projects=projects: projects, "")  # type: ignore[misc]
            for issues, _ in read.rows(unread):
                yield from self._batches(issues)

    def _there(self, issues: Sequence[JsonObject]) -> Iterator[Batch | Outgoing]:
        """Issues that Jira does not list and has: archived, in a project that is not imported, or forgotten."""
        elsewhere = [issue for issue in issues if _project(issue) not in self._imported]
        # A project that was imported until now is no longer configured: its issues stay as they are.
        self._changes.let_go.update(int(each["id"]) for each in elsewhere if _project(each) in self._state.projects)
        yield from self._removals([int(each["id"]) for each in elsewhere if _project(each) not in self._state.projects])
        here = [issue for issue in issues if _project(issue) in self._imported]
        archived = [issue for issue in here if _is_archived(issue)]
        self._changes.archived.update(int(issue["id"]) for issue in archived)
        yield from self._batches(archived)
        yield from self._batches([issue for issue in here if not _is_archived(issue)])

    def _back(self, issues: Sequence[JsonObject], kept: IssueTable) -> Iterator[Batch | Outgoing]:
        """Issues that were archived and are no longer."""
        restored = [issue for issue in issues if not _is_archived(issue) and _project(issue) in self._imported]
        self._changes.restored.update(int(issue["id"]) for issue in restored)
        sent = set(kept.ids)
        yield from self._batches([issue for issue in restored if int(issue["id"]) not in sent])

    def _gone(self, ids: Sequence[int], kept: IssueTable) -> Iterator[Batch | Outgoing]:
        """Issues that Jira has not, or hides.

        Those whose project is not known can't be told from the issues of a project that has just gone out of sight.
        """
        left = self._state.projects - self._imported.keys()
        projects = dict(zip(kept.ids, kept.projects, strict=True)) if left and ids else {}
        unclear = {issue_id for issue_id in ids if projects.get(issue_id) == UNKNOWN_PROJECT}
        if unclear:
            self._changes.let_go.update(unclear)
            self._logger.warning(
                "%d issues are gone or belong to a project that went out of sight, which can't be told apart any more:"
                " their rows stay as they are.",
                len(unclear),
            )
        yield from self._removals([issue_id for issue_id in ids if issue_id not in unclear])

    def _removals(self, ids: Sequence[int]) -> Iterator[Batch | Outgoing]:
        for some in portions(ids, self._sync.settings.window_size):
            removed = tuple(map(str, some))
            records = [Record(data=data, stream_name=self._issues.name) for data in self._issues.gone(removed)]
            yield Outgoing(records, {}, partial(self._changes.removed.update, some), removed)

    def _batches(self, issues: Sequence[JsonObject]) -> Iterator[Batch | Outgoing]:
        for some in portions(issues, self._sync.settings.page_size):
            self._changes.read.update(map(_project, some))
            yield Batch(some, self._streams, _all)

    # -- the end -----------------------------------------------------------------------------------

    def _finish(self, listing: Listing, before: IssueTable, asked: _Asked) -> None:
        """What counts as sent from now on, and the proof."""
        state, changes = self._state, self._changes
        table = self._settled(listing)
        counts = self._counts(table, listing)
        listed = Counter(listing.issues.projects) if listing.whole else self._inferred(before, listing, asked)
        removed = Counter(project for issue_id, project, _ in before.rows() if issue_id in changes.removed)
        self._report(listed, counts, removed)
        if asked.left:
            return
        state.taken_at, state.start_date = self._sync.now, self._sync.options.start_date
        state.projects = frozenset(self._imported)
        state.unlisted -= self._projects
        if listing.whole:
            state.whole_at = self._sync.now

    def _settled(self, listing: Listing) -> IssueTable:
        state, changes = self._state, self._changes
        table = state.sent.table()
        projects = dict(zip(listing.issues.ids, listing.issues.projects, strict=True))
        moved = [
            (issue_id, projects[issue_id], day)
            for issue_id, project, day in table.rows()
            if projects.get(issue_id, UNKNOWN_PROJECT) not in (UNKNOWN_PROJECT, project) and project != UNKNOWN_PROJECT
        ]
        archived = state.archived.table()
        # Of those that are archived, not the ones that are for the next sync, since they were edited after T0.
        out = changes.removed | changes.let_go | changes.archived.intersection(archived.ids)
        if changes.rows or moved or out:
            table = merged([table, IssueTable.of([*changes.rows, *moved])])
            table = table.where(issue_id not in out for issue_id in table.ids)
            state.sent.replace(table)
        left = changes.removed | changes.restored
        if left:
            state.archived.replace(archived.where(issue_id not in left for issue_id in archived.ids))
        return table

    def _counts(self, table: IssueTable, listing: Listing) -> Counter[int]:
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

    def _inferred(self, before: IssueTable, listing: Listing, asked: _Asked) -> Counter[int]:
        """How many issues Jira lists of each project: where its counts agree, as many as were sent."""
        listed = set(listing.issues.ids)
        here = Counter(
            project for issue_id, project, day in before.rows() if issue_id in listed or not listing.covers(day)
        )
        known = set(before.ids)
        here.update(project for issue_id, project, _ in listing.issues.rows() if issue_id not in known)
        return here

    def _report(self, listed: Counter[int], sent: Counter[int], removed: Counter[int]) -> None:
        at = from_milliseconds(self._sync.now)
        # Where not every project is known, nothing can be said of each.
        projects = sorted(self._projects, key=lambda project: self._imported[project]) if not sent[0] else []
        for project in projects[:_PROJECTS_IN_LOG]:
            self._tell(self._imported[project], listed[project], sent[project], project, removed[project])
        if len(projects) != 1:
            others = f"All {len(self._projects)} projects"
            self._tell(others, listed.total(), sum(sent[each] for each in (*self._projects, 0)), None, removed.total())
        self._show(
            [
                {
                    "project_id": str(project),
                    "project_key": self._imported[project],
                    "listed": listed[project],
                    "sent": sent[project],
                    "removed": removed[project],
                    "difference": listed[project] - sent[project],
                    "taken_at": at,
                }
                for project in projects
            ]
        )

    def _tell(self, title: str, listed: int, sent: int, project: int | None, removed: int) -> None:
        read = self._changes.read.total() if project is None else self._changes.read[project]
        self._logger.info(
            "%s: Jira lists %d issues, the warehouse has %d (%d sent now, %d removed).",
            title,
            listed,
            sent,
            read,
            removed,
        )


def _project(issue: JsonObject) -> int:
    identifier = str((issue["fields"].get("project") or {}).get("id"))
    return int(identifier) if identifier.isdecimal() else UNKNOWN_PROJECT


def _is_archived(issue: JsonObject) -> bool:
    return bool(issue["fields"].get("archiveddate"))


def _all(stream: str, issue: JsonObject) -> bool:
    return True
