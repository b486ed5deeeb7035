"""The command line: the demo where no verb is named, `sync --config FILE` for a Jira of one's own."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console

from demo import showing
from demo.configuration import database_for, read_configuration
from demo.tour import tour
from demo.troubles import Trouble
from demo.warehouse import Warehouse, prepare

_WIDTH_OF_FILES = 110


def main() -> int:
    """Returns the exit code: 0 done, 1 failed, 130 interrupted."""
    options = _options()
    # The file is named: what PyAirbyte prints is sent elsewhere while it runs.
    width = None if sys.stdout.isatty() else _WIDTH_OF_FILES
    console = Console(file=sys.stdout, highlight=False, width=width)
    try:
        if options.verb == "sync":
            sync(console, options.config, options.database)
        else:
            tour(console)
    except Trouble as trouble:
        showing.trouble(console, trouble)
        return 1
    except KeyboardInterrupt:
        console.print("\nStopped.")
        return 130
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    verbs = parser.add_subparsers(dest="verb")
    sync_parser = verbs.add_parser("sync", help="your own Jira into a DuckDB file that is kept between runs")
    sync_parser.add_argument("--config", default="", metavar="FILE", help="the configuration, as for check and read")
    sync_parser.add_argument("--database", type=Path, metavar="FILE", help="default: .sync/HOST.duckdb")
    return parser.parse_args()


def sync(console: Console, config_file: str, database: Path | None) -> None:
    """All streams of one's own Jira into a DuckDB file: everything at first, later what changed."""
    config = read_configuration(config_file)
    path = database or database_for(str(config.get("base_url") or ""))
    prepare()
    goes_on = path.exists()
    warehouse = Warehouse(Path(config_file).expanduser(), config, path)
    showing.step(console, "Testing the connection")
    showing.say(console, warehouse.check(console), "green")
    with warehouse.opened(console) as opened:
        showing.step(console, f"Syncing all streams into {path}")
        synced = opened.sync()
        showing.counts(console, synced)
        if goes_on:
            showing.step(console, "What this sync brought")
            showing.brought(console, opened, synced)
        showing.step(console, "Open tickets per project and status")
        showing.answer(console, opened)
    showing.goodbye(console, path)


if __name__ == "__main__":
    sys.exit(main())
