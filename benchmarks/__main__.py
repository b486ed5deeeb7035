"""`python -m benchmarks`: measures, shows, and writes `benchmarks/results/` and the README's tables."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console

from benchmarks.measuring import Sizes, measure
from benchmarks.plan import ROWS
from benchmarks.report import Report, show, write, write_into

_RESULTS = Path(__file__).parent / "results"
_README = Path(__file__).parents[1] / "README.md"


def main(arguments: list[str] | None = None) -> None:
    """Takes about five minutes, with `--large` about ten."""
    defaults = Sizes()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--issues", type=int, default=defaults.many)
    parser.add_argument("--few-issues", type=int, default=defaults.few, help="for the slow readers")
    parser.add_argument("--repetitions", type=int, default=defaults.repetitions)
    parser.add_argument("--large", action="store_true", help="also read ten times as many issues, for the memory")
    parser.add_argument("--rows", nargs="+", choices=[row.key for row in ROWS], help="only these")
    parser.add_argument("--output", type=Path, default=_RESULTS, help="the README shows only what goes there")
    given = parser.parse_args(arguments)
    console = Console()
    rows = [row for row in ROWS if not given.rows or row.key in given.rows]
    sizes = Sizes(given.issues, given.few_issues, given.repetitions, given.large)
    with console.status("Starting the page servers") as status:
        report = Report.of(measure(rows, sizes, status.update))
    show(report, console)
    write(report, given.output)
    if given.output == _RESULTS:
        write_into(_README, report)
    console.print(f"Written to {given.output}")


if __name__ == "__main__":
    main()
