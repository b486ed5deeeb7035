"""`make demo`: a fake Jira, a sync, some work in Jira, another sync, and an answer from SQL."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from rich.console import Console

from demo import showing
from demo.changes import work_a_little
from demo.warehouse import Warehouse, prepare
from fake_jira import FakeJira, Site, build_site

FOLDER = Path(".demo")
CONFIG = FOLDER / "config.json"
DATABASE = FOLDER / "jira.duckdb"


def tour(console: Console) -> None:
    """The whole demo, from nothing each time. Raises Trouble where a step fails."""
    prepare()
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    showing.step(console, "Starting a fake Jira Cloud on this machine")
    with FakeJira(
        build_site("cloud", issues=1500, users=60, boards=4, sprints_per_board=6, changes_per_issue=4)
    ) as jira:
        showing.say(console, f"{jira.base_url}: {_inventory(jira.site)}")
        config = _written_config(jira)
        warehouse = Warehouse(CONFIG, config, DATABASE)
        showing.step(console, f"Testing the connection: source-jira-flow check --config {CONFIG}")
        showing.say(console, warehouse.check(console), "green")
        with warehouse.opened(console) as opened:
            showing.step(console, f"First sync: all streams into {DATABASE}, with PyAirbyte")
            showing.counts(console, opened.sync())
            showing.step(console, "People work in Jira")
            for sentence in work_a_little(jira.site):
                showing.say(console, f"- {sentence}")
            showing.step(console, "Second sync: only what changed")
            showing.brought(console, opened, opened.sync())
            showing.step(console, "Rows of what was deleted leave their tables, as in Airbyte's destinations")
            showing.dropped(console, opened.drop_removed())
            showing.step(console, "An answer from SQL: open tickets per project and status")
            showing.answer(console, opened)
            showing.step(console, "Another, from the history of a ticket: how long it was in each status")
            showing.days_in_status(console, opened)
    showing.goodbye(console, DATABASE)
    console.print("For your own Jira: make sync CONFIG=secrets/config.json")


def _inventory(site: Site) -> str:
    visible = site.visible_issues(site.service_account)
    comments = sum(len(site.visible_comments(issue, site.service_account)) for issue in visible)
    return (
        f"{len(site.issues):,} issues in {len(site.projects)} projects, of which the account can see and import"
        f" {len(visible):,}, with {comments:,} comments"
    )


def _written_config(jira: FakeJira) -> dict[str, Any]:
    config = {
        "base_url": jira.base_url,
        "credentials": jira.site.credentials("access_token"),
        "projects": [],
        # Once a day would be too seldom for the demo.
        "find_deleted_issues": "every_sync",
    }
    # Readable only by its owner, like every file with a secret.
    descriptor = os.open(CONFIG, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(config, file, indent=2)
    return config
