"""Reads a list of Jira's through the connector's one client."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any, Literal

from airbyte_cdk.sources.declarative.retrievers import Retriever
from airbyte_cdk.sources.types import StreamSlice

from source_jira_flow.errors import BrokenPromise, ConfigurationError, Forbidden, JiraFlowError, NotFound, as_traced
from source_jira_flow.jira.agile import is_out_of_reach, scopes_named
from source_jira_flow.jira.paging import offset_rows
from source_jira_flow.lists.binding import RunningSync, running_sync_of_owner
from source_jira_flow.lists.columns import ColumnMaker
from source_jira_flow.sync import Sync

_PAGE = 50


@dataclass
class JiraListRetriever(Retriever):
    """One list, or one per partition.

    `path` may name what the partition holds (`/rest/api/2/project/{project_id}/components`). `paging` is `none` for a
    bare array, `offset` for pages. Where `product` is given, a refused list means that this Jira or this account does
    not have it: a warning and no rows.
    """

    name: str
    path: str
    columns: Mapping[str, str]
    paging: Literal["none", "offset"] = "none"
    product: str | None = None
    running_sync: RunningSync = field(default_factory=running_sync_of_owner)

    def read_records(
        self, records_schema: Mapping[str, Any], stream_slice: StreamSlice | None = None
    ) -> Iterable[Mapping[str, Any]]:
        """The rows with their columns. Every error comes out in Airbyte's form."""
        try:
            yield from self._records(records_schema, stream_slice or {})
        except Exception as error:
            raise as_traced(error) from error

    def _records(self, schema: Mapping[str, Any], partition: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        sync, maker = self.running_sync(), ColumnMaker(self.columns, schema)
        try:
            with scopes_named() if self.product else nullcontext():
                for position, row in enumerate(self._rows(sync, partition), start=1):
                    yield maker.make(row, partition, position)
        except JiraFlowError as refused:
            self._pass_over(refused, sync, partition)
        if not partition:
            # Cloud gives nobody a part of these lists, with no other sign that the credentials were not accepted.
            sync.account.prove_sign_in()

    def _rows(self, sync: Sync, partition: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
        path = self.path.format(**partition)
        if self.paging == "offset":
            return offset_rows(lambda page: sync.jira.get(path, page), _PAGE, path)
        rows = sync.jira.get(path)
        if not isinstance(rows, list):
            raise BrokenPromise(f"Jira answered {path} in a form that is not known: no list.")
        return rows

    def _pass_over(self, refused: JiraFlowError, sync: Sync, partition: Mapping[str, Any]) -> None:
        """Go on without a list that is known to be out of reach. Raises what is no such case."""
        if self.product and is_out_of_reach(refused):
            sync.logger.warning("%s stays empty, without %s: %s", self.name, self.product, refused)
            return
        project_id = partition.get("project_id")
        if project_id is None or not isinstance(refused, (NotFound, Forbidden)):
            raise refused
        if partition["archived"]:
            sync.logger.info("%s of the archived project %s can't be read.", self.name, partition["project_key"])
        elif sync.jira.project(str(project_id)) is None:
            sync.logger.warning("The project %s vanished while %s were read.", partition["project_key"], self.name)
        else:
            raise ConfigurationError(
                f"{self.name} of the project {partition['project_key']} can't be read: {refused}"
            ) from refused
