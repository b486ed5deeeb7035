"""One partition per project."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from airbyte_cdk.sources.declarative.partition_routers.single_partition_router import SinglePartitionRouter
from airbyte_cdk.sources.types import StreamSlice

from source_jira_flow.errors import as_traced
from source_jira_flow.jira.projects import Project
from source_jira_flow.lists.binding import RunningSync, running_sync_of_owner
from source_jira_flow.sync import Sync


@dataclass
class ProjectPartitionRouter(SinglePartitionRouter):
    """The configured projects, or all that the account sees: `project_id`, `project_key` and `archived` of each."""

    running_sync: RunningSync = field(default_factory=running_sync_of_owner)

    def stream_slices(self) -> Iterable[StreamSlice]:
        """Every error comes out in Airbyte's form."""
        try:
            for project in _projects(self.running_sync()):
                partition = {"project_id": project.id, "project_key": project.key, "archived": project.archived}
                yield StreamSlice(partition=partition, cursor_slice={})
        except Exception as error:
            raise as_traced(error) from error


def _projects(sync: Sync) -> Iterable[Project]:
    if not sync.options.projects:
        return sync.projects
    selection = sync.select_projects()
    return (*selection.imported, *selection.not_importable)
