"""What the rest of the connector asks of a Jira, whichever kind it is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from source_jira_flow.common.json import Accept, JsonObject

# Ask for pages of ids this large; Jira gives fewer where its administrator says so.
ID_PAGE_SIZE = 5000


@dataclass(frozen=True)
class SearchPage:
    """One page of a search, in the order of the query.

    `next` is where the next page of this same query begins (opaque), or None on the last page. A page that is not
    `whole` lacks a row of which not even id or key is known. `total` is how many issues match, where Jira says so with
    each page.
    """

    issues: list[JsonObject]
    next: Any | None
    whole: bool = True
    total: int | None = None


@dataclass(frozen=True)
class Count:
    """How many issues match. An estimate (`exact` false) proves nothing by itself."""

    number: int
    exact: bool


class UserList(Iterable[JsonObject]):
    """Jira's user objects, once through; the same user can come more than once.

    `may_be_cut` tells, once all came, whether Jira may have held some back.
    """

    may_be_cut = False


class Jira(ABC):
    """One Jira and the account that asks. All methods raise the errors of `errors.py`."""

    kind: ClassVar[str]
    kind_title: ClassVar[str]
    lists_labels: ClassVar[bool]
    # How many rows of one search can be reached, or None for any number.
    result_window: ClassVar[int | None]
    # Whether `count` is exact.
    counts_exactly: ClassVar[bool]
    # How many ids one page of a search holds at most, and the fields that may come along at that size.
    ids_in_page: ClassVar[int]
    fields_with_ids: ClassVar[tuple[str, ...]]
    # How many issues `issues_by_id` asks for in one call.
    issues_in_call: ClassVar[int]

    # How many entries of a history a search embeds, the newest ones, or None for all.
    most_embedded_changes: ClassVar[int | None]

    # How many requests may be under way at once.
    workers: int

    def before_large_answers(self, call: Callable[[], None]) -> None:
        """`call` is called in the context of the caller, before the bulk of a large answer is received."""

    @abstractmethod
    def get(self, path: str, params: Mapping[str, Any] | None = None, accept: Accept | None = None) -> Any:
        """The parsed JSON of a list or an object that has no method of its own here; `accept` looks at its form."""

    @abstractmethod
    def search(
        self, jql: str, fields: Sequence[str], limit: int, position: Any | None = None, expand: Sequence[str] = ()
    ) -> SearchPage:
        """A page of issues, each with `id`, `key`, the `fields`, and what `expand` names, such as `changelog`.

        `position` is an earlier page's `next`.
        """

    @abstractmethod
    def count(self, jql: str) -> Count:
        """How many issues the account can see that match."""

    @abstractmethod
    def projects(self) -> list[JsonObject]:
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

    def labels(self) -> Iterator[str]:
        """All labels, where `lists_labels`."""
        raise NotImplementedError("This kind of Jira has no list of labels: they are gathered from issues.")

    @abstractmethod
    def users(self) -> UserList:
        """All users, inactive ones too. Raises Forbidden where the account may not browse users."""

    @abstractmethod
    def user(self, identifier: str) -> JsonObject | None:
        """The user of that accountId (Cloud) or key, or None where Jira confirms that there is none (404)."""

    @abstractmethod
    def project(self, id_or_key: str) -> JsonObject | None:
        """One project, or None where Jira confirms that the account can't see it (404)."""

    def listed_project(self, project_id: str) -> JsonObject | None:
        """One project as the list of projects gives it, or None where the account can't see it."""
        return self.project(project_id)

    @abstractmethod
    def issue_exists(self, issue_id: str) -> bool:
        """Whether the account can see the issue."""

    @abstractmethod
    def issues_by_id(
        self, issue_ids: Sequence[str], fields: Sequence[str], expand: Sequence[str]
    ) -> dict[str, JsonObject | None]:
        """Issues by id from Jira's database, not from its search: archived ones too, in whatever project they are now.

        None where the account can't see one: it is gone, or hidden. An id is missing where Jira can't tell, refuses, or
        where it was not Jira that answered.
        """

    @abstractmethod
    def fields(self) -> list[JsonObject]:
        """All fields: id, name, custom, schema."""

    @abstractmethod
    def comments(self, issue_id: str) -> Iterator[JsonObject]:
        """All comments of an issue in the order of creation, page by page; none where the issue is gone."""

    @abstractmethod
    def worklogs(self, issue_id: str) -> Iterator[JsonObject]:
        """All work logs of an issue in the order of creation, page by page; none where the issue is gone."""

    @abstractmethod
    def deleted_worklogs(self, since: int) -> Iterator[tuple[str, int]]:
        """Ids of work logs in all projects that were deleted since then, except in the last minute, and when.

        Instants are epoch milliseconds. Whether `since` itself is among them is not certain.
        """

    @abstractmethod
    def histories(self, issue_ids: Sequence[str]) -> Iterator[tuple[str, list[JsonObject]]]:
        """Entries of the histories of up to 1,000 issues, with the issue's id, which can come several times.

        Issues that are gone are missing. `created` may be epoch milliseconds.
        """

    @abstractmethod
    def history(self, issue_id: str) -> list[JsonObject]:
        """All entries of one history, asked for by itself; none where the issue is gone."""

    @abstractmethod
    def boards(self) -> Iterator[JsonObject]:
        """All boards that the account can see. Out of reach, it raises what `agile.is_out_of_reach` tells."""

    @abstractmethod
    def board_sprints(self, board_id: int, states: str | None = None) -> list[JsonObject]:
        """All sprints that a board shows, or those in `states` (`active,future`).

        Raises BadRequest for a board without sprints, ServerFault (500) or RefusedRequest (422) for a broken one,
        NotFound for a private one.
        """

    @abstractmethod
    def board_configuration(self, board_id: int) -> JsonObject:
        """A board's columns, its filter, and what it estimates with. Raises NotFound for a private board."""

    @abstractmethod
    def sprint(self, sprint_id: int) -> JsonObject | None:
        """One sprint, or None where Jira confirms that the account can't see it (404)."""
