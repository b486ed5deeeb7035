"""Asks Jira's database for issues by id: its answer for each issue counts, not an omission from a list.

An issue counts as gone only if Jira, asked at the same time for issues that it has just listed, returns those: to an
anonymous caller, or from a proxy that answers in Jira's place, every issue seems gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from typing import Any, NoReturn

from source_jira_flow.common.json import JsonObject
from source_jira_flow.common.parallel import in_parallel, portions
from source_jira_flow.errors import PassingFault
from source_jira_flow.sync import Sync

# If more are missing, some are requested first: if most of these exist, the list is wrong, and the others are not read.
_MANY = 1_000
_PROBE = 20
# The limit per census if each takes a call; the others wait for the next.
_MOST_SINGLE_CALLS = 5_000
# Listed issues requested along with those that seem gone: one of them may be deleted meanwhile.
_WITNESSES = 3
# Shows whether an issue is archived, and whether this version was sent.
_PLACE = ("project", "archiveddate", "updated")


@dataclass
class Asked:
    """What Jira says about some issues: those that exist, the ids of those that don't, and the ids of those about which
    nothing is known, since they were not requested or Jira did not say."""

    there: list[JsonObject]
    gone: list[int]
    left: list[int]


class Asker:
    """Requests issues with these `fields` and `expand`; `listed` are the ids that Jira has just listed."""

    def __init__(self, sync: Sync, fields: Sequence[str], expand: Sequence[str], listed: Sequence[int]) -> None:
        self._sync = sync
        self._jira = sync.jira
        self._fields = fields
        self._expand = expand
        self._witnesses = list(map(str, islice(listed[:: max(1, len(listed) // _WITNESSES)], _WITNESSES)))

    def ask(self, missing: Sequence[int], is_listable: Callable[[JsonObject], bool]) -> Asked:
        """Complete issues that are missing from a list. Raises JiraFlowError if Jira does not answer.

        `is_listable` says whether the list must contain an issue.
        """
        ids = [str(issue_id) for issue_id in missing]
        probe = list(islice(ids[:: max(1, len(ids) // _PROBE)], _PROBE))
        answers = self._answers(probe)
        there = sum(issue is not None and is_listable(issue) for issue in answers.values())
        if len(ids) > _MANY and 2 * there >= len(probe):
            self._sync.logger.warning(
                "%d issues are missing from Jira's list, and most of those that were asked for are there: the list was"
                " short, and nothing is concluded from it. The next sync looks again.",
                len(ids),
            )
            return _sorted(ids, {issue_id: issue for issue_id, issue in answers.items() if issue is not None})
        rest = [issue_id for issue_id in ids if issue_id not in answers]
        most = _MOST_SINGLE_CALLS if self._jira.issues_in_call == 1 else len(rest)
        answers.update(self._answers(rest[:most]))
        if rest[most:]:
            self._sync.logger.warning(
                "%d issues are missing from Jira's list; %d of them were asked for, the others wait for the next sync.",
                len(ids),
                len(answers),
            )
        asked = _sorted(ids, self._confirmed(answers))
        untold = len(asked.left) - len(rest[most:])
        if untold:
            self._sync.logger.warning(
                "Jira does not tell whether %d issues exist that are missing from its list: nothing is concluded about"
                " them. The next sync looks again.",
                untold,
            )
        return asked

    def places(self, issue_ids: Sequence[int]) -> Asked:
        """The same with project, `archiveddate` and `updated` only."""
        ids = [str(issue_id) for issue_id in issue_ids]
        return _sorted(ids, self._confirmed(self._answers(ids, _PLACE)))

    def whole(self, issue_ids: Sequence[int]) -> list[JsonObject]:
        """Those that exist, with all fields."""
        return [issue for issue in self._answers(list(map(str, issue_ids))).values() if issue is not None]

    def _confirmed(self, answers: dict[str, JsonObject | None]) -> dict[str, JsonObject | None]:
        """The same, once Jira has shown that it still knows the account. What came in portions is requested again."""
        gone = [issue_id for issue_id, issue in answers.items() if issue is None]
        if not gone:
            return answers
        if self._jira.issues_in_call > 1:
            for issue_id in gone:
                del answers[issue_id]
            again = list(portions(gone, self._jira.issues_in_call - len(self._witnesses)))
            answers |= _joined(in_parallel(self._beside_witnesses, again, self._jira.workers))
        elif self._witnesses and not any(map(self._jira.issue_exists, self._witnesses)):
            self._deny()
        self._sync.account.prove_sign_in()
        return answers

    def _beside_witnesses(self, issue_ids: Sequence[str]) -> dict[str, JsonObject | None]:
        answers = self._answers([*issue_ids, *self._witnesses])
        if self._witnesses and not any(answers.pop(witness, None) for witness in self._witnesses):
            self._deny()
        return {issue_id: answers[issue_id] for issue_id in issue_ids if issue_id in answers}

    def _deny(self) -> NoReturn:
        # To an anonymous caller, every issue is gone.
        self._sync.account.prove_sign_in()
        raise PassingFault("Jira denies issues that it has just listed.")

    def _answers(self, issue_ids: Sequence[str], fields: Sequence[str] = ()) -> dict[str, JsonObject | None]:
        expand = () if fields else self._expand
        ask = partial(self._jira.issues_by_id, fields=fields or self._fields, expand=expand)
        return _joined(in_parallel(ask, list(portions(issue_ids, self._jira.issues_in_call)), self._jira.workers))


def _joined(answers: Iterable[tuple[Any, Mapping[str, JsonObject | None]]]) -> dict[str, JsonObject | None]:
    return dict(chain.from_iterable(answer.items() for _, answer in answers))


def _sorted(issue_ids: Iterable[str], answers: Mapping[str, JsonObject | None]) -> Asked:
    return Asked(
        [issue for issue in answers.values() if issue is not None],
        [int(issue_id) for issue_id, issue in answers.items() if issue is None],
        [int(issue_id) for issue_id in issue_ids if issue_id not in answers],
    )
