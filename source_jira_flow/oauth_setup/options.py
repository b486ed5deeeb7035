"""The options of the verb."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field
from pathlib import Path

from source_jira_flow.oauth_setup.places import DEFAULT_OUTPUT, Places

_EPILOG = """\
Everything lies beside --output: the private key, the steps for the administrator, and what --resume goes on from.
Ctrl-C loses nothing.

exit codes: 0 done, 1 failed, 2 wrong options, 3 waiting for a person (the command to go on is printed), 130 interrupted
"""


@dataclass(frozen=True)
class Options:
    """What was asked for on the command line."""

    output: Path
    base_url: str | None = None
    key_file: Path | None = None
    consumer_key: str | None = None
    verifier: str | None = field(default=None, repr=False)
    callback_port: int | None = None
    timeout: float = 300.0
    resume: bool = False
    prepare: bool = False
    paste: bool = False
    browser: bool = True
    show_secrets: bool = False
    yes: bool = False

    @property
    def places(self) -> Places:
        """The files of this set-up."""
        return Places(self.output)


def parse_options(arguments: list[str]) -> Options:
    """Raises SystemExit, as argparse does: 0 after --help, 2 for wrong options."""
    return Options(**vars(_parser().parse_args(arguments)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="source-jira-flow oauth",
        description="From the base URL of a Jira to a working OAuth 1.0a token, and the configuration that uses it.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--base-url", metavar="URL", help="the address of Jira, as in the browser")
    parser.add_argument(
        "--output",
        metavar="FILE",
        type=Path,
        default=DEFAULT_OUTPUT,
        help="the configuration to write (default: %(default)s); never overwritten without asking",
    )
    parser.add_argument("--resume", action="store_true", help="go on from where the last run stopped")
    parser.add_argument(
        "--prepare", action="store_true", help="make the key, show the steps for the administrator, and stop"
    )
    parser.add_argument(
        "--key-file", metavar="FILE", type=Path, help="an RSA private key (PEM); made there if there is none"
    )
    parser.add_argument("--consumer-key", metavar="KEY", help="the consumer key of the application link in Jira")
    parser.add_argument("--verifier", metavar="CODE", help="the code that Jira showed after Allow")
    parser.add_argument(
        "--no-browser", dest="browser", action="store_false", help="open no browser; Jira shows a code to type instead"
    )
    parser.add_argument(
        "--callback-port",
        metavar="PORT",
        type=int,
        help="the port of this machine that Jira sends the browser back to (default: any free one)",
    )
    parser.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=float,
        default=300.0,
        help="how long to wait for the browser to come back (default: %(default).0f)",
    )
    parser.add_argument("--yes", action="store_true", help="answer questions with yes, to overwrite included")
    parser.add_argument(
        "--paste", action="store_true", help="only tell again what to paste into Airbyte, from the --output of before"
    )
    parser.add_argument("--show-secrets", action="store_true", help="show the key and the tokens at the end")
    return parser
