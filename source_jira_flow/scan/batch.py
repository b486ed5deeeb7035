"""What the reads of a scan yield, and the records made from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from airbyte_cdk.sources.types import Record

from source_jira_flow.common.json import JsonObject


def every(stream: str, issue: JsonObject) -> bool:
    """Wants all issues for all streams."""
    return True


@dataclass(frozen=True)
class Batch:
    """Issues that were read together.

    `streams` are those that the read is for. `wants` says whether one of them lacks an issue, which then has
    `updated_ms`, its `updated` in epoch milliseconds; where `passes_over_recent`, a version that was sent lately is not
    sent again. `settle` notes how far the read has come once all records are out.
    """

    issues: Sequence[JsonObject]
    streams: tuple[str, ...]
    wants: Callable[[str, JsonObject], bool] = every
    settle: Callable[[], None] | None = None
    passes_over_recent: bool = False


@dataclass(frozen=True)
class Outgoing:
    """The records of a batch. `versions` are the issues that they are made of: by stream, `updated_ms` by id; of those
    that are `removed`, no version counts as sent any more. `notes` are what each stream keeps of its issues."""

    records: Sequence[Record]
    versions: Mapping[str, Mapping[str, int]]
    settle: Callable[[], None] | None
    removed: tuple[str, ...] = ()
    notes: Mapping[str, Sequence[Any]] = field(default_factory=dict)


Job = Callable[[], Iterable[Batch | Outgoing]]
