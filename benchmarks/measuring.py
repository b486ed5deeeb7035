"""Takes the measurements: every row once to count, then all rows in turn, again and again."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.plan import LARGE, Row
from benchmarks.runs import Output, Run, Workshop
from benchmarks.sent_issues import SentIssuesCost, measure_sent_issues
from benchmarks.serving import ServedSite
from benchmarks.signing import Signing, measure_signing

_TIMES_LARGER = 10
# As many as Jira Cloud embeds.
_CHANGES = 40


@dataclass(frozen=True)
class Sizes:
    """How many issues, how many for slow readers, how often; `large` adds a run of ten times as many issues."""

    many: int = 20_000
    few: int = 2_000
    repetitions: int = 5
    large: bool = False


@dataclass(frozen=True)
class Measured:
    """A row with what its reader wrote and what each repetition cost, in the order of the repetitions."""

    row: Row
    issues: int
    output: Output
    runs: list[Run] = field(default_factory=list)


@dataclass(frozen=True)
class Measurements:
    """Everything of one `make bench`."""

    sizes: Sizes
    rows: Sequence[Measured]
    signing: Signing
    sent_issues: SentIssuesCost

    def row(self, wanted: Row) -> Measured | None:
        """The measurements of a row, where it was run."""
        return next((measured for measured in self.rows if measured.row == wanted), None)


def measure(rows: Sequence[Row], sizes: Sizes, tell: Callable[[str], None]) -> Measurements:
    """These rows, and a large one where the sizes say so; `tell` is given a line for each step."""
    with tempfile.TemporaryDirectory() as directory:
        measured = _in_turn(rows, sizes, Path(directory), tell)
        if sizes.large:
            measured.append(_large(sizes.many * _TIMES_LARGER, Path(directory), tell))
    tell("Signing OAuth requests")
    signing = measure_signing()
    tell("Packing the ids of issues")
    return Measurements(sizes, measured, signing, measure_sent_issues())


def _in_turn(rows: Sequence[Row], sizes: Sizes, directory: Path, tell: Callable[[str], None]) -> list[Measured]:
    with ExitStack() as stack:
        workshops = _workshops(rows, sizes, directory, stack)
        all_measured = []
        for row, workshop in workshops.items():
            tell(f"Counting: {row.title}")
            output, _ = workshop.count(row.reader)
            all_measured.append(Measured(row, workshop.site.issues, output))
        # In turn, so that what else the machine does falls on all rows alike.
        for repetition in range(sizes.repetitions):
            for measured in all_measured:
                tell(f"{repetition + 1} of {sizes.repetitions}: {measured.row.title}")
                measured.runs.append(workshops[measured.row].measure(measured.row.reader))
    return all_measured


def _workshops(rows: Sequence[Row], sizes: Sizes, directory: Path, stack: ExitStack) -> dict[Row, Workshop]:
    """By row; only the sites that the rows read are served."""
    sites: dict[tuple[int, int], ServedSite] = {}
    workshops = {}
    for row in rows:
        content = (sizes.few if row.few else sizes.many, _CHANGES if row.histories else 0)
        if content not in sites:
            sites[content] = stack.enter_context(ServedSite(content[0], changes=content[1]))
        workshops[row] = Workshop(sites[content], directory)
    return workshops


def _large(issues: int, directory: Path, tell: Callable[[str], None]) -> Measured:
    tell(f"Making {issues:,} issues")
    with ServedSite(issues) as site:
        workshop = Workshop(site, directory)
        tell(f"Counting: {LARGE.title}")
        output, _ = workshop.count(LARGE.reader)
        tell(LARGE.title)
        return Measured(LARGE, site.issues, output, [workshop.measure(LARGE.reader)])
