"""One HTTP client for everything that is asked of Jira.

Every URL is built from the configured base URL: the addresses in Jira's answers are its administrator's
and may not be reachable. A passing fault is tried again, a refusal is a typed error, and a body that is
not JSON is a fault: nothing that went wrong ever looks like an empty answer.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, replace
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter

from source_jira_flow import __version__
from source_jira_flow.common.json import Accept, JsonObject
from source_jira_flow.common.text import listed
from source_jira_flow.errors import (
    BrokenPromise,
    ClosedToAccount,
    ConnectionFault,
    JiraFlowError,
    NotFound,
    NotJson,
    PassingFault,
    RateLimited,
    ServerFault,
    SignInRefused,
    UnreadableAnswer,
)
from source_jira_flow.http.deadline import Unfinished, finish_by
from source_jira_flow.http.environment import proxy_for, session_for
from source_jira_flow.http.faults import (
    connection_trouble,
    in_words,
    not_json,
    redirect_refused,
    twice_not_json,
    unreadable,
    unusable,
)
from source_jira_flow.http.parsing import parse
from source_jira_flow.http.receiving import Received, TooLarge
from source_jira_flow.http.refusals import (
    account_in,
    is_anonymous,
    is_failed_login,
    is_missing_scope,
    jira_messages,
    refused_for,
    refused_request,
    refuses_sign_in,
    sign_in_refused,
)
from source_jira_flow.http.waiting import backoff, jittered, requested_wait
from source_jira_flow.settings import Settings
from source_jira_flow.sign_in.base import Signer

_HEADERS = {
    "Accept": "application/json",
    # Message texts in English whatever the account's language.
    "Accept-Language": "en",
    "X-Force-Accept-Language": "true",
    # Self-hosted Jira guards POST against browsers; this says that we are not one.
    "X-Atlassian-Token": "no-check",
    "User-Agent": f"source-jira-flow/{__version__}",
}
_MOST_REDIRECTS = 3
# Tokens that end one after the other, under one request.
_MOST_RENEWALS = 8
_PROXY_SIGN_IN = 407
_SPARE_CONNECTIONS = 8
_HEARTBEAT = 60.0
_PARTIAL_CONTENT = 206
# An answer of another form may come from a node that is starting; more often it stays.
_TRIES_OF_ANOTHER_FORM = 3


@dataclass(frozen=True)
class Answer:
    """A good answer: the parsed JSON, the headers, and the address it came from, after redirects."""

    document: Any
    headers: Mapping[str, str]
    url: str = ""


@dataclass(eq=False, repr=False)
class JiraClient:
    """Signed requests to one Jira, safe to use from many threads.

    At most `workers` requests are under way at once. When Jira asks to slow down, all threads wait.
    `deadline` is a `time.monotonic()` instant by which every request ends, answered or not.
    """

    base_url: str
    signer: Signer
    _: KW_ONLY
    settings: Settings
    workers: int
    logger: logging.Logger
    deadline: float | None = None

    def __post_init__(self) -> None:
        self._slots = threading.BoundedSemaphore(self.workers)
        self._pause_lock = threading.Lock()
        self._resume_at = 0.0
        self._failed_login: SignInRefused | None = None
        self._thread = threading.local()
        self.before_large_answer: Callable[[], None] = lambda: None
        """Called in the context of the caller, before the bulk of a large answer is received."""
        self._told_of: set[tuple[str, ...]] = set()
        self.session = session_for(self.base_url, keeps_cookies=self.signer.keeps_cookies)
        adapter = HTTPAdapter(pool_connections=4, pool_maxsize=self.workers + _SPARE_CONNECTIONS, max_retries=0)
        self.session.mount("https://", adapter)
        self.session.mount("http://", adapter)

    def at(self, base_url: str) -> JiraClient:
        """A client with the same sign-in and limits for another address of the same Jira."""
        return replace(self, base_url=base_url)

    def get(
        self,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        accept: Accept | None = None,
        tries: int | None = None,
        lasting: Callable[[ServerFault], bool] | None = None,
    ) -> Any:
        """The parsed JSON of a signed GET. `path` begins with `/rest/`; `accept` and `lasting` as in `ask`."""
        return self.ask("GET", path, params=params, accept=accept, tries=tries, lasting=lasting).document

    def find(self, path: str, params: Mapping[str, Any] | None = None, *, accept: Accept) -> JsonObject | None:
        """One object, or None where Jira confirms that there is none, or none for this account (404)."""
        try:
            found: JsonObject = self.get(path, params, accept=accept)
        except NotFound:
            return None
        return found

    def post(self, path: str, body: Mapping[str, Any], accept: Accept | None = None) -> Any:
        """The parsed JSON of a signed POST: for queries that are too long for an address. Nothing is ever written."""
        return self.ask("POST", path, body=body, accept=accept).document

    def ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        signed: bool = True,
        accept: Accept | None = None,
        tries: int | None = None,
        lasting: Callable[[ServerFault], bool] | None = None,
        is_small: bool = False,
    ) -> Answer:
        """One request, tried again as long as that makes sense.

        `accept` looks at the JSON, `lasting` tells which 5xx answers say something that will stay so: they are not
        tried again. The answer to a question that `is_small` may be a megabyte at most.

        Raises SignInRefused, RefusedRequest (4xx), PassingFault (after the retries), BrokenPromise or
        ConfigurationError.
        """
        most = tries or self.settings.tries
        faults = limits = odd = 0
        session_renewed, renewals = False, 0
        first_fault: PassingFault | None = None
        refused_body = b""
        while True:
            if signed and self._failed_login is not None:
                # What other threads send with credentials that are refused only brings a CAPTCHA nearer.
                raise self._failed_login.again()
            try:
                if signed:
                    self.signer.prepare(self)
                response = self.send(method, path, signed=signed, is_small=is_small, params=params, json=body)
                if signed and renewals < _MOST_RENEWALS and self._token_renewed(response, again=renewals > 0):
                    renewals += 1
                    continue
                if signed and not session_renewed and self._session_expired(response):
                    session_renewed = True
                    continue
                answer = self._answer(response, path, signed)
                if accept is not None:
                    accept(answer.document)
                return answer
            except BrokenPromise:
                odd += 1
                if odd >= min(most, _TRIES_OF_ANOTHER_FORM):
                    raise
            except UnreadableAnswer:
                raise
            except RateLimited as fault:
                limits += 1
                if limits >= self.settings.rate_limit_tries:
                    raise
                self._pause_all(fault, limits)
            except PassingFault as fault:
                if first_fault is not None and fault.reason == "unfinished":
                    # What came before the time was up says more than that it was up.
                    raise first_fault from None
                if isinstance(fault, NotJson) and fault.reason == "cut":
                    if fault.body == refused_body:
                        raise twice_not_json(self.base_url, fault.body) from None
                    refused_body = fault.body
                first_fault = first_fault or fault
                faults += 1
                is_lasting = lasting is not None and isinstance(fault, ServerFault) and lasting(fault)
                if faults >= most or is_lasting:
                    raise
                self._sleep(backoff(faults, self.settings), fault)
                self.logger.debug("Trying %s again: %s", path, fault)

    def post_form(self, url: str, form: Mapping[str, str]) -> tuple[int, Any]:
        """Status and parsed JSON of the answer to an unsigned form, which may go to another host than Jira's.

        A refusal without JSON gives None, a good answer without JSON raises NotJson. Raises PassingFault and
        ConfigurationError, too.
        """
        there = replace(self, base_url=url, signer=Signer())
        headers = {"Accept": "application/json", "User-Agent": _HEADERS["User-Agent"]}
        with there.session:
            response = there._transmit("POST", url, is_small=True, data=dict(form), headers=headers, auth=there.signer)
        if response.is_redirect:
            raise redirect_refused(url, urljoin(url, response.headers.get("Location", "")))
        there._raise_on_the_way(response, url)
        try:
            return response.status_code, parse(response.content).document
        except ValueError:
            if response.status_code < 400:
                raise not_json(url, response.content) from None
            return response.status_code, None

    def send(
        self, method: str, path: str, *, signed: bool = True, is_small: bool = False, **arguments: Any
    ) -> requests.Response:
        """The answer to one request as it came, whatever its status; by itself for servlets that don't speak JSON.

        `arguments` are those of `requests`: `params` and `json`. Raises ConnectionFault or ConfigurationError
        (certificate, redirect to another host).
        """
        url = self.base_url + path
        arguments |= {"headers": _HEADERS, "auth": self.signer if signed else Signer()}
        for _ in range(_MOST_REDIRECTS):
            self._wait_for_pause()
            with self._slots:
                response = self._transmit(method, url, is_small=is_small, **arguments)
            if not response.is_redirect:
                return response
            url, arguments["params"] = self._redirected(response, method), None
        raise unusable("redirect_circle", self.base_url)

    def _transmit(self, method: str, url: str, *, is_small: bool, **arguments: Any) -> requests.Response:
        settings, address = self.settings, self.base_url
        timeout = (settings.connect_timeout, settings.read_timeout)
        if self.deadline is not None:
            left = self.deadline - time.monotonic()
            if left <= 0:
                raise ConnectionFault(in_words("unfinished", address), reason="unfinished")
            # A little less, so that the fault that tells more comes first.
            timeout = (min(timeout[0], 0.9 * left), min(timeout[1], 0.9 * left))
        most = settings.largest_small_answer if is_small else settings.largest_answer
        received = Received(most, self.before_large_answer)
        patience = time.monotonic() + sum(timeout)

        def deadline() -> float:
            return received.deadline(patience) if self.deadline is None else self.deadline

        def send() -> requests.Response:
            response = self.session.request(
                method, url, allow_redirects=False, timeout=timeout, stream=True, **arguments
            )
            if response.status_code >= 400:
                received.most = settings.largest_small_answer
            return received.whole(response)

        try:
            return finish_by(deadline, send)
        except TooLarge:
            raise unreadable("too_large", address) from None
        except Unfinished:
            raise ConnectionFault(in_words("unfinished", address), reason="unfinished") from None
        except requests.exceptions.RequestException as error:
            raise connection_trouble(error, address, proxy_for(address, self.session.proxies)) from None
        except ValueError:
            # `requests` looks at where a redirect leads, and stumbles over what is not an address.
            raise unusable("redirect", address, other="something that is not an address") from None

    def _redirected(self, response: requests.Response, method: str) -> str:
        target = urljoin(response.url, response.headers.get("Location", ""))
        asked, offered = urlsplit(self.base_url), urlsplit(target)
        if (offered.scheme, offered.netloc) != (asked.scheme, asked.netloc):
            raise redirect_refused(self.base_url, target)
        if method != "GET" and response.status_code not in (307, 308):
            # As login pages do. Following it would send a GET.
            raise NotJson(in_words("login_page", self.base_url), reason="login_page")
        return target

    def _answer(self, response: requests.Response, path: str, signed: bool) -> Answer:
        status, headers, body = response.status_code, response.headers, response.content
        self._thread.names_account = signed and account_in(headers) is not None
        self._raise_on_the_way(response, path)
        if signed and status in (401, 403) and self.signer.is_closed(path):
            raise ClosedToAccount(status, jira_messages(body), path)
        if status == _PARTIAL_CONTENT:
            raise NotJson(in_words("cut", self.base_url), reason="partial")
        if refuses_sign_in(status, headers, body):
            refused = sign_in_refused(status, headers, body, self.signer)
            if signed and is_failed_login(headers):
                self._failed_login = refused
            raise refused
        if status >= 400:
            raise refused_request(status, body, path)
        if signed and self.signer.is_user and is_anonymous(headers):
            raise refused_for("anonymous", self.signer)
        try:
            parsed = parse(body)
        except ValueError:
            raise not_json(self.base_url, body) from None
        if parsed.replaced_in is not None:
            self._tell_of_replaced(path, parsed.replaced_in)
        return Answer(parsed.document, headers, response.url)

    def _tell_of_replaced(self, path: str, names: tuple[str, ...]) -> None:
        """Once for the same rows: pages overlap, and all workers read."""
        if (path, *names) in self._told_of:
            return
        self._told_of.add((path, *names))
        self.logger.warning(
            "Jira's answer to %s contained invalid JSON (half a character, bytes that are not UTF-8, or NaN)%s: these"
            " characters became U+FFFD, these numbers null.",
            path,
            f" in {listed(names)}" if names else "",
        )

    @property
    def last_answer_names_account(self) -> bool:
        """Whether the last answer that this thread received was signed, and said for whom it was made."""
        return bool(getattr(self._thread, "names_account", False))

    def _raise_on_the_way(self, response: requests.Response, asked: str) -> None:
        """Raises for a proxy's own refusal and for faults that may pass. `asked` is a path, or the address itself."""
        status, headers, host = response.status_code, response.headers, urlsplit(self.base_url).netloc
        if status == _PROXY_SIGN_IN:
            raise unusable("proxy_sign_in", self.base_url, proxy=proxy_for(self.base_url, self.session.proxies))
        if status == 429 or (status == 503 and requested_wait(headers) is not None):
            reason = headers.get("RateLimit-Reason")
            raise RateLimited(
                f"{host} limits the rate of requests (HTTP {status}{', ' + reason if reason else ''}):"
                " lower the number of workers, or sync at a quieter time.",
                wait=requested_wait(headers),
            )
        if status >= 500 or status in (408, 425):
            said = jira_messages(response.content)
            words = f", “{' '.join(said)}”" if said else ""
            raise ServerFault(
                f"{host} answered HTTP {status} to {asked}{words}. Try again later. If it happens again, ask your Jira"
                " administrator to look into it.",
                status=status,
                messages=said,
            )

    def _token_renewed(self, response: requests.Response, *, again: bool) -> bool:
        """Whether Jira refused a token that ended meanwhile, and there is another one."""
        if response.status_code != 401:
            self.signer.worked(response.request)
            return False
        return not is_missing_scope(response.content) and self.signer.renew(response.request, self, again=again)

    def _session_expired(self, response: requests.Response) -> bool:
        """An anonymous answer under a session cookie may be an expired session: drop it, and ask once more."""
        headers = response.headers
        if is_failed_login(headers) or headers.get("X-AUSERNAME") != "anonymous" or not self.session.cookies:
            return False
        self.session.cookies.clear()
        return True

    def _pause_all(self, fault: RateLimited, count: int) -> None:
        asked = fault.wait
        if asked is not None and asked > self.settings.longest_wait:
            raise fault
        wait = backoff(count, self.settings) if asked is None else jittered(asked)
        if self.deadline is not None and time.monotonic() + wait > self.deadline:
            raise fault
        with self._pause_lock:
            self._resume_at = max(self._resume_at, time.monotonic() + wait)
        self.logger.info("Jira asks to slow down: waiting %.0f seconds.", wait)

    def _wait_for_pause(self) -> None:
        while (left := self._resume_at - time.monotonic()) > 0:
            time.sleep(min(left, _HEARTBEAT))
            if left > _HEARTBEAT:
                self.logger.info("Still waiting %.0f seconds, as Jira asks.", left - _HEARTBEAT)

    def _sleep(self, seconds: float, fault: JiraFlowError) -> None:
        if self.deadline is not None and time.monotonic() + seconds > self.deadline:
            raise fault
        time.sleep(seconds)
