"""The small lists of `manifest.yaml`, built by the CDK from its own components and three of ours.

`requester` sends through the connector's one client, `project_router` makes a partition for each project in the sync,
and `columns` turns Jira's object into a record. The manifest says which pitfall of the CDK each of them avoids.
"""
