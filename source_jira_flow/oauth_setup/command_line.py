"""The verb `oauth`: its options, its end, and what a person is told in each case."""

from __future__ import annotations

import logging

from source_jira_flow.errors import JiraFlowError
from source_jira_flow.oauth_setup.authorization import Paused
from source_jira_flow.oauth_setup.keyboard import EndOfInput
from source_jira_flow.oauth_setup.options import Options, parse_options
from source_jira_flow.oauth_setup.paste import show_fields_again
from source_jira_flow.oauth_setup.screen import Screen
from source_jira_flow.oauth_setup.walk import Walk
from source_jira_flow.settings import DEFAULTS, Settings

DONE, FAILED, PAUSED, INTERRUPTED = 0, 1, 3, 130


def oauth_main(arguments: list[str], settings: Settings = DEFAULTS) -> int:
    """Run the verb; returns the exit code. What was done is kept on disk whatever happens."""
    try:
        options = parse_options(arguments)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else FAILED
    screen = Screen(assume_yes=options.yes)
    try:
        _run(options, screen, settings)
    except Paused as paused:
        screen.say(str(paused))
        screen.value(paused.command)
        return PAUSED
    except JiraFlowError as error:
        screen.fail(str(error))
        _tell_how_to_go_on(options, screen)
        return FAILED
    except (KeyboardInterrupt, EndOfInput):
        screen.blank()
        screen.say("Stopped.")
        _tell_how_to_go_on(options, screen)
        return INTERRUPTED
    return DONE


def _run(options: Options, screen: Screen, settings: Settings) -> None:
    if options.paste:
        show_fields_again(screen, options.places, secrets=options.show_secrets)
    else:
        Walk(options, screen, settings.impatient(), logging.getLogger(__name__)).go()


def _tell_how_to_go_on(options: Options, screen: Screen) -> None:
    if options.places.session.exists():
        screen.say("What was done so far is kept. To go on from here:")
        screen.value(options.places.command("--resume"))
