"""What the table of streams, their schemas and their records say to each other: the same.

Every record that some Jira brings fits the stream's schema and has its columns, no fewer and no more; every column of
the schema is filled by some record of some Jira. So a column can be added neither to the code alone nor to the schema
alone.
"""

from __future__ import annotations

import logging
from typing import Any

import jsonschema
import pytest
from airbyte_cdk.models import AirbyteStateMessage

from fake_jira import Site
from integration_tests.support import SETUPS, SHORT_WAITS, Setup, config_for, configured, discover, running_jira
from source_jira_flow.source import SourceJiraFlow
from source_jira_flow.streams import STREAMS, Stream

Records = dict[str, list[dict[str, Any]]]


def delete_one_of_each(site: Site) -> None:
    """So that the next sync has something to tell that is gone."""
    site.delete_user(next(user for user in site.users.values() if user not in (site.service_account, site.admin)))
    site.delete_sprint(next(sprint for sprint in site.sprints.values() if sprint.state != "closed"))
    site.delete_project(site.project("BIZ"))
    for issue in site.visible_issues(site.service_account):
        if issue.worklogs:
            site.delete_worklog(issue, issue.worklogs[0])
    # Jira tells of deleted work logs a minute later.
    site.clock.advance(61_000)
    site.delete_issue(next(iter(site.visible_issues(site.service_account))))
    for issue in site.issues.values():
        if "Backend" in issue.labels:
            site.edit_issue(issue, labels=[label for label in issue.labels if label != "Backend"])


def records_and_states(config: dict[str, Any], states: list[AirbyteStateMessage]) -> tuple[Records, Any]:
    """What the source itself gives: on the way to standard output, columns without a value may be left out."""
    catalog = configured(discover(config))
    records: Records = {}
    latest = {}
    for message in SourceJiraFlow(settings=SHORT_WAITS).read(logging.getLogger("airbyte"), config, catalog, states):
        if message.record is not None:
            records.setdefault(message.record.stream, []).append(dict(message.record.data))
        elif message.state is not None and message.state.stream is not None:
            latest[message.state.stream.stream_descriptor.name] = message.state
    return records, list(latest.values())


def read_twice(setup: Setup) -> tuple[Records, Records]:
    """The records of a first sync of all streams, and of one after deletions."""
    with running_jira(setup) as jira:
        config = config_for(jira, setup.method, find_deleted_issues="every_sync")
        # Some lists are for administrators.
        jira.site.grant("ADMINISTER")
        first, states = records_and_states(config, [])
        delete_one_of_each(jira.site)
        second, _ = records_and_states(config, states)
        return first, second


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
def test_every_record_fits_its_schema_and_has_its_columns_and_no_others(stream: Stream, records: Records) -> None:
    schema = stream.schema()
    validator = jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker())
    for record in records[stream.name]:
        assert [error.message for error in validator.iter_errors(record)] == []
        assert record.keys() == schema["properties"].keys()


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
