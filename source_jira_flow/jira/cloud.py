"""Jira Cloud."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from source_jira_flow.common.json import JsonObject
from source_jira_flow.common.parallel import portions
from source_jira_flow.errors import BrokenPromise, NotFound, PassingFault
from source_jira_flow.jira.base import Count, SearchPage, UserList
from source_jira_flow.jira.rest import RestJira
from source_jira_flow.jira.shape import a_list_of_issues, an_object, projects
from source_jira_flow.jira.users import OffsetUserList

_SEARCH = "/rest/api/2/search/jql"
_BULK = "/rest/api/2/issue/bulkfetch"
_COUNT = "/rest/api/2/search/approximate-count"
_PROJECT_SEARCH = "/rest/api/2/project/search"
_PROJECT_PAGE = 100
_LISTED_PROJECTS = {"expand": "description,lead", "status": ["live", "archived"]}
_LABEL_PAGE = 1000
_CHANGELOGS = "/rest/api/2/changelog/bulkfetch"
_CHANGELOG_PAGE = 10_000
_CHANGELOG_OF_ONE_PAGE = 100


class CloudJira(RestJira):
    """Searches by token, lists of everything, bulk answers about permissions."""

    kind: ClassVar[str] = "cloud"
    user_parameter: ClassVar[str] = "accountId"
    kind_title: ClassVar[str] = "Jira Cloud"
    lists_labels: ClassVar[bool] = True
    result_window: ClassVar[int | None] = None
    most_embedded_changes: ClassVar[int | None] = 40
    counts_exactly: ClassVar[bool] = False
    ids_in_page: ClassVar[int] = 5000
    fields_with_ids: ClassVar[tuple[str, ...]] = ("id", "key")
    issues_in_call: ClassVar[int] = 100

    def search(
        self, jql: str, fields: Sequence[str], limit: int, position: Any | None = None, expand: Sequence[str] = ()
    ) -> SearchPage:
        body: JsonObject = {"jql": jql, "fields": list(fields), "maxResults": limit}
        if expand:
            body["expand"] = ",".join(expand)
        if position is not None:
            body["nextPageToken"] = position
        answer = self.client.post(_SEARCH, body, an_object(_SEARCH, issues=list))
        token = answer.get("nextPageToken")
        if token is not None and token == position:
            raise BrokenPromise("Jira gave the same page token twice: the search would never end.")
        return SearchPage(answer["issues"], token)

    def count(self, jql: str) -> Count:
        answer = self.client.post(_COUNT, {"jql": jql}, an_object(_COUNT, count=int))
        return Count(answer["count"], exact=False)

    def issues_by_id(
        self, issue_ids: Sequence[str], fields: Sequence[str], expand: Sequence[str]
    ) -> dict[str, JsonObject | None]:
        # What the account can't see is left out in silence.
        found: dict[str, JsonObject | None] = dict.fromkeys(issue_ids)
        for portion in portions(issue_ids, self.issues_in_call):
            body = {"issueIdsOrKeys": list(portion), "fields": list(fields), "expand": list(expand)}
            answer = self.client.post(_BULK, body, a_list_of_issues(_BULK))
            found.update((issue["id"], issue) for issue in answer["issues"])
            failed = _not_given(answer, portion)
            for issue_id in failed:
                del found[issue_id]
            found.update(super().issues_by_id(failed, fields, expand))
        return found

    def histories(self, issue_ids: Sequence[str]) -> Iterator[tuple[str, list[JsonObject]]]:
        body: JsonObject = {"issueIdsOrKeys": list(issue_ids), "maxResults": _CHANGELOG_PAGE}
        while True:
            answer = self.client.post(_CHANGELOGS, body, an_object(_CHANGELOGS, issueChangeLogs=list))
            for found in answer["issueChangeLogs"]:
                yield str(found["issueId"]), found["changeHistories"]
            token = answer.get("nextPageToken")
            if token is None:
                return
            if token == body.get("nextPageToken"):
                raise BrokenPromise("Jira gave the same page token twice: the list of changes would never end.")
            body["nextPageToken"] = token

    def history(self, issue_id: str) -> list[JsonObject]:
        try:
            return list(self._offset_rows(f"/rest/api/2/issue/{issue_id}/changelog", _CHANGELOG_OF_ONE_PAGE))
        except NotFound:
            return []

    def projects(self) -> list[JsonObject]:
        return list(self._listed_projects({"orderBy": "key"}))

    def listed_project(self, project_id: str) -> JsonObject | None:
        # Asked for by its path, an archived project is a 404 for those who can't administer Jira.
        found = self._listed_projects({"id": project_id})
        return next((document for document in found if str(document["id"]) == project_id), None)

    def _listed_projects(self, params: Mapping[str, Any]) -> Iterator[JsonObject]:
        accept = projects(_PROJECT_SEARCH, "values")
        return self._offset_rows(_PROJECT_SEARCH, _PROJECT_PAGE, {**_LISTED_PROJECTS, **params}, accept)

    def project_permissions(
        self, permissions: Sequence[str], project_ids: Sequence[str]
    ) -> Mapping[str, frozenset[str]]:
        held: dict[str, set[str]] = {project_id: set() for project_id in project_ids}
        for permission in permissions:
            path = "/rest/api/2/permissions/project"
            answer = self.client.post(path, {"permissions": [permission]}, an_object(path, projects=list))
            for project in answer["projects"]:
                held.get(str(project["id"]), set()).add(permission)
        return {project_id: frozenset(here) for project_id, here in held.items()}

    def holds_globally(self, permission: str) -> bool:
        return permission in self._held({"permissions": permission})

    def labels(self) -> Iterator[str]:
        return self._offset_rows("/rest/api/2/label", _LABEL_PAGE)

    def users(self) -> UserList:
        return OffsetUserList(self.client)


def _not_given(answer: JsonObject, asked: Sequence[str]) -> list[str]:
    """The ids of issues that Jira could not give, as in an answer that is too large, and that may well exist."""
    failed = [str(error.get("id")) for error in answer.get("issueErrors") or ()]
    if not set(failed) <= set(asked):
        raise PassingFault("Jira could not give an issue that it was asked for, and does not say which.")
    return failed
