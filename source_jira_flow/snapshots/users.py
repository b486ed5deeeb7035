"""The stream `users`: everybody whom Jira lists, and where it cuts or refuses the list, those whom issues mention."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from source_jira_flow.common.json import JsonObject
from source_jira_flow.errors import ConfigurationError, Forbidden, PassingFault
from source_jira_flow.jira.missing_permissions import BROWSE_USERS, no_browse_users
from source_jira_flow.jira.people import person_id
from source_jira_flow.records.observed import Columns
from source_jira_flow.records.users import user_columns
from source_jira_flow.snapshots.base import Snapshot


class UserSnapshot(Snapshot):
    """One reading of the users."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._users = self.sync.jira.users()
        self._refused: Forbidden | None = None

    def list(self) -> Iterator[JsonObject]:
        try:
            yield from (user for user in self._users if person_id(user))
        except Forbidden as refused:
            if self.comparison.present:
                raise
            self._refused = refused

    def find(self, identifier: str) -> JsonObject | None:
        return self.sync.jira.user(identifier)

    def columns(self, document: JsonObject) -> Columns:
        return user_columns(document)

    @property
    def is_whole(self) -> bool:
        return not self._users.may_be_cut and bool(self.comparison.present)

    def mentioned(self) -> Iterable[tuple[str, Columns]]:
        for identifier, user in list(self.seen.people.items()):
            yield identifier, user_columns(user)

    def explain_empty_list(self) -> None:
        """A list without anybody is a refusal: the account at least would be in it. To nobody, Jira refuses too.

        Raises ConfigurationError where a list that was readable is refused now.
        """
        self.sync.account.prove_sign_in()
        if self.sync.jira.holds_globally(BROWSE_USERS):
            raise self._refused or PassingFault(
                "Jira gave an empty list of users, although the account may browse users. Sync again."
            )
        if self.stored.listed:
            raise ConfigurationError(
                f"Jira no longer lets the account list users. {no_browse_users(self.sync.jira.kind)} Or clear the"
                " stream users to continue with the people who occur in issues."
            )
        self.sync.logger.warning(
            "%s Until then, users only has the people who occur in issues and comments of the same sync.",
            no_browse_users(self.sync.jira.kind),
        )
