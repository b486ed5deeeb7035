"""Random histories in which issues vanish and appear without a new `updated`, against the truth.

Issues are deleted, hidden by a security level and shown again, archived and restored, moved out of what is imported and
back; an index that is rebuilt hides a share of them for a while; projects go out of sight; syncs are cut off anywhere,
also by a kill in the middle of a comparison, and Jira changes under them. After every sync that should have told, the
warehouse holds what Jira has: nothing is missing, nothing is stale, and nothing was removed that was there. How often
each of these happened is printed at the end of the run.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from unittest.mock import patch

import pytest
from airbyte_cdk.utils.traced_exception import AirbyteTracedException
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fake_jira import FLAVORS, RequestRecord, flavor_named
from fake_jira.entities import Issue, SecurityLevel
from integration_tests.direct import scan
from integration_tests.test_scan_property import IMPORTED, World
from source_jira_flow.common.instants import DAY, MINUTE, from_milliseconds
from source_jira_flow.errors import ConfigurationError
from source_jira_flow.jira.cloud import CloudJira
from source_jira_flow.jira.self_hosted import SelfHostedJira

EXAMPLES = int(os.environ.get("PROPERTY_EXAMPLES", "12"))
STREAMS = ["issues", "comments"]
REMOVED_AT = "_ab_cdc_deleted_at"
# What every run of a hundred histories or more brings at least this often.
OFTEN = 20
MADE = (
    "deleted", "deleted in the archive", "hidden by security level", "shown by security level", "moved out", "moved in",
    "archived", "restored from the archive", "reindexing begun", "syncs while the index is rebuilt",
    "kills in a comparison", "projects hidden or shown", "edits that search showed late",
)  # fmt: skip
HAPPENED: Counter[str] = Counter()


class Killed(BaseException):
    """The process ended there."""


class CensusWorld(World):
    """A world whose issues vanish and appear, and a warehouse that is held against it whole.

    `ids_in_page`: so few ids fit a page that comparisons take several, and self-hosted Jira is asked for counts.
    """

    def __init__(self, flavor: str, seed: int, page_size: int, mode: str, ids_in_page: int) -> None:
        super().__init__(flavor, seed, page_size, lookback=10)
        self.restless = False
        self.changing = threading.Lock()
        self.mode = mode
        self.ids_in_page = ids_in_page
        if ids_in_page < 100:
            self.site.settings.cloud_id_page_cap = self.site.settings.search_cap = ids_in_page
        self.kill_in: int | None = None
        self.out_of_sight: set[tuple[str, str]] = set()
        HAPPENED["histories"] += 1

    def change(self) -> None:
        kinds: list[Callable[[], None]] = [
            self.edit, self.comment, self.move, self.move, self.delete, self.delete, self.create, self.create_many,
            self.hide_or_show_project, self.hide_or_show, self.hide_or_show, self.hide_or_show,
            self.archive_or_restore, self.archive_or_restore, self.hide_from_index, self.show_in_index,
            self.edit_and_hide, self.edit_and_hide, self.archive_or_restore,
        ]  # fmt: skip
        for _ in range(self.random.choice([1, 2, 4])):
            self.random.choice(kinds)()
            self.note_out_of_sight()
            # No sync takes a day: what is dated that far ahead counts as dated in the future, and is sent at once.
            later = [] if self.jira.on_request else [30_000, 86_400_000]
            self.clock.advance(self.random.choice([0, 1, 7, 400, 1000, *later]))

    def note_out_of_sight(self) -> None:
        """Versions that no search shows, and that were not sent."""
        account, rows = self.site.service_account, self.warehouse.rows.get("issues", {})
        self.out_of_sight.update(
            (issue.id, from_milliseconds(issue.updated))
            for issue in self.site.issues.values()
            if (issue.id in self.site.index._hidden or not self.site.can_see_issue(account, issue))
            and issue.id in rows
            and rows[issue.id]["updated"] != from_milliseconds(issue.updated)
        )

    def issue(self) -> Issue:
        """Archived issues can't be edited."""
        return self.random.choice([issue for issue in self.site.issues.values() if issue.archived is None])

    def move(self) -> None:
        issue, project = self.issue(), self.project()
        was, will_be = (each.type_key in IMPORTED for each in (issue.project, project))
        HAPPENED["moved out" if was and not will_be else "moved in" if will_be and not was else "moved within"] += 1
        self.site.move_issue(issue, project)

    def edit_and_hide(self) -> None:
        """No search shows the edit until the issue is back."""
        issue = self.issue()
        self.site.edit_issue(issue, summary=f"Edited out of sight {self.random.random()}")
        if self.random.random() < 0.5:
            self.site.begin_reindex(self.random.choice([0.1, 0.5, 1.0]))
        else:
            self.hide_or_show(issue)

    def hide_or_show(self, issue: Issue | None = None) -> None:
        """The members of a security level change: no `updated` moves."""
        account = self.site.service_account
        hidden = [
            issue
            for issue in self.site.issues.values()
            if issue.security_level is not None and account not in issue.security_level.members
        ]
        chosen = self.random.choice(hidden) if hidden and self.random.random() < 0.5 else self.issue()
        issue = issue or chosen
        if issue.security_level is None:
            members = {account} if self.random.random() < 0.3 else set()
            level = SecurityLevel(f"9{issue.id}", "Secret", members)
            issue.project.security_levels.append(level)
            self.site.set_security_level(issue, level)
            HAPPENED["hidden by security level"] += not members
        elif account in issue.security_level.members:
            HAPPENED["hidden by security level"] += 1
            self.site.remove_from_security_level(issue.security_level)
        else:
            HAPPENED["shown by security level"] += 1
            self.site.add_to_security_level(issue.security_level)

    def archive_or_restore(self) -> None:
        archived = [issue for issue in self.site.issues.values() if issue.archived is not None]
        issue = self.random.choice(archived) if archived and self.random.random() < 0.5 else self.issue()
        HAPPENED["restored from the archive" if issue.archived is not None else "archived"] += 1
        self.site.archive_issue(issue, issue.archived is None)

    def delete(self) -> None:
        if len(self.site.issues) > 10:
            archived = [issue for issue in self.site.issues.values() if issue.archived is not None]
            in_archive = archived and self.random.random() < 0.35
            issue = self.random.choice(archived if in_archive else list(self.site.issues.values()))
            HAPPENED["deleted in the archive" if issue.archived is not None else "deleted"] += 1
            self.site.delete_issue(issue)

    def hide_or_show_project(self) -> None:
        HAPPENED["projects hidden or shown"] += 1
        super().hide_or_show_project()

    def hide_from_index(self) -> None:
        HAPPENED["reindexing begun"] += 1
        self.site.begin_reindex(self.random.choice([0.1, 0.1, 0.3]))

    def show_in_index(self) -> None:
        self.site.end_reindex()

    # -- syncs -------------------------------------------------------------------------------------

    def sync(self, *, restless: float = 0.0, cut_after: int | None = None) -> int:
        def after_request(record: RequestRecord) -> None:
            # Requests run at the same time, changes one after the other.
            with self.changing:
                self.kill_if_due(record)
                if self.random.random() < restless:
                    self.change()

        self.jira.on_request = after_request
        self.uncommitted: list[tuple[str, str, Any]] = []
        before = self.taken_at
        if self.site.index._hidden:
            HAPPENED["syncs while the index is rebuilt"] += 1
        try:
            with (
                patch.object(CloudJira, "ids_in_page", min(self.ids_in_page, 5000)),
                patch.object(SelfHostedJira, "ids_in_page", min(self.ids_in_page, 1000)),
            ):
                came = self.warehouse.take(self.watched(self.messages()), cut_after)
            if cut_after is not None:
                self.roll_back()
            HAPPENED["syncs"] += 1
            HAPPENED["comparisons taken"] += self.taken_at != before
            return came
        except (ConfigurationError, AirbyteTracedException) as error:
            assert restless or "disappeared" in str(error) or "no project" in str(error), str(error)
            return -1
        except Killed:
            HAPPENED["kills in a comparison"] += 1
            self.roll_back()
            return -1
        finally:
            self.jira.on_request = None

    def messages(self) -> Iterator[Any]:
        return scan(
            self.jira,
            self.warehouse.states,
            STREAMS,
            settings=self.settings,
            lookback_minutes=self.lookback,
            num_workers=3,
            find_deleted_issues=self.mode,
        )

    def kill_if_due(self, record: RequestRecord) -> None:
        """Counts the requests of a comparison."""
        body = record.body if isinstance(record.body, dict) else {}
        lists = body.get("maxResults") == 5000 and "ORDER BY created" in str(body.get("jql"))
        by_id = record.path.endswith("bulkfetch") or record.path.rpartition("/issue/")[2].isdecimal()
        if self.kill_in is not None and (lists or by_id):
            self.kill_in -= 1
            if self.kill_in <= 0:
                self.kill_in = None
                raise Killed

    @property
    def census(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.warehouse.states.get("issues", {}).get("census", {})
        return found

    @property
    def taken_at(self) -> str | None:
        return self.census.get("taken_at")

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
                    HAPPENED["removals"] += 1
                    self.assert_not_there(row)
            yield message

    def assert_not_there(self, removal: Mapping[str, Any]) -> None:
        issue = self.site.issues.get(removal["id"])
        assert issue is None or self.restless or not self.is_here(issue), f"{issue.key} was removed, and it is there"
        known = self.warehouse.rows["issues"].get(removal["id"])
        if issue is not None and known is not None and known["project_id"] == issue.project.id and not self.restless:
            sees = self.site.holds(self.site.service_account, "BROWSE_PROJECTS", issue.project)
            assert sees, f"{issue.key} was removed with its project, which went out of sight"

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
        known = [(issue, rows[issue_id]) for issue_id, issue in here.items() if issue_id in rows]
        stale = [
            (issue.key, row["key"], issue.updated, row["updated"])
            for issue, row in known
            if (row["updated"] != from_milliseconds(issue.updated) or row["key"] != issue.key)
            # Not listed, which a count may not show: it is sent once it is back, or a week later.
            and not (self.cancels_out and (issue.id in hidden or (issue.archived is not None and not row["archived"])))
            # Neither listed, nor known as of a project that is compared.
            and not ((issue.id in hidden or issue.archived is not None) and row["project_id"] not in imported)
        ]
        compared = [(issue, row) for issue, row in known if row["project_id"] in imported]
        archived = [issue.key for issue, row in compared if issue.archived is not None and not row["archived"]]
        restored = [issue.key for issue, row in known if issue.archived is None and row["archived"]]
        left = [row["key"] for key, row in rows.items() if row["project_id"] in imported and key not in here]
        assert not stale, f"stale: {stale}"
        late = {(issue.id, row["updated"]) for issue, row in known if issue.id not in hidden} & self.out_of_sight
        HAPPENED["edits that search showed late"] += len(late)
        self.out_of_sight -= late
        assert not restored, f"no longer archived: {restored}"
        if self.census["waiting"]:
            HAPPENED["short lists noticed"] += 1
            assert hidden, "projects wait, and the list was whole"
            return
        unseen = (missing, left, archived)
        listed = [
            issue
            for issue in here.values()
            if issue.id not in hidden and issue.archived is None and issue.project.id in imported
        ]
        counted = [row for row in rows.values() if row["project_id"] in imported and not row["archived"]]
        if self.cancels_out and len(listed) == len(counted):
            HAPPENED["as many appeared as vanished"] += bool(missing)
            return
        assert unseen == ([], [], []), f"missing: {missing}, still in the warehouse: {left}, archived: {archived}"

    @property
    def cancels_out(self) -> bool:
        """Whether counts are all that was compared: where all was listed a week ago or earlier, all is listed."""
        return not self.site.flavor.cloud and self.census["whole_at"] != self.census["taken_at"]


@pytest.fixture(autouse=True)
def counts(request: pytest.FixtureRequest) -> Iterator[None]:
    """What happened in all histories of a test, for the end of the run."""
    HAPPENED.clear()
    yield
    request.node.user_properties.append(("happened", dict(sorted(HAPPENED.items()))))


@pytest.mark.parametrize("flavor", FLAVORS)
def test_what_is_gone_is_told_and_nothing_else(flavor: str) -> None:
    history_on(flavor)
    if EXAMPLES >= 100:
        assert HAPPENED["histories"] >= EXAMPLES
        assert not {name for name in MADE if HAPPENED[name] < OFTEN}


def history_on(flavor: str) -> None:
    @settings(max_examples=EXAMPLES, derandomize=EXAMPLES < 100, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        seed=st.integers(0, 10**6),
        page_size=st.sampled_from([3, 100]),
        mode=st.sampled_from(["every_sync", "daily"]),
        ids_in_page=st.sampled_from([5, 5000]),
        steps=st.lists(
            st.sampled_from(["change", "change", "change", "sync", "sync", "early", "restless", "cut", "kill", "kill"]),
            min_size=8,
            max_size=20,
        ),
    )
    def history(seed: int, page_size: int, mode: str, ids_in_page: int, steps: list[str]) -> None:
        world = CensusWorld(flavor_named(flavor).name, seed, page_size, mode, ids_in_page)
        for step in [*steps, "sync"]:
            take(world, step)
        # Once nothing is hidden from the index any more, and a week later where counts are compared, nothing is left.
        world.show_in_index()
        world.clock.advance(8 * DAY)
        take(world, "sync")
        assert not world.census["waiting"]
        assert not world.jira.write_attempts

    history()


def take(world: CensusWorld, step: str) -> None:
    if step == "change":
        world.change()
        return
    if world.mode == "daily" and step in ("sync", "kill"):
        world.clock.advance(DAY)
    # Further than the next sync reads back, and too early for a comparison a day.
    world.clock.advance(20 * MINUTE if step == "early" else 1)
    world.restless = step == "restless"
    world.kill_in = world.random.randint(1, 8) if step == "kill" else None
    cut = world.random.randint(0, 60) if step == "cut" else None
    came = world.sync(restless=0.2 if step == "restless" else 0.0, cut_after=cut)
    world.kill_in = None
    world.clock.advance(world.random.choice([1, 900, 5_000]))
    if step == "sync" and came >= 0:
        world.verify_whole()
