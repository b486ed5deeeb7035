"""The documented SQL about deleted issues and comments, in DuckDB, on tables as each kind of destination keeps them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pytest

from integration_tests.direct import Warehouse
from integration_tests.support import REMOVED_AT, ROOT
from integration_tests.test_census import KINDS, Followed
from source_jira_flow.common.instants import DAY

CURSORS = {"issues": "updated", "comments": "issue_updated"}
COLUMNS = {
    "issues": ("id", "key", "updated", "comment_count", REMOVED_AT),
    "comments": ("id", "issue_id", "issue_updated", "body"),
}
Row = Mapping[str, Any]


@dataclass
class Appending(Warehouse):
    """Keeps each row that came, in its order."""

    came: list[tuple[str, Row]] = field(default_factory=list)

    def take(self, messages: Iterator[Any], most: int | None = None) -> int:
        return super().take(self._noted(messages), most)

    def _noted(self, messages: Iterator[Any]) -> Iterator[Any]:
        for message in messages:
            if isinstance(message, tuple):
                self.came.append((message[0], {**message[1], "_airbyte_extracted_at": len(self.came)}))
            yield message


class Following(Followed):
    destination = Appending
    warehouse: Appending


def appended(came: list[tuple[str, Row]]) -> list[tuple[str, Row]]:
    return came


def deduped(came: list[tuple[str, Row]]) -> list[tuple[str, Row]]:
    """As Airbyte's destinations do it: by the greatest cursor, then the latest; removed rows are dropped."""
    kept: dict[tuple[str, str], Row] = {}
    for stream, row in came:
        place, cursor = (stream, row["id"]), CURSORS[stream]
        if place in kept and kept[place][cursor] > row[cursor]:
            continue
        kept.pop(place, None)
        if not row.get(REMOVED_AT):
            kept[place] = row
    return [(stream, row) for (stream, _), row in kept.items()]


def marked(came: list[tuple[str, Row]]) -> list[tuple[str, Row]]:
    """As PyAirbyte does it: the row that came last, whatever it is."""
    return [(stream, row) for (stream, _), row in {(stream, row["id"]): row for stream, row in came}.items()]


def documented(section: str) -> list[str]:
    """The SQL of a section of the page about issues and comments."""
    text = (ROOT / "docs" / "issues-and-comments.md").read_text("utf-8")
    found = text.partition(f"# {section}\n")[2]
    return re.findall(r"```sql\n(.*?)```", re.split(r"\n##+ ", found)[0], re.DOTALL)


@pytest.fixture(scope="module", params=KINDS)
def followed(request: pytest.FixtureRequest) -> Following:
    """Issues are edited, deleted, hidden, shown again as they were, moved away and back; comments are deleted."""
    followed = Following(request.param)
    site = followed.site
    edited, deleted, hidden, moved = followed.some(4, "CORE")
    for issue in (edited, deleted, hidden, moved) * 2:
        site.add_comment(issue, "A comment")
    followed.sync()
    site.edit_issue(edited, summary="Edited")
    site.delete_comment(edited, edited.comments[0])
    site.delete_issue(deleted)
    level = followed.security_level(hidden)
    site.add_to_security_level(level)
    site.set_security_level(hidden, level)
    followed.sync()
    site.remove_from_security_level(level)
    followed.sync()
    desk = next(each for each in site.projects.values() if each.type_key == "service_desk")
    site.move_issue(moved, desk)
    followed.sync()
    assert followed.removed == {deleted.id, hidden.id, moved.id}
    site.add_to_security_level(level)
    site.move_issue(moved, "CORE")
    followed.sync(after=3 * DAY)
    assert followed.removed == {deleted.id}
    return followed


@pytest.mark.parametrize(
    ("destination", "has_views"), [(deduped, False), (deduped, True), (appended, True), (marked, True)]
)
def test_the_documented_sql_shows_what_jira_has(followed: Following, destination: Any, has_views: bool) -> None:
    visible = followed.site.visible_issues(followed.site.service_account, ("software", "business"))
    truth = {issue.id for issue in visible if not issue.project.archived}
    comments = {
        comment.id
        for issue in visible
        if issue.id in truth
        for comment in followed.site.visible_comments(issue, followed.site.service_account)
    }
    with duckdb.connect() as database:
        fill(database, destination(followed.warehouse.came))
        (views,) = documented("Where removed rows stay")
        if has_views:
            database.execute(views)

        def ids(sql: str, column: str = "id") -> list[str]:
            told = re.sub(r"\b(FROM|JOIN) (issues|comments)\b( AS \w+)?", _viewed if has_views else r"\g<0>", sql)
            return sorted(str(row[column]) for row in database.execute(told).fetch_arrow_table().to_pylist())

        assert ids("SELECT id FROM issues") == sorted(truth)
        (there,) = documented("Comments that were deleted")
        assert ids(there) == sorted(comments)
        joined, cleaning = documented("Issues that were deleted")
        assert comments <= set(ids(joined))
        assert truth >= set(ids(joined, "issue_id"))
        if not has_views:
            database.execute(cleaning)
            assert truth >= set(ids("SELECT issue_id FROM comments", "issue_id"))


def fill(database: duckdb.DuckDBPyConnection, rows: list[tuple[str, Row]]) -> None:
    for stream, columns in COLUMNS.items():
        names = [*columns, "_airbyte_extracted_at"]
        types = ("BIGINT" if name in ("comment_count", names[-1]) else "VARCHAR" for name in names)
        columns_sql = ", ".join(f"{name} {kind}" for name, kind in zip(names, types, strict=True))
        database.execute(f"CREATE TABLE {stream} ({columns_sql})")
        of_stream = [[row[name] for name in names] for where, row in rows if where == stream]
        database.executemany(f"INSERT INTO {stream} VALUES ({', '.join('?' * len(names))})", of_stream)


def _viewed(found: re.Match[str]) -> str:
    verb, table, alias = found.groups()
    return f"{verb} current_{table}{alias or f' AS {table}'}"
