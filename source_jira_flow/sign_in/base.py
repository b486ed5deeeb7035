"""What a way to sign in consists of. Each is one class in a file of its own, and one row in `table`."""

from __future__ import annotations

import logging
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol

from requests import PreparedRequest
from requests.auth import AuthBase
from typing_extensions import Self

from source_jira_flow.errors import ConfigurationError, InvalidConfig
from source_jira_flow.settings import Settings
from source_jira_flow.sign_in.basic import encoded_pair

AUTH_TYPE = "auth_type"
_QUOTES = ('""', "''", "“”", "„“", "‘’", "``")
# Invisible, and pasted along from web pages.
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"
# What Airbyte shows in the place of a secret that it keeps.
_PLACEHOLDER = re.compile(r"[*•]{6,}")


class Asker(Protocol):
    """The HTTP client, as far as a signer needs it to get a token."""

    base_url: str
    settings: Settings
    logger: logging.Logger

    def post_form(self, url: str, form: Mapping[str, str]) -> tuple[int, Any]:
        """Status and parsed JSON of the answer to an unsigned form; a refusal without JSON gives None.

        Raises PassingFault or ConfigurationError.
        """


class Signer(AuthBase):
    """Signs requests: all that the HTTP client knows of a way to sign in. This one leaves them unsigned.

    `words` are sentences for why Jira refuses, by reason; they go before the client's own. `keeps_cookies` is false
    where a session would let in who has no valid token any more.
    """

    words: Mapping[str, str] = {}
    keeps_cookies = True
    # False for an account that Jira does not count as a user, so that "anonymous" in an answer says nothing.
    is_user = True

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        return request

    def prepare(self, client: Asker) -> None:
        """Called before each signed request of this client, to get what signing needs. Raises as `Asker.post_form`."""

    def worked(self, accepted: PreparedRequest) -> None:
        """Called after each signed request that Jira did not refuse."""

    def renew(self, refused: PreparedRequest, client: Asker, *, again: bool) -> bool:
        """Whether a request that Jira refused with 401 is worth sending once more, signed with something new.

        `again` tells that it was refused after a renewal before.
        """
        return False

    def is_closed(self, path: str) -> bool:
        """Whether a 401 for this path means that it is closed to this kind of account."""
        return False

    def problem(self, headers: Mapping[str, str], text: str) -> str | None:
        """The reason that an answer gives in a form of this way's own, as a key of `words`; `text` begins the body."""
        return None


class ByHeader(Signer):
    """Signs with the same `Authorization` header each time."""

    def __init__(self, header: str, words: Mapping[str, str], *, keeps_cookies: bool = True) -> None:
        self._header = header
        self.words = words
        self.keeps_cookies = keeps_cookies

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = self._header
        return request


@dataclass(frozen=True)
class Field:
    """One field of the credentials, as the spec has it. `title` is what sentences call it.

    Tokens are what was made to be pasted: no spaces, nothing beyond ASCII, and no quotes around them.
    """

    name: str
    title: str
    is_secret: bool = False
    is_token: bool = False
    is_optional: bool = False
    is_multiline: bool = False
    # Words with spaces or commas between them; kept with spaces.
    is_list: bool = False

    def read(self, raw: Mapping[str, Any]) -> str:
        """The value without what was pasted around it. Raises ConfigurationError, which never repeats it."""
        value = raw.get(self.name)
        if self.is_list and isinstance(value, list) and all(isinstance(part, str) for part in value):
            value = " ".join(value)
        if value is not None and not isinstance(value, str):
            raise ConfigurationError(f"The {self.title} must be text: enter '{self.name}' again.")
        text = (value or "").strip().strip(_INVISIBLE).strip()
        if self.is_token and text[:1] + text[-1:] in _QUOTES:
            text = text[1:-1].strip()
        if not text:
            if self.is_optional:
                return ""
            raise ConfigurationError(f"The {self.title} is empty: fill in '{self.name}'.")
        self._refuse(text)
        return " ".join(text.replace(",", " ").split()) if self.is_list else text

    def _refuse(self, text: str) -> None:
        if _PLACEHOLDER.fullmatch(text):
            raise ConfigurationError(
                f"The {self.title} is only the row of stars that Airbyte shows in its place: paste the real one into"
                f" '{self.name}'."
            )
        if not self.is_multiline and re.search(r"\s", text) and (self.is_secret or self.is_token):
            raise ConfigurationError(f"The {self.title} contains a space or line break: paste it again without it.")
        if self.is_token and not (text.isascii() and text.isprintable()):
            raise ConfigurationError(
                f"The {self.title} contains a character that does not belong there: copy it again, and paste it into"
                f" '{self.name}'."
            )


class SignIn(ABC):
    """One way to sign in, with its values: attributes by the names of `fields`.

    `title` is what sentences call it, `choice` what the form does.
    `refused_by_cloud` and `refused_by_self_hosted` say why it can't be used there, and what to use; they are empty
    where it can. `refused_before` says the same of a self-hosted Jira older than `first_version`. `retired_by_cloud`
    and `retired_by_self_hosted` warn that it will be taken away. {version} is Jira's.
    `words` are those of `Signer`; of their reasons, `administrator_fixes` and `network_team_fixes` name those that
    another person than the one at the screen can fix.
    """

    auth_type: ClassVar[str]
    title: ClassVar[str]
    choice: ClassVar[str]
    fields: ClassVar[tuple[Field, ...]]
    refused_by_cloud: ClassVar[str] = ""
    refused_by_self_hosted: ClassVar[str] = ""
    first_version: ClassVar[tuple[int, int]] = (0, 0)
    refused_before: ClassVar[str] = ""
    retired_by_cloud: ClassVar[str] = ""
    retired_by_self_hosted: ClassVar[str] = ""
    # Of what has scopes; {scopes} names them.
    lacking_scopes: ClassVar[str] = "The sign-in lacks {scopes}: create one that has them."
    words: ClassVar[Mapping[str, str]] = {}
    administrator_fixes: ClassVar[Sequence[str]] = ()
    network_team_fixes: ClassVar[Sequence[str]] = ()
    # The names of the two fields that HTTP Basic sends as one.
    basic_pair: ClassVar[tuple[str, str] | None] = None
    # Whether Cloud takes it at Atlassian's gateway; perhaps: what the site refuses is tried there.
    gateway: ClassVar[Literal["never", "perhaps", "only"]] = "never"

    @classmethod
    def parse(cls, raw: Mapping[str, Any]) -> Self:
        """Raises InvalidConfig with a sentence for each field that can't be used."""
        values: dict[str, str] = {}
        problems: list[str] = []
        for field in cls.fields:
            try:
                values[field.name] = field.read(raw)
            except ConfigurationError as error:
                problems.append(str(error))
        problems = problems or list(cls.mistakes(values))
        if problems:
            raise InvalidConfig(problems)
        return cls(**values)

    @classmethod
    def mistakes(cls, values: Mapping[str, str]) -> Iterator[str]:
        """A sentence for each thing that is wrong although every field is filled in."""
        yield from ()

    @abstractmethod
    def signer(self) -> Signer:
        """What signs every request. Raises ConfigurationError where it can't, such as a broken key."""

    @classmethod
    def secrets(cls, raw: Mapping[str, Any]) -> Iterator[str]:
        """What must never be printed of such credentials, valid or not."""
        values = (raw.get(field.name) for field in cls.fields if field.is_secret)
        yield from (value for value in values if isinstance(value, str))
        user, secret = (str(raw.get(name, "")).strip() for name in cls.basic_pair or ("", ""))
        if secret:
            yield from (encoded_pair(user, secret, encoding) for encoding in ("utf-8", "latin-1"))

    def misfit(self, *, is_cloud: bool, version: str) -> str:
        """The sentence that refuses this kind of Jira; empty where it fits."""
        if is_cloud:
            return self.refused_by_cloud
        numbers = tuple(int(number) for number in re.findall(r"\d+", version)[:2])
        too_old = bool(numbers) and numbers < self.first_version
        return (self.refused_before if too_old else self.refused_by_self_hosted).format(version=version)

    def as_document(self) -> dict[str, str]:
        """As it stands in a configuration."""
        return {AUTH_TYPE: self.auth_type, **{field.name: getattr(self, field.name) for field in self.fields}}

    @classmethod
    def is_chosen_in(cls, credentials: Any) -> bool:
        """Whether these credentials, from a configuration, are of this way."""
        return isinstance(credentials, Mapping) and credentials.get(AUTH_TYPE) == cls.auth_type
