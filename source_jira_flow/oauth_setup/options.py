"""The options of the verb."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass, field
from pathlib import Path

from source_jira_flow.oauth_setup.places import DEFAULT_OUTPUT, Places

# File systems take 255 bytes.
_LONGEST_NAME = 200
_LAST_PORT = 65535
# A day.
_LONGEST_TIMEOUT = 86_400.0
_EPILOG = """\
All files are next to --output: the private key, the steps for the administrator, and the progress for --resume.
Ctrl-C loses nothing.

exit codes: 0 done, 1 failed, 2 wrong options, 3 waiting for somebody (the command to continue is printed), 130 stopped
"""


@dataclass(frozen=True)
class Options:
    """What was asked for on the command line."""

    places: Places
    base_url: str | None
    key_file: Path | None
    consumer_key: str | None
    verifier: str | None = field(repr=False)
    callback_port: int | None
    timeout: float
    resume: bool
    prepare: bool
    paste: bool
    browser: bool
    show_secrets: bool
    yes: bool


def _places(text: str) -> Places:
    """Of a path with a name that leaves room for the endings of the files next to it."""
    path = Path(text)
    if not path.name:
        raise argparse.ArgumentTypeError(f"{text!r} is a folder: name a file, such as {DEFAULT_OUTPUT}")
    if len(os.fsencode(path.name)) > _LONGEST_NAME:
        raise argparse.ArgumentTypeError(f"the file name is longer than {_LONGEST_NAME} bytes: choose a shorter one")
    return Places(path)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > _LAST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: name a number from 1 to {_LAST_PORT}")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < _LONGEST_TIMEOUT:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds, such as 300")
    return seconds


def parse_options(arguments: list[str]) -> Options:
    """Raises SystemExit, as argparse does: 0 after --help, 2 for wrong options."""
    parser = argparse.ArgumentParser(
        prog="source-jira-flow oauth",
        description="From the base URL of a Jira to a working OAuth 1.0a token, and the configuration that uses it.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--base-url", metavar="URL", help="the address of Jira, as in the browser")
    parser.add_argument(
        "--output",
        dest="places",
        metavar="FILE",
        type=_places,
        default=str(DEFAULT_OUTPUT),
        help="the configuration to write (default: %(default)s); never overwritten without asking",
    )
    parser.add_argument("--resume", action="store_true", help="continue where the last run stopped")
    parser.add_argument(
        "--prepare", action="store_true", help="make the key, show the steps for the administrator, and stop"
    )
    parser.add_argument(
        "--key-file", metavar="FILE", type=Path, help="an RSA private key (PEM); created if it does not exist"
    )
    parser.add_argument("--consumer-key", metavar="KEY", help="the consumer key of the application link in Jira")
    parser.add_argument("--verifier", metavar="CODE", help="the code that Jira showed after Allow")
    parser.add_argument(
        "--no-browser", dest="browser", action="store_false", help="open no browser; type a code from Jira instead"
    )
    parser.add_argument(
        "--callback-port",
        metavar="PORT",
        type=_port,
        help="the port on this machine that Jira sends the browser back to (default: any free one)",
    )
    parser.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=_seconds,
        default=300.0,
        help="how long to wait for the browser to come back (default: %(default).0f)",
    )
    parser.add_argument("--yes", action="store_true", help="answer every question with yes, also before overwriting")
    parser.add_argument(
        "--paste", action="store_true", help="print what to paste into Airbyte again, from an earlier --output"
    )
    parser.add_argument("--show-secrets", action="store_true", help="show the key and the tokens at the end")
    return Options(**vars(parser.parse_args(arguments)))
