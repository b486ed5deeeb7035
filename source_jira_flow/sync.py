"""One run of `read`: the Jira that answers, the streams that were chosen, and the states that were handed in."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from functools import cached_property
from typing import Protocol

from airbyte_cdk.models import ConfiguredAirbyteCatalog, ConfiguredAirbyteStream
from airbyte_cdk.sources.connector_state_manager import ConnectorStateManager
from airbyte_cdk.sources.message import MessageRepository

from source_jira_flow.common.json import JsonObject
from source_jira_flow.jira.base import Jira
from source_jira_flow.jira.projects import Project, Selection, select
from source_jira_flow.settings import Options, Settings
from source_jira_flow.state.instance import StateInstance
from source_jira_flow.state.store import States


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

    def prove_answer(self) -> None:
        """The same for the last answer that this thread received: it may name the account itself."""


class Sync:
    """What every stream of one run shares.

    `now` is T0: Jira's clock before anything was read, in epoch milliseconds.
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
    ) -> None:
        self.jira = jira
        self.account = account
        self.options = options
        self.settings = settings
        self.workers = jira.workers
        self.now = account.now
        self.logger = logger
        self.chosen: Mapping[str, ConfiguredAirbyteStream] = {chosen.stream.name: chosen for chosen in catalog.streams}
        instance = StateInstance(jira, account.identity, lambda: self.projects, logger)
        self.states = States(self.chosen, states, messages, instance)
        self._projects_lock = threading.Lock()

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
        return select(self.projects, self.options.projects, self.options.excluded)
