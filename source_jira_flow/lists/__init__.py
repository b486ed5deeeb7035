"""The small lists of `manifest.yaml`, which the CDK makes from its own parts and three of ours.

`requester` sends through the connector's one client, `project_router` makes a partition for each project of the sync,
and `columns` turns Jira's object into a record. The manifest says which trap of the CDK each of them closes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from source_jira_flow.sync import Sync

RunningSync = Callable[[], Sync]


def configuration_of(running_sync: RunningSync) -> Mapping[str, RunningSync]:
    """What the CDK hands to each part: how to get the running sync, and nothing that the user entered."""
    return {"running_sync": running_sync}
