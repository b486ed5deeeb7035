"""The errors of the connector, and their one translation into Airbyte's failure types.

JiraFlowError                   anything that the connector raises on purpose
├── ConfigurationError          the user can fix it: the message says how           -> config_error
│   ├── InvalidConfig           fields of the configuration, each with a sentence
│   ├── SignInRefused           Jira does not accept the credentials
│   ├── UnusableAddress         the base URL leads to no Jira that can be used: certificate, redirect, wrong path
│   └── WrongInstance           the state belongs to another Jira
├── RefusedRequest              Jira answered 4xx; carries the status and Jira's own messages
│   ├── BadRequest      400                                                         -> system_error
│   ├── Forbidden       403                                                         -> config_error
│   │   └── ClosedToAccount     of what service accounts can't have
│   ├── NotFound        404                                                         -> config_error
│   └── Gone            410                                                         -> system_error
├── PassingFault                it may work later; raised after the retries         -> transient_error
│   ├── RateLimited             429, or 503 with a waiting time
│   ├── ServerFault             5xx
│   ├── ConnectionFault         dropped, timed out, unreachable
│   ├── NotJson                 a body that is not the JSON that Jira sends
│   └── UnreadableAnswer        the same body again, whole, and not JSON or too large: asking for less may help
└── BrokenPromise               Jira's answer contradicts itself, or our code is wrong -> system_error
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from airbyte_cdk.models import FailureType
from airbyte_cdk.utils.airbyte_secrets_utils import filter_secrets
from airbyte_cdk.utils.traced_exception import AirbyteTracedException


class JiraFlowError(Exception):
    """Base of all errors raised on purpose. `str()` of it is one sentence fit for a user.

    `reason` is a stable word for the cause where there are several: of a sign-in such as "captcha", "scope" or
    "oauth:token_rejected", of the network those of `http.faults.WORDS`. A class's own is its most common one.
    """

    failure_type = FailureType.system_error
    reason = ""

    def __init__(self, message: str, *, reason: str = "") -> None:
        super().__init__(message)
        self.reason = reason or self.reason


class ConfigurationError(JiraFlowError):
    """Something that the person who set up the source, or their Jira administrator, can fix."""

    failure_type = FailureType.config_error


class InvalidConfig(ConfigurationError):
    """Fields that can't be used as they are. `problems` has a sentence for each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = tuple(problems)


class SignInRefused(ConfigurationError):
    """Jira did not accept the credentials. Never retried: more failures lead to a CAPTCHA."""

    reason = "unauthorized"

    def __init__(self, message: str, *, reason: str = "", status: int | None = None) -> None:
        super().__init__(message, reason=reason)
        self.status = status

    def again(self) -> SignInRefused:
        """The same refusal, for another thread to raise."""
        return SignInRefused(str(self), reason=self.reason, status=self.status)


class UnusableAddress(ConfigurationError):
    """The way from the base URL to Jira is not usable as it is, and trying again would not help."""


class WrongInstance(ConfigurationError):
    """The stored state was made from another Jira than the one that answers now."""


class RefusedRequest(JiraFlowError):
    """Jira understood the request and refused it. Never the same as an empty answer.

    `status` is the HTTP status, `messages` are Jira's own sentences, `path` is the REST path. What is not in JSON
    (`is_json`) may be a proxy's. `remedy` says what to do where the refusal fails a stream or the connection test.
    """

    def __init__(
        self, status: int, messages: Sequence[str], path: str, *, is_json: bool = True, remedy: str = ""
    ) -> None:
        self.status = status
        self.is_json = is_json
        self.messages = tuple(messages)
        self.path = path
        self.remedy = remedy
        said = " ".join(self.messages) if self.messages else "no reason given"
        super().__init__(f"Jira refused {path} with HTTP {status}: {said}")


class BadRequest(RefusedRequest):
    """400: a query or parameter that Jira rejects."""


class Forbidden(RefusedRequest):
    """403: signed in, but not allowed."""

    failure_type = FailureType.config_error


class ClosedToAccount(Forbidden):
    """401 or 403 for what Jira does not open to this kind of account, whatever it is granted."""


class NotFound(RefusedRequest):
    """404: does not exist, or must not be known to this account."""

    failure_type = FailureType.config_error


class Gone(RefusedRequest):
    """410: an endpoint that Atlassian took away."""


class PassingFault(JiraFlowError):
    """Failed although it was tried again as often as is reasonable; a later sync may succeed."""

    failure_type = FailureType.transient_error


class RateLimited(PassingFault):
    """Jira kept asking to slow down (429, or 503 with a time). `wait` is the time it asked for in seconds, if any."""

    def __init__(self, message: str, *, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


class ServerFault(PassingFault):
    """Jira kept answering with a 5xx status. `status` and `messages` as in RefusedRequest."""

    def __init__(self, message: str, *, status: int, messages: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.messages = tuple(messages)


class ConnectionFault(PassingFault):
    """No answer: refused, dropped, timed out, or a name that does not resolve."""

    reason = "dropped"


class NotJson(PassingFault):
    """An answer that is not JSON: a proxy's page, a log-in page, or a body cut short."""

    reason = "page"

    def __init__(self, message: str, *, body: bytes = b"", reason: str = "") -> None:
        super().__init__(message, reason=reason)
        self.body = body


class UnreadableAnswer(PassingFault):
    """An answer that can't be read however often it is asked for: one of its rows is not JSON, or it is too large."""


class BrokenPromise(JiraFlowError):
    """An answer of an unknown form, or one that contradicts itself, for example a page token that repeats."""


def as_traced(error: BaseException) -> AirbyteTracedException:
    """Airbyte's form of any error, with known secrets masked. The only place where failure types are chosen."""
    if isinstance(error, AirbyteTracedException):
        return error
    failure_type = error.failure_type if isinstance(error, JiraFlowError) else FailureType.system_error
    said = filter_secrets(str(error)) or type(error).__name__
    message = said if isinstance(error, JiraFlowError) else f"An unexpected error occurred: {type(error).__name__}."
    if isinstance(error, RefusedRequest) and error.remedy:
        message = f"{said.rstrip('.')}. {error.remedy}"
    return AirbyteTracedException(
        message=message,
        internal_message=f"{type(error).__name__}: {said}",
        failure_type=failure_type,
        exception=error,
    )


@contextmanager
def traced() -> Iterator[None]:
    """Raises every error in Airbyte's form."""
    try:
        yield
    except Exception as error:
        raise as_traced(error) from error
