"""The records of a list that is read completely: of the rows present, and of the removed ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Columns = dict[str, Any]
REMOVED_AT = "_ab_cdc_deleted_at"


def observed(columns: Mapping[str, Any], observed_at: str) -> Columns:
    """The record of a row that is present. It clears the mark of an earlier removal.

    `observed_at` is RFC 3339 in UTC.
    """
    return {**columns, "observed_at": observed_at, REMOVED_AT: None}


def removal(key: str, identifier: str | int, columns: Iterable[str], observed_at: str) -> Columns:
    """The record of a removed row: its key, and null in every other of the stream's `columns`."""
    return {**dict.fromkeys(columns), key: identifier, "observed_at": observed_at, REMOVED_AT: observed_at}
