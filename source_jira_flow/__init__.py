"""Airbyte source for Jira: Cloud, Data Center, and Server 7.13 and newer."""

__version__ = "0.1.0"
