"""Random histories of a Jira that changes under the scan, with kills and resumes, against the truth.

Each step changes the fake Jira or runs a sync, which may be cut off after any message and has the Jira change
after its requests. At the end one more sync must bring the warehouse to the truth, and another must bring nothing.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from random import Random

import pytest
from airbyte_cdk.utils.traced_exception import AirbyteTracedException
from hypothesis import HealthCheck, example, given, note, settings
from hypothesis import strategies as st

from fake_jira import FLAVORS, Clock, FakeJira, Site, build_site, flavor_named
from fake_jira.entities import Issue, Project
from integration_tests.direct import Warehouse, scan
from source_jira_flow.common.instants import from_milliseconds
from source_jira_flow.errors import ConfigurationError
from source_jira_flow.settings import Settings

EXAMPLES = int(os.environ.get("PROPERTY_EXAMPLES", "15"))
PARTS = ["worklogs", "issue_links", "attachments"]
STREAMS = ["issues", "comments", "issue_changes", *PARTS]
IMPORTED = ("software", "business")


class World:
    """A small site, the hand that changes it, and the warehouse that follows."""

    def __init__(self, flavor: str, seed: int, page_size: int, lookback: int) -> None:
        self.random = Random(seed)
        self.clock = Clock(now_ms=1_760_000_000_000, frozen=True)
        self.site: Site = build_site(flavor, seed=seed % 50, issues=24, projects=5, users=6, boards=1, clock=self.clock)
        self.jira = FakeJira(self.site)
        self.warehouse = Warehouse()
        self.lookback = lookback
        self.settings = Settings(
            backoff_base=0.0,
            tries=2,
            page_size=page_size,
            window_size=self.random.choice([4, 12, 1000]),
            checkpoint_size=5,
        )
        self.keys_made = 0
        self.beside_hidden: set[str] = set()

    # -- changes -----------------------------------------------------------------------------------

    def change(self) -> None:
        """One change of the kinds that move issues under a reader."""
        kinds: list[Callable[[], None]] = [
            self.edit, self.edit, self.bulk_edit, self.comment, self.delete_comment, self.move, self.delete,
            self.create, self.create_many, self.rename_project, self.new_project,
            self.hide_or_show_project, self.pass_time, self.many_edits, self.rank, self.transition,
            self.level, self.log_work, self.change_work, self.link, self.unlink, self.attach, self.detach,
        ]  # fmt: skip
        self.random.choice(kinds)()
        account = self.site.service_account
        self.beside_hidden |= {
            other.id
            for issue in self.site.issues.values()
            if issue.links and not self.site.can_see_issue(account, issue)
            for other in issue.linked
        }
        self.clock.advance(self.random.choice([0, 1, 7, 400, 1000, 30_000]))

    def edit(self) -> None:
        self.site.edit_issue(self.issue(), summary=f"Edited {self.random.random()}")

    def bulk_edit(self) -> None:
        issues = list(self.site.issues.values())
        self.site.bulk_edit(self.random.sample(issues, k=min(len(issues), self.random.randint(2, 20))))

    def comment(self) -> None:
        for _ in range(self.random.choice([1, 1, 25])):
            self.site.add_comment(self.issue(), "A comment")

    def delete_comment(self) -> None:
        commented = [issue for issue in self.site.issues.values() if issue.comments]
        if commented:
            issue = self.random.choice(commented)
            self.site.delete_comment(issue, issue.comments[0])

    def move(self) -> None:
        self.site.move_issue(self.issue(), self.project())

    def delete(self) -> None:
        if len(self.site.issues) > 10:
            self.site.delete_issue(self.issue())

    def create(self) -> None:
        self.site.create_issue(self.project(), "New")

    def create_many(self) -> None:
        self.site.create_issues(self.project(), self.random.randint(2, 15))

    def rename_project(self) -> None:
        self.site.rename_project_key(self.project(), self.new_key())

    def new_project(self) -> None:
        if len(self.site.projects) < 9:
            project = self.site.create_project(self.new_key())
            self.site.create_issues(project, 3)

    def hide_or_show_project(self) -> None:
        project, account = self.project(), self.site.service_account
        if self.site.holds(account, "BROWSE_PROJECTS", project):
            self.site.revoke("BROWSE_PROJECTS", account, project)
        else:
            self.site.grant("BROWSE_PROJECTS", account, project)

    def pass_time(self) -> None:
        self.clock.advance(self.random.choice([61_000, 3_600_000, 86_400_000]))

    def many_edits(self) -> None:
        issue, first = self.issue(), self.random.random()
        for number in range(self.random.choice([3, 45])):
            self.site.edit_issue(issue, anonymous=number % 5 == 4, labels=[f"{first}-{number}"])
            self.clock.advance(self.random.choice([0, 0, 3]))

    def rank(self) -> None:
        self.site.rank_issue(self.issue())

    def transition(self) -> None:
        issue = self.issue()
        self.site.transition(issue, self.random.choice(issue.project.statuses))

    def level(self) -> None:
        issue = self.issue()
        self.site.set_security_level(issue, self.random.choice([None, *issue.project.security_levels]))

    def log_work(self) -> None:
        issue = self.issue()
        for number in range(self.random.choice([1, 1, 23])):
            hidden = ("role", "Administrators") if number % 7 == 6 else None
            self.site.add_worklog(issue, 60 + number, visibility=hidden)

    def change_work(self) -> None:
        issue = self.one_with(lambda issue: issue.worklogs)
        if issue is not None:
            worklog = self.random.choice(issue.worklogs)
            if self.random.random() < 0.5:
                self.site.delete_worklog(issue, worklog)
            else:
                self.site.edit_worklog(issue, worklog, seconds=self.random.randint(1, 9_000))

    def link(self) -> None:
        one, other = self.issue(), self.issue()
        if one is not other:
            self.site.link_issues(one, other)

    def unlink(self) -> None:
        issue = self.one_with(lambda issue: issue.links)
        if issue is not None:
            self.site.unlink_issues(self.random.choice(issue.links))

    def attach(self) -> None:
        self.site.add_attachment(self.issue(), f"{self.random.random()}.txt")

    def detach(self) -> None:
        issue = self.one_with(lambda issue: issue.attachments)
        if issue is not None:
            self.site.delete_attachment(issue, self.random.choice(issue.attachments))

    def one_with(self, has: Callable[[Issue], object]) -> Issue | None:
        found = [issue for issue in self.site.issues.values() if has(issue)]
        return self.random.choice(found) if found else None

    def issue(self) -> Issue:
        return self.random.choice(list(self.site.issues.values()))

    def project(self) -> Project:
        return self.random.choice([project for project in self.site.projects.values() if not project.archived])

    def new_key(self) -> str:
        self.keys_made += 1
        return f"NEW{chr(65 + self.keys_made % 26)}{self.keys_made}"

    # -- syncs -------------------------------------------------------------------------------------

    def sync(self, *, restless: float = 0.0, cut_after: int | None = None) -> int:
        """One sync; `restless` is the chance of a change after each request. Returns how many records came.

        A project that went out of sight in mid-run ends the sync with an error that names it: all else is read.
        """
        self.jira.on_request = lambda record: self.change() if self.random.random() < restless else None
        seen: Counter[str] = Counter()
        messages = scan(
            self.jira,
            self.warehouse.states,
            STREAMS,
            settings=self.settings,
            lookback_minutes=self.lookback,
            num_workers=3,
        )

        def counted() -> object:
            for message in messages:
                if isinstance(message, tuple) and message[0] == "issues":
                    seen[message[1]["id"]] += 1
                yield message

        try:
            came = self.warehouse.take(counted(), cut_after)  # type: ignore[arg-type]
        except (ConfigurationError, AirbyteTracedException) as error:
            note(f"sync ended with: {error}")
            assert restless or "a single project" in str(error), str(error)
            assert "disappeared during the sync" in str(error) or "a single project" in str(error), str(error)
            came = -1
        finally:
            self.jira.on_request = None
        assert not [issue for issue, times in seen.items() if times > 1], "an issue came twice in one sync"
        return came

    def verify(self) -> None:
        """The warehouse holds every visible issue in its last version, with exactly its comments."""
        account = self.site.service_account
        truth = {issue.id: issue for issue in self.site.visible_issues(account, IMPORTED) if not issue.project.archived}
        rows = self.warehouse.rows.get("issues", {})
        wrong = [
            (issue.key, issue.updated, rows.get(issue_id, {}).get("updated"), rows.get(issue_id, {}).get("key"))
            for issue_id, issue in truth.items()
            if rows.get(issue_id, {}).get("updated") != from_milliseconds(issue.updated)
            or rows[issue_id]["key"] != issue.key
            or rows[issue_id]["summary"] != issue.summary
        ]
        assert not wrong
        held = {key: row for key, row in self.warehouse.comments().items() if row["issue_id"] in truth}
        there = {comment.id for issue in truth.values() for comment in self.site.visible_comments(issue, account)}
        assert set(held) == there
        self.verify_changes(truth)
        self.verify_parts(truth)

    def verify_changes(self, truth: dict[str, Issue]) -> None:
        """Every entry, and no other; a new rank only where the issue changed since."""
        rows = self.warehouse.rows.get("issue_changes", {})
        held = {
            key: (row["issue_key"], row["changed_at"], row["to_text"])
            for key, row in rows.items()
            if row["issue_id"] in truth
        }
        there = {
            f"{entry.id}/{number}": (issue.key, from_milliseconds(entry.created), item.to_text)
            for issue in truth.values()
            for entry in issue.history
            for number, item in enumerate(entry.items)
        }
        late = {
            f"{entry.id}/{number}"
            for issue in truth.values()
            for entry in issue.history
            for number, item in enumerate(entry.items)
            if item.field == "Rank" and entry.created >= issue.updated
        }
        assert {key: value for key, value in held.items() if key not in late} == {
            key: value for key, value in there.items() if key not in late
        }
        assert set(held) <= set(there)

    def verify_parts(self, truth: dict[str, Issue]) -> None:
        """The work logs, links and attachments of every issue. A link whose other end was out of sight for a while may
        have been shown since, while the issue's own `updated` stayed."""
        account = self.site.service_account
        logged = {
            worklog.id: worklog.seconds
            for issue in truth.values()
            for worklog in self.site.visible_worklogs(issue, account)
        }
        held = {
            name: {key: row for key, row in self.warehouse.parts(name).items() if row["issue_id"] in truth}
            for name in PARTS
        }
        assert {key: row["seconds_spent"] for key, row in held["worklogs"].items()} == logged
        assert set(held["attachments"]) == {each.id for issue in truth.values() for each in issue.attachments}
        both = {
            f"{issue.id}/{link.id}"
            for issue in truth.values()
            for link in issue.links
            if link.source.id in truth and link.target.id in truth
        }
        shown = {key for key, row in held["issue_links"].items() if row["linked_issue_id"] in truth}
        assert shown <= both
        assert {key.partition("/")[0] for key in both - shown} <= self.beside_hidden


@pytest.mark.parametrize("flavor", FLAVORS)
@settings(max_examples=EXAMPLES, derandomize=EXAMPLES < 100, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    seed=st.integers(0, 10**6),
    page_size=st.sampled_from([2, 3, 5, 100]),
    lookback=st.sampled_from([0, 1, 10]),
    steps=st.lists(st.sampled_from(["change", "change", "sync", "restless", "cut", "cut restless"]), max_size=14),
)
@example(seed=138, page_size=3, lookback=1, steps=["change", "sync", "restless"])
@example(seed=18533, page_size=3, lookback=0, steps=["restless", "cut", "restless", "change", "restless", "restless"])
@example(seed=120305, page_size=5, lookback=0, steps=["restless", "cut restless", "cut", "restless"])
@example(seed=75, page_size=2, lookback=0, steps=["change", "cut", "change", "restless"])
def test_after_the_next_sync_the_warehouse_is_whole(
    flavor: str, seed: int, page_size: int, lookback: int, steps: list[str]
) -> None:
    world = World(flavor_named(flavor).name, seed, page_size, lookback)
    for step in steps:
        if step == "change":
            world.change()
        else:
            cut = world.random.randint(0, 60) if "cut" in step else None
            world.sync(restless=0.3 if "restless" in step else 0.0, cut_after=cut)
            world.clock.advance(world.random.choice([1, 900, 5_000]))
    world.clock.advance(1)
    world.sync()
    world.verify()
    world.clock.advance(1)
    assert world.sync() <= 0, "a quiet sync brought records"
    assert not world.jira.write_attempts
