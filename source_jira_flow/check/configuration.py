"""Findings about fields of the configuration that are valid and still most likely a mistake."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from source_jira_flow.check.findings import Finding, FixedBy, warning
from source_jira_flow.common.instants import SECOND, from_milliseconds
from source_jira_flow.common.text import clipped, naming, suggesting
from source_jira_flow.config import READERS, Config
from source_jira_flow.jira.projects import Project, nearest_key

FIELDS = tuple(READERS)
# Airbyte's own additions to a configuration.
_AIRBYTE_PREFIX = "__"
_LONGEST_NAME = 40


def unknown_fields(raw: Mapping[str, Any]) -> Iterator[Finding]:
    """A warning that names fields the connector does not know, each with the nearest one that it does."""
    unknown = [str(name) for name in raw if name not in FIELDS and not str(name).startswith(_AIRBYTE_PREFIX)]
    if unknown:
        yield warning(
            "unknown_field",
            FixedBy.YOU,
            naming(
                "The configuration has fields that are not used: {names}. Correct or remove them."
                if len(unknown) > 1
                else "The configuration has a field that is not used: {names}. Correct or remove it.",
                [_with_nearest(name) for name in unknown],
            ),
        )


def late_start(config: Config) -> Iterator[Finding]:
    """A warning for a start date in the future: nothing would be imported."""
    if config.start_date is not None and config.start_date > time.time() * SECOND:
        day = from_milliseconds(config.start_date)[:10]
        yield warning(
            "start_date_in_the_future",
            FixedBy.YOU,
            f"The start date {day} is in the future, so no issue is imported until then. Enter an earlier date,"
            " or leave it empty to import everything.",
        )


def unused_exclusions(config: Config, projects: Sequence[Project]) -> Iterator[Finding]:
    """A warning for excluded keys that exclude nothing: mistyped ones, or all where projects are named."""
    if config.projects and config.excluded:
        yield warning(
            "exclusions_unused",
            FixedBy.YOU,
            "The excluded projects are not used, since the projects to import are named. Remove one of the two lists.",
        )
        return
    known = {project.key.upper() for project in projects}
    unknown = [key for key in config.excluded if key.upper() not in known]
    if unknown:
        yield warning(
            "exclusion_unknown",
            FixedBy.YOU,
            naming(
                "No project that the account can see has these excluded keys: {names}. Correct or remove them.",
                [suggesting(key, nearest_key(key, projects)) for key in unknown],
            ),
        )


def _with_nearest(name: str) -> str:
    near = get_close_matches(name.lower(), FIELDS, n=1, cutoff=0.6)
    return suggesting(clipped(name, _LONGEST_NAME), next(iter(near), None))
