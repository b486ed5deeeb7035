"""`source-jira-flow state`: the file for `read --state`, from what an earlier `read` printed."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from source_jira_flow.commands.running import run_verb
from source_jira_flow.common.files import read_json, write_private
from source_jira_flow.common.json import JsonObject
from source_jira_flow.errors import ConfigurationError
from source_jira_flow.settings import Settings

_STANDARD_INPUT = "-"


def state_main(arguments: list[str], settings: Settings) -> int:
    """Returns 0 if the file was written, 1 if not."""
    parser = argparse.ArgumentParser(
        prog="source-jira-flow state",
        description="Make the file for read --state from the output of an earlier read: the last state of each stream.",
    )
    parser.add_argument(
        "messages",
        nargs="?",
        default=_STANDARD_INPUT,
        metavar="FILE",
        help="what read printed (default: standard input)",
    )
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help="the file to write; it is replaced")
    parser.add_argument(
        "--state",
        type=Path,
        metavar="FILE",
        help="the state that the read began with, for streams that it did not read",
    )
    return run_verb(parser, arguments, _write_state)


def _write_state(options: argparse.Namespace) -> None:
    states: dict[Any, JsonObject] = {}
    if options.state is not None:
        states.update((_stream_of(state), state) for state in _earlier(options.state))
    with _opened(options.messages) as lines:
        found = {_stream_of(state): state for state in _states_in(lines, options.messages)}
    if not found:
        raise ConfigurationError("There is no state in these messages. Use the whole output of a read.")
    states.update(found)
    write_private(options.output, json.dumps(list(states.values()), ensure_ascii=False) + "\n", overwrite=True)
    print(f"Saved the states of {len(states)} streams to {options.output} (readable only by you).")


def _earlier(path: Path) -> list[JsonObject]:
    states = read_json(path, "a list of states")
    if not isinstance(states, list) or not all(_stream_of(state) for state in states):
        raise ConfigurationError(f"{path} is not a list of states. Write one with this command, or leave --state out.")
    return states


def _opened(name: str) -> Any:
    if name == _STANDARD_INPUT:
        return nullcontext(sys.stdin)
    # In another encoding no line is a state, and the sentence for that says what to use.
    return open(name, encoding="utf-8", errors="replace")


def _states_in(lines: Iterable[str], name: str) -> Iterable[JsonObject]:
    for number, line in enumerate(lines, 1):
        # Most lines are records, and long: only those that can be a state are parsed.
        if '"STATE"' not in line:
            continue
        try:
            message = json.loads(line)
        except ValueError:
            raise ConfigurationError(f"Line {number} of {name} is not JSON. Use the output of read as it is.") from None
        state = message.get("state") if isinstance(message, dict) and message.get("type") == "STATE" else None
        if isinstance(state, dict) and _stream_of(state):
            yield state


def _stream_of(state: Any) -> tuple[str, str] | None:
    """Name and namespace of the stream that a state belongs to; None for anything else."""
    try:
        descriptor = state["stream"]["stream_descriptor"]
        return str(descriptor["name"]), str(descriptor.get("namespace") or "")
    except (AttributeError, KeyError, TypeError):
        return None
