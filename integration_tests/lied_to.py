"""What the tests of lies share: a Jira that can lie, syncs into a warehouse, and the truth to hold it against."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from fake_jira import Clock, FakeJira, Request, Site, build_site
from fake_jira.entities import Issue
from integration_tests.direct import Warehouse, scan
from integration_tests.support import Reading
from source_jira_flow.common.instants import from_milliseconds
from source_jira_flow.errors import JiraFlowError, as_traced
from source_jira_flow.settings import Settings

IMPORTED = ("software", "business")
STREAMS = ["issues", "comments"]
NOW = 1_760_000_000_000
QUICK = Settings(backoff_base=0.0, tries=3)
# Every lie is told by Cloud in each run of the tests, by the others in the long one.
KINDS = ["cloud", *(pytest.param(kind, marks=pytest.mark.long) for kind in ("dc10", "server7"))]
TWO_KINDS = KINDS[:2]
Switch = Callable[..., Any]
LIES: Mapping[str, Callable[[FakeJira], Switch]] = {
    "nothing": lambda jira: jira.lies.nothing,
    "null": lambda jira: jira.lies.null_rows,
    "cut": lambda jira: lambda **when: jira.lies.cut_list(3, **when),
    "cut with 206": lambda jira: lambda **when: jira.lies.cut_list(3, 206, **when),
    "half": lambda jira: jira.faults.early_end,
}


def small_jira(flavor: str = "cloud", issues: int = 60, **options: Any) -> FakeJira:
    """A fake Jira without a server, whose clock stands still until it is moved."""
    clock = options.pop("clock", None) or Clock(now_ms=NOW, frozen=True)
    return FakeJira(build_site(flavor, seed=3, issues=issues, users=8, boards=2, clock=clock, **options))


def sync(jira: FakeJira, warehouse: Warehouse, streams: list[str] | None = None, **config: Any) -> str:
    """One sync into the warehouse, a second later: what it failed with, "" where it did not.

    Whatever Jira answers, the error is one of ours: no traceback for a message.
    """
    jira.site.clock.advance(1_000)
    try:
        warehouse.take(scan(jira, warehouse.states, streams or STREAMS, settings=QUICK, **config))
    except (AirbyteTracedException, JiraFlowError) as error:
        said = str(as_traced(error).message)
        assert "unexpected error" not in said, said
        return said
    return ""


def truth(site: Site) -> dict[str, tuple[str, str | None]]:
    """Version and summary of every issue that the account may see in an imported project."""
    issues = site.visible_issues(site.service_account, IMPORTED)
    return {issue.id: (from_milliseconds(issue.updated), issue.summary) for issue in issues}


def held(warehouse: Warehouse) -> dict[str, tuple[str, str | None]]:
    return {row["id"]: (row["updated"], row["summary"]) for row in warehouse.rows.get("issues", {}).values()}


def verify(jira: FakeJira, warehouse: Warehouse) -> None:
    """The warehouse holds all issues in their last version, with exactly their comments."""
    assert held(warehouse) == truth(jira.site)
    account = jira.site.service_account
    issues = jira.site.visible_issues(account, IMPORTED)
    assert set(warehouse.comments()) == {c.id for i in issues for c in jira.site.visible_comments(i, account)}


def some_issue(jira: FakeJira, place: int = 20) -> Issue:
    return jira.site.issues[sorted(truth(jira.site), key=int)[place]]


def searches(request: Request) -> bool:
    """Searches and counts, but not those for projects or users."""
    return request.path.endswith(("/search", "/search/jql", "/search/approximate-count"))


def deep(levels: int) -> Any:
    value: Any = "at the bottom"
    for _ in range(levels):
        value = [value]
    return value


def succeeds(reading: Reading) -> bool:
    for error in reading.errors:
        assert "unexpected error" not in str(error.message), error.message
    return reading.succeeded
