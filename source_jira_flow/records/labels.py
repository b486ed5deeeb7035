"""The column of a label."""

from __future__ import annotations

from source_jira_flow.records.observed import Columns


def label_columns(name: str) -> Columns:
    """The columns of `labels`. A label stays as it is written: those that differ in case are two."""
    return {"name": name}
