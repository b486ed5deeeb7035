"""What the terminal shows of a sync: tables by rich."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from demo.troubles import Trouble
from demo.warehouse import REMOVED_AT, Opened, Synced

# What to call a row of a stream by, first that is there and not empty.
_TITLES = ("key", "issue_key", "name", "id", "project_key")
_TITLES_SHOWN = 4
_INDENT = (0, 0, 0, 2)
_STATEMENT = """\
select project_key as project, status, count(*) as tickets
from issues
where status_category <> 'Done'
group by all order by all"""
# Of the ticket that moved most often.
_MOVED_MOST = """\
select issue_key as key from issue_changes
where field = 'status' group by issue_key order by count(*) desc, max(changed_at) desc limit 1"""
_DAYS_IN_STATUS = """\
with moves as (
  select issue_id, from_text as status, changed_at as until from issue_changes where field = 'status'
  union all
  select id, status, now() from issues
),
stays as (
  select moves.status, until, lag(until, 1, created) over (order by until) as since
  from moves join issues on id = issue_id where key = '{key}'
)
select status, round(sum(extract(epoch from until - since)) / 86400, 1) as days
from stays group by status order by min(since)"""


def step(console: Console, title: str) -> None:
    """The heading of what comes next."""
    console.print(f"\n[bold]{title}[/]")


def say(console: Console, text: str, style: str = "") -> None:
    """A sentence under a heading."""
    console.print(Padding(Text(text, style), _INDENT, expand=False))


def trouble(console: Console, error: Trouble) -> None:
    """A sentence in red, and the hint under it."""
    console.print(str(error), style="bold red", markup=False)
    if error.hint:
        console.print(error.hint, markup=False)


def counts(console: Console, synced: Synced) -> None:
    """Rows per stream."""
    table = _table("stream", "rows")
    for stream, rows in synced.rows.items():
        table.add_row(stream, f"{rows:,}")
    _put(console, table)
    say(console, f"{sum(synced.rows.values()):,} rows in {synced.seconds:.0f} s")


def brought(console: Console, warehouse: Opened, synced: Synced) -> None:
    """What a later sync brought, with the names of some of it."""
    if not any(number for stream, number in synced.brought.items() if stream not in synced.whole):
        say(console, "Nothing changed in Jira.")
        return
    table = _table("stream", "rows")
    table.add_column("which")
    for stream, number in synced.brought.items():
        if number and stream not in synced.whole:
            titles = list(dict.fromkeys(_title(row) for row in warehouse.brought(stream, synced)))
            more = f" and {len(titles) - _TITLES_SHOWN} more" if len(titles) > _TITLES_SHOWN else ""
            table.add_row(stream, str(number), ", ".join(titles[:_TITLES_SHOWN]) + more)
    _put(console, table)
    changed = sum(number for stream, number in synced.brought.items() if stream not in synced.whole)
    lists = sum(synced.brought.values()) - changed
    note = f"; and {lists:,} rows of short lists, which are always read completely" if lists else ""
    say(console, f"{changed:,} rows in {synced.seconds:.0f} s{note}")


def dropped(console: Console, rows: Mapping[str, int]) -> None:
    """How many rows each table lost."""
    for stream, number in rows.items():
        say(console, f"- {stream}: {number:,} {'row' if number == 1 else 'rows'}")


def answer(console: Console, warehouse: Opened) -> None:
    """Open tickets per project and status, a column for each status."""
    say(console, _STATEMENT, "dim")
    found = warehouse.query(_STATEMENT)
    statuses = sorted({str(row["status"]) for row in found})
    table = _table("project", *statuses)
    for project in sorted({str(row["project"]) for row in found}):
        tickets = {str(row["status"]): row["tickets"] for row in found if str(row["project"]) == project}
        table.add_row(project, *(f"{tickets.get(status, 0):,}" for status in statuses))
    _put(console, table)


def days_in_status(console: Console, warehouse: Opened) -> None:
    """How long the ticket that moved most often was in each status, from its history."""
    (ticket,) = warehouse.query(_MOVED_MOST)
    statement = _DAYS_IN_STATUS.format(key=ticket["key"])
    say(console, statement, "dim")
    table = _table("status", "days")
    for row in warehouse.query(statement):
        table.add_row(str(row["status"]), f"{row['days']:,}")
    _put(console, table)


def goodbye(console: Console, database: Path) -> None:
    """Where the data is, and how to continue."""
    console.print(f"\n[bold green]Done.[/] Your data is in {database}, with a table for each stream.")


def _title(row: Mapping[str, Any]) -> str:
    title = next(str(row[name]) for name in _TITLES if row.get(name))
    return f"{title} (gone)" if row.get(REMOVED_AT) else title


def _table(first: str, *numbers: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column(first, style="cyan")
    for name in numbers:
        table.add_column(name, justify="right")
    return table


def _put(console: Console, table: Table) -> None:
    console.print(Padding(table, _INDENT, expand=False))
