"""What Cloud and self-hosted Jira answer alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from source_jira_flow.common.json import Accept, JsonObject
from source_jira_flow.errors import BrokenPromise, Forbidden, NotFound, PassingFault
from source_jira_flow.http.client import JiraClient
from source_jira_flow.jira.agile import is_broken_board, scopes_named
from source_jira_flow.jira.base import Jira
from source_jira_flow.jira.paging import Progress, offset_rows
from source_jira_flow.jira.shape import a_list_of_fields, an_object

_FIELD = "/rest/api/2/field"
_USER = "/rest/api/2/user"
_MY_PERMISSIONS = "/rest/api/2/mypermissions"
_DELETED_WORKLOGS = "/rest/api/2/worklog/deleted"
_TRIES_OF_NOTHING = 2
# So many rows of an issue may be counted and not shown.
_FEW = 20
_WORKLOG_PAGE = 5000
# Of Jira Software, which gives 50 rows a page at most.
_BOARDS = "/rest/agile/1.0/board"
_BOARD_PAGE = 50


class RestJira(Jira):
    """A Jira that is asked through one client. `version` is as in 10.3.1, empty where Jira does not tell it."""

    # Of `user`: what names one by its id.
    user_parameter: ClassVar[str]

    def __init__(self, client: JiraClient, version: tuple[int, ...] = ()) -> None:
        self.client = client
        self.version = version
        self.workers = client.workers

    def before_large_answers(self, call: Callable[[], None]) -> None:
        self.client.before_large_answer = call

    def get(self, path: str, params: Mapping[str, Any] | None = None, accept: Accept | None = None) -> Any:
        return self.client.get(path, params, accept=accept)

    def _held(self, context: Mapping[str, str]) -> frozenset[str]:
        """The permissions that the account holds, of those that Jira tells about."""
        answer = self.client.get(_MY_PERMISSIONS, context, accept=an_object(_MY_PERMISSIONS, permissions=dict))
        said = answer["permissions"].items()
        return frozenset(key for key, about in said if isinstance(about, dict) and about.get("havePermission") is True)

    def project(self, id_or_key: str) -> JsonObject | None:
        path = f"/rest/api/2/project/{id_or_key}"
        return self.client.find(path, accept=an_object(path, id=(str, int)))

    def user(self, identifier: str) -> JsonObject | None:
        return self.client.find(_USER, {self.user_parameter: identifier}, accept=an_object(_USER))

    def issue_exists(self, issue_id: str) -> bool:
        path = f"/rest/api/2/issue/{issue_id}"
        return self.client.find(path, {"fields": "id"}, accept=an_object(path)) is not None

    def issues_by_id(
        self, issue_ids: Sequence[str], fields: Sequence[str], expand: Sequence[str]
    ) -> dict[str, JsonObject | None]:
        found: dict[str, JsonObject | None] = {}
        wanted = {"fields": ",".join(fields), "expand": ",".join(expand)}
        for issue_id in issue_ids:
            path = f"/rest/api/2/issue/{issue_id}"
            try:
                found[issue_id] = self.client.get(path, wanted, accept=an_object(path, id=str, fields=dict))
            except NotFound as refused:
                if refused.is_json:
                    found[issue_id] = None
            except Forbidden:
                continue
        return found

    def fields(self) -> list[JsonObject]:
        documents: list[JsonObject] = self.client.get(_FIELD, accept=a_list_of_fields(_FIELD))
        return documents

    def comments(self, issue_id: str) -> Iterator[JsonObject]:
        return self._parts(issue_id, "comment", "comments", {"maxResults": 100, "orderBy": "created"})

    def worklogs(self, issue_id: str) -> Iterator[JsonObject]:
        return self._parts(issue_id, "worklog", "worklogs", {"maxResults": _WORKLOG_PAGE})

    def _parts(self, issue_id: str, last: str, name: str, params: Mapping[str, Any]) -> Iterator[JsonObject]:
        start, path = 0, f"/rest/api/2/issue/{issue_id}/{last}"
        accept = an_object(path, **{name: list, "total": int})
        progress = Progress(path)
        empty = 0
        while True:
            try:
                page = self.client.get(path, {"startAt": start, **params}, accept=accept)
            except NotFound:
                return
            rows = page[name]
            yield from progress.new(rows)
            start += len(rows)
            if start >= page["total"]:
                return
            empty += not rows
            if empty == _TRIES_OF_NOTHING:
                message = f"Jira gave {start} of {page['total']} {name} of issue {issue_id} and then none."
                if not start or page["total"] - start > _FEW:
                    raise PassingFault(message)
                # A total that counts what nobody may see must not stop the issues behind this one, sync after sync.
                self.client.logger.warning("%s", message)
                return

    def deleted_worklogs(self, since: int) -> Iterator[tuple[str, int]]:
        accept = an_object(_DELETED_WORKLOGS, values=list)
        while True:
            page = self.client.get(_DELETED_WORKLOGS, {"since": since}, accept=accept)
            for row in page["values"]:
                yield str(row["worklogId"]), int(row["updatedTime"])
            if page.get("lastPage") is not False:
                return
            if page["until"] <= since:
                raise BrokenPromise("Jira's list of deleted work logs loops: it would never end.")
            since = int(page["until"])

    def histories(self, issue_ids: Sequence[str]) -> Iterator[tuple[str, list[JsonObject]]]:
        return ((issue_id, self.history(issue_id)) for issue_id in issue_ids)

    def history(self, issue_id: str) -> list[JsonObject]:
        path = f"/rest/api/2/issue/{issue_id}"
        params = {"fields": "id", "expand": "changelog"}
        issue = self.client.find(path, params, accept=an_object(path, changelog=dict))
        return issue["changelog"]["histories"] if issue else []

    def boards(self) -> Iterator[JsonObject]:
        with scopes_named():
            yield from self._offset_rows(_BOARDS, _BOARD_PAGE)

    def board_sprints(self, board_id: int, states: str | None = None) -> list[JsonObject]:
        path = f"{_BOARDS}/{board_id}/sprint"
        wanted = {} if states is None else {"state": states}
        accept = an_object(path, values=list)

        def ask(page: Mapping[str, Any]) -> Any:
            return self.client.get(path, {**wanted, **page}, accept=accept, lasting=is_broken_board)

        with scopes_named():
            found = list(offset_rows(ask, _BOARD_PAGE, path, sure=states is None))
            # Closed sprints are listed once a day, and often without a total: ask for what is behind a short last page.
            is_short = states is None and len(found) % _BOARD_PAGE > 0
            if is_short and ask({"startAt": len(found), "maxResults": _BOARD_PAGE})["values"]:
                found = list(offset_rows(ask, _BOARD_PAGE, path))
        return found

    def board_configuration(self, board_id: int) -> JsonObject:
        path = f"{_BOARDS}/{board_id}/configuration"
        with scopes_named("read:board-scope.admin:jira-software"):
            accept = an_object(path, columnConfig=dict)
            document: JsonObject = self.client.get(path, accept=accept, lasting=is_broken_board)
        return document

    def sprint(self, sprint_id: int) -> JsonObject | None:
        path = f"/rest/agile/1.0/sprint/{sprint_id}"
        return self.client.find(path, accept=an_object(path, id=int))

    def _offset_rows(
        self, path: str, size: int, params: Mapping[str, Any] | None = None, accept: Accept | None = None
    ) -> Iterator[Any]:
        accept = accept or an_object(path, values=list)
        return offset_rows(lambda page: self.client.get(path, {**(params or {}), **page}, accept=accept), size, path)
