"""What the tests of issue histories and parts share: a Jira full of them, a sync, and the truth to hold it against."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from fake_jira import Clock, FakeJira, Site, build_site
from fake_jira.entities import Issue
from integration_tests.direct import Warehouse, scan
from source_jira_flow.common.instants import from_milliseconds
from source_jira_flow.settings import Settings

IMPORTED = ("software", "business")
PARTS = ["worklogs", "issue_links", "attachments"]
STREAMS = ["issues", "comments", "issue_changes", *PARTS]
NOW = 1_760_000_000_000
QUICK = Settings(backoff_base=0.0, tries=3)


def small_jira(flavor: str = "cloud", issues: int = 60, **options: Any) -> FakeJira:
    """A fake Jira without a server, whose clock stands still until it is moved."""
    clock = Clock(now_ms=NOW, frozen=True)
    options = {"changes_per_issue": 12, "worklogs_per_issue": 3} | options
    return FakeJira(build_site(flavor, seed=3, issues=issues, users=8, clock=clock, **options))


def sync(
    jira: FakeJira, warehouse: Warehouse, streams: list[str] | None = None, most: int | None = None, **config: Any
) -> Counter[str]:
    """One sync into the warehouse, a second later; returns how many records of each stream came."""
    jira.site.clock.advance(1_000)
    jira.reset_log()
    counted: Counter[str] = Counter()

    def messages() -> Iterator[Any]:
        for message in scan(jira, warehouse.states, streams or STREAMS, settings=QUICK, **config):
            if isinstance(message, tuple):
                counted[message[0]] += 1
            yield message

    warehouse.take(messages(), most)
    return counted


def visible(site: Site) -> list[Issue]:
    issues = site.visible_issues(site.service_account, IMPORTED)
    return [issue for issue in issues if not issue.project.archived]


def changes_in(issues: list[Issue]) -> dict[str, tuple[str, str, str | None, str | None]]:
    """Every change of these issues: key of the issue, instant, texts before and after."""
    return {
        f"{entry.id}/{number}": (issue.key, from_milliseconds(entry.created), item.from_text, item.to_text)
        for issue in issues
        for entry in issue.history
        for number, item in enumerate(entry.items)
    }


def changes_held(warehouse: Warehouse) -> dict[str, tuple[str, str, str | None, str | None]]:
    return {
        key: (row["issue_key"], row["changed_at"], row["from_text"], row["to_text"])
        for key, row in warehouse.rows.get("issue_changes", {}).items()
    }


def assert_whole(jira: FakeJira, warehouse: Warehouse) -> None:
    site, account, issues = jira.site, jira.site.service_account, visible(jira.site)
    assert changes_held(warehouse) == changes_in(issues)
    logged = {worklog.id: worklog.seconds for issue in issues for worklog in site.visible_worklogs(issue, account)}
    assert {key: row["seconds_spent"] for key, row in warehouse.parts("worklogs").items()} == logged
    linked = {f"{issue.id}/{link.id}" for issue in issues for link in site.visible_links(issue, account)}
    assert set(warehouse.parts("issue_links")) == linked
    attached = {attachment.id: attachment.filename for issue in issues for attachment in issue.attachments}
    assert {key: row["file_name"] for key, row in warehouse.parts("attachments").items()} == attached


def edited(jira: FakeJira, times: int, **values: Any) -> Issue:
    issue = jira.site.create_issue("CORE", **values)
    for number in range(times):
        jira.site.clock.advance(7)
        jira.site.edit_issue(issue, summary=f"{number}")
    return issue
