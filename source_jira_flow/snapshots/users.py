"""The stream `users`: everybody whom Jira lists, and where it cuts or refuses the list, who occurs in issues too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from source_jira_flow.errors import ConfigurationError, Forbidden, PassingFault
from source_jira_flow.jira.missing_permissions import BROWSE_USERS, no_browse_users
from source_jira_flow.jira.people import person_id
from source_jira_flow.records.observed import Columns
from source_jira_flow.records.seen import Seen
from source_jira_flow.records.users import user_columns
from source_jira_flow.snapshots.absences import Absences
from source_jira_flow.snapshots.comparison import Comparison
from source_jira_flow.sync import Sync


class UserSnapshot:
    """One reading of the users."""

    def __init__(self, sync: Sync, comparison: Comparison, seen: Seen) -> None:
        self._sync = sync
        self._comparison = comparison
        self._seen = seen

    def records(self) -> Iterator[dict[str, Any]]:
        """What is new, changed or gone. Raises ConfigurationError where a list that was readable is refused now."""
        users = self._sync.jira.users()
        refused: Forbidden | None = None
        try:
            for user in users:
                if person_id(user):
                    yield from self._comparison.see(user_columns(user))
        except Forbidden as error:
            if self._comparison.listed:
                raise
            refused = error
        if self._comparison.listed:
            yield from self._absent(users.may_be_cut)
        else:
            self._explain_empty_list(refused)
        if users.may_be_cut or not self._comparison.listed:
            yield from self._met()

    def extra_state(self) -> dict[str, Any]:
        """Nothing besides the digests."""
        return {}

    def _explain_empty_list(self, refused: Forbidden | None) -> None:
        """A list without anybody is a refusal: the account at least would be in it. To nobody, Jira refuses too."""
        self._sync.account.prove_sign_in()
        if self._sync.jira.holds_globally(BROWSE_USERS):
            raise refused or PassingFault(
                "Jira gave an empty list of users, although the account may browse users. Sync again."
            )
        if self._comparison.stored.listed:
            raise ConfigurationError(
                f"Jira no longer lets the account list users. {no_browse_users(self._sync.jira.kind)} Or clear the"
                " stream users to continue with the people who occur in issues."
            )
        self._sync.logger.warning(
            "%s Until then, users holds only the people who occur in issues and comments of the same sync.",
            no_browse_users(self._sync.jira.kind),
        )

    def _absent(self, cut: bool) -> Iterator[dict[str, Any]]:
        if cut:
            yield from self._met_and_missing()
        yield from Absences(
            self._comparison,
            self._find,
            self._sync.account.prove_sign_in,
            title="users",
            workers=self._sync.workers,
            logger=self._sync.logger,
            whole=not cut,
        ).records()

    def _find(self, identifier: str) -> Columns | None:
        user = self._sync.jira.user(identifier)
        return None if user is None else user_columns(user)

    def _met_and_missing(self) -> Iterator[dict[str, Any]]:
        """Those of whom issues tell are not gone, though Jira may know them only there."""
        self._seen.wait()
        for identifier in set(self._comparison.missing()) & self._seen.people.keys():
            found = self._find(identifier)
            if found is None:
                yield from self._comparison.meet(user_columns(self._seen.people[identifier]))
            else:
                yield from self._comparison.see(found)

    def _met(self) -> Iterator[dict[str, Any]]:
        self._seen.wait()
        for user in list(self._seen.people.values()):
            yield from self._comparison.meet(user_columns(user))
