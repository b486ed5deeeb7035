"""Jira behind one interface, `base.Jira`, with one class for Cloud and one for self-hosted instances."""
