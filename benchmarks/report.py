"""Shows the figures on the terminal, and writes them as Markdown, as JSON and as a chart."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.chart import Bar, bar_chart
from benchmarks.figures import Figures, Promise, figures_of, promises_of
from benchmarks.measuring import Measurements
from benchmarks.plan import CEILING
from benchmarks.sent_issues import SentIssuesCost
from benchmarks.signing import Signing

_HEADINGS = ("Reader", "Issues", "Records/s", "CPU µs/record", "Peak MB", "Calls per 1,000 issues", "Start-up s")
_PROMISE_HEADINGS = ("Promise", "Measured", "Bound", "")
_README_BEGIN = "<!-- make bench writes this -->"
_README_END = "<!-- to here -->"
_MARKS = {True: "✓", False: "✗", None: "–"}


@dataclass(frozen=True)
class Report:
    """Everything that is shown, ready to be shown in any form."""

    figures: Sequence[Figures]
    promises: Sequence[Promise]
    signing: Signing
    sent_issues: SentIssuesCost
    document_bytes: int
    """The size of an issue's JSON as the first reader writes it."""
    repetitions: int
    machine: str
    versions: str
    date: str

    @classmethod
    def of(cls, measurements: Measurements) -> Report:
        """From measurements just taken on this machine."""
        first = measurements.rows[0].output
        return cls(
            figures=[figures_of(measured) for measured in measurements.rows],
            promises=promises_of(measurements),
            signing=measurements.signing,
            sent_issues=measurements.sent_issues,
            document_bytes=first.written_bytes // first.total,
            repetitions=measurements.sizes.repetitions,
            machine=f"{platform.system()}, {os.cpu_count()} processors",
            versions=f"Python {platform.python_version()}, airbyte-cdk {version('airbyte-cdk')}",
            date=f"{datetime.now(timezone.utc):%Y-%m-%d}",
        )

    @property
    def circumstances(self) -> str:
        """In what the figures were taken, in two sentences."""
        return (
            f"Issues of {self.document_bytes / 1000:.1f} KB of JSON, 100 a page, gzip, from a server in a process of"
            f" its own that answers from memory; medians of {self.repetitions} runs in turn, counted from the first"
            f" connection. {self.date}, {self.machine}, {self.versions}."
        )

    def rows(self) -> Iterable[tuple[str, ...]]:
        """The cells of the table of readers."""
        for figures in self.figures:
            is_reader = figures.key != CEILING.key
            yield (
                figures.title,
                f"{figures.issues:,}" if is_reader else "",
                f"{figures.records_per_second:,.0f}{' (pages were made)' if figures.answers_made else ''}",
                f"{figures.cpu_per_record_us:,.0f}" if is_reader else "",
                f"{figures.peak_megabytes:,.0f}" if is_reader else "",
                f"{figures.calls_per_thousand_issues:.1f}" if is_reader else "",
                f"{figures.startup_seconds:.1f}" if is_reader else "",
            )

    def promise_rows(self) -> Iterable[tuple[str, ...]]:
        """The cells of the table of promises."""
        for promise in self.promises:
            unit = f" {promise.unit}" if promise.unit.isalpha() else promise.unit
            measured = "not measured" if promise.value is None else f"{promise.value:.3g}{unit}"
            bound = f"{'at most' if promise.at_most else 'at least'} {promise.bound:.3g}{unit}"
            yield promise.title, measured, bound, _MARKS[promise.is_kept]

    @property
    def signing_sentence(self) -> str:
        """Stock and ours side by side."""
        return (
            f"Signing an OAuth 1.0a request (RSA-SHA1) takes {self.signing.ours:.2g} ms of CPU; requests-oauthlib as it"
            f" comes takes {self.signing.stock:.2g} ms."
        )

    @property
    def sent_issues_sentence(self) -> str:
        """What the state's heaviest part costs."""
        kept = self.sent_issues
        return (
            f"The ids of {kept.issues:,} issues, spread at random over a hundred projects, take"
            f" {kept.characters / 1000:,.0f} KB in the state, {kept.pack_seconds:.2g} s of CPU to pack and"
            f" {kept.open_seconds:.2g} s to open; the projects of the newest {kept.with_project:,} are among them."
        )


def show(report: Report, console: Console) -> None:
    """On a terminal."""
    for title, headings, rows in (
        ("Readers", _HEADINGS, report.rows()),
        ("Promises", _PROMISE_HEADINGS, report.promise_rows()),
    ):
        table = Table(title=title)
        for place, heading in enumerate(headings):
            table.add_column(heading, justify="right" if place else "left")
        for row in rows:
            table.add_row(*row)
        console.print(table)
    console.print(report.signing_sentence)
    console.print(report.sent_issues_sentence)
    console.print(report.circumstances)


def write(report: Report, directory: Path) -> None:
    """`results.md`, `results.json` and `chart.svg`."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "results.md").write_text(_markdown(report))
    (directory / "results.json").write_text(json.dumps(_document(report), indent=2, ensure_ascii=False) + "\n")
    bars = [
        Bar(figures.title, figures.records_per_second, figures.key.startswith(("ours", "parallel")))
        for figures in report.figures
        if figures.key not in (CEILING.key, "large")
    ]
    (directory / "chart.svg").write_text(bar_chart("Records a second", bars))


def write_into(readme: Path, report: Report) -> None:
    """The tables into a README, between the two marks that say where. Raises ValueError where it lacks them."""
    text = readme.read_text()
    before, begin, rest = text.partition(_README_BEGIN)
    _, end, after = rest.partition(_README_END)
    if not begin or not end:
        raise ValueError(f"{readme} lacks the marks {_README_BEGIN} and {_README_END}.")
    shown = "\n\n".join(
        (
            _markdown_table(_HEADINGS, report.rows()),
            _markdown_table(_PROMISE_HEADINGS, report.promise_rows()),
            report.circumstances,
        )
    )
    readme.write_text(f"{before}{begin}\n{shown}\n{end}{after}")


def _document(report: Report) -> dict[str, Any]:
    promises = [{**asdict(promise), "is_kept": promise.is_kept} for promise in report.promises]
    return {**asdict(report), "promises": promises}


def _markdown(report: Report) -> str:
    parts = [
        "# Benchmarks",
        "Written by `make bench`.",
        _markdown_table(_HEADINGS, report.rows()),
        _markdown_table(_PROMISE_HEADINGS, report.promise_rows()),
        report.signing_sentence,
        report.sent_issues_sentence,
        report.circumstances,
        "![Records a second](chart.svg)",
    ]
    return "\n\n".join(parts) + "\n"


def _markdown_table(headings: Sequence[str], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [headings, ["---", *["---:"] * (len(headings) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
