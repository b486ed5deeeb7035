"""Airbyte's declarative way: the same issues by `declarative/manifest.yaml`, with the parts that sources have."""

from __future__ import annotations

import sys
from pathlib import Path

from airbyte_cdk.entrypoint import AirbyteEntrypoint, launch
from airbyte_cdk.sources.declarative.yaml_declarative_source import YamlDeclarativeSource

_MANIFEST = Path(__file__).parent.parent / "declarative" / "manifest.yaml"


def main(arguments: list[str]) -> None:
    """Run the source as its command line would."""
    parsed = AirbyteEntrypoint.parse_args(arguments)
    source = YamlDeclarativeSource(
        str(_MANIFEST),
        catalog=YamlDeclarativeSource.read_catalog(parsed.catalog),
        config=YamlDeclarativeSource.read_config(parsed.config),
        state=None,
    )
    launch(source, arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
