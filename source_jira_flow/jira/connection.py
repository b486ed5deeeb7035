"""Which Jira answers, of which version, and who we are to it: settled once per run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from source_jira_flow.common.hosts import GATEWAY_PATH, is_gateway, seen_from
from source_jira_flow.common.json import JsonObject
from source_jira_flow.config import Config
from source_jira_flow.errors import ConfigurationError, JiraFlowError, NotJson, RefusedRequest, SignInRefused
from source_jira_flow.http.client import Answer, JiraClient
from source_jira_flow.http.faults import base_of, in_words, unusable
from source_jira_flow.jira.account import Account, read_account
from source_jira_flow.jira.address import SERVER_INFO, no_jira_at, right_base_url
from source_jira_flow.jira.clock import agreed_time
from source_jira_flow.jira.cloud import CloudJira
from source_jira_flow.jira.rest import RestJira
from source_jira_flow.jira.self_hosted import SelfHostedJira
from source_jira_flow.settings import ATLASSIAN_GATEWAY

OLDEST_VERSION = (7, 13)
# A firewall may let only the site through: then the site's own answer has to come soon.
_TRIES_AT_GATEWAY = 2
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_LONGEST_NUMBER = 10


@dataclass(frozen=True)
class ServerInfo:
    """What `serverInfo` says. `now` is Jira's clock in epoch milliseconds, `base_url` its administrator's address."""

    is_cloud: bool
    version: str
    version_numbers: tuple[int, ...]
    base_url: str
    title: str
    now: int


@dataclass(frozen=True)
class Instance:
    """A Jira that was reached and signed in to."""

    jira: RestJira
    server: ServerInfo
    account: Account
    configured_url: str

    @property
    def now(self) -> int:
        """Jira's clock in epoch milliseconds, before anything was read."""
        return self.server.now

    @property
    def site_url(self) -> str:
        """Where people read issues: the configured address, or Jira's own where that is Atlassian's gateway."""
        return self.server.base_url if is_gateway(self.configured_url) else self.configured_url

    def prove_sign_in(self) -> None:
        """Raises SignInRefused unless Jira still takes us for the account that signed in."""
        if read_account(self.jira.client).id != self.account.id:
            raise SignInRefused(
                "Jira treated the sign-in as another account than before: sync again.", reason="anonymous"
            )

    def prove_answer(self) -> None:
        """The same for the last answer that this thread received: it may name the account itself."""
        if not self.jira.client.last_answer_names_account:
            self.prove_sign_in()

    @property
    def identity(self) -> dict[str, str]:
        """What a state keeps, to notice another Jira."""
        return {"kind": self.jira.kind, "base_url": self.server.base_url, "configured_url": self.configured_url}


def connect(config: Config, client: JiraClient) -> Instance:
    """Reach Jira and sign in. Raises ConfigurationError where version, method or credentials don't fit."""
    server = read_server_info(client)
    refuse_old_version(server)
    misfit = config.credentials.misfit(is_cloud=server.is_cloud, version=server.version)
    if misfit:
        raise ConfigurationError(misfit)
    account, client = sign_in(config, client, server)
    return Instance(jira_of(server, client), server, account, config.base_url)


def jira_of(server: ServerInfo, client: JiraClient) -> RestJira:
    """The interface to a Jira of this kind."""
    return (CloudJira if server.is_cloud else SelfHostedJira)(client, server.version_numbers)


def read_server_info(client: JiraClient) -> ServerInfo:
    """Asked without a signature first, since a refused password counts towards a CAPTCHA; signed where that is refused.

    Raises UnusableAddress where something else than Jira answers, and what JiraClient.ask raises.
    """
    try:
        answer = client.ask("GET", SERVER_INFO, signed=False, is_small=True)
    except (SignInRefused, RefusedRequest) as refused:
        if isinstance(refused, RefusedRequest) and refused.status != 403:
            raise no_jira_at(client) from refused
        if refused.reason == "ip_address":
            raise
        answer = client.ask("GET", SERVER_INFO, is_small=True)
    except NotJson as fault:
        found = right_base_url(client)
        raise (unusable("wrong_path", client.base_url, other=found) if found else fault) from fault
    _refuse_redirect(client, answer)
    return _server_info(answer, client)


def _refuse_redirect(client: JiraClient, answer: Answer) -> None:
    """A GET is led to the right path of the same host, a search by POST is not: the base URL must be the right one."""
    reached = base_of(answer.url or client.base_url)
    if unquote(urlsplit(reached).path) != unquote(urlsplit(client.base_url).path):
        raise unusable("wrong_path", client.base_url, other=reached)


def _server_info(answer: Answer, client: JiraClient) -> ServerInfo:
    document = answer.document
    if not isinstance(document, dict) or not document.get("version"):
        raise no_jira_at(client)
    now = agreed_time(document.get("serverTime"), answer.headers, client.logger)
    if now is None:
        raise NotJson(in_words("page", client.base_url))
    return ServerInfo(
        is_cloud=document.get("deploymentType") == "Cloud",
        version=str(document["version"]),
        version_numbers=_version_numbers(document),
        base_url=str(document.get("baseUrl") or client.base_url).rstrip("/"),
        title=str(document.get("serverTitle") or "Jira"),
        now=now,
    )


def _version_numbers(document: JsonObject) -> tuple[int, ...]:
    told = document.get("versionNumbers")
    if isinstance(told, list) and told and all(type(number) is int for number in told):
        return tuple(told)
    parts = str(document["version"]).replace("-", ".").split(".")
    return tuple(int(part) for part in parts if part.isdecimal() and len(part) < _LONGEST_NUMBER)


def refuse_old_version(server: ServerInfo) -> None:
    """Raises ConfigurationError for a self-hosted Jira before 7.13."""
    if not server.is_cloud and server.version_numbers[:2] < OLDEST_VERSION:
        raise ConfigurationError(
            f"This is Jira {server.version}; the connector needs Jira 7.13 or newer."
            " Ask your Jira administrator for an upgrade."
        )


def sign_in(config: Config, client: JiraClient, server: ServerInfo) -> tuple[Account, JiraClient]:
    """The account, and the client that reached it: through the site, or through Atlassian's gateway if need be."""
    where = config.credentials.gateway if server.is_cloud and not is_gateway(client.base_url) else "never"
    if where == "only":
        through_gateway = gateway(client)
        if through_gateway is None:
            raise ConfigurationError(
                "The site does not return its cloud ID, and this way to sign in only works through Atlassian's gateway:"
                " enter https://api.atlassian.com/ex/jira/CLOUD-ID as the base URL."
            )
        client = through_gateway
    try:
        return read_account(client), client
    except SignInRefused as refused:
        if where != "perhaps" or refused.reason in ("captcha", "password_as_token"):
            raise
        through_gateway = gateway(client)
        if through_gateway is None:
            raise
        try:
            return read_account(through_gateway, tries=_TRIES_AT_GATEWAY), through_gateway
        except JiraFlowError as error:
            # Only a lack of scopes shows a scoped token; else the site's own answer counts, also where the gateway
            # can't be reached.
            raise (error if error.reason == "scope" else refused) from None


def gateway(client: JiraClient) -> JiraClient | None:
    """A client for Atlassian's gateway to the same site, or None where it is not a Cloud site.

    Scoped tokens of service accounts work only there; the site itself tells its cloud id.
    """
    try:
        tenant = client.ask("GET", "/_edge/tenant_info", signed=False, is_small=True).document
    except JiraFlowError:
        return None
    cloud_id = str(tenant.get("cloudId")) if isinstance(tenant, dict) else ""
    root = client.settings.gateway_url or seen_from(client.base_url, ATLASSIAN_GATEWAY)
    # Anything but a UUID would lead credentials to another path of the gateway.
    return client.at(f"{root}{GATEWAY_PATH}{cloud_id}") if _UUID.fullmatch(cloud_id) else None


def client_for(config: Config, **arguments: Any) -> JiraClient:
    """The client for a configuration; arguments as JiraClient's."""
    return JiraClient(config.base_url, config.credentials.signer(), workers=config.workers, **arguments)
