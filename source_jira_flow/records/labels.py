"""The column of a label."""

from __future__ import annotations

from source_jira_flow.records.observed import Columns


def label_columns(name: str) -> Columns:
    """The columns of `labels`. Labels that differ only in case are different labels."""
    return {"name": name}
