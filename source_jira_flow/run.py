"""The command line: Airbyte's verbs, and those for people."""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pkgutil import resolve_name

from airbyte_cdk.entrypoint import AirbyteEntrypoint
from airbyte_cdk.exception_handler import init_uncaught_exception_handler
from airbyte_cdk.logger import init_logger

from source_jira_flow import __version__
from source_jira_flow.cdk import entrypoint, process
from source_jira_flow.common.files import reason_of
from source_jira_flow.common.text import printable
from source_jira_flow.errors import ConfigurationError
from source_jira_flow.settings import Settings
from source_jira_flow.source import SourceJiraFlow

_USAGE = """usage: source-jira-flow VERB [options]

Airbyte's verbs
  spec                                     show the fields of the configuration
  check     --config FILE                  test the connection
  discover  --config FILE                  show the streams and their columns
  read      --config FILE --catalog FILE [--state FILE]

For people
  diagnose  --config FILE                  show the findings of check, project by project
  oauth     --base-url URL                 set up OAuth, from the base URL to a working token
  save      FILE                           save a configuration from standard input, readable only by you
  state     FILE --output FILE             make the file for --state from the output of read
  split     --config FILE --parts NUMBER   split the projects of a large Jira into several connections

`source-jira-flow VERB --help` says more about a verb, `source-jira-flow --version` shows the version.
"""


def main(arguments: list[str] | None = None) -> int:
    """Run one verb; returns the exit code."""
    _open_standard_streams()
    try:
        code = _run(sys.argv[1:] if arguments is None else arguments)
        sys.stdout.flush()
    except (BrokenPipeError, KeyboardInterrupt) as ended:
        # The output was closed, as by `| head`, or Ctrl-C. Other tools end by the signal, which no thread outlives.
        number = signal.SIGPIPE if isinstance(ended, BrokenPipeError) else signal.SIGINT
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)
        raise
    except OSError as error:
        # What a verb can't read or write it says itself: this is the output. Threads may wait for it forever.
        print(f"The output can't be written: {reason_of(error)}.", file=sys.__stderr__, flush=True)
        os._exit(1)
    return code


def _open_standard_streams() -> None:
    """Output in UTF-8, as Airbyte's protocol is, whatever the locale; and nowhere for a stream that is closed."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            nowhere = open(os.devnull, mode, encoding="utf-8")  # noqa: SIM115  # as long as the process
            setattr(sys, name, nowhere)
            # The CDK writes to this one.
            setattr(sys, f"__{name}__", nowhere)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8")


def _run(given: list[str]) -> int:
    verb = given[0] if given else ""
    if verb in ("", "--help", "-h", "help"):
        print(_USAGE, end="")
        return 0 if verb else 2
    if verb == "--version":
        print(f"source-jira-flow {__version__}")
        return 0
    run = VERBS.get(verb)
    if run is None:
        print(f"source-jira-flow: there is no verb '{printable(verb)}'.\n\n{_USAGE}", end="", file=sys.stderr)
        return 2
    try:
        return run(given)
    except SystemExit as ended:
        # Argparse has printed what is wrong with the options.
        return ended.code if isinstance(ended.code, int) else 1


def _for_people(arguments: list[str]) -> int:
    try:
        settings = Settings.from_environment(os.environ)
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 1
    # Imported only when asked for: a sync does without them.
    run: Callable[[list[str], Settings], int] = resolve_name(_FOR_PEOPLE[arguments[0]])
    return run(arguments[1:], settings)


def _airbyte(arguments: list[str]) -> int:
    init_uncaught_exception_handler(init_logger("airbyte"))
    parsed = AirbyteEntrypoint.parse_args(arguments)
    try:
        settings = Settings.from_environment(os.environ)
    except ConfigurationError as error:
        print(entrypoint.failure(error))
        return 1
    process.tune()
    return entrypoint.run(SourceJiraFlow(settings=settings, takes_lines=True), parsed)


_FOR_PEOPLE: Mapping[str, str] = {
    "diagnose": "source_jira_flow.check.command_line:diagnose_main",
    "oauth": "source_jira_flow.oauth_setup.command_line:oauth_main",
    "save": "source_jira_flow.commands.save:save_main",
    "state": "source_jira_flow.commands.state:state_main",
    "split": "source_jira_flow.commands.split:split_main",
}
VERBS: Mapping[str, Callable[[list[str]], int]] = {
    **dict.fromkeys(("spec", "check", "discover", "read"), _airbyte),
    **dict.fromkeys(_FOR_PEOPLE, _for_people),
}


if __name__ == "__main__":
    sys.exit(main())
