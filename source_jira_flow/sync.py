"""One run of `read`: the Jira that answers, the streams that were chosen, and the states that were handed in."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Protocol

from airbyte_cdk.models import ConfiguredAirbyteCatalog, ConfiguredAirbyteStream, SyncMode
from airbyte_cdk.sources.connector_state_manager import ConnectorStateManager
from airbyte_cdk.sources.message import MessageRepository
from airbyte_cdk.sources.types import Record

from source_jira_flow.cdk.seam import StateEmitter
from source_jira_flow.common.json import JsonObject
from source_jira_flow.errors import WrongInstance
from source_jira_flow.jira.base import Jira
from source_jira_flow.jira.projects import Project, Selection, select
from source_jira_flow.settings import Options, Settings

STATE_VERSION = 1
_PROJECTS_IN_IDENTITY = 5


class SignedIn(Protocol):
    """The Jira that was signed in to, as far as a sync needs it; see `jira.connection.Instance`."""

    @property
    def now(self) -> int:
        """Jira's clock in epoch milliseconds, before anything was read."""

    @property
    def site_url(self) -> str:
        """The address at which people read issues."""

    @property
    def identity(self) -> Mapping[str, str]:
        """What a state keeps, to notice another Jira."""

    def prove_sign_in(self) -> None:
        """Raises SignInRefused unless Jira still takes us for the account that signed in."""


class Sync:
    """What every stream of one run shares.

    `now` is T0: Jira's clock before anything was read, in epoch milliseconds. `seen_people` and `seen_sprints`
    collect who and what occurs in the issues of this run (Jira's own user objects by id; sprint fields by sprint id),
    for the lists that Jira cuts or refuses; they are whole once `issues_read` is set. `sweep_failure` tells whether the
    scan of issues failed. `writes_json` is the source's.
    """

    def __init__(
        self,
        jira: Jira,
        account: SignedIn,
        options: Options,
        settings: Settings,
        catalog: ConfiguredAirbyteCatalog,
        states: ConnectorStateManager,
        messages: MessageRepository,
        logger: logging.Logger,
        writes_json: bool = False,
    ) -> None:
        self.jira = jira
        self.account = account
        self.options = options
        self.settings = settings
        self.workers = jira.workers
        self.now = account.now
        self.logger = logger
        self.writes_json = writes_json
        self.chosen: Mapping[str, ConfiguredAirbyteStream] = {chosen.stream.name: chosen for chosen in catalog.streams}
        self.seen_people: dict[str, JsonObject] = {}
        self.seen_sprints: dict[int, Any] = {}
        self.issues_read = threading.Event()
        self.sweep_failure: Exception | None = None
        self._states = states
        self._messages = messages
        self._projects_lock = threading.Lock()

    # -- states ------------------------------------------------------------------------------------

    def stored_state(self, stream: str) -> dict[str, Any]:
        """The state to go on from; empty to begin anew.

        A full refresh goes on only from a state of its own generation: Airbyte's resumable full refresh.
        """
        state = dict(self._states.get_stream_state(stream, None))
        if not state:
            return {}
        if self.generation(stream) != state.get("generation_id"):
            return {}
        return {} if self._is_full_refresh(stream) and self.generation(stream) is None else state

    def generation(self, stream: str) -> int | None:
        """The generation of a full refresh, to be kept in its state; None for incremental streams."""
        return self.chosen[stream].generation_id if self._is_full_refresh(stream) else None

    def _is_full_refresh(self, stream: str) -> bool:
        return bool(self.chosen[stream].sync_mode == SyncMode.full_refresh)

    def new_state(self, stream: str) -> dict[str, Any]:
        """The part that every state of ours has: version, instance, and the generation of a full refresh."""
        state: dict[str, Any] = {"version": STATE_VERSION, "instance": dict(self.identity)}
        generation = self.generation(stream)
        return state if generation is None else {**state, "generation_id": generation}

    def state_emitter(self) -> StateEmitter:
        """For one owner of states: a stream, or several that are read together."""
        return StateEmitter(self._states, self._messages)

    def emit_states(self, make: Callable[[], Mapping[str, Mapping[str, Any]]]) -> None:
        """Emit the states that `make` returns, by stream name, for a stream that does so from one place."""
        self.state_emitter().emit(make)

    @cached_property
    def identity(self) -> Mapping[str, Any]:
        """What a state keeps of the Jira it belongs to, with a few projects to know it again by."""
        sample = sorted(self.projects, key=lambda project: int(project.id))[:_PROJECTS_IN_IDENTITY]
        return {**self.account.identity, "projects": {project.id: project.key for project in sample}}

    def verify_states(self) -> None:
        """Raises WrongInstance where a state to go on from was made of another Jira."""
        verified: list[Mapping[str, Any]] = []
        for stream in self.chosen:
            stored = self.stored_state(stream).get("instance")
            if isinstance(stored, Mapping) and stored not in verified:
                self._verify_instance(stream, stored)
                verified.append(stored)

    def _verify_instance(self, stream: str, stored: Mapping[str, Any]) -> None:
        now = self.account.identity
        if stored.get("kind") != now["kind"]:
            raise WrongInstance(
                f"The stored state of {stream} comes from {_kind_title(stored.get('kind'))}, and this is"
                f" {self.jira.kind_title}, where ids mean other things: create a new source for it."
            )
        if all(stored.get(name) == now[name] for name in ("base_url", "configured_url")):
            return
        sample = stored.get("projects") or {}
        if any(self._has_project(project_id, key) for project_id, key in sample.items()):
            self.logger.warning(
                "Jira answers under another address than before (%s, now %s);"
                " its projects are the same, so the sync goes on.",
                stored.get("configured_url"),
                now["configured_url"],
            )
            return
        raise WrongInstance(
            f"The stored state of {stream} comes from another Jira ({stored.get('base_url')}) than the one at"
            f" {now['configured_url']}: create a new source for this one, or reset the stream."
        )

    def _has_project(self, project_id: str, key: str) -> bool:
        found = self.jira.project(project_id)
        return found is not None and str(found.get("key")) == key

    # -- projects ----------------------------------------------------------------------------------

    @property
    def project_documents(self) -> list[JsonObject]:
        """All visible projects as Jira gives them, asked for once a run."""
        with self._projects_lock:
            return self._project_documents

    @cached_property
    def _project_documents(self) -> list[JsonObject]:
        return self.jira.projects()

    @property
    def projects(self) -> list[Project]:
        """All visible projects."""
        return [Project.of(document) for document in self.project_documents]

    def select_projects(self) -> Selection:
        """The projects to import, by the configuration."""
        return select(self.projects, self.options.projects)

    # -- records -----------------------------------------------------------------------------------

    @staticmethod
    def record(stream: str, data: Mapping[str, Any]) -> Record:
        """A record, routed to its stream by name."""
        return Record(data=data, stream_name=stream)


def _kind_title(kind: Any) -> str:
    return {"cloud": "Jira Cloud", "self_hosted": "a self-hosted Jira"}.get(str(kind), "another kind of Jira")
