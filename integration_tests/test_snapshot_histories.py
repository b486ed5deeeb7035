"""Whatever happens to the lists of a Jira, and to the syncs that read them: the warehouse comes right."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from fake_jira import Clock, FakeJira, Site, build_site
from fake_jira.clock import DAY_MS, HOUR_MS
from integration_tests.direct import Warehouse, begin_sync
from integration_tests.support import REMOVED_AT
from source_jira_flow.errors import JiraFlowError
from source_jira_flow.records.seen import Seen
from source_jira_flow.settings import Settings
from source_jira_flow.streams import STREAMS, Stream

IMPATIENT = Settings(backoff_base=0.0, tries=4, rate_limit_tries=4)


class World:
    """A Jira that lives, and what a person at its keyboard may do next."""

    def __init__(self, flavor: str, seed: int) -> None:
        self.random = random.Random(seed)
        # A Jira ahead of this machine's clock would not be believed.
        behind = Clock(offset_ms=-30 * DAY_MS, frozen=True)
        self.site = build_site(flavor, seed=seed, issues=12, users=40, boards=5, clock=behind)
        self.jira = FakeJira(self.site)
        self.former_users: list[str] = []

    def live(self) -> None:
        """A few changes, and some time."""
        for _ in range(self.random.randint(0, 6)):
            self.random.choice(self._deeds())()
        self.site.clock.advance(self.random.choice([1_000, 60_000, HOUR_MS, DAY_MS + HOUR_MS]))

    def trouble(self) -> None:
        """Perhaps something goes wrong for a while."""
        faults = self.jira.faults
        faults.clear()
        every = self.random.randint(2, 5)
        choices: list[Callable[[], object]] = [
            lambda: None,
            lambda: None,
            lambda: faults.drop_connection(every=every),
            lambda: faults.unavailable(every=every),
            lambda: faults.rate_limit(retry_after=None, every=every),
            lambda: faults.cut_body(every=every),
            lambda: faults.empty_page(every=every, match=_is_list),
            lambda: faults.login_page(every=every),
            lambda: faults.server_error(500, after=self.random.randint(5, 30)),
            lambda: faults.drop_connection(after=self.random.randint(5, 30)),
            lambda: faults.refuse(403, after=self.random.randint(5, 30)),
            lambda: faults.anonymous(after=self.random.randint(5, 30)),
        ]
        self.random.choice(choices)()

    def _deeds(self) -> list[Callable[[], object]]:
        site, pick = self.site, self.random.choice
        name = f"Name {self.random.randint(0, 3)}"
        people = [user for user in site.users.values() if user not in (site.service_account, site.admin)]
        boards = [board for board in site.boards.values() if board.quirk is None]
        sprints, projects = list(site.sprints.values()), list(site.projects.values())
        issue = pick(list(site.issues.values()))
        deeds: list[Callable[[], object]] = [
            lambda: site.rename_user(pick(people), name),
            lambda: site.deactivate_user(pick(people)),
            lambda: site.create_user(f"made{self.random.randint(0, 10**9)}"),
            lambda: self._delete_user(pick(people)),
            lambda: site.edit_project(pick(projects), name=name),
            lambda: site.archive_project(pick(projects), self.random.random() < 0.5),
            lambda: site.edit_issue(issue, labels=self.random.sample(["a", "A", "b", "c", "ü", "d"], 3)),
            lambda: site.create_sprint(pick(boards), name, pick(["future", "active", "closed"])),
            lambda: site.rename_sprint(pick(sprints), name),
            lambda: site.start_sprint(pick(sprints)),
            lambda: site.close_sprint(pick(sprints)),
            lambda: site.delete_sprint(pick(sprints)) if len(sprints) > 5 else None,
            lambda: self._share(pick(boards), pick(sprints)),
            lambda: site.create_board("CORE", name),
            lambda: self._break(pick(boards)),
        ]
        if self.former_users:
            deeds += [lambda: site.restore_user(self.former_users.pop())] * 3
        return deeds

    def _delete_user(self, user: Any) -> None:
        self.former_users.append(self.site.user_id(user))
        self.site.delete_user(user)

    def _share(self, board: Any, sprint: Any) -> None:
        if sprint not in board.sprints and board.project.key != "HIDDEN":
            board.sprints.append(sprint)

    def _break(self, board: Any) -> None:
        board.quirk = self.random.choice(["broken", "private", None, None])


def _is_list(request: Any) -> bool:
    lists = ("/users/search", "/user/list", "/project/search", "/label", "/board", "/sprint")
    return bool(request.path.endswith(lists))


def truth(site: Site) -> dict[str, dict[str, Any]]:
    """What the tables must say, by stream and id."""
    account = site.service_account
    shown = {board.id: board for board in site.visible_boards(account) if board.quirk is None}
    return {
        "users": {site.user_id(user): (user.display_name, user.active) for user in site.visible_users(account)},
        "projects": {
            project.id: (project.name, project.archived)
            for project in site.projects.values()
            if site.holds(account, "BROWSE_PROJECTS", project)
        },
        "sprints": {
            str(sprint.id): (
                sprint.name,
                sprint.state,
                [number for number, board in sorted(shown.items()) if sprint in board.sprints],
            )
            for sprint in site.sprints.values()
            if any(sprint in board.sprints for board in shown.values())
        },
        "labels": dict.fromkeys(site.all_labels(), ()),
    }


def held(warehouse: Warehouse) -> dict[str, dict[str, Any]]:
    """The same from the tables."""
    there = {
        stream: {key: row for key, row in rows.items() if not row.get(REMOVED_AT)}
        for stream, rows in warehouse.rows.items()
    }
    return {
        "users": {key: (row["name"], row["active"]) for key, row in there.get("users", {}).items()},
        "projects": {key: (row["name"], row["archived"]) for key, row in there.get("projects", {}).items()},
        "sprints": {
            key: (row["name"], row["state"], row["board_ids"])
            for key, row in there.get("sprints", {}).items()
            # What no board shows and Jira still knows is kept.
            if row["board_ids"]
        },
        "labels": dict.fromkeys(there.get("labels", {}), ()),
    }


def sync(world: World, warehouse: Warehouse, streams: list[Stream], sent: list[tuple[str, str, str]]) -> bool:
    """One sync of each stream; False where one failed."""
    try:
        running, messages = begin_sync(
            world.jira, warehouse.states, [stream.name for stream in streams], settings=IMPATIENT
        )
    except JiraFlowError:
        return False
    nobody = Seen(people=False, sprints=False)
    nobody.end()
    well = True
    for stream in streams:

        def read(stream: Stream = stream) -> Iterator[Any]:
            nonlocal well
            assert stream.snapshot is not None
            try:
                for record in stream.snapshot(stream, running, nobody).read():
                    identifier = str(record.data[stream.key])
                    sent.append((stream.name, identifier, record.data["observed_at"]))
                    if record.data[REMOVED_AT]:
                        assert identifier not in truth(world.site)[stream.name], "told as gone, and is there"
                    yield record.stream_name, record.data
            except JiraFlowError:
                well = False
            while messages:
                yield messages.pop(0)

        warehouse.take(read())
    return well


@pytest.mark.parametrize("flavor", ["cloud", "data-center-10.3", "data-center-9"])
@pytest.mark.parametrize("seed", [*range(4), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(4, 150))])
def test_after_any_history_the_warehouse_says_what_jira_says(flavor: str, seed: int) -> None:
    world, warehouse = World(flavor, seed), Warehouse()
    streams = [row for row in STREAMS if row.snapshot and (flavor == "cloud" or row.name != "labels")]
    for _ in range(8):
        sent: list[tuple[str, str, str]] = []
        world.trouble()
        sync(world, warehouse, streams, sent)
        assert len(sent) == len({(stream, identifier) for stream, identifier, _ in sent}), "something came twice"
        world.live()
    world.jira.faults.clear()
    for board in world.site.boards.values():
        board.quirk = None if board.quirk in ("broken", "private") and board.sprints else board.quirk
    world.site.clock.advance(2 * DAY_MS)
    assert sync(world, warehouse, streams, [])
    for stream in streams:
        assert held(warehouse)[stream.name] == truth(world.site)[stream.name], stream.name
    quiet: list[tuple[str, str, str]] = []
    assert sync(world, warehouse, streams, quiet) and not quiet
