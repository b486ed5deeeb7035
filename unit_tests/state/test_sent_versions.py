"""Versions are kept for as long as a comparison may have missed one, and take little room."""

import json
from random import Random

from source_jira_flow.common.instants import DAY
from source_jira_flow.state.sent_versions import MOST_VERSIONS, SentVersions

NOW = 1_760_000_000_000
FIRST, SECOND, THIRD = (NOW + days * DAY for days in (1, 2, 3))


def compared(*times: int, whole_at: int = THIRD, is_explained: bool = True, every: int = DAY // 4) -> SentVersions:
    versions = SentVersions(NOW, NOW)
    for issue_id, updated in enumerate(range(NOW, times[-1], every), 1):
        versions.note(issue_id, updated)
    for now in times:
        versions.compared(now, whole_at, is_explained=is_explained)
    return versions


def test_an_edit_is_looked_for_in_two_comparisons_and_for_a_day() -> None:
    assert compared(FIRST).since == NOW
    assert compared(FIRST, SECOND, THIRD).since == SECOND
    assert compared(FIRST, SECOND, THIRD, THIRD + 1_000).since == THIRD - DAY + 1_000


def test_a_comparison_that_left_something_unexplained_does_not_count() -> None:
    assert compared(FIRST, SECOND, THIRD, is_explained=False).since == NOW


def test_where_only_counts_were_compared_it_is_looked_for_since_all_were_listed_unless_that_is_much() -> None:
    assert compared(FIRST, SECOND, THIRD, whole_at=FIRST).since == FIRST
    assert compared(FIRST, SECOND, THIRD, whole_at=FIRST, every=10_000).since == SECOND


def test_what_is_kept_is_what_was_updated_since() -> None:
    versions = SentVersions.parse(compared(FIRST, SECOND, THIRD).written(), THIRD)
    (first,) = (place for place, at in enumerate(range(NOW, THIRD, DAY // 4), 1) if at == SECOND)
    assert [versions.of(issue_id) for issue_id in (first - 1, first)] == [0, SECOND]
    assert versions.is_other(first, SECOND + 1)
    assert not versions.is_other(first, SECOND)
    assert not versions.is_other(first, SECOND - 1)


def test_fifty_thousand_of_two_days_take_300_kb() -> None:
    versions, source = SentVersions(NOW, NOW), Random(7)
    for number in range(1, MOST_VERSIONS + 100):
        versions.note(number * 3, NOW + source.randrange(2 * DAY))
    assert versions.is_full
    assert len(json.dumps(versions.written())) < 300_000
    versions.compared(FIRST, FIRST, is_explained=False)
    assert versions.written()["sent"] == []
    assert versions.since == FIRST
