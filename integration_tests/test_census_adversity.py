"""What happens to a comparison in the world: nothing is removed that is there, and what is gone is told in time."""

from __future__ import annotations

import json
import logging
from contextlib import suppress

import pytest
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from fake_jira import Request, RequestRecord
from fake_jira.entities import Issue, Project
from integration_tests.test_census import KINDS, REMOVED_AT, Followed, followed_without_a_backfill
from source_jira_flow.common.instants import DAY
from source_jira_flow.scan import census as census_module

SOON = 1_000


@pytest.fixture(params=KINDS)
def followed(request: pytest.FixtureRequest) -> Followed:
    return Followed(request.param)


def asks_by_id(record: Request | RequestRecord) -> bool:
    path = record.path.split("?")[0]
    return path.endswith("bulkfetch") or path.rpartition("/issue/")[2].isdecimal()


def jql_of(record: RequestRecord) -> str:
    return str(record.body.get("jql", "")) if isinstance(record.body, dict) else ""


def hide(followed: Followed, *issues: Issue) -> None:
    """By a security level without members."""
    level = followed.security_level(issues[0])
    for issue in issues:
        followed.site.set_security_level(issue, level)


def show(followed: Followed, *issues: Issue) -> None:
    """Without a new `updated`: the members of the level change."""
    for issue in issues:
        assert issue.security_level is not None
        followed.site.add_to_security_level(issue.security_level)


# -- a list that came short ------------------------------------------------------------------------


def test_a_comparison_with_a_short_list_does_not_count_as_taken(
    followed: Followed, caplog: pytest.LogCaptureFixture
) -> None:
    followed.site.begin_reindex(0.1)
    hidden = set(followed.site.index._hidden)
    followed.site.end_reindex()
    assert 1 < len(hidden) <= 20
    back = next(issue for issue in followed.some(100) if issue.id in hidden)
    hide(followed, back)
    followed.sync()
    assert followed.removed == {back.id}
    taken_at = followed.census["taken_at"]
    show(followed, back)
    followed.site.begin_reindex(0.1)
    caplog.set_level(logging.WARNING)
    followed.sync()
    assert followed.removed == {back.id}, "nothing lists it, and nobody knows of it"
    assert followed.census["taken_at"] == taken_at
    assert "the list was short" in caplog.text
    followed.site.end_reindex()
    followed.sync(after=SOON)
    assert followed.removed == set()
    assert followed.census["taken_at"] != taken_at
    assert not followed.census["waiting"]


def test_what_an_index_lacks_for_good_is_looked_for_in_each_sync_and_never_removed(followed: Followed) -> None:
    followed.site.begin_reindex(0.1)
    followed.sync()
    for _ in range(3):
        assert followed.removed == set()
        assert followed.census["waiting"]
        followed.sync(after=SOON)


def test_an_issue_that_is_as_young_as_the_sync_is_no_sign_of_a_short_list(followed: Followed) -> None:
    followed.site.create_issue("CORE", "Just now")
    for _ in range(3):
        followed.sync(after=3, find_deleted_issues="every_sync")
        assert followed.census["waiting"] == []


# -- answers by id -----------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_where_bulk_answers_leave_out_issues_without_errors_nothing_is_removed(share: float) -> None:
    followed = Followed("cloud")
    here, gone = followed.some(2)
    followed.site.index._apply([(here.id, None)])
    followed.site.delete_issue(gone)
    fault = followed.jira.faults.changed(
        lambda answer: {**answer, "issues": answer["issues"][: int(share * len(answer["issues"]))]}, match="bulkfetch"
    )
    followed.sync()
    assert here.id not in followed.removed
    followed.jira.faults.remove(fault)
    followed.sync(after=SOON)
    assert followed.removed == {gone.id}


@pytest.mark.parametrize("style", ["html", "messages"])
def test_a_proxy_that_answers_404_in_the_place_of_jira_removes_nothing(followed: Followed, style: str) -> None:
    here, gone = followed.some(2)
    followed.site.index._apply([(here.id, None)])
    followed.site.delete_issue(gone)
    fault = followed.jira.faults.refuse(404, style=style, match=asks_by_id)
    followed.sync()
    assert followed.removed == set()
    followed.jira.faults.remove(fault)
    followed.sync(after=SOON)
    assert followed.removed == {gone.id}


def test_one_page_of_html_with_404_is_not_the_word_of_jira() -> None:
    followed = Followed("dc10")
    here, gone = followed.some(2)
    followed.site.index._apply([(here.id, None)])
    followed.site.delete_issue(gone)
    followed.jira.faults.refuse(404, style="html", match=f"/issue/{here.id}", times=1)
    followed.sync()
    assert followed.removed == {gone.id}
    followed.sync(after=SOON)
    assert followed.removed == {gone.id}


# -- projects ----------------------------------------------------------------------------------------


def test_archived_issues_of_a_project_that_goes_out_of_sight_are_not_removed(followed: Followed) -> None:
    (archived,) = followed.some(project="CORE")
    followed.site.archive_issue(archived)
    followed.sync()
    core, account = followed.site.project("CORE"), followed.site.service_account
    followed.site.revoke("BROWSE_PROJECTS", account, core)
    followed.sync()
    assert followed.removed == set()
    followed.site.grant("BROWSE_PROJECTS", account, core)
    followed.sync()
    assert followed.removed == set()
    followed.site.delete_issue(archived)
    followed.sync()
    assert followed.removed == {archived.id}


@pytest.mark.parametrize("when", ["listing", "asking"])
def test_a_project_that_goes_out_of_sight_while_issues_are_compared_loses_none(followed: Followed, when: str) -> None:
    core, account = followed.site.project("CORE"), followed.site.service_account
    (gone,) = followed.some(project="BIZ")
    (deleted,) = followed.some(project="CORE")
    followed.site.delete_issue(gone)
    followed.site.delete_issue(deleted)

    def before(request: Request) -> bool:
        jql = str(request.json().get("jql", "")) if request.body else ""
        lists = "ORDER BY created" in jql and "updated" not in jql
        if lists if when == "listing" else asks_by_id(request):
            followed.site.revoke("BROWSE_PROJECTS", account, core)
        return False

    fault = followed.jira.faults.refuse(404, match=before)
    with suppress(AirbyteTracedException):
        followed.sync()
    assert followed.removed <= {gone.id, deleted.id}
    followed.jira.faults.remove(fault)
    followed.sync(after=SOON)
    assert followed.removed == {gone.id} | (followed.removed & {deleted.id})
    followed.site.grant("BROWSE_PROJECTS", account, core)
    followed.sync()
    assert followed.removed == {gone.id, deleted.id}


def test_an_account_that_does_not_see_one_project_for_one_sync_loses_nothing(followed: Followed) -> None:
    core, account = followed.site.project("CORE"), followed.site.service_account
    followed.site.revoke("BROWSE_PROJECTS", account, core)
    followed.sync()
    followed.site.grant("BROWSE_PROJECTS", account, core)
    (gone,) = followed.some(project="CORE")
    followed.site.delete_issue(gone)
    followed.sync()
    assert followed.removed == {gone.id}


def test_projects_that_were_not_read_to_their_end_are_compared_in_the_next_sync(followed: Followed) -> None:
    core = followed.site.project("CORE")
    (gone,) = followed.some(project="BIZ")
    (later,) = followed.some(project="CORE")
    followed.site.delete_issue(gone)
    followed.site.delete_issue(later)
    # Its issues are read anew, by queries for this project alone.
    followed.site.rename_project_key(core, "HEART")
    fault = followed.jira.faults.server_error(
        match=lambda request: f"project in ({core.id})".encode() in request.body, times=2_000
    )
    with pytest.raises(Exception, match="500"):
        followed.sync()
    assert followed.removed == {gone.id}
    assert followed.census["waiting"] == [int(core.id)]
    followed.jira.faults.remove(fault)
    followed.sync(after=SOON)
    assert followed.removed == {gone.id, later.id}
    assert followed.census["waiting"] == []
    followed.sync(after=SOON, find_deleted_issues="never")
    quiet = followed.calls
    followed.sync(after=SOON)
    assert followed.calls == quiet, "and then no more"


def test_a_project_that_is_deleted_or_no_longer_chosen_removes_no_issue(followed: Followed) -> None:
    followed.site.delete_project("BIZ")
    followed.sync()
    followed.sync(projects=["CORE"])
    assert followed.removed == set()
    followed.sync()
    assert followed.removed == set()


def test_an_issue_that_moves_between_imported_projects_stays(followed: Followed) -> None:
    (moved,) = followed.some(project="CORE")
    followed.site.move_issue(moved, "BIZ")
    followed.sync()
    assert followed.removed == set()
    core, account = followed.site.project("CORE"), followed.site.service_account
    followed.site.revoke("BROWSE_PROJECTS", account, core)
    followed.site.delete_issue(moved)
    followed.sync()
    assert followed.removed == {moved.id}, "it counts as of the project to which it moved"


def test_a_move_that_search_knew_of_only_later_is_read(followed: Followed) -> None:
    core, account = followed.site.project("CORE"), followed.site.service_account
    (moved,) = followed.some(project="CORE")
    followed.site.revoke("BROWSE_PROJECTS", account, core)
    followed.site.move_issue(moved, "BIZ")
    followed.site.index._apply([(moved.id, None)])
    followed.sync()
    followed.site.index.changed([moved], followed.site.clock.now())
    followed.sync()
    assert followed.row(moved)["key"] == moved.key
    assert followed.sync() == 0


def test_an_issue_that_moves_on_and_out_of_sight_before_it_is_read_is_removed(followed: Followed) -> None:
    (moved,) = followed.some(project="CORE")
    places = [followed.site.project("BIZ")]

    def meanwhile(record: RequestRecord) -> None:
        if "ORDER BY updated" in jql_of(record) and places:
            followed.site.clock.advance(SOON)
            followed.site.move_issue(moved, places.pop())

    followed.meanwhile = meanwhile
    followed.sync()
    assert not places
    assert followed.row(moved)["project_key"] == "CORE"
    followed.site.revoke("BROWSE_PROJECTS", followed.site.service_account, followed.site.project("BIZ"))
    followed.sync()
    assert followed.removed == {moved.id}


def test_an_issue_that_moves_to_a_project_that_comes_back_during_the_comparison_and_on_is_removed(
    followed: Followed,
) -> None:
    biz, account = followed.site.project("BIZ"), followed.site.service_account
    desk = next(each for each in followed.site.projects.values() if each.type_key == "service_desk")
    (moved,) = followed.some(project="CORE")
    followed.sync()
    followed.site.revoke("BROWSE_PROJECTS", account, biz)
    followed.site.move_issue(moved, biz)

    def before(request: Request) -> bool:
        if asks_by_id(request):
            followed.site.grant("BROWSE_PROJECTS", account, biz)
        return False

    followed.jira.faults.refuse(404, match=before)
    followed.sync()
    assert followed.site.holds(account, "BROWSE_PROJECTS", biz)
    followed.site.move_issue(moved, desk)
    followed.sync()
    assert followed.removed == {moved.id}


def test_the_removal_of_an_issue_from_the_future_is_the_last_of_its_versions(followed: Followed) -> None:
    (issue,) = followed.some()
    followed.site.edit_issue(issue, at=followed.site.clock.now() + 400 * DAY, summary="From the future")
    followed.sync()
    last = followed.row(issue)["updated"]
    followed.site.delete_issue(issue)
    assert followed.sync() == 1
    assert followed.row(issue)["updated"] >= last
    assert followed.row(issue)[REMOVED_AT] < last


def test_a_project_that_is_renamed_while_issues_are_compared_loses_none(followed: Followed) -> None:
    (gone,) = followed.some(project="CORE")
    followed.site.delete_issue(gone)
    renamed: list[Project] = []

    def meanwhile(record: RequestRecord) -> None:
        if asks_by_id(record) and not renamed:
            renamed.append(followed.site.project("CORE"))
            followed.site.rename_project_key("CORE", "HEART")

    followed.meanwhile = meanwhile
    followed.sync()
    followed.sync()
    assert renamed
    assert followed.removed == {gone.id}
    rows = followed.warehouse.rows["issues"].values()
    assert not [row["key"] for row in rows if row["key"] and row["key"].startswith("CORE-")]


def test_a_security_scheme_that_changes_while_issues_are_compared_ends_in_the_truth(followed: Followed) -> None:
    first, second = followed.some(2, project="CORE")
    hide(followed, first)
    followed.sync()

    def meanwhile(record: RequestRecord) -> None:
        if asks_by_id(record) or "ORDER BY created" in jql_of(record):
            show(followed, first)
            if second.security_level is None:
                followed.site.set_security_level(second, followed.site.project("CORE").security_levels[-1])
                followed.site.remove_from_security_level(followed.site.project("CORE").security_levels[-1])

    followed.meanwhile = meanwhile
    followed.sync()
    followed.meanwhile = lambda record: None
    followed.sync()
    account = followed.site.service_account
    hidden = {issue.id for issue in (first, second) if not followed.site.can_see_issue(account, issue)}
    assert followed.removed == hidden


# -- archived issues ---------------------------------------------------------------------------------


def test_issues_that_are_archived_by_the_dozen_all_say_so_at_once(
    followed: Followed, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    archived = followed.some(30)
    for issue in archived:
        followed.site.archive_issue(issue)
    followed.sync()
    assert all(followed.row(issue)["archived"] for issue in archived)
    for issue in archived[::2]:
        followed.site.delete_issue(issue)
    followed.sync()
    assert followed.removed == {issue.id for issue in archived[::2]}
    assert "short" not in caplog.text


def restored_since(followed: Followed, project: str | None = None) -> Issue:
    """An issue that was archived when the last sync read it, and is not any more."""
    (issue,) = followed.some(project=project)
    followed.site.archive_issue(issue)
    followed.sync()
    followed.site.archive_issue(issue, archived=False)
    return issue


def test_an_archived_issue_that_is_hidden_between_list_and_read_is_still_looked_after(
    followed: Followed,
) -> None:
    issue = restored_since(followed)

    def hide_once_it_was_listed(record: RequestRecord) -> None:
        if "ORDER BY created" in jql_of(record):
            followed.site.begin_reindex(1.0)

    followed.meanwhile = hide_once_it_was_listed
    followed.sync()
    assert followed.row(issue)["archived"], "it could not be read"
    followed.meanwhile = lambda record: None
    followed.site.delete_issue(issue)
    followed.site.end_reindex()
    followed.sync()
    assert followed.removed == {issue.id}


def test_an_archived_issue_that_is_restored_and_leaves_what_is_imported_is_removed(followed: Followed) -> None:
    issue = restored_since(followed, project="CORE")
    desk = next(each for each in followed.site.projects.values() if each.type_key == "service_desk")
    followed.site.move_issue(issue, desk)
    assert followed.sync() == 1
    assert followed.removed == {issue.id}
    assert followed.sync() == 0


def test_an_archived_issue_that_is_restored_edited_and_hidden_during_a_comparison_is_still_looked_after(
    followed: Followed,
) -> None:
    issue = restored_since(followed)

    def edit_after_t0(record: RequestRecord) -> None:
        if "ORDER BY updated" in jql_of(record) and issue.summary != "For the next sync":
            followed.site.clock.advance(SOON)
            followed.site.edit_issue(issue, summary="For the next sync")
            followed.site.begin_reindex(1.0)

    followed.meanwhile = edit_after_t0
    followed.sync()
    followed.meanwhile = lambda record: None
    followed.sync()
    assert not followed.row(issue)["archived"]
    assert followed.row(issue)["summary"] == "For the next sync"


@pytest.mark.parametrize(("days", "syncs"), [(1, 4), (7, 4)])
def test_where_archived_issues_are_many_each_is_asked_for_in_turn(
    followed: Followed, days: int, syncs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(census_module, "_ARCHIVED", (1, 4))
    monkeypatch.setattr(census_module, "_ARCHIVED_SINGLE", (1, 4))
    archived = followed.some(14)
    for issue in archived:
        followed.site.archive_issue(issue)
    followed.sync()
    for issue in archived:
        followed.site.delete_issue(issue)
    for number in range(syncs):
        assert len(followed.removed) == min(14, 4 * number)
        followed.sync(after=days * DAY)
        followed.sync(after=SOON, find_deleted_issues="every_sync")
    assert followed.removed == {issue.id for issue in archived}


# -- as many appear as vanish ------------------------------------------------------------------------


def test_what_vanishes_while_as_many_appear_is_noticed_on_self_hosted_jira() -> None:
    followed = followed_without_a_backfill("dc10", 5_000)
    by_age = sorted(followed.some(5_000), key=lambda issue: issue.created)
    assert len(by_age) > 2_000
    followed.warehouse.rows["issues"] = {issue.id: {"id": issue.id, "_ab_cdc_deleted_at": None} for issue in by_age}
    recent, old, archived = by_age[-5], by_age[5], by_age[9]
    hide(followed, recent)
    followed.site.archive_issue(archived)
    followed.sync(("issues",))
    assert followed.removed == {recent.id}
    assert followed.row(archived)["archived"]
    show(followed, recent)
    followed.site.delete_issue(old)
    followed.sync(("issues",))
    assert followed.removed == {old.id}, "one of the newest appeared"
    followed.site.archive_issue(archived, False)
    followed.site.delete_issue(by_age[700])
    followed.sync(("issues",))
    assert followed.removed == {old.id, by_age[700].id}, "one that was archived is back"
    assert not followed.row(archived)["archived"]
    followed.site.delete_issue(by_age[-9])
    hide(followed, by_age[900])
    followed.sync(("issues",))
    show(followed, by_age[900])
    followed.site.delete_issue(by_age[-19])
    followed.sync(("issues",))
    assert by_age[-19].id in followed.removed, "one of the newest vanished"
    assert by_age[900].id not in followed.removed, "so the counts of the others showed what appeared"


def test_what_appears_and_vanishes_among_old_issues_alike_is_noticed_within_a_week() -> None:
    followed = followed_without_a_backfill("dc10", 5_000)
    by_age = sorted(followed.some(5_000), key=lambda issue: issue.created)
    followed.warehouse.rows["issues"] = {issue.id: {"id": issue.id, "_ab_cdc_deleted_at": None} for issue in by_age}
    hide(followed, by_age[300])
    followed.sync(("issues",))
    show(followed, by_age[300])
    followed.site.delete_issue(by_age[400])
    followed.sync(("issues",))
    followed.sync(("issues",), after=6 * DAY)
    assert followed.removed == {by_age[400].id}


# -- configurations and states -------------------------------------------------------------------------


def test_whatever_was_chosen_before_the_next_comparison_tells_all(followed: Followed) -> None:
    first, second, third = followed.some(3)
    followed.site.delete_issue(first)
    assert followed.sync(find_deleted_issues="never") == 0
    assert followed.sync(after=SOON, find_deleted_issues="daily") == 1
    followed.site.delete_issue(second)
    assert followed.sync(after=SOON, find_deleted_issues="daily") == 0
    assert followed.sync(after=SOON, find_deleted_issues="every_sync") == 1
    followed.site.delete_issue(third)
    assert followed.sync(find_deleted_issues="never") == 0
    assert followed.sync(after=SOON) == 1
    assert followed.removed == {first.id, second.id, third.id}


def test_a_state_without_what_was_added_since_is_read_as_before(followed: Followed) -> None:
    for name in ("waiting", "archived_at", "archived_after"):
        del followed.census[name]
    (gone,) = followed.some()
    followed.site.delete_issue(gone)
    assert followed.sync() == 1
    assert json.loads(json.dumps(followed.census))["waiting"] == []


def test_a_start_date_from_the_beginning_costs_no_list_of_what_is_older(followed: Followed) -> None:
    start = "2025-01-01T00:00:00.000Z"
    fresh = Followed(followed.site.flavor.name, start_date=start)
    gone = max(fresh.some(100), key=lambda issue: issue.updated)
    fresh.site.delete_issue(gone)
    queries: list[str] = []
    fresh.meanwhile = lambda record: queries.append(jql_of(record))
    fresh.sync()
    assert fresh.removed == {gone.id}
    assert not [query for query in queries if "updated >= 0 " in query]
