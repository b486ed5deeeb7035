"""Requests to Jira: the one client, its retries, and what its answers mean when they refuse."""
