"""What is made of the measurements: medians for each row, and the ratios that are promised."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from benchmarks.measuring import Measured, Measurements
from benchmarks.plan import (
    BARE,
    BARE_HISTORIES,
    LARGE,
    NORMALIZED,
    OURS,
    OURS_HISTORIES,
    PARALLEL,
    SEQUENTIAL,
    Row,
)
from benchmarks.runs import Run

_MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Figures:
    """Medians of a row's repetitions, with the slowest and the fastest. `calls` are for a thousand issues."""

    key: str
    title: str
    issues: int
    records: int
    records_per_second: float
    slowest: float
    fastest: float
    cpu_per_record_us: float
    cpu_per_issue_us: float
    peak_megabytes: float
    calls_per_thousand_issues: float
    startup_seconds: float
    calls: dict[str, int]
    answers_made: int
    """More than none: the server had to make pages while it was measured, so the speed says little."""


@dataclass(frozen=True)
class Promise:
    """A figure with its bound: at least, or at most where `at_most`. `value` is None where it was not measured."""

    title: str
    value: float | None
    bound: float
    unit: str
    at_most: bool = False

    @property
    def is_kept(self) -> bool | None:
        """Whether the value is within the bound; None where it was not measured."""
        if self.value is None:
            return None
        return self.value <= self.bound if self.at_most else self.value >= self.bound


def figures_of(measured: Measured) -> Figures:
    """Medians over the repetitions."""
    speeds = [measured.output.total / run.seconds for run in measured.runs]
    cpu = median(run.cpu_seconds for run in measured.runs) * 1e6
    last = measured.runs[-1].served
    return Figures(
        key=measured.row.key,
        title=measured.row.title,
        issues=measured.issues,
        records=measured.output.total,
        records_per_second=median(speeds),
        slowest=min(speeds),
        fastest=max(speeds),
        cpu_per_record_us=cpu / measured.output.total,
        cpu_per_issue_us=cpu / measured.issues,
        peak_megabytes=max(run.peak_bytes for run in measured.runs) / _MEGABYTE,
        calls_per_thousand_issues=last.total * 1000 / measured.issues,
        startup_seconds=median(run.startup_seconds for run in measured.runs),
        calls=dict(last.calls),
        answers_made=sum(run.served.made for run in measured.runs),
    )


def promises_of(measurements: Measurements) -> list[Promise]:
    """What issue scans promise, with what was measured. Ratios are medians of the ratios of each repetition."""

    def ratio(upper: Row, lower: Row, of: Callable[[Measured, Run], float] = _speed) -> float | None:
        one, other = measurements.row(upper), measurements.row(lower)
        if one is None or other is None:
            return None
        return median(of(one, run) / of(other, beside) for run, beside in zip(one.runs, other.runs, strict=True))

    def peak(row: Row) -> float | None:
        measured = measurements.row(row)
        return None if measured is None else max(run.peak_bytes for run in measured.runs) / _MEGABYTE

    kept = measurements.sent_issues
    return [
        Promise("Records a second, of the bare loop's", ratio(OURS, BARE), 0.6, ""),
        Promise("CPU for a record, of the bare loop's", ratio(OURS, BARE, _cpu), 1 / 0.6, "", at_most=True),
        Promise(
            "Records a second of all six streams of issues, of the bare loop's",
            ratio(OURS_HISTORIES, BARE_HISTORIES),
            0.5,
            "",
        ),
        Promise(
            f"Peak memory at {measurements.sizes.many:,} issues with 40 changes each",
            peak(OURS_HISTORIES),
            200,
            "MB",
            at_most=True,
        ),
        Promise("Records a second at 200 ms, times a sequential reader's", ratio(PARALLEL, SEQUENTIAL), 6, "×"),
        Promise("Records a second, times the declarative way's with normalisation", ratio(OURS, NORMALIZED), 10, "×"),
        Promise(f"Peak memory at {measurements.sizes.many:,} issues", peak(OURS), 200, "MB", at_most=True),
        Promise(f"Peak memory at {measurements.sizes.many * 10:,} issues", peak(LARGE), 200, "MB", at_most=True),
        Promise("CPU for an OAuth signature", measurements.signing.ours, 2, "ms", at_most=True),
        Promise(f"State of {kept.issues:,} issues' ids", kept.characters / 1000, 300, "KB", at_most=True),
        Promise("CPU to open it", kept.open_seconds, 1, "s", at_most=True),
    ]


def _speed(measured: Measured, run: Run) -> float:
    return measured.output.total / run.seconds


def _cpu(measured: Measured, run: Run) -> float:
    return run.cpu_seconds / measured.output.total
