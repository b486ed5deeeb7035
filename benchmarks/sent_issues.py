"""What a million issues' ids cost in a state: the length of the text, and the time to make and to open it."""

from __future__ import annotations

import random
import time
from array import array
from dataclasses import dataclass

from source_jira_flow.state.issue_ids import UNKNOWN_PROJECT, IssueTable, pack_issues, unpack_issues

MANY = 1_000_000
_PROJECTS = 100
# Of a hundred ids, these were never issues that the account sees, or are gone.
_GAPS = 0.03
_DAYS = 3_650


@dataclass(frozen=True)
class SentIssuesCost:
    """Characters of text, seconds of CPU, and for how many issues the project is in the text."""

    issues: int
    characters: int
    pack_seconds: float
    open_seconds: float
    with_project: int


def measure_sent_issues(issues: int = MANY) -> SentIssuesCost:
    """Issues of a hundred projects, each issue in any of them, the hardest to pack; with gaps, over ten years."""
    table = _issues(issues, random.Random(1))
    began = time.process_time()
    text = pack_issues(table)
    packed = time.process_time()
    opened = unpack_issues(text)
    ended = time.process_time()
    if opened.ids != table.ids:
        raise ValueError("The issues did not come back as they were.")
    with_project = issues - opened.counts()[UNKNOWN_PROJECT]
    return SentIssuesCost(issues, len(text), packed - began, ended - packed, with_project)


def _issues(issues: int, source: random.Random) -> IssueTable:
    span = int(issues / (1 - _GAPS))
    return IssueTable(
        array("Q", sorted(source.sample(range(10_000, 10_000 + span), issues))),
        array("q", (10_000 + source.randrange(_PROJECTS) for _ in range(issues))),
        array("q", sorted(16_000 + source.randrange(_DAYS) for _ in range(issues))),
    )
