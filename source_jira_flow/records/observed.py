"""The records of a list that is read whole: of what is there, and of what is gone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Columns = dict[str, Any]
REMOVED_AT = "_ab_cdc_deleted_at"


def observed(columns: Mapping[str, Any], observed_at: str) -> Columns:
    """A record of what is there. It says so: a row that was removed before must lose that mark.

    `observed_at` is RFC 3339 in UTC.
    """
    return {**columns, "observed_at": observed_at, REMOVED_AT: None}


def removal(key: str, identifier: str | int, columns: Iterable[str], observed_at: str) -> Columns:
    """The record of what is gone: its key, and null in every other of the stream's `columns`."""
    return {**dict.fromkeys(columns), key: identifier, "observed_at": observed_at, REMOVED_AT: observed_at}
