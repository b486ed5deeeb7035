"""What Cloud and self-hosted Jira answer alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from source_jira_flow.common.json import JsonObject
from source_jira_flow.errors import NotFound, PassingFault
from source_jira_flow.http.client import JiraClient
from source_jira_flow.jira import agile
from source_jira_flow.jira.base import Accept, Jira
from source_jira_flow.jira.paging import Progress
from source_jira_flow.jira.shape import a_list_of_fields, an_object

_FIELD = "/rest/api/2/field"
_MY_PERMISSIONS = "/rest/api/2/mypermissions"


class RestJira(Jira):
    """A Jira that is asked through one client. `version` is as in 10.3.1, empty where Jira does not tell it."""

    def __init__(self, client: JiraClient, version: tuple[int, ...] = ()) -> None:
        self.client = client
        self.version = version
        self.workers = client.workers

    def get(self, path: str, params: Mapping[str, Any] | None = None, accept: Accept | None = None) -> Any:
        return self.client.get(path, params, accept=accept)

    def _held(self, context: Mapping[str, str]) -> frozenset[str]:
        """The permissions that the account holds, of those that Jira tells about."""
        answer = self.client.get(_MY_PERMISSIONS, context, accept=an_object(_MY_PERMISSIONS, permissions=dict))
        said = answer["permissions"].items()
        return frozenset(key for key, about in said if isinstance(about, dict) and about.get("havePermission") is True)

    def project(self, id_or_key: str) -> JsonObject | None:
        try:
            path = f"/rest/api/2/project/{id_or_key}"
            document: JsonObject = self.client.get(path, accept=an_object(path, id=(str, int)))
        except NotFound:
            return None
        return document

    def listed_project(self, project_id: str) -> JsonObject | None:
        return self.project(project_id)

    def issue_exists(self, issue_id: str) -> bool:
        try:
            self.client.get(f"/rest/api/2/issue/{issue_id}", {"fields": "id"})
        except NotFound:
            return False
        return True

    def fields(self) -> list[JsonObject]:
        documents: list[JsonObject] = self.client.get(_FIELD, accept=a_list_of_fields(_FIELD))
        return documents

    def comments(self, issue_id: str) -> Iterator[JsonObject]:
        start, path = 0, f"/rest/api/2/issue/{issue_id}/comment"
        progress = Progress(path)
        while True:
            try:
                params = {"startAt": start, "maxResults": 100, "orderBy": "created"}
                page = self.client.get(path, params, accept=an_object(path, comments=list, total=int))
            except NotFound:
                return
            rows = page["comments"]
            yield from progress.new(rows)
            start += len(rows)
            if start >= page["total"]:
                return
            if not rows:
                raise PassingFault(f"Jira gave {start} of {page['total']} comments of issue {issue_id} and then none.")

    def boards(self) -> Iterator[JsonObject]:
        return agile.boards(self.client)

    def board_sprints(self, board_id: int, states: str | None = None) -> list[JsonObject]:
        return agile.board_sprints(self.client, board_id, states)

    def sprint(self, sprint_id: int) -> JsonObject | None:
        return agile.sprint(self.client, sprint_id)
