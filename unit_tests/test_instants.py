"""Jira's four forms of dates, and ours."""

from __future__ import annotations

import pytest

from source_jira_flow.common.instants import ceil_second, floor_second, from_milliseconds, milliseconds, utc_if_readable


@pytest.mark.parametrize(
    ("jira", "ours"),
    [
        ("2024-01-02T03:04:05.678+0000", "2024-01-02T03:04:05.678Z"),
        ("2024-01-02T03:04:05.678-0000", "2024-01-02T03:04:05.678Z"),
        ("2024-01-02T03:04:05.678+0530", "2024-01-01T21:34:05.678Z"),
        ("2024-11-03T01:30:00.000-0400", "2024-11-03T05:30:00.000Z"),
        ("2024-11-03T01:30:00.000-0500", "2024-11-03T06:30:00.000Z"),
        ("2024-01-02T03:04:05.678Z", "2024-01-02T03:04:05.678Z"),
        ("2024-01-02T03:04:05.678+10:00", "2024-01-01T17:04:05.678Z"),
        ("2026-03-26T16:00Z", "2026-03-26T16:00:00.000Z"),
        (1704164645678, "2024-01-02T03:04:05.678Z"),
        ("1969-12-31T23:59:59.999+0000", "1969-12-31T23:59:59.999Z"),
        (None, None),
        ("", None),
    ],
)
def test_every_form_becomes_utc_with_milliseconds(jira: str | int | None, ours: str | None) -> None:
    assert utc_if_readable(jira) == ours


def test_milliseconds_and_back() -> None:
    for text in ("2024-01-02T03:04:05.678Z", "1969-12-31T23:59:59.001Z", "2038-01-19T03:14:08.999Z"):
        assert from_milliseconds(milliseconds(text)) == text


@pytest.mark.parametrize("day", ["1969-12-31", "1970-01-01", "2024-02-29", "2026-11-24"])
@pytest.mark.parametrize("time", ["00:00:00.000", "03:04:05.678", "23:59:59.999"])
@pytest.mark.parametrize("zone", ["+0000", "-0000"])
def test_the_form_that_comes_most_is_the_same_instant_as_others(day: str, time: str, zone: str) -> None:
    assert milliseconds(f"{day}T{time}{zone}") == milliseconds(f"{day}T{time}Z") == milliseconds(f"{day}T{time}+00:00")


def test_seconds_are_cut_and_filled_up() -> None:
    assert (floor_second(1999), floor_second(2000), floor_second(-1)) == (1000, 2000, -1000)
    assert (ceil_second(1001), ceil_second(2000)) == (2000, 2000)


def test_what_is_no_date_is_an_error() -> None:
    with pytest.raises(ValueError):
        milliseconds("tomorrow or so")
