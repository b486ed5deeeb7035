"""Requests lists through the connector's one client, instead of the CDK's requester."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from io import BytesIO
from itertools import islice
from typing import Any

import orjson
import requests
from airbyte_cdk.sources.declarative.auth.declarative_authenticator import NoAuth
from airbyte_cdk.sources.declarative.interpolation import InterpolatedString
from airbyte_cdk.sources.declarative.requesters.requester import HttpMethod, Requester

from source_jira_flow.common.json import JsonObject
from source_jira_flow.errors import BrokenPromise, ConfigurationError, Forbidden, JiraFlowError, NotFound, traced
from source_jira_flow.jira.agile import scopes_named
from source_jira_flow.jira.paging import offset_rows
from source_jira_flow.jira.shape import a_list, an_object
from source_jira_flow.lists.columns import POSITION
from source_jira_flow.lists.kept_back import pass_over
from source_jira_flow.sync import Sync

_AGILE = "/rest/agile/"
_OFFSET = "startAt"
_PAGE = 50
_TRIES_OF_AN_EMPTY_LIST = 2


@dataclass
class JiraRequester(Requester):
    """Returns rows that Jira gave, or raises an error in Airbyte's form.

    `path` may contain templates. `rows` is the name of an answer's array of rows; without it, the answer is the array.
    With an offset from a paginator, the pages are those of `jira.paging`, and an empty page is the end. `product`
    names what this Jira or account may lack, `permission` what only some accounts are allowed: a refused list is then a
    warning and no rows. `self_hosted` says `path` and `rows` where a self-hosted Jira has another list, in one answer.
    """

    config: Mapping[str, Callable[[], Sync]]
    name: str
    path: str
    rows: str = ""
    product: str | None = None
    permission: str | None = None
    self_hosted: Mapping[str, str] | None = None
    # By path, the remaining rows of a paged list. One partition is read by one thread.
    _pages: dict[str, Iterator[JsonObject]] = field(default_factory=dict)

    def send_request(
        self,
        *_: Any,
        stream_slice: Mapping[str, Any] | None = None,
        request_params: Mapping[str, Any] | None = None,
        **__: Any,
    ) -> requests.Response | None:
        """The rows, numbered; None if this account can't have the list. Raises every error in Airbyte's form."""
        with traced():
            return self._answer(self.config["running_sync"](), stream_slice or {}, (request_params or {}).get(_OFFSET))

    def _answer(self, sync: Sync, partition: Mapping[str, Any], offset: int | None) -> requests.Response | None:
        path = self.get_path(stream_slice=partition)
        try:
            with scopes_named() if path.startswith(_AGILE) else nullcontext():
                if self.self_hosted is not None and sync.jira.kind == "self_hosted":
                    # All rows as the first page, and nothing behind it.
                    path = self.self_hosted["path"]
                    rows = [] if offset else self._array(sync, path, self.self_hosted.get("rows", ""))
                else:
                    rows = self._array(sync, path, self.rows) if offset is None else self._page(sync, path, offset)
        except JiraFlowError as refused:
            self._pass_over(refused, sync, partition, path)
            rows = None
        if rows == [] and not offset and self.permission:
            sync.logger.warning("%s is empty, as it is for accounts without %s.", self.name, self.permission)
        is_whole = offset is None or not rows
        if is_whole and not partition:
            # Cloud gives anonymous callers a part of these lists, and no other sign that it ignored the credentials.
            sync.account.prove_answer()
        return None if rows is None else self._response(rows, offset or 0, path)

    def _array(self, sync: Sync, path: str, name: str) -> list[JsonObject]:
        accept = an_object(path, **{name: list}) if name else a_list(path)
        # There is no total to compare with, so an empty list is requested twice.
        answers = (sync.jira.get(path, accept=accept) for _ in range(_TRIES_OF_AN_EMPTY_LIST))
        lists = ((answer[name], answer.get("total")) if name else (answer, None) for answer in answers)
        rows, total = next((found for found in lists if found[0]), ([], None))
        if isinstance(total, int) and total > len(rows):
            sync.logger.warning(
                "%s has %d rows of %d: this Jira gives no more of them in one answer.", self.name, len(rows), total
            )
        return rows

    def _page(self, sync: Sync, path: str, offset: int) -> list[JsonObject]:
        def ask(page: Mapping[str, Any]) -> Mapping[str, Any]:
            answer = sync.jira.get(path, page, an_object(path, **{self.rows: list}))
            return {**answer, "values": answer[self.rows]}

        if offset == 0:
            self._pages[path] = offset_rows(ask, _PAGE, path)
        return list(islice(self._pages[path], _PAGE))

    def _response(self, rows: Iterable[JsonObject], offset: int, path: str) -> requests.Response:
        numbered = [_numbered(row, position, path) for position, row in enumerate(rows, start=offset + 1)]
        response = requests.Response()
        response.status_code = 200
        response.raw = BytesIO(orjson.dumps({self.rows: numbered} if self.rows else numbered))
        return response

    def _pass_over(self, refused: JiraFlowError, sync: Sync, partition: Mapping[str, Any], path: str) -> None:
        """Continue without a list that this account can't have. Raises any other refusal."""
        lacking = self.product or self.permission
        if lacking:
            pass_over(refused, sync, self.name, lacking, path)
            return
        project_id = partition.get("project_id")
        if project_id is None or not isinstance(refused, (NotFound, Forbidden)):
            raise refused
        if partition["archived"]:
            sync.logger.info("%s of the archived project %s can't be read.", self.name, partition["project_key"])
        elif sync.jira.project(str(project_id)) is None:
            sync.logger.warning("The project %s vanished while %s were read.", partition["project_key"], self.name)
        else:
            raise ConfigurationError(
                f"{self.name} of the project {partition['project_key']} can't be read: {refused}"
            ) from refused

    # -- the rest of the CDK's interface, which the client takes care of --------------------------------

    def get_path(self, *, stream_slice: Mapping[str, Any] | None = None, **_: Any) -> str:
        """The path of the list, for a partition."""
        return str(InterpolatedString.create(self.path, parameters={}).eval(self.config, stream_slice=stream_slice))

    def get_url_base(self, **_: Any) -> str:
        """Empty: the client adds the base URL."""
        return ""

    get_url = get_url_base

    def get_authenticator(self) -> NoAuth:
        """None: the client signs."""
        return NoAuth(parameters={})

    def get_method(self) -> HttpMethod:
        """Lists are read."""
        return HttpMethod.GET

    def get_request_params(self, **_: Any) -> dict[str, Any]:
        """Only the paginator's and the client's."""
        return {}

    get_request_headers = get_request_body_data = get_request_body_json = get_request_params


def _numbered(row: Any, position: int, path: str) -> JsonObject:
    if not isinstance(row, dict):
        raise BrokenPromise(f"Jira answered {path} in a form that is not known: a row that is not an object.")
    return {**row, POSITION: position}
