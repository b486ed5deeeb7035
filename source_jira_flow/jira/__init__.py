"""Jira behind one interface: `Jira`, with one class for Cloud and one for self-hosted instances."""

from source_jira_flow.jira.base import Count, Jira, SearchPage
from source_jira_flow.jira.connection import Account, Instance, connect

__all__ = ["Account", "Count", "Instance", "Jira", "SearchPage", "connect"]
