"""From a base URL to a configuration: a series of steps, each of which can be repeated."""

from __future__ import annotations

import logging
import os
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from source_jira_flow.cdk import masking
from source_jira_flow.common.files import free_place, others_can_read, write_private
from source_jira_flow.common.json import JsonObject
from source_jira_flow.common.text import duration
from source_jira_flow.config import Config, clean_base_url
from source_jira_flow.errors import ConfigurationError, JiraFlowError, RefusedRequest, SignInRefused
from source_jira_flow.http.client import JiraClient
from source_jira_flow.jira.connection import (
    Instance,
    ServerInfo,
    client_for,
    connect,
    read_server_info,
    refuse_old_version,
)
from source_jira_flow.oauth_setup.authorization import Authorization
from source_jira_flow.oauth_setup.config_file import oauth_credentials, read_config, write_config
from source_jira_flow.oauth_setup.dance import AccessToken, Dance
from source_jira_flow.oauth_setup.keys import KEY_BITS, KeyPair, load_key_pair, make_key_pair
from source_jira_flow.oauth_setup.options import Options
from source_jira_flow.oauth_setup.paste import show_fields
from source_jira_flow.oauth_setup.places import shown
from source_jira_flow.oauth_setup.screen import Screen
from source_jira_flow.oauth_setup.session_file import KeptSession, Session, load_session
from source_jira_flow.oauth_setup.steps import APPLICATION_NAME, ApplicationLink, administrator_steps, steps_as_text
from source_jira_flow.settings import Settings
from source_jira_flow.sign_in.base import Signer
from source_jira_flow.sign_in.oauth1 import OAuth1

_STEPS = 6
# Jira refuses signatures whose time is a few minutes off.
_CLOCK_TOLERANCE_SECONDS = 60
_FEWEST_BITS = 2048


@dataclass(frozen=True)
class Walk:
    """One run of the verb. Raises ConfigurationError, PassingFault, Paused, EndOfInput or KeyboardInterrupt."""

    options: Options
    screen: Screen
    settings: Settings
    logger: logging.Logger

    def go(self) -> None:
        """All steps that are still to do."""
        before = read_config(self.options.places.config)
        kept, server = self._reach(before)
        configured = oauth_credentials(before) if _same_jira(before, kept) else {}
        pair, is_new = self._key(kept, configured.get("private_key"))
        consumer_key = self._consumer_key(kept, pair, configured.get("consumer_key"))
        token = kept.now.access_token
        if token is None:
            token = self._dance(kept, server, pair, consumer_key, is_new)
        else:
            self.screen.step(4, _STEPS, "Allow the access")
            self.screen.done("Already allowed in an earlier run.")
        document = self._prove(kept, pair, consumer_key, token)
        self._write(kept, document, pair.path)

    # 1. A Jira that responds

    def _reach(self, before: JsonObject | None) -> tuple[KeptSession, ServerInfo | None]:
        screen = self.screen
        screen.step(1, _STEPS, "Base URL")
        session = self._earlier_session()
        if session is not None:
            return KeptSession(session, self.options.places.session), self._server(session.base_url)
        given = self.options.base_url or str((before or {}).get("base_url") or "")
        if given and not self.options.base_url:
            screen.say(f"From {self.options.places.config}. For another Jira, use --base-url.")
        while True:
            if not given and not screen.person:
                raise ConfigurationError("Which Jira? Name its address with --base-url.")
            given = given or screen.ask("Address of your Jira, as in the browser:")
            try:
                base_url = clean_base_url(given)
                server = self._server(base_url)
                return KeptSession(Session(base_url), self.options.places.session), server
            except JiraFlowError as error:
                if self.options.base_url or not screen.person:
                    raise
                screen.fail(str(error))
                given = ""

    def _earlier_session(self) -> Session | None:
        """The session to continue, or None to start. Raises ConfigurationError if neither can be meant."""
        place, options = self.options.places.session, self.options
        kept = load_session(place)
        wanted = clean_base_url(options.base_url) if options.base_url else None
        if kept is None:
            if options.resume:
                raise ConfigurationError(f"There is nothing to continue at {place}: start with --base-url.")
            return None
        if wanted in (None, kept.base_url):
            question = f"A setup for {kept.base_url} was started here. Continue it?"
            return kept if options.resume or self.screen.yes(question, default=True) else None
        if options.resume:
            raise ConfigurationError(f"The setup at {place} is for {kept.base_url}: leave --base-url out.")
        if self.screen.yes(f"A setup for {kept.base_url} was started here. Discard it?", default=False):
            return None
        raise ConfigurationError(f"{place} has an unfinished setup for {kept.base_url}: name another --output.")

    def _server(self, base_url: str) -> ServerInfo | None:
        """The Jira that responds; None for one that tells nothing before a sign-in."""
        client = JiraClient(base_url, Signer(), settings=self.settings, workers=1, logger=self.logger)
        try:
            server = read_server_info(client)
        except SignInRefused:
            self.screen.done(f"Something responds at {base_url}, but it tells nothing without a sign-in.")
            return None
        refuse_old_version(server)
        self.screen.done(f"{_kind(server)} answers at {base_url}")
        self._compare_clocks(server)
        if server.is_cloud:
            self.screen.warn(
                "OAuth 1.0a is deprecated on Jira Cloud. An access token (email and API token) needs none of these"
                " steps there."
            )
        return server

    def _compare_clocks(self, server: ServerInfo) -> None:
        ahead = time.time() - server.now / 1000
        if abs(ahead) > _CLOCK_TOLERANCE_SECONDS:
            self.screen.warn(
                f"This machine's clock is {duration(ahead)} {'ahead of' if ahead > 0 else 'behind'} Jira's. Jira"
                " refuses a sign-in whose time is a few minutes off: set the clock."
            )

    # 2. A key pair

    def _key(self, kept: KeptSession, configured: Any) -> tuple[KeyPair, bool]:
        """The pair, and whether it is new."""
        self.screen.step(2, _STEPS, "Key pair")
        named = self.options.key_file or (Path(kept.now.key_file) if kept.now.key_file else None)
        place = named or self.options.places.key
        if named is None and configured and not place.exists():
            write_private(place, str(configured))
        if place.exists() and named is None and not self.screen.yes(f"Use the key in {place}?", default=True):
            place = free_place(place)
        if place.exists():
            pair, is_new = load_key_pair(place), False
            self.screen.done(f"Using the key in {shown(place)}")
            self._look_at_key(pair)
        elif kept.now.key_file and self.options.key_file is None:
            raise ConfigurationError(
                f"The key of this setup, {place}, is gone. Put it back, or name a new one with --key-file. The"
                " application link then needs the new public key."
            )
        else:
            pair, is_new = make_key_pair(place), True
            self.screen.done(f"Created an RSA key of {KEY_BITS} bits (readable only by you): {shown(place)}")
        location = str(place.resolve())
        if kept.now.key_file not in (None, location):
            kept.change(request_token=None, access_token=None)
        kept.change(key_file=location)
        return pair, is_new

    def _look_at_key(self, pair: KeyPair) -> None:
        if others_can_read(pair.path):
            self.screen.warn(f"Others on this machine can read it. To change that: chmod 600 {shown(pair.path)}")
        if pair.private_key.key_size < _FEWEST_BITS:
            self.screen.warn(f"It has {pair.private_key.key_size} bits; {_FEWEST_BITS} or more are recommended.")

    def _consumer_key(self, kept: KeptSession, pair: KeyPair, configured: Any) -> str:
        """As given, as before, or made from the key, so that the same key leads to the same name."""
        given = self.options.consumer_key
        if given is not None and (not given.strip() or len(given.split()) > 1):
            raise ConfigurationError("The consumer key must not be empty or contain spaces: name another.")
        earlier = kept.now.consumer_key
        made = f"{APPLICATION_NAME}-{pair.fingerprint}"
        consumer_key = str((given or "").strip() or earlier or configured or made)
        if earlier not in (None, consumer_key):
            kept.change(request_token=None, access_token=None)
        kept.change(consumer_key=consumer_key)
        return consumer_key

    # 3. and 4. The application link, and Allow

    def _dance(
        self, kept: KeptSession, server: ServerInfo | None, pair: KeyPair, consumer_key: str, is_new: bool
    ) -> AccessToken:
        base_url, screen = kept.now.base_url, self.screen
        dance = Dance(
            base_url=base_url,
            consumer_key=consumer_key,
            private_key=pair.private_key,
            key_file=str(shown(pair.path)),
            configured_url=server.base_url if server else None,
            settings=replace(self.settings, read_timeout=max(self.settings.read_timeout, 30.0)),
            logger=self.logger,
        )
        with ExitStack() as open_things:
            authorization = Authorization(dance, kept, screen, self.options, open_things)
            screen.step(3, _STEPS, "Application link")
            if is_new or self.options.prepare or not authorization.link_stands():
                link = ApplicationLink(base_url, consumer_key, pair.public_pem, pair.fingerprint)
                authorization.show_steps(administrator_steps(link, server), steps_as_text(link, server))
                authorization.wait_for_administrator()
                authorization.insist_on_link()
            screen.done(f"Jira knows the consumer key {consumer_key} and its public key.")
            screen.step(4, _STEPS, "Allow the access")
            token = authorization.allow()
        # The request token is used up: without this on disk, Allow would have to be pressed again.
        kept.change(access_token=token, request_token=None)
        screen.done("Jira gave an access token.")
        return token

    # 5. The proof

    def _prove(self, kept: KeptSession, pair: KeyPair, consumer_key: str, token: AccessToken) -> JsonObject:
        self.screen.step(5, _STEPS, "Test")
        credentials = OAuth1(consumer_key, pair.private_pem, token.token, token.secret)
        document = {"base_url": kept.now.base_url, "credentials": credentials.as_document()}
        masking.register(document)
        config = Config.parse(document)
        try:
            instance = connect(config, client_for(config, settings=self.settings, logger=self.logger))
        except SignInRefused:
            kept.change(access_token=None)
            raise
        except RefusedRequest as refused:
            # Jira's own messages are not shown: they can echo the token.
            raise ConfigurationError(
                f"Jira refused {refused.path} with HTTP {refused.status}. Ask your Jira administrator whether the"
                " account has access to Jira."
            ) from None
        self._tell_account(instance)
        return document

    def _tell_account(self, instance: Instance) -> None:
        account = instance.account
        named = account.title
        if account.display_name and account.display_name != named:
            named = f"{named} ({account.display_name})"
        self.screen.done(f"Successfully connected via {named}")
        self.screen.say(
            "The source sees in Jira what this account sees. If this is not your service account, run the command again"
            " and press Allow as the right one."
        )

    # 6. The configuration

    def _write(self, kept: KeptSession, document: JsonObject, key_file: Path) -> None:
        screen, place = self.screen, self.options.places.config
        screen.step(6, _STEPS, "Configuration")
        into_existing = self._put_into_existing(place, kept)
        if os.path.lexists(place) and not into_existing:
            place = free_place(place)
        write_config(place, document, into_existing=into_existing)
        kept.path.unlink(missing_ok=True)
        screen.done(f"Saved to {place} (readable only by you)")
        screen.blank()
        show_fields(screen, document, place, shown(key_file), secrets=self.options.show_secrets)
        screen.blank()
        screen.say("To test the connection and its permissions on the command line:")
        screen.value(f"source-jira-flow check --config {place}")

    def _put_into_existing(self, place: Path, kept: KeptSession) -> bool:
        before = read_config(place)
        if before is None:
            return False
        if before and not _same_jira(before, kept):
            question = f"{place} is for {before.get('base_url')}. Replace its Jira and sign-in with these?"
        else:
            question = f"{place} exists. Replace the sign-in in it? Its other settings stay."
        return self.screen.yes(question, default=False)


def _same_jira(before: JsonObject | None, kept: KeptSession) -> bool:
    try:
        return before is not None and clean_base_url(str(before.get("base_url") or "")) == kept.now.base_url
    except ConfigurationError:
        return False


def _kind(server: ServerInfo) -> str:
    return f"{server.title} (Jira Cloud)" if server.is_cloud else f"{server.title} (self-hosted Jira {server.version})"
