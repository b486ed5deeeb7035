"""JQL is read and understood as Jira does, with Jira's own sentences where it refuses."""

from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from fake_jira import Clock, FakeJira, Site, build_site
from fake_jira.clock import DAY_MS, HOUR_MS, MINUTE_MS
from fake_jira.entities import Issue, User
from fake_jira.jql import And, Clause, JqlError, Not, Or, Value, parse
from fake_jira.jql_evaluation import Evaluation
from fake_jira.jql_results import find

from .client import Client
from .conftest import Start


def found(site: Site, jql: str, account: User | None = None) -> list[Issue]:
    plan = Evaluation(site, account or site.service_account).plan(parse(jql))
    rows = find(plan, site.index, 0, 1_000_000, count=True).rows
    return [site.issues[row.issue_id] for row in rows]


def ids(issues: list[Issue]) -> set[str]:
    return {issue.id for issue in issues}


@pytest.fixture(scope="module")
def site() -> Site:
    return build_site("cloud", issues=400)


@pytest.fixture(scope="module")
def server() -> Site:
    return build_site("dc10", issues=400)


def test_operators_bind_as_in_jira() -> None:
    condition = parse("a = 1 OR b = 2 AND NOT (c = 3 or d = 4)").where
    assert isinstance(condition, Or)
    assert isinstance(condition.parts[0], Clause)
    both = condition.parts[1]
    assert isinstance(both, And)
    assert isinstance(both.parts[1], Not)


def test_values_keep_whether_they_were_quoted() -> None:
    condition = parse("""project in (10000, "10001", 'a\\'b', plain-word, -5d) order by updated desc, key""")
    assert isinstance(condition.where, Clause)
    assert condition.where.operand == (
        Value("10000", False),
        Value("10001", True),
        Value("a'b", True),
        Value("plain-word", False),
        Value("-5d", False),
    )
    assert condition.order == (("updated", False), ("key", True))


@pytest.mark.parametrize("word", ["OR", "and", "NOT", "in", "TO", "user", "Order", "select"])
def test_a_reserved_word_must_be_quoted(word: str) -> None:
    with pytest.raises(JqlError, match="quotation marks"):
        parse(f"project = {word}")
    assert parse(f'project = "{word}"').where is not None


@pytest.mark.parametrize(
    ("jql", "sentence"),
    [
        ("project = CORE created >= 0", "Expecting either 'OR' or 'AND' but got 'created'. (line 1, character 16)"),
        ("(project = CORE", "Expecting ')' before the end of the query."),
        ("(project = CORE ORDER BY key)", "Expecting ')' but got 'ORDER'"),
        ("project CORE", "Expecting operator but got 'CORE'"),
        ("project =", "Expecting either a value, list or function before the end of the query."),
        ("project = a@b", "The character '@' is a reserved JQL character."),
        ("summary ~ 'open", "has not been completed"),
        ("project in CORE", "does not support the non-list value"),
        ("project = CORE ORDER key", "Expecting 'by' but got 'key'"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence_and_a_place(jql: str, sentence: str) -> None:
    with pytest.raises(JqlError) as refused:
        parse(jql)
    assert sentence in refused.value.messages[0]


@pytest.mark.parametrize(
    ("jql", "sentence"),
    [
        ("project = NONE", "The value 'NONE' does not exist for the field 'project'."),
        ("project in (CORE, HIDDEN)", "The value 'HIDDEN' does not exist for the field 'project'."),
        ("project in (CORE, OLD)", "The value 'OLD' does not exist for the field 'project'."),
        ("project = 99999", "A value with ID '99999' does not exist for the field 'project'."),
        ("id in (10000, 99999999)", "A value with ID '99999999' does not exist for the field 'id'."),
        ("key > CORE-999999", "An issue with key 'CORE-999999' does not exist for field 'key'."),
        ("nofield = 1", "Field 'nofield' does not exist or you do not have permission to view it."),
        ("labels > a", "The operator '>' is not supported by the 'labels' field."),
        ("updated >= yesterday", "Date value 'yesterday' for field 'updated' is invalid."),
        ('updated >= "2024-01-02T03:04"', "is invalid"),
        ('updated >= "2024-01-02 03:04:05"', "is invalid"),
        ("status = Nonsense", "The value 'Nonsense' does not exist for the field 'status'."),
    ],
)
def test_values_that_do_not_exist_refuse_the_whole_query(site: Site, jql: str, sentence: str) -> None:
    with pytest.raises(JqlError) as refused:
        found(site, jql)
    assert any(sentence in message for message in refused.value.messages)


def test_a_search_sees_what_the_account_sees(site: Site) -> None:
    assert ids(found(site, "created >= 0")) == ids(site.visible_issues(site.service_account, None))
    assert ids(found(site, "created >= 0", site.admin)) == ids(site.visible_issues(site.admin, None))
    hidden = [issue for issue in site.visible_issues(site.admin) if issue.project.key == "HIDDEN"]
    secured = [issue for issue in site.issues.values() if issue.security_level is not None]
    assert hidden
    assert secured


def test_a_project_is_found_by_id_key_and_name_and_when_quoted_although_reserved(site: Site) -> None:
    project = site.project("OR")
    wanted = {issue.id for issue in site.visible_issues(site.service_account) if issue.project is project}
    assert wanted
    for written in ('"OR"', project.id, f'"{project.id}"', f'"{project.name}"', "'or'"):
        assert ids(found(site, f"project = {written}")) == wanted


def test_an_unquoted_integer_is_milliseconds_whatever_the_time_zone(site: Site) -> None:
    middle = site.index.by_updated[200][0]
    account = site.service_account
    wanted = {issue.id for issue in site.visible_issues(account, None) if issue.updated >= middle}
    for zone in ("Etc/UTC", "Asia/Kolkata", "America/New_York"):
        account.time_zone = zone
        assert ids(found(site, f"updated >= {middle}")) == wanted
    account.time_zone = "Etc/UTC"


def test_a_quoted_number_is_a_duration_from_now(site: Site) -> None:
    """So a quoted instant lies in a far future, and a small number of minutes is what it seems."""
    middle = site.index.by_updated[200][0]
    assert found(site, f'updated >= "{middle}"') == []
    recent = site.clock.now() - 5 * DAY_MS
    minutes = 5 * DAY_MS // MINUTE_MS
    wanted = {issue.id for issue in site.visible_issues(site.service_account, None) if issue.updated >= recent}
    assert ids(found(site, f'updated >= "-{minutes}"')) == wanted


@pytest.mark.parametrize("period", ["-30d", '"-30d"', "-4w", '"-4w 2d"'])
def test_relative_dates_count_from_now(site: Site, period: str) -> None:
    days = 28 if period == "-4w" else 30
    since = site.clock.now() - days * DAY_MS
    wanted = {issue.id for issue in site.visible_issues(site.service_account, None) if issue.updated >= since}
    assert wanted
    assert ids(found(site, f"updated >= {period}")) == wanted


@pytest.mark.parametrize("zone", ["Etc/UTC", "Asia/Kolkata", "America/New_York"])
@pytest.mark.parametrize("form", ["%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%d"])
def test_a_quoted_date_is_read_in_the_accounts_zone_to_the_minute(site: Site, zone: str, form: str) -> None:
    account = site.service_account
    account.time_zone = zone
    middle = datetime.fromtimestamp(site.index.by_updated[200][0] / 1000, ZoneInfo(zone))
    literal = middle.strftime(form)
    meant = int(datetime.strptime(literal, form).replace(tzinfo=ZoneInfo(zone)).timestamp()) * 1000
    wanted = {issue.id for issue in site.visible_issues(account, None) if issue.updated < meant}
    assert ids(found(site, f'updated < "{literal}"')) == wanted
    account.time_zone = "Etc/UTC"


def test_the_hour_that_daylight_saving_repeats_is_one_literal() -> None:
    zone = ZoneInfo("America/New_York")
    first = int(datetime(2025, 11, 2, 1, 30, tzinfo=zone).timestamp()) * 1000
    site = build_site(issues=0, clock=Clock(first + 30 * DAY_MS, frozen=True))
    site.service_account.time_zone = "America/New_York"
    early = site.create_issue("CORE", created=first)
    late = site.create_issue("CORE", created=first + HOUR_MS)
    assert ids(found(site, 'created >= "2025-11-02 01:30" and project = CORE')) == {early.id, late.id}
    assert ids(found(site, f"created >= {first + HOUR_MS}")) == {late.id}


def test_cloud_compares_milliseconds(site: Site) -> None:
    issue = site.create_issue("CORE", created=1_600_000_000_500)
    assert issue in found(site, "created >= 1600000000500")
    assert issue not in found(site, "created > 1600000000500")
    assert issue not in found(site, "created < 1600000000500")


def test_a_self_hosted_index_keeps_whole_seconds(server: Site) -> None:
    issue = server.create_issue("CORE", created=1_600_000_000_700)
    for literal in ("1600000000000", "1600000000300", "1600000000999"):
        assert issue in found(server, f"created >= {literal}")
        assert issue in found(server, f"created <= {literal}")
        assert issue in found(server, f"created = {literal}")
        assert issue not in found(server, f"created > {literal}")
    assert issue not in found(server, "created >= 1600000001000")


@pytest.mark.parametrize("name", ["id", "key", "issue", "issuekey"])
def test_comparing_keys_or_ids_holds_inside_one_project_only(site: Site, name: str) -> None:
    pivot = site.issue("CORE-5")
    literal = pivot.id if name == "id" else pivot.key
    issues = found(site, f"{name} > {literal}")
    assert {issue.project.key for issue in issues} == {"CORE"}
    assert all(issue.number > 5 for issue in issues)
    assert any(
        int(issue.id) > int(pivot.id) for issue in site.visible_issues(site.service_account) if issue not in issues
    )


def test_labels(site: Site) -> None:
    labelled = {issue.id for issue in site.visible_issues(site.service_account, None) if issue.labels}
    everything = ids(site.visible_issues(site.service_account, None))
    assert ids(found(site, "labels is not EMPTY")) == labelled
    assert ids(found(site, "labels is empty")) == everything - labelled
    backend = ids(found(site, "labels = backend"))
    assert backend == {
        issue.id
        for issue in site.visible_issues(site.service_account, None)
        if {"backend", "Backend", "BACKEND"} & set(issue.labels)
    }
    # What has no label is not told from a label.
    assert ids(found(site, "labels != backend")) == labelled - backend
    assert ids(found(site, "not labels = backend")) == everything - backend


def test_people_sprints_statuses_and_types(site: Site) -> None:
    visible = site.visible_issues(site.service_account, None)
    somebody = next(issue.assignee for issue in visible if issue.assignee)
    sprint = next(issue.sprints[0] for issue in visible if issue.sprints)
    cases: dict[str, Callable[[Issue], bool]] = {
        f'assignee = "{somebody.account_id}"': lambda issue: issue.assignee is somebody,
        "assignee is EMPTY": lambda issue: issue.assignee is None,
        f"sprint = {sprint.id}": lambda issue: sprint in issue.sprints,
        f"cf[{site.sprint_field_id.removeprefix('customfield_')}] in ({sprint.id})": lambda i: sprint in i.sprints,
        "sprint in openSprints()": lambda issue: any(each.state == "active" for each in issue.sprints),
        'status = "In Progress"': lambda issue: issue.status.name == "In Progress",
        "statusCategory != Done": lambda issue: issue.status.category != "done",
        "issuetype in (Epic, Bug)": lambda issue: issue.issue_type.name in ("Epic", "Bug"),
        "resolution is EMPTY": lambda issue: issue.resolution is None,
        "reporter = currentUser()": lambda issue: issue.reporter is site.service_account,
    }
    for jql, condition in cases.items():
        assert ids(found(site, jql)) == {issue.id for issue in visible if condition(issue)}, jql


def test_order_by_key_goes_by_project_and_number(site: Site) -> None:
    issues = found(site, 'project in (TEAM, CORE, "OR") order by key')
    assert [(issue.project.key, issue.number) for issue in issues] == sorted(
        (issue.project.key, issue.number) for issue in issues
    )


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("name", ["updated", "created"])
def test_order_by_time_then_key(site: Site, name: str, direction: str) -> None:
    issues = found(site, f"created >= 0 ORDER BY {name} {direction}, key ASC")
    times = [getattr(issue, name) for issue in issues]
    assert times == sorted(times, reverse=direction == "DESC")
    for one, two in pairwise(issues):
        if getattr(one, name) == getattr(two, name):
            assert (one.project.key, one.number) < (two.project.key, two.number)


def test_self_hosted_order_goes_by_the_second(server: Site) -> None:
    issues = found(server, "created >= 0 ORDER BY updated ASC, key ASC")
    assert [(issue.updated // 1000, issue.project.key, issue.number) for issue in issues] == sorted(
        (issue.updated // 1000, issue.project.key, issue.number) for issue in issues
    )
    assert [issue.updated for issue in issues] != sorted(issue.updated for issue in issues)


def test_ties_are_broken_neither_by_id_nor_twice_differently(site: Site) -> None:
    made = site.create_issues("CORE", 40, created=1_500_000_000_000)
    orders = [[issue.id for issue in found(site, "created = 1500000000000 order by created")] for _ in range(2)]
    assert orders[0] == orders[1]
    assert set(orders[0]) == {issue.id for issue in made}
    assert orders[0] not in (sorted(orders[0]), sorted(orders[0], reverse=True))


def test_pages_join_without_gap_whatever_the_plan(site: Site) -> None:
    """Three ways to the rows (by the leading index, by the narrower one, by sorting) give the same pages."""
    middle = site.index.by_updated[200][0]
    for jql in (
        f"created >= 0 and updated < {middle} order by created",
        f"updated >= {middle} order by updated desc, key desc",
        "created >= 0 order by priority, key",
    ):
        plan = Evaluation(site, site.service_account).plan(parse(jql))
        whole = find(plan, site.index, 0, 10_000, count=True)
        for count in (True, False):
            rows = []
            for start in range(0, len(whole.rows) + 7, 7):
                page = find(plan, site.index, start, 7, count=count)
                assert page.more == (start + 7 < len(whole.rows))
                rows += page.rows
            assert rows == whole.rows


def test_seven_order_fields_are_the_most_on_cloud(cloud: FakeJira) -> None:
    client = Client(cloud)
    names = ["key", "updated", "created", "status", "priority", "assignee", "reporter", "issuetype"]
    assert client.search(f"created >= 0 order by {', '.join(names[:7])}").status_code == 200
    assert "order by" in client.refusal(f"created >= 0 order by {', '.join(names)}")


def test_a_renamed_project_is_found_by_its_old_key(start: Start) -> None:
    jira = start("dc10")
    client = Client(jira)
    before = client.ids("project = CORE")
    jira.site.rename_project_key("CORE", "KERN")
    assert client.ids("project = KERN") == before
    assert client.ids("project = CORE") == before
    assert client.keys("key = CORE-1") == ["KERN-1"]
