"""The verb `oauth`: its options, its exit codes, and what a person reads in each case."""

from __future__ import annotations

import logging
from contextlib import suppress

from source_jira_flow.common.files import reason_of
from source_jira_flow.errors import ConfigurationError, JiraFlowError
from source_jira_flow.oauth_setup.authorization import Paused
from source_jira_flow.oauth_setup.options import Options, parse_options
from source_jira_flow.oauth_setup.paste import show_fields_again
from source_jira_flow.oauth_setup.screen import EndOfInput, Screen
from source_jira_flow.oauth_setup.session_file import load_session
from source_jira_flow.oauth_setup.walk import Walk
from source_jira_flow.settings import DEFAULTS, Settings

DONE, FAILED, PAUSED, INTERRUPTED = 0, 1, 3, 130


def oauth_main(arguments: list[str], settings: Settings = DEFAULTS) -> int:
    """Run the verb; returns the exit code. Whatever happens, the progress is on disk."""
    try:
        options = parse_options(arguments)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else FAILED
    screen = Screen(assume_yes=options.yes)
    try:
        if options.paste:
            show_fields_again(screen, options.places, secrets=options.show_secrets)
        else:
            Walk(options, screen, settings.impatient(), logging.getLogger(__name__)).go()
    except Paused as paused:
        screen.say(str(paused))
        screen.value(paused.command)
        return PAUSED
    except (JiraFlowError, OSError) as error:
        screen.fail(_sentence(error))
        _say_how_to_continue(options, screen)
        return FAILED
    except (KeyboardInterrupt, EndOfInput):
        screen.blank()
        screen.say("Stopped.")
        _say_how_to_continue(options, screen)
        return INTERRUPTED
    return DONE


def _say_how_to_continue(options: Options, screen: Screen) -> None:
    with suppress(ConfigurationError):
        if load_session(options.places.session) is not None:
            screen.say("The progress so far is saved. To continue from here:")
            screen.value(options.places.command("--resume"))


def _sentence(error: JiraFlowError | OSError) -> str:
    if isinstance(error, OSError):
        return f"{error.filename or 'A file'} can't be used: {reason_of(error)}. Name another with --output."
    return str(error)
