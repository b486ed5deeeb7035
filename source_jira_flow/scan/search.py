"""Asks Jira for pages of issues: the one place that says which fields, what else, and how many issues a page holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from source_jira_flow.jira.base import Jira, SearchPage


class IssueSearch:
    """Searches for whole issues. `page_size` is how many the next page is asked for."""

    def __init__(self, jira: Jira, fields: Sequence[str], expand: Sequence[str], page_size: int) -> None:
        self.jira = jira
        self.page_size = page_size
        self.fields = fields
        self.expand = expand

    def page(self, query: str, cursor: Any | None = None) -> SearchPage:
        """One page of a query; `cursor` is an earlier page's `next`."""
        return self.jira.search(query, self.fields, self.page_size, cursor, self.expand)
