"""The two steps that people take in Jira: making the application link, and pressing Allow."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass
from urllib.parse import urlsplit

from source_jira_flow.common.files import write_private
from source_jira_flow.common.text import duration
from source_jira_flow.errors import ConfigurationError
from source_jira_flow.oauth_setup.browser import can_open_browser, open_browser
from source_jira_flow.oauth_setup.callback import CallbackListener, verifier_in
from source_jira_flow.oauth_setup.dance import DENIED_VERIFIER, OUT_OF_BAND, AccessToken, Dance, RequestToken
from source_jira_flow.oauth_setup.options import Options
from source_jira_flow.oauth_setup.problems import DENIED, DanceRefused
from source_jira_flow.oauth_setup.screen import Screen
from source_jira_flow.oauth_setup.session_file import KeptSession
from source_jira_flow.oauth_setup.steps import EXISTING_LINK, Step

_TYPING_TRIES = 3
# After these the request token is still valid: type the code again, or press Allow.
_WRONG_CODE = ("token_rejected", "parameter_rejected", "parameter_absent")
_NOT_ALLOWED_YET = ("permission_unknown", "additional_authorization_required")
_DENIED = ("permission_denied", "user_refused")
# After these a new request token is needed, and requested without asking.
_OVER = ("token_expired", "token_used")
_LOOK_AT_THE_FIRST_DIALOG = "Was every field except the Application Name left blank in the first dialog?"
_TRY_AGAIN = "Press Enter to try again, or Ctrl-C to stop and continue later."


class Paused(Exception):  # noqa: N818  # not an error
    """Somebody must act who is not at the terminal. `command` continues once they have."""

    def __init__(self, message: str, command: str) -> None:
        super().__init__(message)
        self.command = command


@dataclass
class Authorization:
    """Gets a request token, which proves the application link, and an access token, which proves Allow.

    The listener for the callback lives as long as `open_things`.
    """

    dance: Dance
    kept: KeptSession
    screen: Screen
    options: Options
    open_things: ExitStack

    def __post_init__(self) -> None:
        self._listener: CallbackListener | None = None
        self._shown = ""
        self._wrong_codes = 0
        self._given_verifier = self.options.verifier if self.kept.now.request_token else None
        self._opens_browser = self.options.browser and self.screen.person and can_open_browser()
        self._calls_back = self._opens_browser or (self.options.browser and self.options.callback_port is not None)

    # The application link

    def show_steps(self, steps: list[Step], text: str) -> None:
        """What an administrator does in Jira, on the screen and in a file to send."""
        screen, place = self.screen, self.options.places.steps
        try:
            write_private(place, text, overwrite=True)
            screen.say(f"These steps are for a Jira administrator. {place} has the same text, ready to send.")
        except OSError:
            screen.say("These steps are for a Jira administrator.")
        for number, step in enumerate(steps, 1):
            screen.blank()
            screen.item(number, step.text)
            if step.value:
                screen.value(step.value)
        screen.blank()
        screen.say(EXISTING_LINK)
        screen.blank()

    def wait_for_administrator(self) -> None:
        """Raises Paused if nobody is at the terminal to say when the link exists."""
        command = self.options.places.command("--resume")
        if self.options.prepare or not self.screen.person:
            raise Paused("When the application link exists in Jira, continue with:", command)
        self.screen.ask("Press Enter when the link exists, or Ctrl-C to stop and continue later.")

    def link_stands(self) -> bool:
        """Whether Jira knows the consumer. Raises any other problem."""
        try:
            self._request_token()
        except DanceRefused as refused:
            if refused.problem != "consumer_key_unknown":
                raise
            self.screen.warn("Jira does not know this key pair yet.")
            return False
        return True

    def insist_on_link(self) -> None:
        """Ask until Jira knows the consumer. With nobody at the terminal, raise the problem."""
        while True:
            try:
                self._request_token()
                return
            except DanceRefused as refused:
                self._tell(refused)
                if refused.problem == "consumer_key_unknown":
                    self.screen.say(_LOOK_AT_THE_FIRST_DIALOG)
                self.screen.ask(_TRY_AGAIN)

    # Allow

    def allow(self) -> AccessToken:
        """The access token, once somebody has pressed Allow.

        Raises Paused if a code must be typed and nobody is at the terminal, DanceRefused if that does not help.
        """
        if self.options.verifier and not self._given_verifier:
            self.screen.warn("That code belongs to an earlier attempt: a new one is needed.")
        while True:
            token = self._request_token()
            verifier = self._verifier(token)
            if verifier is None:
                self._calls_back = False
                self._drop_request_token()
                continue
            try:
                if verifier == DENIED_VERIFIER:
                    raise DanceRefused("permission_denied", DENIED)
                return self.dance.access_token(token, verifier)
            except DanceRefused as refused:
                self._prepare_another_try(refused)

    def _prepare_another_try(self, refused: DanceRefused) -> None:
        """With the same request token if it is still valid. Raises the refusal if nobody is at the terminal."""
        if refused.problem in (*_OVER, *_DENIED):
            self._drop_request_token()
        if refused.problem in _OVER:
            self.screen.warn(f"{refused} Starting again with a new page.")
            return
        self._tell(refused)
        if refused.problem in _WRONG_CODE:
            self._wrong_codes += 1
            if self._wrong_codes == _TYPING_TRIES:
                self._drop_request_token()
                self.screen.warn("Starting again with a new page.")
        elif refused.problem not in _NOT_ALLOWED_YET:
            self.screen.ask(_TRY_AGAIN)

    def _tell(self, refused: DanceRefused) -> None:
        if not self.screen.person:
            raise refused
        self.screen.fail(str(refused))

    def _verifier(self, token: RequestToken) -> str | None:
        """The verifier: from the command line, the callback or the keyboard. None to switch to a typed code."""
        given, self._given_verifier = self._given_verifier, None
        if given:
            return verifier_in(given)
        if token.token != self._shown:
            self._show_page(token)
        if self._listener is not None:
            return self._called_back(self._listener)
        if not self.screen.person:
            command = self.options.places.command("--resume", "--verifier", "CODE")
            raise Paused("Press Allow on that page. Then continue with the code that Jira shows:", command)
        verifier = ""
        while not verifier:
            verifier = verifier_in(self.screen.ask("Code that Jira shows:"))
        return verifier

    def _show_page(self, token: RequestToken) -> None:
        self._shown = token.token
        address, screen = self.dance.authorize_address(token), self.screen
        screen.say(
            "Open this page of Jira signed in as the service account, and press Allow. Use a private browser window, so"
            " that you are not signed in as yourself."
        )
        screen.value(address)
        if self._listener is not None and self._opens_browser and open_browser(address):
            screen.say("Your browser has opened it.")

    def _called_back(self, listener: CallbackListener) -> str | None:
        """What the callback brought, or what was pasted instead. None if nothing came: then a code is typed."""
        screen, seconds = self.screen, self.options.timeout
        if screen.person:
            # Pressed too early.
            screen.keyboard.forget_typed()
        screen.say(f"Waiting up to {duration(seconds)} for Jira to send the browser back to {listener.address}")
        line = None
        if screen.person:
            screen.say(
                "If the browser can't show that page, paste its address here. Or press Enter to type a code instead."
            )
            line = screen.keyboard.line_until(lambda: listener.wait(0), seconds)
        else:
            listener.wait(seconds)
        verifier = listener.take()
        if verifier is not None:
            return verifier
        if line is not None:
            return verifier_in(line) or None
        message = f"Nothing came back within {duration(seconds)}. Was the page closed?"
        if not screen.person:
            raise Paused(f"{message} To try again:", self.options.places.command("--resume"))
        screen.warn(message)
        pasted = screen.ask("Paste the address that the browser shows, or press Enter to type a code instead:")
        return verifier_in(pasted) or None

    # Request tokens

    def _request_token(self) -> RequestToken:
        return self._usable_request_token() or self._new_request_token()

    def _usable_request_token(self) -> RequestToken | None:
        """The one in the session, if it is fresh and fits the way in which the verifier will arrive."""
        if self._given_verifier:
            # However old it is: only Jira knows whether it is still valid.
            return self.kept.now.request_token
        token = self.kept.now.fresh_request_token
        if token is None:
            return None
        if token.callback == OUT_OF_BAND:
            return None if self._calls_back else token
        return token if self._calls_back and self._listens_for(token) else None

    def _listens_for(self, token: RequestToken) -> bool:
        try:
            listener = self._listener or self._listen(urlsplit(token.callback).port or 0)
        except ConfigurationError:
            return False
        if listener.address != token.callback:
            return False
        listener.expect(token.token)
        return True

    def _new_request_token(self) -> RequestToken:
        if not self._calls_back:
            self._listener = None
        elif self._listener is None:
            self._listen(self.options.callback_port or 0)
        token = self.dance.request_token(self._listener.address if self._listener else OUT_OF_BAND)
        if self._listener:
            self._listener.expect(token.token)
        self.kept.change(request_token=token, asked_at=time.time())
        return token

    def _listen(self, port: int) -> CallbackListener:
        self._listener = self.open_things.enter_context(CallbackListener(port))
        return self._listener

    def _drop_request_token(self) -> None:
        self._wrong_codes = 0
        self.kept.change(request_token=None)
