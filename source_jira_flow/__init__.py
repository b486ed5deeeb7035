"""Airbyte source for Jira: Cloud, Data Center, and Server 7.13 and newer."""

from importlib import import_module

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """`SourceJiraFlow`, where Airbyte's test tools look for it. Importing it takes seconds: only those who ask wait."""
    if name != "SourceJiraFlow":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    source: object = import_module("source_jira_flow.source").SourceJiraFlow
    return source
