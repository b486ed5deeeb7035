"""The source: the manifest's streams and our own, `check` by diagnosis, and one sign-in before anything is read."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from airbyte_cdk.models import (
    AirbyteConnectionStatus,
    AirbyteMessage,
    AirbyteStateMessage,
    ConfiguredAirbyteCatalog,
)
from airbyte_cdk.sources.declarative.yaml_declarative_source import YamlDeclarativeSource
from airbyte_cdk.sources.streams.concurrent.abstract_stream import AbstractStream

from source_jira_flow.cdk import masking, seam
from source_jira_flow.check.checkup import run_check
from source_jira_flow.config import Config
from source_jira_flow.errors import JiraFlowError, as_traced
from source_jira_flow.jira.connection import client_for, connect
from source_jira_flow.lists import streams_of
from source_jira_flow.scan.streams import SharedSweep, fed_streams, issue_streams
from source_jira_flow.settings import Settings
from source_jira_flow.snapshots.streams import snapshot_streams
from source_jira_flow.sync import Sync

_MANIFEST = str(Path(__file__).with_name("manifest.yaml"))


class SourceJiraFlow(YamlDeclarativeSource):
    """Airbyte's entry. Catalog, config and state are those of the run, where they are known.

    `writes_json` tells that records are written as JSON and nothing else: their bulk may then be JSON already.
    """

    writes_json = False

    def __init__(
        self,
        catalog: ConfiguredAirbyteCatalog | None = None,
        config: Mapping[str, Any] | None = None,
        state: list[AirbyteStateMessage] | None = None,
        config_path: str | None = None,
    ) -> None:
        super().__init__(_MANIFEST, catalog=catalog, config=config, state=state, config_path=config_path)
        self._sync: Sync | None = None

    def configure(self, config: Mapping[str, Any], temp_dir: str) -> Mapping[str, Any]:
        """Begin again with a config where the source was made without one, as test harnesses do."""
        if not self._config and config:
            self.__init__(config=config)  # type: ignore[misc]  # the CDK builds everything in its constructor
        return super().configure(config, temp_dir)

    def check(self, logger: logging.Logger, config: Mapping[str, Any]) -> AirbyteConnectionStatus:
        """All findings at once, by `diagnosis`."""
        masking.register(config)
        return run_check(config, logger)

    def streams(self, config: Mapping[str, Any]) -> list[AbstractStream]:
        """All streams, whatever the account may see: what is out of its reach is told when it is read."""
        masking.register(self._config)
        sweep = SharedSweep(self._running_sync)
        with streams_of(self._running_sync):
            small_lists = super().streams(config)
        return [
            *issue_streams(sweep, self.logger),
            *snapshot_streams(self._running_sync, sweep, self.logger),
            *small_lists,
        ]

    def read(
        self,
        logger: logging.Logger,
        config: Mapping[str, Any],
        catalog: ConfiguredAirbyteCatalog,
        state: list[AirbyteStateMessage] | None = None,
    ) -> Iterator[AirbyteMessage]:
        """Sign in, hold the states against the instance, and read the chosen streams."""
        masking.register(config)
        seam.bound_record_queue(self)
        try:
            self._sync = self._begin(config, catalog, logger)
        except JiraFlowError as error:
            raise as_traced(error) from error
        yield from super().read(logger, config, catalog, state)

    def _begin(self, raw: Mapping[str, Any], catalog: ConfiguredAirbyteCatalog, logger: logging.Logger) -> Sync:
        config = Config.parse(raw)
        settings = Settings.from_environment()
        instance = connect(config, client_for(config, settings=settings, logger=logger))
        logger.info(
            "Successfully connected via %s to %s (%s %s).",
            instance.account.title,
            config.base_url,
            instance.jira.kind_title,
            instance.server.version,
        )
        sync = Sync(
            instance.jira,
            instance,
            config.options,
            settings,
            catalog,
            seam.state_manager(self),
            seam.message_repository(self),
            logger,
            self.writes_json,
        )
        sync.states.verify()
        if not fed_streams(sync):
            sync.issues_read.set()
        return sync

    def _running_sync(self) -> Sync:
        if self._sync is None:
            raise RuntimeError("Streams are read only within a sync.")
        return self._sync
