"""The benchmark runs and tells what it measured. How fast anything is, no test says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.chart import Bar, bar_chart
from benchmarks.figures import Promise
from benchmarks.large_jira import MadeIssues
from benchmarks.report import Report, write_into
from benchmarks.scale import measure, row
from benchmarks.sent_issues import SentIssuesCost, measure_sent_issues
from benchmarks.signing import Signing
from source_jira_flow.common.instants import milliseconds


def test_a_small_benchmark_measures_our_read_beside_a_bare_loop(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks", "--issues", "200", "--few-issues", "100", "--repetitions", "1"]
    subprocess.run([*command, "--rows", "bare", "ours", "--output", str(tmp_path)], check=True, timeout=120)

    results = json.loads((tmp_path / "results.json").read_text())
    bare, ours = results["figures"]
    assert (bare["issues"], bare["records"]) == (200, 200)
    assert (ours["issues"], ours["records"]) == (200, 200)
    assert ours["answers_made"] == 0, "a second run must ask the same as the first"
    assert ours["records_per_second"] > 0
    promised = {promise["title"]: promise["value"] for promise in results["promises"]}
    assert promised["Records a second, of the bare loop's"] is not None
    assert "| source-jira-flow: issues | 200 |" in (tmp_path / "results.md").read_text()
    assert (tmp_path / "chart.svg").read_text().startswith("<svg")


@pytest.mark.parametrize(
    ("value", "at_most", "kept"),
    [(0.7, False, True), (0.5, False, False), (0.5, True, True), (0.7, True, False), (None, True, None)],
)
def test_a_promise_is_kept_within_its_bound(value: float | None, at_most: bool, kept: bool | None) -> None:
    assert Promise("Speed", value, 0.6, "", at_most).is_kept is kept


def test_the_longest_bar_fills_the_chart_and_labels_are_escaped() -> None:
    chart = bar_chart("Records a second", [Bar("a < b", 100, False), Bar("ours", 50, True)])
    assert "a &lt; b" in chart
    assert 'width="360.0"' in chart
    assert 'class="bar ours" x="330" y="74" width="180.0"' in chart


def test_the_readme_shows_the_last_figures_between_its_marks(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("before\n<!-- make bench writes this -->\nold\n<!-- to here -->\nafter\n")
    for value in (0.5, 0.7):
        promises = [Promise("Speed", value, 0.6, "")]
        write_into(readme, _report(promises))
    shown = readme.read_text()
    assert shown.startswith("before\n") and shown.endswith("\nafter\n")
    assert "| Speed | 0.7 | at least 0.6 | ✓ |" in shown
    assert "old" not in shown and "0.5" not in shown


def test_a_readme_without_marks_is_left_alone(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("text")
    with pytest.raises(ValueError, match="lacks the marks"):
        write_into(readme, _report([]))
    assert readme.read_text() == "text"


def test_what_the_ids_of_issues_cost_is_measured_on_text_that_opens() -> None:
    cost = measure_sent_issues(2_000)
    assert cost.issues == cost.with_project == 2_000
    assert 2_000 < cost.characters < 5_000


def _report(promises: list[Promise]) -> Report:
    kept = SentIssuesCost(1_000_000, 300_000, 1.0, 0.5, 200_000)
    return Report([], promises, Signing(1.0, 50.0), kept, 8000, 3, "a machine", "versions", "2026-01-01")


@pytest.mark.parametrize("count", [1, 7, 1_000, 1_000_000])
def test_made_issues_are_found_by_when_they_were_created(count: int) -> None:
    issues = MadeIssues(count, 1_795_600_000_000, {"fields": {}})
    assert len(issues.matching("project in (1) ORDER BY created ASC, key ASC")) == count
    middle = milliseconds(issues.document(count // 2)["fields"]["created"])
    before = issues.matching(f"project in (1) AND created < {middle}")
    after = issues.matching(f"project in (1) AND created >= {middle}")
    assert (len(before), len(after)) == (count // 2, count - count // 2)
    assert (before.stop, after.start) == (count // 2, count // 2)
    assert len(issues.matching(f"created >= {middle} AND created < {middle + 1}")) == 1


def test_a_jira_of_made_issues_is_read_whole(tmp_path: Path) -> None:
    first, later = measure(250, tmp_path)
    assert (first.records, later.records) == (500, 0)
    assert later.calls < 10
    assert row(250, first, later).startswith("| 250 | ")
