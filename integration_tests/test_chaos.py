"""Seeded chaos: up to a fifth of all requests go wrong, Jira changes meanwhile, syncs are killed and resumed.

After one last healthy sync nothing is lost, nothing stale, nothing removed that is there. The number of seeds, and what
they saw, stand in the summary of the test run (`CHAOS_SEEDS` sets another number).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest
from airbyte_cdk.models import FailureType
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from fake_jira import FLAVORS, Clock, FakeJira, Request, build_site
from fake_jira.entities import Issue, Project
from integration_tests.direct import Warehouse, scan
from source_jira_flow.common.instants import DAY, MINUTE, from_milliseconds
from source_jira_flow.errors import JiraFlowError, as_traced
from source_jira_flow.settings import Settings

# So many answers of another form in a row end a sync.
ODD_ANSWERS = 3
SEEDS = int(os.environ.get("CHAOS_SEEDS", "50"))
MANY_SEEDS = int(os.environ.get("CHAOS_SEEDS", "1000"))
PORTIONS = 10
STREAMS = ["issues", "comments"]
IMPORTED = ("software", "business")
NOW = 1_760_000_000_000
LOOKBACK_MINUTES = 10
MOST_ISSUES = 150


class Chaos:
    """One seed: a small Jira of one of the five kinds, and everything that goes wrong with it."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        flavor = list(FLAVORS)[seed % len(FLAVORS)]
        self.clock = Clock(now_ms=NOW, frozen=True)
        self.site = build_site(flavor, seed=seed % 50, issues=40, projects=5, users=6, boards=1, clock=self.clock)
        self.jira = FakeJira(self.site)
        self.warehouse = Warehouse()
        # An administrator's cap on pages, often smaller than what is asked for.
        cap = self.random.choice([5, 5, 20, 50])
        self.site.settings.search_cap = self.site.settings.cloud_page_cap = cap
        self.crowd_size = cap + 3
        self.crowded: list[str] = []
        self.settings = Settings(
            backoff_base=0.0,
            backoff_cap=0.0,
            longest_wait=0.0,
            tries=3,
            rate_limit_tries=3,
            page_size=self.random.choice([5, 20, 100]),
            window_size=self.random.choice([10, 1000]),
            checkpoint_size=5,
        )
        # Half of the seeds do without the census, which would find most of what the reads lose.
        self.has_census = self.random.random() < 0.5
        self.removed: list[str] = []
        self.saw = Counter(dict.fromkeys(("seeds", "syncs", "faults", "rows", "lost", "stale", "falsely removed"), 0))
        self.saw["seeds"] += 1

    # -- what Jira does ----------------------------------------------------------------------------

    def change(self) -> None:
        kinds: list[Callable[[], object]] = [
            self.edit, self.bulk_edit, self.crowd, self.jostle, self.jostle, self.comment, self.move, self.delete,
            self.create, self.hide_or_show, self.new_project,
        ]  # fmt: skip
        # Two edits in one millisecond can't be told apart.
        self.clock.advance(self.random.choice([1, 7, 400, 1_000]))
        self.random.choice(kinds)()

    def edit(self) -> None:
        self.site.edit_issue(self.issue(), summary=f"Edited {self.random.random()}")

    def bulk_edit(self) -> None:
        issues = list(self.site.issues.values())
        some = self.random.sample(issues, k=self.random.choice([8, len(issues) // 2, len(issues) * 4 // 5]))
        self.site.bulk_edit(some, summary=f"Bulk {self.random.random()}")
        self.crowded = [issue.id for issue in some]

    def crowd(self) -> None:
        """More issues of one second than a page takes."""
        if len(self.site.issues) < MOST_ISSUES:
            issues = self.site.create_issues(self.project(), self.random.randint(3, self.crowd_size))
            self.crowded = [issue.id for issue in issues]

    def jostle(self) -> None:
        """An edit of one of many issues of the same second."""
        there = [issue_id for issue_id in self.crowded if issue_id in self.site.issues]
        if there:
            self.site.edit_issue(self.random.choice(there), summary=f"Jostled {self.random.random()}")

    def work(self) -> None:
        """Half an hour in which people edit one issue after the other."""
        for _ in range(self.random.randint(5, 15)):
            self.clock.advance(self.random.randint(60, 150) * 1_000)
            self.edit()

    def comment(self) -> None:
        self.site.add_comment(self.issue(), "A comment")

    def move(self) -> None:
        self.site.move_issue(self.issue(), self.project())

    def delete(self) -> None:
        if len(self.site.issues) > 20:
            self.site.delete_issue(self.issue())

    def create(self) -> None:
        self.site.create_issue(self.project(), "New")

    def hide_or_show(self) -> None:
        project, account = self.project(), self.site.service_account
        is_visible = self.site.holds(account, "BROWSE_PROJECTS", project)
        (self.site.revoke if is_visible else self.site.grant)("BROWSE_PROJECTS", account, project)

    def new_project(self) -> None:
        if len(self.site.projects) < 8:
            self.site.create_issues(self.site.create_project(f"NEW{len(self.site.projects)}"), 3)

    def issue(self) -> Issue:
        return self.random.choice(list(self.site.issues.values()))

    def project(self) -> Project:
        return self.random.choice([project for project in self.site.projects.values() if not project.archived])

    # -- what goes wrong ---------------------------------------------------------------------------

    def spoil(self) -> None:
        """Let some of the requests of one sync go wrong, each way with a chance of its own, a fifth at most."""
        faults, lies = self.jira.faults, self.jira.lies
        ways: list[Callable[..., object]] = [
            faults.unavailable,
            faults.server_error,
            faults.drop_connection,
            faults.cut_body,
            faults.login_page,
            lambda **when: faults.rate_limit(retry_after=None, **when),
            lies.nothing,
            lies.null_rows,
            lambda **when: lies.cut_list(self.random.choice([0, 1, 3]), self.random.choice([200, 206]), **when),
            faults.empty_page,
        ]
        for way in self.random.sample(ways, k=self.random.randint(0, 3)):
            way(match=self.sometimes(self.random.uniform(0.0, 0.07)))
        if self.random.random() < 0.2:
            lies.clock(self.random.choice([-1, 1]) * 90 * MINUTE, times=1)
        if self.random.random() < 0.1:
            self.refuse_project()
        faults.unstable_ties = self.random.random() < 0.5

    def refuse_project(self) -> None:
        """Jira lists a project, and from some query on refuses to search in it: its caches disagree."""
        project = self.project()
        said = f"A value with ID '{project.id}' does not exist for the field 'project'."
        asked = f"project in ({project.id}", f" {project.id}"

        def searches(request: Request) -> bool:
            return b'"jql"' in request.body and any(part.encode() in request.body for part in asked)

        self.jira.faults.refuse(400, said, match=searches, after=self.random.randint(0, 10))

    def sometimes(self, chance: float) -> Callable[[Request], bool]:
        return lambda request: self.random.random() < chance

    def end_token(self) -> None:
        """Cloud goes on to answer a token that has ended, with nothing, and no header tells."""
        self.site.settings.login_reason_header = False
        for token in self.site.tokens.values():
            token.revoked = True

    def sync(
        self,
        *,
        restless: float = 0.0,
        cut_after: int | None = None,
        token_ends_after: int | None = None,
        bulk_after: int | None = None,
    ) -> None:
        requests = 0

        def meanwhile(record: Any) -> None:
            nonlocal requests
            requests += 1
            if self.random.random() < restless:
                self.change()
            if requests == bulk_after:
                self.clock.advance(1_000)
                self.bulk_edit()
            if requests == token_ends_after and self.site.flavor.cloud:
                self.end_token()

        self.jira.on_request = meanwhile
        try:
            messages = scan(
                self.jira,
                self.warehouse.states,
                STREAMS,
                settings=self.settings,
                lookback_minutes=LOOKBACK_MINUTES,
                num_workers=3,
                find_deleted_issues="daily" if self.has_census else "never",
            )
            self.warehouse.take(self.watched(messages), cut_after)
        except (AirbyteTracedException, JiraFlowError) as error:
            traced = as_traced(error)
            # A seed may ask for `null` in the place of rows as often as the connector asks.
            nulls = sum(fault.hits for fault in self.jira.faults.active if fault.name == "null_rows")
            is_null = "no 'issues'" in str(traced.message) and nulls >= ODD_ANSWERS
            assert is_null or traced.failure_type is not FailureType.system_error, traced.message
        finally:
            self.jira.on_request = None
            self.saw.update(syncs=1, faults=sum(fault.hits for fault in self.jira.faults.active))
            for token in self.site.tokens.values():
                token.revoked = False

    def watched(self, messages: Iterator[Any]) -> Iterator[Any]:
        """The same messages; a removal of what is there is an error."""
        for message in messages:
            self.saw["rows"] += isinstance(message, tuple)
            if isinstance(message, tuple) and message[0] == "issues" and message[1].get("_ab_cdc_deleted_at"):
                issue = self.site.issues.get(message[1]["id"])
                is_there = issue is not None and self.site.can_see_issue(self.site.service_account, issue)
                if issue is not None and is_there and issue.project.type_key in IMPORTED:
                    self.removed.append(issue.key)
            yield message

    def run(self) -> None:
        for _ in range(self.random.randint(1, 3)):
            has_slow_index = self.random.random() < 0.4
            for _ in range(self.random.randint(0, 4)):
                self.change()
            if has_slow_index:
                self.work()
                self.jira.faults.index_lag_ms = 2 * MINUTE
            self.spoil()
            self.sync(
                restless=self.random.choice([0.0, 0.1, 0.3]),
                cut_after=self.random.choice([None, None, self.random.randint(0, 80)]),
                token_ends_after=self.random.choice([None, self.random.randint(5, 15)]),
                bulk_after=self.random.randint(5, 10) if has_slow_index else None,
            )
            self.jira.faults.clear()
            self.clock.advance(self.random.choice([1_000, 3 * MINUTE, 30 * MINUTE]))
        # What search had not taken note of has come by now. With a census, issues that went out of sight and came back
        # are found the next day.
        self.clock.advance(DAY)
        self.sync()

    def verify(self) -> None:
        account = self.site.service_account
        truth = {issue.id: issue for issue in self.site.visible_issues(account, IMPORTED)}
        rows = self.warehouse.rows.get("issues", {})
        lost = [issue.key for issue in truth.values() if issue.id not in rows]
        stale = [
            issue.key
            for issue in truth.values()
            if issue.id in rows
            and (rows[issue.id]["updated"], rows[issue.id]["summary"])
            != (from_milliseconds(issue.updated), issue.summary)
        ]
        self.saw.update({"lost": len(lost), "stale": len(stale), "falsely removed": len(self.removed)})
        assert (lost, stale, self.removed) == ([], [], [])
        held = {key for key, row in self.warehouse.comments().items() if row["issue_id"] in truth}
        assert held == {c.id for issue in truth.values() for c in self.site.visible_comments(issue, account)}


def survive(seeds: range, record_property: Callable[[str, object], None]) -> None:
    saw, failed = Counter[str](), {}
    for seed in seeds:
        chaos = Chaos(seed)
        try:
            chaos.run()
            chaos.verify()
        except AssertionError as error:
            failed[seed] = str(error)[:300]
        saw.update(chaos.saw)
    record_property("chaos", dict(saw))
    assert not failed, failed


@pytest.mark.parametrize("portion", range(PORTIONS))
def test_after_chaos_a_healthy_sync_leaves_nothing_lost_stale_or_falsely_removed(
    portion: int, record_property: Callable[[str, object], None]
) -> None:
    survive(range(portion, SEEDS, PORTIONS), record_property)


@pytest.mark.long
@pytest.mark.parametrize("portion", range(PORTIONS))
def test_the_same_with_many_seeds(portion: int, record_property: Callable[[str, object], None]) -> None:
    survive(range(SEEDS + portion, MANY_SEEDS, PORTIONS), record_property)
