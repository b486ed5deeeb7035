"""The examination of a setup, and `check`, which turns its verdict into Airbyte's form."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from airbyte_cdk.models import AirbyteConnectionStatus, Status
from airbyte_cdk.utils.airbyte_secrets_utils import filter_secrets

from source_jira_flow.cdk import masking
from source_jira_flow.check.configuration import late_start, unknown_fields, unused_exclusions
from source_jira_flow.check.diagnosis import Diagnosis
from source_jira_flow.check.findings import Finding, FixedBy, Severity, failed, heading, in_order, warning
from source_jira_flow.check.network import way_finding
from source_jira_flow.check.permissions import project_findings, project_rows, unasked_findings
from source_jira_flow.check.scopes import scope_findings
from source_jira_flow.check.security import hidden_level_findings
from source_jira_flow.check.sign_in import method_finding, sign_in_finding
from source_jira_flow.common.hosts import is_gateway
from source_jira_flow.common.text import REPORT_IT, clipped
from source_jira_flow.config import DEFAULT_WORKERS, Config
from source_jira_flow.errors import ClosedToAccount, ConfigurationError, InvalidConfig, JiraFlowError, SignInRefused
from source_jira_flow.http.client import JiraClient
from source_jira_flow.jira.account import Account
from source_jira_flow.jira.connection import ServerInfo, gateway, jira_of, read_server_info, refuse_old_version, sign_in
from source_jira_flow.jira.jql import in_projects
from source_jira_flow.jira.missing_permissions import (
    ADMINISTER_PROJECTS,
    BROWSE_PROJECTS,
    BROWSE_USERS,
    CREATE_ISSUES,
    SET_ISSUE_SECURITY,
    no_browse_users,
)
from source_jira_flow.jira.projects import Project, Selection, select
from source_jira_flow.jira.rest import RestJira
from source_jira_flow.settings import DEFAULTS, Settings
from source_jira_flow.sign_in.base import Signer

_ASKED_PERMISSIONS = (BROWSE_PROJECTS, CREATE_ISSUES, ADMINISTER_PROJECTS, SET_ISSUE_SECURITY)
_LOG_LEVELS = {Severity.FAILED: logging.ERROR, Severity.WARNING: logging.WARNING, Severity.INFO: logging.INFO}
# How many invisible configured keys are looked up one by one, to find renamed projects.
_MOST_RENAMED = 10
_LONGEST_NAME = 80
_NO_PROFILE = (
    "Jira does not let the account read its own profile (/rest/api/2/myself), so UTC is used as its time zone. Ask"
    " your Jira administrator whether the account has access to Jira."
)
_LONGEST_QUOTE = 170


def run_check(
    config: Mapping[str, Any], logger: logging.Logger, settings: Settings = DEFAULTS
) -> AirbyteConnectionStatus:
    """The verdict on a configuration, within `Settings.check_limit` seconds even if something hangs. Never raises."""
    diagnosis = examine(config, logger, settings.impatient(), limit=settings.check_limit)
    for finding in in_order(diagnosis.findings):
        logger.log(_LOG_LEVELS[finding.severity], filter_secrets(f"{heading(finding)}: {finding.text}"))
    if diagnosis.succeeded:
        logger.info(filter_secrets(f"{diagnosis.connection} {diagnosis.outlook}"))
    return AirbyteConnectionStatus(
        status=Status.SUCCEEDED if diagnosis.succeeded else Status.FAILED, message=diagnosis.message
    )


def examine(
    config: Mapping[str, Any], logger: logging.Logger, settings: Settings, *, limit: float, thorough: bool = False
) -> Diagnosis:
    """All findings about a configuration, at most `limit` seconds from now. Never raises.

    `thorough` asks for the permissions on every project, not only on those that will be imported.
    """
    checkup = _Checkup(logger, settings, time.monotonic() + limit, thorough)
    try:
        masking.register(config)
        checkup.examine(config)
    except Exception as error:  # noqa: BLE001  # somebody is waiting for a sentence
        checkup.diagnosis.findings += findings_of(error, logger)
    return checkup.diagnosis


def findings_of(error: Exception, logger: logging.Logger) -> list[Finding]:
    """The findings for an error."""
    if isinstance(error, InvalidConfig):
        return [failed("configuration", FixedBy.YOU, problem) for problem in error.problems]
    if isinstance(error, SignInRefused):
        return [sign_in_finding(error)]
    if way := way_finding(error):
        return [way]
    if isinstance(error, ConfigurationError):
        return [failed("configuration", FixedBy.YOU, str(error))]
    if isinstance(error, JiraFlowError):
        said = str(error)
        if REPORT_IT not in said:
            said = f"{clipped(said, _LONGEST_QUOTE)} Try again. If it happens again, {REPORT_IT}"
        return [failed("contradiction", FixedBy.YOU, said)]
    # Only where it happened: an exception's text or variables may hold anything.
    places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
    logger.debug("%s at %s", type(error).__name__, " ".join(places[-8:]))
    return [
        failed(
            "unexpected",
            FixedBy.YOU,
            f"The test ran into an unexpected problem ({type(error).__name__} at {places[-1] if places else 'start'})."
            f" Try again. If it happens again, {REPORT_IT}",
        )
    ]


@dataclass
class _Checkup:
    """One examination. Each step adds its findings. A step without which nothing else can be checked raises."""

    logger: logging.Logger
    settings: Settings
    deadline: float
    thorough: bool
    diagnosis: Diagnosis = field(default_factory=Diagnosis)

    def examine(self, raw: Mapping[str, Any]) -> None:
        self._add(*unknown_fields(raw))
        config = Config.parse(raw)
        self._add(*late_start(config))
        signer: Signer | None = None
        # With an unusable private key, the network path to Jira is still checked.
        with self._noting("private_key", FixedBy.YOU):
            signer = config.credentials.signer()
        client = self._client(config, signer or Signer())
        server = read_server_info(client)
        with self._noting("version", FixedBy.JIRA_ADMINISTRATOR):
            refuse_old_version(server)
        method = method_finding(config.credentials, is_cloud=server.is_cloud, version=server.version)
        self._add(method)
        if signer is None or (method and method.failed):
            # Credentials of the wrong kind are not sent: each failure counts towards a CAPTCHA.
            return
        jira = self._sign_in(config, client, server)
        if jira is None:
            return
        if client.signer.is_user:
            self._examine_permissions(config, jira)
        else:
            self._examine_reading(config, jira)

    def _client(self, config: Config, signer: Signer) -> JiraClient:
        # A lowered number of workers means that this Jira can't handle more.
        workers = self.settings.check_requests if config.workers >= DEFAULT_WORKERS else config.workers
        return JiraClient(
            config.base_url, signer, settings=self.settings, workers=workers, logger=self.logger, deadline=self.deadline
        )

    def _sign_in(self, config: Config, client: JiraClient, server: ServerInfo) -> RestJira | None:
        """Jira as the account sees it, or None if the token's scopes do not allow anything."""
        try:
            account, client = sign_in(config, client, server)
        except SignInRefused as refused:
            if refused.reason != "scope":
                raise
            through_gateway = client if is_gateway(client.base_url) else gateway(client)
            self._add(*(scope_findings(through_gateway, config.credentials) if through_gateway else ()))
            if not any(finding.failed for finding in self.diagnosis.findings):
                raise
            return None
        jira = jira_of(server, client)
        if client.signer.is_user and not account.has_profile:
            self._add(warning("no_profile", FixedBy.JIRA_ADMINISTRATOR, _NO_PROFILE))
        self.diagnosis.connection = _connection(account, server, jira, config)
        self.diagnosis.kind = jira.kind
        if is_gateway(client.base_url):
            missing = scope_findings(client, config.credentials)
            self._add(*missing)
            if any(finding.failed for finding in missing):
                return None
        return jira

    def _examine_permissions(self, config: Config, jira: RestJira) -> None:
        held: Mapping[str, frozenset[str]] | None = None
        with self._collecting():
            if not jira.holds_globally(BROWSE_USERS):
                self._add(failed("browse_users", FixedBy.JIRA_ADMINISTRATOR, no_browse_users(jira.kind)))
            held = {}
        projects, selection = self._projects(config, jira)
        renamed: Mapping[str, str] = {}
        with self._collecting():
            renamed = _renamed(jira, selection.unknown)
        asked = [project for project in projects if not project.archived] if self.thorough else selection.imported
        if held is not None:
            # A Jira that refuses to report permissions has been mentioned: nothing is known of the projects' either.
            held = jira.project_permissions(_ASKED_PERMISSIONS, [project.id for project in asked])
        rows = self.diagnosis.rows = project_rows(projects, held or {}, selection)
        self._add(*project_findings(rows, selection, config, renamed, jira.kind))
        if held is not None:
            self._add(*unasked_findings(rows))
        with self._collecting():
            self._add(*hidden_level_findings(jira, [row.project for row in rows if row.imported], held or {}))

    def _examine_reading(self, config: Config, jira: RestJira) -> None:
        """For an account that Jira does not count as a user: it can't be asked for permissions, only tried."""
        projects, selection = self._projects(config, jira)
        rows = self.diagnosis.rows = project_rows(projects, {}, selection)
        self._add(*project_findings(rows, selection, config, {}, jira.kind))
        with self._collecting():
            if selection.imported:
                jira.search(in_projects(project.id for project in selection.imported), ["summary"], 1)
            next(iter(jira.users()), None)
        self._add(_closed_boards(jira))

    def _projects(self, config: Config, jira: RestJira) -> tuple[list[Project], Selection]:
        projects = [Project.of(document) for document in jira.projects()]
        self._add(*unused_exclusions(config, projects))
        return projects, select(projects, config.projects, config.excluded)

    @contextmanager
    def _noting(self, code: str, fixed_by: FixedBy) -> Iterator[None]:
        """A ConfigurationError becomes a finding, and the next step follows."""
        try:
            yield
        except ConfigurationError as error:
            self._add(failed(code, fixed_by, str(error)))

    @contextmanager
    def _collecting(self) -> Iterator[None]:
        """A step that others do not depend on: its error is one finding among others."""
        try:
            yield
        except SignInRefused:
            raise
        except JiraFlowError as error:
            self.diagnosis.findings += findings_of(error, self.logger)

    def _add(self, *findings: Finding | None) -> None:
        self.diagnosis.findings += [finding for finding in findings if finding is not None]


def _renamed(jira: RestJira, unknown: Sequence[str]) -> dict[str, str]:
    """The current key by a configured key that is not listed: Jira still finds a project by its old keys."""
    asked = {key: jira.project(quote(key, safe="")) for key in unknown[:_MOST_RENAMED]}
    now = {key: str(document.get("key", key)) for key, document in asked.items() if document}
    return {key: current for key, current in now.items() if current.upper() != key.upper()}


def _connection(account: Account, server: ServerInfo, jira: RestJira, config: Config) -> str:
    zone = account.time_zone or "UTC (the account's own time zone can't be read)"
    told = (account.title, server.title, jira.kind_title, server.version, config.base_url, zone)
    return "Successfully connected via {} to {} ({} {}) at {}, time zone {}.".format(
        *(clipped(name, _LONGEST_NAME) for name in told)
    )


def _closed_boards(jira: RestJira) -> Finding | None:
    try:
        next(jira.boards(), None)
    except ClosedToAccount:
        return warning(
            "boards_closed",
            FixedBy.YOU,
            "Jira does not give service accounts access to boards: boards stays empty, and sprints only has those"
            " that occur in issues, so choose the stream issues too. For all sprints, use another way to sign in.",
        )
    except JiraFlowError:
        # The streams report their own errors, such as a missing Jira Software.
        pass
    return None
