"""What people do in the demo's Jira between its two syncs."""

from __future__ import annotations

from collections.abc import Iterator

from fake_jira import Site


def work_a_little(site: Site) -> Iterator[str]:
    """A few changes of every kind, each told in a sentence once it is done."""
    waiting, talked_about, moved, unclear, twice = _open_issues(site, "CORE", 5)
    people = [user for user in site.users.values() if user.active and user.display_name.startswith("User ")]
    someone, leaver = people[0], people[-1]

    site.transition(waiting, "Done")
    yield f"{waiting} is done"
    site.add_comment(talked_about, "Seen again this morning, on two machines.", someone)
    yield f"{someone.display_name} comments on {talked_about}"
    yield f"{moved} is moved, and is {site.move_issue(moved, 'OR').key} now"
    created = site.create_issue("BIZ", "Order more coffee", labels=["coffee"], reporter=someone)
    yield f"{created.key} is created, with the new label “coffee”"
    site.rename_user(someone, display_name="Somebody Else")
    yield "the person who commented has another name now: Somebody Else"
    sprint = [sprint for sprint in site.visible_sprints(site.service_account) if sprint.state == "active"][-1]
    site.close_sprint(sprint)
    yield f"the sprint “{sprint.name}” is closed"
    site.delete_user(leaver)
    yield f"the account of {leaver.display_name} is deleted"
    site.edit_issue(unclear, summary="Clean up the old log files")
    yield f"{unclear} has a better summary"
    site.delete_issue(twice)
    yield f"{twice} was there twice, and is deleted"


def _open_issues(site: Site, project_key: str, count: int) -> list[str]:
    """Keys of issues that the service account sees, and that stand for themselves."""
    return [
        issue.key
        for issue in site.visible_issues(site.service_account)
        if issue.project.key == project_key
        and issue.status.category != "done"
        and not issue.children
        and issue.parent is None
        and issue.epic is None
    ][:count]
