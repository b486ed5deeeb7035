"""What the streams of `manifest.yaml` are built of.

The framework's own requester, decoder and paginators each have a way to lose rows in silence (a body that is no JSON is
an empty answer, a short page is the last). So these streams ask through the connector's one client, and the manifest
says what differs: the path, how it is paged, and where in Jira's object each column stands.
"""

from source_jira_flow.lists.binding import streams_of

__all__ = ["streams_of"]
