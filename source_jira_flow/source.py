"""The source: the manifest's streams and our own, `check` by diagnosis, and one sign-in before anything is read."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from airbyte_cdk.models import (
    AirbyteCatalog,
    AirbyteConnectionStatus,
    AirbyteMessage,
    AirbyteStateMessage,
    ConfiguredAirbyteCatalog,
    ConnectorSpecification,
)
from airbyte_cdk.sources import Source
from airbyte_cdk.sources.streams.concurrent.abstract_stream import AbstractStream

from source_jira_flow.cdk import inputs, masking
from source_jira_flow.cdk.lines import one_by_one
from source_jira_flow.cdk.seam import ConcurrentRead, Manifest
from source_jira_flow.check.checkup import run_check
from source_jira_flow.config import Config
from source_jira_flow.errors import traced
from source_jira_flow.jira.connection import client_for, connect
from source_jira_flow.settings import DEFAULTS, Settings
from source_jira_flow.streams import build_streams
from source_jira_flow.sync import Sync

MANIFEST = Path(__file__).with_name("manifest.yaml")
# The issue scan takes as many threads as there are workers; streams that wait for it and the small lists need their
# own. The client bounds how many requests are under way at once.
_SPARE_THREADS = 10


class SourceJiraFlow(Source):
    """Airbyte's entry.

    `takes_lines` tells that whoever reads takes records as `cdk.lines` has them, several at once.
    `manifest` has the specification and the small lists.
    Catalog, config and state come again with each verb; they are taken here as the CDK's own sources take them.
    """

    def __init__(
        self,
        catalog: ConfiguredAirbyteCatalog | None = None,
        config: Mapping[str, Any] | None = None,
        state: list[AirbyteStateMessage] | None = None,
        *,
        settings: Settings = DEFAULTS,
        takes_lines: bool = False,
        manifest: Path = MANIFEST,
    ) -> None:
        self.logger = logging.getLogger(f"airbyte.{self.name}")
        self._manifest = Manifest(manifest)
        self._settings = settings
        self._takes_lines = takes_lines

    # Each verb says itself what is wrong with a configuration, and names the fields.
    check_config_against_spec = False

    read_config = staticmethod(inputs.read_config)
    read_catalog = staticmethod(inputs.read_catalog)
    read_state = staticmethod(inputs.read_states)

    def configure(self, config: Mapping[str, Any], temp_dir: str) -> Mapping[str, Any]:
        """The configuration as it is. Its secrets are not written to another file."""
        return config

    def spec(self, logger: logging.Logger) -> ConnectorSpecification:
        """What the configuration consists of."""
        return self._manifest.specification

    def check(self, logger: logging.Logger, config: Mapping[str, Any]) -> AirbyteConnectionStatus:
        """All findings at once, by `diagnosis`."""
        return run_check(config, logger, self._settings)

    def discover(self, logger: logging.Logger, config: Mapping[str, Any]) -> AirbyteCatalog:
        """All streams, whatever the account may see: the sync reports what it can't read."""
        with traced():
            Config.parse(config)
        return AirbyteCatalog(streams=[stream.as_airbyte_stream() for stream in self.streams(config)])

    def streams(self, config: Mapping[str, Any]) -> list[AbstractStream]:
        """All streams, to be described."""
        return self._streams(_no_sync, None)

    def read(
        self,
        logger: logging.Logger,
        config: Mapping[str, Any],
        catalog: ConfiguredAirbyteCatalog,
        state: list[AirbyteStateMessage] | None = None,
    ) -> Iterator[AirbyteMessage]:
        """Sign in, hold the states against the instance, and read the chosen streams."""
        masking.register(config)
        with traced():
            parsed = Config.parse(config)
            if not catalog.streams:
                logger.warning("The catalog has no streams, so nothing is read: choose streams in the connection.")
            read = ConcurrentRead(catalog, state, workers=parsed.workers + _SPARE_THREADS, logger=self.logger)
            sync = self._begin(parsed, read, logger)
        messages = read.read(self._streams(lambda: sync, read))
        yield from messages if self._takes_lines else chain.from_iterable(map(one_by_one, messages))

    def _streams(self, running_sync: Callable[[], Sync], read: ConcurrentRead | None) -> list[AbstractStream]:
        # What the CDK passes to each component: how to get the running sync, and nothing that the user entered.
        small_lists = self._manifest.streams({"running_sync": running_sync}, read)
        return build_streams(running_sync, small_lists, self.logger)

    def _begin(self, config: Config, read: ConcurrentRead, logger: logging.Logger) -> Sync:
        instance = connect(config, client_for(config, settings=self._settings, logger=logger))
        logger.info(
            "Successfully connected via %s to %s (%s %s).",
            instance.account.title,
            config.base_url,
            instance.jira.kind_title,
            instance.server.version,
        )
        sync = Sync(
            instance.jira, instance, config.options, self._settings, read.catalog, read.states, read.messages, logger
        )
        sync.states.verify()
        return sync


def _no_sync() -> Sync:
    raise RuntimeError("Streams are read only within a sync.")
