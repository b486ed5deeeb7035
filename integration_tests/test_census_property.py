"""Random histories in which issues vanish and appear without a new `updated`, against the truth.

Issues are deleted, hidden by a security level and shown again, archived and restored, moved out of what is imported and
back; an index that is rebuilt hides a share of them for a while; projects go out of sight; syncs are cut off anywhere,
and Jira changes under them. After every sync that should have told, the warehouse holds what Jira has: nothing is
missing, nothing is stale, and nothing was removed that was there.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from airbyte_cdk.utils.traced_exception import AirbyteTracedException
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fake_jira import FLAVORS, flavor_named
from fake_jira.entities import Issue, SecurityLevel
from integration_tests.direct import scan
from integration_tests.test_scan_property import IMPORTED, World
from source_jira_flow.common.instants import DAY, from_milliseconds
from source_jira_flow.errors import ConfigurationError

EXAMPLES = int(os.environ.get("PROPERTY_EXAMPLES", "12"))
STREAMS = ["issues", "comments"]
REMOVED_AT = "_ab_cdc_deleted_at"


class CensusWorld(World):
    """A world whose issues vanish and appear, and a warehouse that is held against it whole."""

    def __init__(self, flavor: str, seed: int, page_size: int, mode: str) -> None:
        super().__init__(flavor, seed, page_size, lookback=10)
        self.restless = False
        self.mode = mode

    def change(self) -> None:
        kinds: list[Callable[[], None]] = [
            self.edit, self.comment, self.move, self.delete, self.delete, self.create, self.create_many,
            self.hide_or_show_project, self.hide_or_show, self.hide_or_show, self.archive_or_restore,
            self.archive_or_restore, self.hide_from_index, self.show_in_index,
        ]  # fmt: skip
        self.random.choice(kinds)()
        self.clock.advance(self.random.choice([0, 1, 7, 400, 1000, 30_000, 86_400_000]))

    def issue(self) -> Issue:
        """Archived issues can't be edited."""
        return self.random.choice([issue for issue in self.site.issues.values() if issue.archived is None])

    def hide_or_show(self) -> None:
        """The members of a security level change: no `updated` moves."""
        issue, account = self.issue(), self.site.service_account
        if issue.security_level is None:
            level = SecurityLevel(f"9{issue.id}", "Secret", {account})
            issue.project.security_levels.append(level)
            self.site.set_security_level(issue, level)
        elif account in issue.security_level.members:
            self.site.remove_from_security_level(issue.security_level)
        else:
            self.site.add_to_security_level(issue.security_level)

    def archive_or_restore(self) -> None:
        issue = self.random.choice(list(self.site.issues.values()))
        self.site.archive_issue(issue, issue.archived is None)

    def delete(self) -> None:
        if len(self.site.issues) > 10:
            self.site.delete_issue(self.random.choice(list(self.site.issues.values())))

    def hide_from_index(self) -> None:
        self.site.begin_reindex(self.random.choice([0.1, 0.3]))

    def show_in_index(self) -> None:
        self.site.end_reindex()

    # -- syncs -------------------------------------------------------------------------------------

    def sync(self, *, restless: float = 0.0, cut_after: int | None = None) -> int:
        self.jira.on_request = lambda record: self.change() if self.random.random() < restless else None
        messages = scan(
            self.jira,
            self.warehouse.states,
            STREAMS,
            settings=self.settings,
            lookback_minutes=self.lookback,
            num_workers=3,
            find_deleted_issues=self.mode,
        )
        self.uncommitted: list[tuple[str, str, Any]] = []
        try:
            came = self.warehouse.take(self.watched(messages), cut_after)
            if cut_after is not None:
                self.roll_back()
            return came
        except (ConfigurationError, AirbyteTracedException) as error:
            assert restless or "disappeared" in str(error) or "no project" in str(error), str(error)
            return -1
        finally:
            self.jira.on_request = None

    def roll_back(self) -> None:
        """What came after the last state of a sync that was cut off: a destination drops it."""
        for stream, identifier, row in reversed(self.uncommitted):
            if row is None:
                self.warehouse.rows.get(stream, {}).pop(identifier, None)
            else:
                self.warehouse.rows[stream][identifier] = row

    def watched(self, messages: Iterator[Any]) -> Iterator[Any]:
        """The same messages; a removal of an issue that is there to be imported is an error."""
        seen: set[str] = set()
        for message in messages:
            if not isinstance(message, tuple):
                yield message
                # It was taken, and with it everything before it.
                self.uncommitted.clear()
                continue
            stream, row = message
            self.uncommitted.append((stream, row["id"], self.warehouse.rows.get(stream, {}).get(row["id"])))
            if stream == "issues":
                assert row["id"] not in seen, "an issue came twice in one sync"
                seen.add(row["id"])
                if row[REMOVED_AT]:
                    self.assert_not_there(row)
            yield message

    def assert_not_there(self, removal: Mapping[str, Any]) -> None:
        issue = self.site.issues.get(removal["id"])
        assert issue is None or self.restless or not self.is_here(issue), f"{issue.key} was removed, and it is there"

    def is_here(self, issue: Issue) -> bool:
        """Whether the account sees it in a project that is imported; archived or not."""
        project = issue.project
        return project.type_key in IMPORTED and self.site.can_see_issue(self.site.service_account, issue)

    # -- the truth ---------------------------------------------------------------------------------

    def verify_whole(self) -> None:
        account = self.site.service_account
        imported = {
            project.id
            for project in self.site.visible_projects(account)
            if project.type_key in IMPORTED and not project.archived
        }
        rows = {key: row for key, row in self.warehouse.rows.get("issues", {}).items() if not row[REMOVED_AT]}
        here = {issue.id: issue for issue in self.site.issues.values() if self.is_here(issue)}
        hidden = set(self.site.index._hidden)
        missing = [
            issue.key
            for issue in here.values()
            if issue.id not in rows and issue.id not in hidden and issue.archived is None
        ]
        assert not missing, f"missing: {missing}"
        stale = [
            (issue.key, row["key"], issue.updated, row["updated"], issue.archived, row["archived"])
            for issue_id, issue in here.items()
            if (row := rows.get(issue_id))
            and (
                row["updated"] != from_milliseconds(issue.updated)
                or row["key"] != issue.key
                or row["archived"] != (issue.archived is not None)
            )
        ]
        assert not stale, f"stale: {stale}"
        left = [row["key"] for key, row in rows.items() if row["project_id"] in imported and key not in here]
        assert not left, f"gone, and still in the warehouse: {left}"


@pytest.mark.parametrize("mode", ["every_sync", "daily"])
@pytest.mark.parametrize("flavor", FLAVORS)
@settings(max_examples=EXAMPLES, derandomize=EXAMPLES < 100, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    seed=st.integers(0, 10**6),
    page_size=st.sampled_from([3, 100]),
    steps=st.lists(st.sampled_from(["change", "change", "change", "sync", "sync", "restless", "cut"]), max_size=16),
)
def test_what_is_gone_is_told_and_nothing_else(
    flavor: str, mode: str, seed: int, page_size: int, steps: list[str]
) -> None:
    world = CensusWorld(flavor_named(flavor).name, seed, page_size, mode)
    for step in [*steps, "sync"]:
        if step == "change":
            world.change()
            continue
        if mode == "daily" and step == "sync":
            world.clock.advance(DAY)
        world.clock.advance(1)
        world.restless = step == "restless"
        cut = world.random.randint(0, 60) if step == "cut" else None
        came = world.sync(restless=0.2 if step == "restless" else 0.0, cut_after=cut)
        world.clock.advance(world.random.choice([1, 900, 5_000]))
        if step == "sync" and came >= 0:
            world.verify_whole()
    assert not world.jira.write_attempts
