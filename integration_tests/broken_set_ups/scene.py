"""What broken set-ups are made of: a scene, and good set-ups in which something is changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization

from fake_jira import Clock, FakeJira, Fault, Site, build_site
from fake_jira.messages import Response, json_response
from source_jira_flow.check.findings import FixedBy
from source_jira_flow.sign_in.table import WAYS

Config = dict[str, Any]
SOME_TOKEN: Config = {"auth_type": "access_token", "email": "someone@example.com", "access_token": "ATATT3xSomeToken"}
YOU, NETWORK, ADMIN, PROJECT = (
    FixedBy.YOU,
    FixedBy.NETWORK_TEAM,
    FixedBy.JIRA_ADMINISTRATOR,
    FixedBy.PROJECT_ADMINISTRATOR,
)


class Scene:
    """What a set-up is made of. Everything that it starts ends with it.

    `environment` is for the process, `gateway_url` for the settings.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment: dict[str, str] = {}
        self.gateway_url = ""
        self.jira: FakeJira
        self.site: Site
        self._ending = ExitStack()

    @classmethod
    @contextmanager
    def set(cls, folder: Path) -> Iterator[Scene]:
        scene = cls(folder)
        with scene._ending:
            yield scene

    def cloud(self, method: str = "access_token", **values: Any) -> Config:
        return self._start("cloud", method, **values)

    def data_center(self, method: str = "username_password", **values: Any) -> Config:
        return self._start("dc10", method, **values)

    def _start(
        self,
        flavor: str,
        method: str,
        *,
        clock: Clock | None = None,
        context_path: str = "",
        certificate: Path | None = None,
        **config: Any,
    ) -> Config:
        self.site = build_site(flavor, issues=30, users=5, clock=clock)
        self.jira = self._ending.enter_context(FakeJira(self.site, context_path, certificate=certificate))
        # A refused token is tried at Atlassian's gateway too, which no test may ask.
        self.gateway_url = self.jira.root_url
        return {"base_url": self.jira.base_url, "credentials": self.site.credentials(method), **config}

    def network(self, address: Any, scheme: str = "http") -> Config:
        """A config for one of `broken_networks`, a text or what has to be entered for it."""
        host = address if isinstance(address, str) else self._ending.enter_context(address)
        return {"base_url": f"{scheme}://{host}", "credentials": SOME_TOKEN}

    def answering(self, path: str, response: Response) -> None:
        """The fake gives this answer to requests whose path ends so."""
        self.jira.faults.add(
            Fault("canned", match=lambda request: request.path.endswith(path), answer=lambda request: response)
        )


@dataclass(frozen=True)
class BrokenSetUp:
    """`says` are parts of the message, `fixed_by` who the finding of `code` names.

    `sign_ins` is how often credentials may be tried, where trying again leads to a CAPTCHA.
    """

    name: str
    make: Callable[[Scene], Config]
    code: str
    says: tuple[str, ...]
    fixed_by: FixedBy = FixedBy.YOU
    succeeds: bool = False
    sign_ins: int | None = None

    def __str__(self) -> str:
        return self.name


def with_changes(make: Callable[[Scene], Config], **change: Any) -> Callable[[Scene], Config]:
    return lambda scene: make(scene) | change


def with_credentials(change: Mapping[str, Any], make: Callable[[Scene], Config]) -> Callable[[Scene], Config]:
    def changed(scene: Scene) -> Config:
        config = make(scene)
        return config | {"credentials": config["credentials"] | change}

    return changed


def on_cloud(scene: Scene) -> Config:
    return scene.cloud()


def on_data_center(scene: Scene) -> Config:
    return scene.data_center()


def with_oauth(scene: Scene) -> Config:
    return scene.data_center("oauth", context_path="/jira")


def pem_of(key: Any, password: bytes | None = None) -> str:
    encryption = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return str(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption).decode())


def after(change: Callable[[Scene], None], make: Callable[[Scene], Config]) -> Callable[[Scene], Config]:
    """A good set-up, in which something changes afterwards."""

    def changed(scene: Scene) -> Config:
        config = make(scene)
        change(scene)
        return config

    return changed


def refusing(path: str, status: int) -> Callable[[Scene], None]:
    return lambda scene: scene.answering(path, json_response({"errorMessages": ["Not for you."]}, status))


def secrets_of(config: Mapping[str, Any]) -> list[str]:
    """What must never be seen: the configured secrets, a key line by line, and in any escape."""
    credentials = config.get("credentials") or {}
    names = {field.name for way in WAYS for field in way.fields if field.is_secret and not field.is_multiline}
    values = [credentials.get(name, "") for name in names]
    key = str(credentials.get("private_key", ""))
    values += [line for line in key.splitlines() if len(line) > 20 and "BEGIN" not in line and "END" not in line]
    values += [json.dumps(key)[1:-1]]
    return [value.strip() for value in values if len(value.strip()) >= 6]
