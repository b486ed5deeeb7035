"""From a plan and the index to the rows of one page, in order."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from .search_index import Entry, Row, SearchIndex, between

Matches = Callable[[Row], bool]
SortKey = Callable[[Row], Any]


@dataclass
class Plan:
    """A query made ready: `matches` includes what the account may see."""

    matches: Matches
    order: list[tuple[str, SortKey, bool]]
    bounds: dict[str, tuple[int, int]]
    """Inclusive, of `created` and `updated`."""
    warnings: list[str] = field(default_factory=list)
    is_ordered: bool = True
    """Whether the query asks for its order: else all rows are of equal rank."""


@dataclass
class Found:
    rows: list[Row]
    more: bool
    total: int | None
    """None where nobody asked: Cloud does not count."""


def find(plan: Plan, index: SearchIndex, start: int, size: int, count: bool, unstable_ties: bool = False) -> Found:
    """Rows `start` to `start + size` of the query, and with `count` how many there are in all."""
    ties = index.ties if unstable_ties else None
    if ties is not None and not plan.is_ordered:
        rows = _sorted([entry[2] for entry in index.by_created if plan.matches(entry[2])], [], ties)
        return Found(rows[start : start + size], len(rows) > start + size, len(rows))
    leading = plan.order[0][0]
    slices = {name: between(entries, *plan.bounds[name]) for name, entries in _lists(index)}
    smallest = min(slices, key=lambda name: slices[name][1] - slices[name][0])
    width = {name: high - low for name, (low, high) in slices.items()}
    if (
        leading in slices
        and (not count or width[leading] <= 2 * width[smallest])
        and (width[leading] <= 8 * width[smallest] + 1_000)
    ):
        return _find_in_order(plan, index, leading, slices[leading], start, size, count, ties)
    low, high = slices[smallest]
    rows = [entry[2] for entry in dict(_lists(index))[smallest][low:high] if plan.matches(entry[2])]
    rows = _sorted(rows, plan.order, ties)
    return Found(rows[start : start + size], len(rows) > start + size, len(rows))


def _lists(index: SearchIndex) -> list[tuple[str, list[Entry]]]:
    return [("created", index.by_created), ("updated", index.by_updated)]


def _find_in_order(
    plan: Plan,
    index: SearchIndex,
    leading: str,
    span: tuple[int, int],
    start: int,
    size: int,
    count: bool,
    ties: Random | None,
) -> Found:
    """Walks the index in the query's own order; only rows of one instant are left to be sorted."""
    ascending = plan.order[0][2]
    entries = dict(_lists(index))[leading][span[0] : span[1]]
    if not ascending:
        entries.reverse()
    matches = plan.matches
    if count:
        matched = [entry for entry in entries if matches(entry[2])]
        total = len(matched)
        groups = _groups(iter(matched[_group_start(matched, start) :]))
        skipped = _group_start(matched, start)
    else:
        groups = _groups(entry for entry in entries if matches(entry[2]))
        skipped, total = 0, None
    rows: list[Row] = []
    enough = start + size - skipped
    for group in groups:
        rows.extend(_sorted(group, plan.order[1:], ties) if len(group) > 1 else group)
        if len(rows) > enough:
            break
    begin = start - skipped
    return Found(rows[begin : begin + size], len(rows) > begin + size, total)


def _group_start(matched: list[Entry], position: int) -> int:
    if position >= len(matched):
        return len(matched)
    value = matched[position][0]
    while position and matched[position - 1][0] == value:
        position -= 1
    return position


def _groups(entries: Iterator[Entry]) -> Iterator[list[Row]]:
    group: list[Row] = []
    value: int | None = None
    for instant, _, row in entries:
        if instant != value and group:
            yield group
            group = []
        value = instant
        group.append(row)
    if group:
        yield group


def _sorted(rows: list[Row], order: list[tuple[str, SortKey, bool]], ties: Random | None) -> list[Row]:
    rows = sorted(rows, key=lambda row: row.tie)
    if ties is not None:
        ties.shuffle(rows)
    for _, sort_key, ascending in reversed(order):
        rows.sort(key=sort_key, reverse=not ascending)
    return rows
