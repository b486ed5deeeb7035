"""What the rest of the connector asks of a Jira, whichever kind it is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from source_jira_flow.errors import NotFound, PassingFault
from source_jira_flow.http.client import JiraClient
from source_jira_flow.jira import agile
from source_jira_flow.jira.users import UserList

# Ask for pages of ids this large; Jira gives fewer where its administrator says so.
ID_PAGE_SIZE = 5000

Document = dict[str, Any]


@dataclass(frozen=True)
class SearchPage:
    """One page of a search, in the order of the query.

    `next` is where the next page of this same query begins (opaque), or None on the last page.
    """

    issues: list[Document]
    next: Any | None


@dataclass(frozen=True)
class Count:
    """How many issues match. An estimate (`exact` false) proves nothing by itself."""

    number: int
    exact: bool


class Jira(ABC):
    """One Jira and the account that asks. All methods raise the errors of `errors.py`."""

    kind: ClassVar[str]
    kind_title: ClassVar[str]
    lists_labels: ClassVar[bool]
    # How many rows of one search can be reached, or None for any number.
    result_window: ClassVar[int | None]

    def __init__(self, client: JiraClient) -> None:
        self.client = client

    @abstractmethod
    def search(self, jql: str, fields: Sequence[str], limit: int, position: Any | None = None) -> SearchPage:
        """A page of issues, each with `id`, `key` and the `fields`. `position` is an earlier page's `next`."""

    @abstractmethod
    def count(self, jql: str) -> Count:
        """How many issues the account can see that match."""

    @abstractmethod
    def projects(self) -> list[Document]:
        """All projects that the account can see, archived ones too, with description and lead, as Jira gives them."""

    @abstractmethod
    def project_permissions(
        self, permissions: Sequence[str], project_ids: Sequence[str]
    ) -> Mapping[str, frozenset[str]]:
        """By project id, which of the project permissions the account holds there.

        A project that Jira did not tell of in the time of the client's deadline is missing.
        """

    @abstractmethod
    def holds_globally(self, permission: str) -> bool:
        """Whether the account holds a global permission, such as USER_PICKER."""

    @abstractmethod
    def labels(self) -> Iterator[str]:
        """All labels, where `lists_labels`."""

    @abstractmethod
    def users(self) -> UserList:
        """All users, inactive ones too. Raises Forbidden where the account may not browse users."""

    @abstractmethod
    def user(self, identifier: str) -> Document | None:
        """The user of that accountId (Cloud) or key, or None where Jira confirms that there is none (404)."""

    def project(self, id_or_key: str) -> Document | None:
        """One project, or None where Jira confirms that the account can't see it (404)."""
        try:
            document: Document = self.client.get(f"/rest/api/2/project/{id_or_key}")
        except NotFound:
            return None
        return document

    def listed_project(self, project_id: str) -> Document | None:
        """One project as the list of projects gives it, or None where the account can't see it."""
        return self.project(project_id)

    def issue_exists(self, issue_id: str) -> bool:
        """Whether the account can see the issue."""
        try:
            self.client.get(f"/rest/api/2/issue/{issue_id}", {"fields": "id"})
        except NotFound:
            return False
        return True

    def fields(self) -> list[Document]:
        """All fields: id, name, custom, schema."""
        documents: list[Document] = self.client.get("/rest/api/2/field")
        return documents

    def comments(self, issue_id: str) -> Iterator[Document]:
        """All comments of an issue in the order of creation, page by page; none where the issue is gone."""
        start, path = 0, f"/rest/api/2/issue/{issue_id}/comment"
        while True:
            try:
                page = self.client.get(path, {"startAt": start, "maxResults": 100, "orderBy": "created"})
            except NotFound:
                return
            rows = page["comments"]
            yield from rows
            start += len(rows)
            if start >= page["total"]:
                return
            if not rows:
                raise PassingFault(f"Jira gave {start} of {page['total']} comments of issue {issue_id} and then none.")

    def boards(self) -> Iterator[Document]:
        """All boards that the account can see. See `agile.boards` for what it raises."""
        return agile.boards(self.client)

    def board_sprints(self, board_id: int, states: str | None = None) -> list[Document]:
        """The sprints that a board shows, all or those in `states`. See `agile.board_sprints` for what it raises."""
        return agile.board_sprints(self.client, board_id, states)

    def sprint(self, sprint_id: int) -> Document | None:
        """One sprint, or None where Jira confirms that the account can't see it (404)."""
        return agile.sprint(self.client, sprint_id)
