"""The files of a verb: configuration, catalog and states, each as asked for or one sentence that says what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from airbyte_cdk.models import (
    AirbyteStateMessage,
    AirbyteStateMessageSerializer,
    AirbyteStateType,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteCatalogSerializer,
)

from source_jira_flow.common.files import read_json, read_json_object, shown
from source_jira_flow.common.json import JsonObject
from source_jira_flow.common.text import listed
from source_jira_flow.errors import ConfigurationError, traced

_OTHER_STATES = {
    AirbyteStateType.GLOBAL: "a global state, and this source writes one state per stream",
    AirbyteStateType.LEGACY: "a state in Airbyte's old form, and this source writes one state per stream",
}
_TO_GET_STATES = (
    "Make it from the output of the last read with `source-jira-flow state`, or leave --state out to read everything"
    " again."
)


@traced()
def read_config(config_path: str) -> JsonObject:
    """The configuration as it was entered. Raises errors in Airbyte's form, as all of these do."""
    return read_json_object(Path(config_path), "a configuration")


@traced()
def read_catalog(catalog_path: str) -> ConfiguredAirbyteCatalog:
    """The chosen streams."""
    path = Path(catalog_path)
    document = read_json(path, "a configured catalog")
    try:
        catalog: ConfiguredAirbyteCatalog = ConfiguredAirbyteCatalogSerializer.load(document)
    except Exception as error:  # noqa: BLE001  # whatever the CDK's serializer stumbles over
        raise ConfigurationError(
            f"{shown(path)} is not a configured catalog{_place(error)}. It is an object with 'streams', each with a"
            " 'stream' as discover prints it, a 'sync_mode' and a 'destination_sync_mode': choose the streams again."
        ) from None
    names = [each.stream.name for each in catalog.streams]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigurationError(f"{shown(path)} has more than one entry for {listed(twice)}: leave one of each.")
    return catalog


@traced()
def read_states(state_path: str | None) -> list[AirbyteStateMessage]:
    """The states of the last sync; none without a file, or from an empty list or object."""
    if not state_path:
        return []
    path = Path(state_path)
    document = read_json(path, "a list of states") or []
    if not isinstance(document, list):
        raise ConfigurationError(f"{shown(path)} is not a list of states. {_TO_GET_STATES}")
    return [_state(row, path) for row in document]


def _state(row: Any, path: Path) -> AirbyteStateMessage:
    try:
        state: AirbyteStateMessage = AirbyteStateMessageSerializer.load(row)
    except Exception as error:  # noqa: BLE001  # whatever the CDK's serializer stumbles over
        raise ConfigurationError(
            f"{shown(path)} contains something other than stream states{_place(error)}. {_TO_GET_STATES}"
        ) from None
    if state.stream is None or not isinstance(row["stream"].get("stream_state") or {}, dict):
        what = _OTHER_STATES.get(state.type, "something other than stream states")
        raise ConfigurationError(f"{shown(path)} holds {what}. {_TO_GET_STATES}")
    return state


def _place(error: Exception) -> str:
    """Where in the document the serializer found something wrong first."""
    places = [item.instance_path for item in getattr(error, "errors", [])]
    return f" (see {places[0]})" if places and places[0] else ""
