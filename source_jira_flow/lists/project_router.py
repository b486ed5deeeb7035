"""One partition per project."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from airbyte_cdk.sources.declarative.partition_routers.single_partition_router import SinglePartitionRouter
from airbyte_cdk.sources.types import StreamSlice

from source_jira_flow.errors import traced
from source_jira_flow.jira.projects import Project
from source_jira_flow.sync import Sync


@dataclass
class ProjectPartitionRouter(SinglePartitionRouter):
    """The configured projects, or all visible ones: `project_id`, `project_key` and `archived` of each."""

    config: Mapping[str, Callable[[], Sync]]

    def stream_slices(self) -> Iterable[StreamSlice]:
        """Raises every error in Airbyte's form."""
        with traced():
            for project in _projects(self.config["running_sync"]()):
                partition = {"project_id": project.id, "project_key": project.key, "archived": project.archived}
                yield StreamSlice(partition=partition, cursor_slice={})


def _projects(sync: Sync) -> Iterable[Project]:
    if not sync.options.projects:
        return [project for project in sync.projects if sync.options.wants(project.key)]
    selection = sync.select_projects()
    return (*selection.imported, *selection.not_importable)
