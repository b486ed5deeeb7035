"""Jira Data Center and Server."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from source_jira_flow.common.json import JsonObject
from source_jira_flow.common.parallel import in_parallel
from source_jira_flow.errors import NotFound, NotJson, PassingFault, ServerFault
from source_jira_flow.jira.base import Count, SearchPage, UserList
from source_jira_flow.jira.rest import RestJira
from source_jira_flow.jira.shape import an_object, projects
from source_jira_flow.jira.users import CursorUserList, UsersByPrefix

_SEARCH = "/rest/api/2/search"
_FOUND = an_object(_SEARCH, issues=list, total=int)
_PROJECT = "/rest/api/2/project"
_TRIES_OF_AN_EMPTY_LIST = 5
# Not in all versions since: where it is missing, users are searched for by prefix.
_FIRST_WITH_A_USER_LIST = (10, 3)


class SelfHostedJira(RestJira):
    """Searches by offset with a total, whole lists in one answer, permissions one project at a time."""

    kind: ClassVar[str] = "self_hosted"
    user_parameter: ClassVar[str] = "key"
    kind_title: ClassVar[str] = "self-hosted Jira"
    lists_labels: ClassVar[bool] = False
    # Data Center on OpenSearch, and Lucene with its limit flag, answer HTTP 500 past it.
    result_window: ClassVar[int | None] = 10_000
    most_embedded_changes: ClassVar[int | None] = None
    counts_exactly: ClassVar[bool] = True
    ids_in_page: ClassVar[int] = 1000
    fields_with_ids: ClassVar[tuple[str, ...]] = ("created",)
    issues_in_call: ClassVar[int] = 1

    def search(
        self, jql: str, fields: Sequence[str], limit: int, position: Any | None = None, expand: Sequence[str] = ()
    ) -> SearchPage:
        start = position or 0
        # A page that reaches past the window is refused whole.
        size = min(limit, max(1, self.result_window - start)) if self.result_window else limit
        body: JsonObject = {"jql": jql, "fields": list(fields), "maxResults": size, "startAt": start}
        if expand:
            body["expand"] = list(expand)
        answer = self.client.post(_SEARCH, body, _FOUND)
        issues, total = answer["issues"], answer["total"]
        reached = start + len(issues)
        if not issues and start < total:
            raise PassingFault(
                f"Jira counts {total} issues where its search gave {start or 'none'}. Sync again; where it stays so,"
                " ask your Jira administrator to look at the search index."
            )
        return SearchPage(issues, reached if reached < total else None, total=total)

    def count(self, jql: str) -> Count:
        answer = self.client.post(_SEARCH, {"jql": jql, "fields": ["id"], "maxResults": 0}, _FOUND)
        return Count(answer["total"], exact=True)

    def projects(self) -> list[JsonObject]:
        # A list without a total to be held against; an account that sees no project is a rare thing.
        params, accept = {"expand": "description,lead", "includeArchived": "true"}, projects(_PROJECT)
        lists = (self.client.get(_PROJECT, params, accept=accept) for _ in range(_TRIES_OF_AN_EMPTY_LIST))
        return next((documents for documents in lists if documents), [])

    def project_permissions(
        self, permissions: Sequence[str], project_ids: Sequence[str]
    ) -> Mapping[str, frozenset[str]]:
        asked = frozenset(permissions)
        unknown: set[str] = set()
        too_late = threading.Event()

        def ask(project_id: str) -> frozenset[str] | None:
            if too_late.is_set():
                return None
            try:
                return asked & self._held({"projectId": project_id})
            except NotFound:
                unknown.add(project_id)
                return frozenset()
            except (ServerFault, NotJson):
                return None
            except PassingFault:
                # No answer, or asked to slow down beyond patience: the rest would fare no better.
                too_late.set()
                return None

        answers = dict(in_parallel(ask, dict.fromkeys(project_ids), self.workers))
        told = {project_id: held for project_id, held in answers.items() if held is not None}
        # A 404 says of one project that the account can't see it. Of all of them it says nothing about any.
        return {} if unknown == told.keys() else told

    def holds_globally(self, permission: str) -> bool:
        # What Jira says of permissions is about users: of a service account it would deny all.
        return self.client.signer.is_user and permission in self._held({})

    def users(self) -> UserList:
        if self.version and self.version < _FIRST_WITH_A_USER_LIST:
            return UsersByPrefix(self.client)
        return CursorUserList(self.client)
