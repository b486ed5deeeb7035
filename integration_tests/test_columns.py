"""What the table of streams, their schemas and their records say to each other: the same.

Every record that some Jira brings fits the stream's schema and has no field beside it; every column of the schema is
filled by some record of some Jira. So a column can neither be added to the code alone nor to the schema alone.
"""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from fake_jira import Site
from integration_tests.support import SETUPS, Setup, config_for, discover, read_all, running_jira
from source_jira_flow.streams import STREAMS, Stream

Records = dict[str, list[dict[str, Any]]]


def delete_one_of_each(site: Site) -> None:
    """So that the next sync has something to tell that is gone."""
    site.delete_user(next(user for user in site.users.values() if user not in (site.service_account, site.admin)))
    site.delete_sprint(next(sprint for sprint in site.sprints.values() if sprint.state != "closed"))
    site.delete_project(site.project("BIZ"))
    for issue in site.issues.values():
        if "Backend" in issue.labels:
            site.edit_issue(issue, labels=[label for label in issue.labels if label != "Backend"])


def read_twice(setup: Setup) -> tuple[Records, Records]:
    """The records of a first sync of all streams, and of one after deletions."""
    with running_jira(setup) as jira:
        config = config_for(jira, setup.method)
        first = read_all(config)
        assert first.succeeded, first.error_messages
        delete_one_of_each(jira.site)
        second = read_all(config, states=first.states)
        return first.records, second.records


@pytest.fixture(scope="module")
def records() -> Records:
    """By stream, from a Jira of each kind."""
    found: Records = {}
    for setup in SETUPS:
        for reading in read_twice(setup):
            for stream, rows in reading.items():
                found.setdefault(stream, []).extend(rows)
    return found


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_every_record_fits_its_schema_and_has_no_other_field(stream: Stream, records: Records) -> None:
    schema = stream.schema()
    validator = jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker())
    for record in records[stream.name]:
        assert [error.message for error in validator.iter_errors(record)] == []
        assert record.keys() <= schema["properties"].keys()


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_every_column_is_filled_by_some_jira(stream: Stream, records: Records) -> None:
    filled = {name for record in records[stream.name] for name, value in record.items() if value not in (None, [], {})}
    assert stream.schema()["properties"].keys() - filled == set()


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_every_record_has_its_primary_key_and_cursor(stream: Stream, records: Records) -> None:
    needed = (*stream.primary_key, *([stream.cursor] if stream.cursor else []))
    assert all(record[column] is not None for record in records[stream.name] for column in needed)


def test_discover_offers_the_streams_of_the_table_in_its_order() -> None:
    with running_jira(SETUPS[0], issues=0) as jira:
        offered = discover(config_for(jira)).streams
    assert [(stream.name, stream.source_defined_primary_key or []) for stream in offered] == [
        (stream.name, [[column] for column in stream.primary_key]) for stream in STREAMS
    ]
    assert [stream.default_cursor_field or [] for stream in offered] == [
        [stream.cursor] if stream.cursor else [] for stream in STREAMS
    ]
    assert [dict(stream.json_schema["properties"]) for stream in offered] == [
        stream.schema()["properties"] for stream in STREAMS
    ]
