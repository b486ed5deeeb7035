"""The small lists of `manifest.yaml`, built by the CDK from its own components and three of ours.

`requester` sends through the connector's one client, `project_router` makes a partition for each project in the sync,
and `columns` turns Jira's object into a record. The manifest says which pitfall of the CDK each of them avoids.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from source_jira_flow.sync import Sync

RunningSync = Callable[[], Sync]


def configuration_of(running_sync: RunningSync) -> Mapping[str, RunningSync]:
    """What the CDK passes to each component: how to get the running sync, and nothing that the user entered."""
    return {"running_sync": running_sync}
