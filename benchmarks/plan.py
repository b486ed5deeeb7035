"""What is run: the rows of the table, in the order in which they are shown."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.runs import Reader

_LATENCY = 0.2
_MANY_WORKERS = 10


@dataclass(frozen=True)
class Row:
    """A reader with a title. Slow ones read `few` issues: records a second are compared, not whole runs. Those of
    `histories` read issues with 40 entries in the history of each."""

    key: str
    title: str
    reader: Reader
    few: bool = False
    histories: bool = False


BARE = Row("bare", "Bare loop: requests, orjson, stdout", Reader("bare_loop"))
OURS = Row("ours", "source-jira-flow: issues", Reader("source_jira_flow"))
OURS_ALL = Row(
    "ours_all",
    "source-jira-flow: issues, comments, labels",
    Reader("source_jira_flow", ("issues", "comments", "labels")),
)
DECLARATIVE = Row("declarative", "Declarative", Reader("declarative"), few=True)
NORMALIZED = Row(
    "normalized", "Declarative, schema normalisation", Reader("declarative", ("issues_normalized",)), few=True
)
SEQUENTIAL = Row("sequential", "Bare loop, 200 ms a request", Reader("bare_loop", latency=_LATENCY), few=True)
PARALLEL = Row(
    "parallel",
    f"source-jira-flow: issues, 200 ms, {_MANY_WORKERS} workers",
    Reader("source_jira_flow", workers=_MANY_WORKERS, latency=_LATENCY),
)
_OF_ISSUES = ("issues", "comments", "issue_changes", "worklogs", "issue_links", "attachments")
BARE_HISTORIES = Row(
    "bare_histories", "Bare loop: all of issues with 40 changes each", Reader("bare_loop", _OF_ISSUES), histories=True
)
OURS_HISTORIES = Row(
    "ours_histories",
    "source-jira-flow: all six streams of issues with 40 changes each",
    Reader("source_jira_flow", _OF_ISSUES),
    histories=True,
)
CEILING = Row("ceiling", "What the page server can give", Reader("server_ceiling"))
LARGE = Row("large", "source-jira-flow: issues, ten times as many", Reader("source_jira_flow"))

ROWS = (
    BARE,
    OURS,
    OURS_ALL,
    BARE_HISTORIES,
    OURS_HISTORIES,
    DECLARATIVE,
    NORMALIZED,
    SEQUENTIAL,
    PARALLEL,
    CEILING,
)
