"""`check` and `diagnose` against broken set-ups: what a person reads, and how soon."""

import json
import logging
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from airbyte_cdk.models import Status

from fake_jira import FakeJira, Fault, Request, build_site
from fake_jira.messages import Response, json_response
from integration_tests import broken_networks
from integration_tests.broken_set_ups import BROKEN_SET_UPS
from integration_tests.broken_set_ups.scene import SOME_TOKEN, BrokenSetUp, Config, Scene, secrets_of
from integration_tests.support import SHORT_WAITS, environment_of, undocumented
from source_jira_flow.check.checkup import examine, run_check
from source_jira_flow.check.command_line import diagnose_main
from source_jira_flow.check.diagnosis import Diagnosis

LOGGER = logging.getLogger("test of check")
QUICK = replace(SHORT_WAITS, connect_timeout=0.5, read_timeout=0.4, tries=2, check_limit=1.2)
NAMELESS = {"X-AUSERNAME": "", "X-AACCOUNTID": ""}
AN_ACTION = re.compile(
    r"\b(ask|add|authorize|check|choose|compare|correct|create|enter|fill in|give|grant|install|log in|make|paste|put"
    r"|plan|remove|renew|restore|run|set|take|try|use|write)\b",
    re.IGNORECASE,
)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with Scene.set(tmp_path) as made:
        yield made


@pytest.fixture(autouse=True)
def quick_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment_of(QUICK).items():
        monkeypatch.setenv(name, value)


def diagnosed(config: Config, gateway_url: str = "") -> Diagnosis:
    settings = replace(QUICK, gateway_url=gateway_url)
    return examine(config, LOGGER, settings.impatient(), limit=settings.check_limit)


@pytest.mark.parametrize("set_up", BROKEN_SET_UPS, ids=str)
def test_a_broken_set_up_is_told_with_who_can_fix_it(
    set_up: BrokenSetUp, scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    config = set_up.make(scene)
    for name, value in scene.environment.items():
        monkeypatch.setenv(name, value)
    caplog.set_level(logging.DEBUG)

    diagnosis = diagnosed(config, scene.gateway_url)

    message = diagnosis.message
    assert set_up.code in [finding.code for finding in diagnosis.findings], message
    finding = next(finding for finding in diagnosis.findings if finding.code == set_up.code)
    assert finding.fixed_by is set_up.fixed_by
    for part in set_up.says:
        assert part in message
    assert diagnosis.succeeded is set_up.succeeds
    if not set_up.succeeds:
        assert finding.failed or any(other.failed for other in diagnosis.findings)
    _assert_fit_for_a_person(diagnosis)
    for secret in [*secrets_of(config), "proxy-password"]:
        assert secret not in message + caplog.text
    if set_up.sign_ins is not None:
        assert _sign_ins(scene.jira) == set_up.sign_ins


def test_the_table_is_long_enough() -> None:
    assert len(BROKEN_SET_UPS) >= 40
    assert len({set_up.name for set_up in BROKEN_SET_UPS}) == len(BROKEN_SET_UPS)


def _assert_fit_for_a_person(diagnosis: Diagnosis) -> None:
    assert 0 < len(diagnosis.message) < 1000
    for finding in diagnosis.findings:
        assert 0 < len(finding.text) < 300
        assert finding.text.endswith((".", "?")), "cut short"
        if finding.severity.value != "info":
            assert AN_ACTION.search(finding.text), f"no action in: {finding.text}"
    for trace in ("Traceback", 'File "', "HTTPSConnectionPool", "Errno", "<html", "{'", "None"):
        assert trace not in diagnosis.message.replace("None of the", "")


def _sign_ins(jira: FakeJira) -> int:
    """Requests with credentials before it is known that they are good; the first for `serverInfo` has none."""
    paths = [record.path for record in jira.requests]
    return sum(path.endswith("/myself") for path in paths) + sum(path.endswith("/serverInfo") for path in paths) - 1


@pytest.mark.parametrize(
    ("flavor", "method", "context_path", "kind"),
    [
        ("cloud", "access_token", "", "Jira Cloud 1001.0.0-SNAPSHOT"),
        ("dc11", "oauth", "/jira", "self-hosted Jira 11.3.2"),
        ("dc9", "username_password", "", "self-hosted Jira 9.12.15"),
        ("server7", "oauth", "", "self-hosted Jira 7.13.18"),
    ],
)
def test_a_good_set_up_is_told_by_account_instance_version_zone_and_projects(
    flavor: str, method: str, context_path: str, kind: str
) -> None:
    site = build_site(flavor, issues=30)
    site.service_account.time_zone = "Asia/Kolkata"
    with FakeJira(site, context_path) as jira:
        status = run_check({"base_url": jira.base_url, "credentials": site.credentials(method)}, LOGGER, QUICK)

    assert status.status is Status.SUCCEEDED
    message = status.message or ""
    assert message.startswith("Successfully connected via service.account@example.com to Fake Jira")
    for part in (kind, jira.base_url, "Asia/Kolkata", "4 projects will be imported."):
        assert part in message
    assert jira.write_attempts == []
    assert undocumented(jira) == []


def test_an_account_without_a_zone_is_told_to_be_in_utc(scene: Scene) -> None:
    config = scene.cloud()
    scene.jira.faults.changed(lambda document: {**document, "timeZone": None}, match="/myself")
    assert "time zone UTC" in diagnosed(config).message


def test_a_scoped_token_finds_the_gateway_by_itself(scene: Scene) -> None:
    config = scene.cloud("scoped_token")
    diagnosis = diagnosed(config, scene.gateway_url)
    assert diagnosis.succeeded, diagnosis.message
    assert all(record.gateway for record in scene.jira.requests if "project" in record.path)


def test_all_findings_come_at_once_in_the_order_of_who_fixes_them(scene: Scene) -> None:
    config = scene.cloud(projects=["CORE", "CORA", "HELP", "TEAM"])
    for permission in ("USER_PICKER", "CREATE_ISSUES"):
        scene.site.revoke(permission)
    message = diagnosed(config).message
    parts = [
        "You:",
        "CORA",
        "Your Jira administrator:",
        "Browse users",
        "Your project administrator:",
        "TEAM",
        "Warning",
        "HELP",
    ]
    places = [message.index(part) for part in parts]
    assert places == sorted(places)


def test_a_jira_without_mypermissions_is_told_once_and_nothing_is_concluded_from_it(scene: Scene) -> None:
    config = scene.data_center()
    scene.answering("/mypermissions", json_response({"errorMessages": ["Dead link."]}, 404))
    diagnosis = diagnosed(config)
    assert [finding.code for finding in diagnosis.findings if finding.failed] == ["refused:404"]
    assert "can't browse" not in diagnosis.message
    assert [row.browse for row in diagnosis.rows if row.imported] == [None] * 4


def test_a_404_for_every_project_alone_is_no_evidence_either(scene: Scene) -> None:
    config = scene.data_center()
    dead = json_response({"errorMessages": ["Dead link."]}, 404)

    def asks_for_a_project(request: Request) -> bool:
        return request.path.endswith("/mypermissions") and request.text("projectId") is not None

    scene.jira.faults.add(Fault("dead", match=asks_for_a_project, answer=lambda request: dead))
    diagnosis = diagnosed(config)
    assert diagnosis.succeeded, diagnosis.message
    assert "permissions of 0 of 4 projects" in diagnosis.message


def test_projects_that_use_security_levels_are_found_among_many(scene: Scene) -> None:
    config = scene.data_center()
    levels = scene.site.project("CORE").security_levels
    levels[1].members.add(scene.site.service_account)
    for number in range(70):
        key = f"P{number}"
        project = scene.site.create_project(key, f"Project {number}")
        if number in (3, 66):
            project.security_levels = levels
            issue = scene.site.create_issue(project, "Secret")
            scene.site.set_security_level(issue.id, levels[1])
    texts = [finding.text for finding in diagnosed(config).findings if finding.code == "issue_security"]
    assert len(texts) == 1
    assert "P3, P66" in texts[0]


@pytest.mark.parametrize("make", [Scene.cloud, Scene.data_center])
def test_a_profile_that_is_refused_to_nobody_in_particular_proves_nothing(
    make: Callable[[Scene], Config], scene: Scene
) -> None:
    config = make(scene)
    scene.answering("/myself", json_response({"errorMessages": ["Not for you."]}, 403))
    scene.answering("/mypermissions", json_response({"permissions": {}}, headers=NAMELESS))
    assert [finding.code for finding in diagnosed(config).findings if finding.failed] == ["refused:403"]


@pytest.mark.parametrize("make", [Scene.cloud, Scene.data_center])
def test_an_answer_that_only_a_sign_in_opens_proves_the_sign_in(make: Callable[[Scene], Config], scene: Scene) -> None:
    config = make(scene)
    scene.answering("/myself", json_response({"errorMessages": ["Not for you."]}, 403))

    def answer(request: Request) -> Response:
        held = {"permissions": {"USER_PICKER": {"havePermission": True}}}
        return json_response(held, 200 if "Authorization" in request.headers else 401, NAMELESS)

    scene.jira.faults.add(Fault("nameless", match="/mypermissions", answer=answer))
    assert "via an account that Jira does not name" in diagnosed(config).connection


def test_permissions_that_only_a_sign_in_gives_prove_the_sign_in(scene: Scene) -> None:
    config = scene.cloud()
    scene.answering("/myself", json_response({"errorMessages": ["Not for you."]}, 403))

    def answer(request: Request) -> Response:
        held = {"BROWSE_PROJECTS": {"havePermission": "Authorization" in request.headers}}
        return json_response({"permissions": held}, headers=NAMELESS)

    scene.jira.faults.add(Fault("nameless", match="/mypermissions", answer=answer))
    assert "via an account that Jira does not name" in diagnosed(config).connection


def test_an_answer_in_an_unknown_form_is_told_whole(scene: Scene) -> None:
    config = scene.cloud()
    scene.answering("/project/search", json_response([]))
    texts = [finding.text for finding in diagnosed(config).findings if finding.failed]
    assert len(texts) == 1 and "…" not in texts[0], texts
    assert "not an object" in texts[0] and texts[0].count("report it") == 1


def test_every_error_of_the_configuration_is_told(scene: Scene) -> None:
    message = diagnosed({"base_url": "", "credentials": {"auth_type": "oauth"}, "num_workers": 0}).message
    for part in ("base URL", "consumer key", "num_workers"):
        assert part in message


def test_a_key_that_can_not_be_used_does_not_hide_a_wrong_address() -> None:
    config = {
        "base_url": f"http://{broken_networks.closed_port()}",
        "credentials": {
            "auth_type": "oauth",
            "consumer_key": "a",
            "private_key": "b",
            "access_token": "c",
            "access_token_secret": "d",
        },
    }
    message = diagnosed(config).message
    assert "private key" in message
    assert "refuses the connection" in message


def test_a_locked_jira_is_asked_again_signed(scene: Scene) -> None:
    config = scene.data_center()
    scene.site.settings.server_info_requires_sign_in = True
    assert diagnosed(config).succeeded


@pytest.mark.parametrize(
    "silence", [broken_networks.mute, broken_networks.dripping_head, broken_networks.dripping_body]
)
def test_check_ends_in_time_although_jira_falls_silent_in_the_middle(silence: Any, scene: Scene) -> None:
    settings = replace(QUICK, read_timeout=8.0)
    config = scene.data_center()
    scene.jira.faults.hang(match="/project")
    began = time.monotonic()
    status = run_check(config, LOGGER, settings)
    assert time.monotonic() - began < settings.read_timeout
    assert status.status is Status.FAILED
    with broken_networks.speaking(silence) as address:
        began = time.monotonic()
        run_check({"base_url": f"http://{address}", "credentials": SOME_TOKEN}, LOGGER, settings)
        assert time.monotonic() - began < settings.read_timeout


def test_permissions_that_come_too_late_are_told_as_unasked(scene: Scene) -> None:
    config = scene.data_center()
    scene.site.revoke("CREATE_ISSUES", project="CORE")
    scene.jira.faults.hang(match=lambda request: request.text("projectId") is not None, after=2)
    diagnosis = diagnosed(config)
    assert diagnosis.succeeded, diagnosis.message
    assert "permissions_unasked" in [finding.code for finding in diagnosis.findings]


def test_permissions_are_asked_for_by_no_more_requests_at_once_than_a_lowered_number_of_workers(scene: Scene) -> None:
    config = scene.data_center(num_workers=2)
    for number in range(20):
        scene.site.create_project(f"P{number}", f"Project {number}")
    scene.jira.latency_ms = 20
    began = time.monotonic()
    assert diagnosed(config).succeeded
    assert time.monotonic() - began > 20 * 0.02 / 2


def test_two_thousand_projects_at_50_ms_are_told_to_the_last_one(tmp_path: Path) -> None:
    arguments = ("--flavor", "dc10", "--projects", "2000", "--issues", "50", "--latency-ms", "50")
    with _own_process(tmp_path, *arguments) as config:
        # Far more than it takes: other tests may keep the machine busy.
        status = run_check(config, LOGGER, replace(QUICK, check_limit=120.0))
    assert status.status is Status.SUCCEEDED
    assert "1,996 projects will be imported" in (status.message or "")
    assert "in time" not in (status.message or "")


class _own_process:  # noqa: N801  # read as a function
    """A fake Jira in a process of its own, so that it does not share our time; gives the config for OAuth."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self._ready = folder / "ready.json"
        self._command = [
            sys.executable,
            "-m",
            "fake_jira",
            "--ready-file",
            str(self._ready),
            *arguments,
        ]

    def __enter__(self) -> Config:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        until = time.monotonic() + 30
        while not self._ready.exists():
            assert time.monotonic() < until, "the fake Jira did not start"
            time.sleep(0.05)
        config: Config = json.loads(self._ready.read_text())["configs"]["oauth"]
        return config

    def __exit__(self, *error: object) -> None:
        self._process.terminate()
        self._process.wait(10)


def _check(config: Path, environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The connection status that the command prints, on a standard output of protocol messages alone."""
    command = [sys.executable, "-m", "source_jira_flow", "check", "--config", str(config)]
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, **(environment or {})}, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    messages = [json.loads(line) for line in done.stdout.splitlines()]
    statuses: list[dict[str, Any]] = [
        message["connectionStatus"] for message in messages if message["type"] == "CONNECTION_STATUS"
    ]
    assert len(statuses) == 1
    return statuses[0]


def test_the_command_tells_a_wrong_password_without_showing_it(scene: Scene) -> None:
    config = scene.data_center()
    config["credentials"]["password"] = "mistyped-and-secret"
    path = scene.folder / "config.json"
    path.write_text(json.dumps(config))
    status = _check(path)
    assert status["status"] == "FAILED"
    assert "did not accept the user name and password" in status["message"]
    assert "mistyped-and-secret" not in json.dumps(status)


def test_the_command_of_a_process_ends_although_a_server_drips(scene: Scene) -> None:
    path = scene.folder / "config.json"
    with broken_networks.speaking(broken_networks.dripping_head) as address:
        path.write_text(json.dumps({"base_url": f"http://{address}", "credentials": SOME_TOKEN}))
        status = _check(path)
    assert "did not finish in time" in status["message"]


class TestDiagnose:
    """`source-jira-flow diagnose`, the report for a person."""

    def _report(
        self, config: Config, folder: Path, capsys: pytest.CaptureFixture[str], *options: str
    ) -> tuple[int, str]:
        path = folder / "config.json"
        path.write_text(json.dumps(config))
        code = diagnose_main(["--config", str(path), *options], QUICK)
        return code, capsys.readouterr().out

    def test_a_good_set_up_shows_projects_and_endpoints(self, scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
        code, report = self._report(scene.cloud(), scene.folder, capsys, "--verbose")
        assert code == 0
        for part in ("Successfully connected via", "CORE", "service_desk", "Team-", "The check succeeds"):
            assert part in report
        for part in ("/rest/api/2/search/jql", "Browse users"):
            assert part in report
        assert re.search(r"TEAM\b.*yes.*yes.*yes.*yes", report)
        assert re.search(r"HELP\b.*no.*yes.*yes.*no", report)

    def test_a_broken_set_up_shows_what_is_wrong_and_fails(
        self, scene: Scene, capsys: pytest.CaptureFixture[str]
    ) -> None:
        config = scene.data_center()
        scene.site.revoke("CREATE_ISSUES", project="CORE")
        scene.site.revoke("USER_PICKER")
        code, report = self._report(config, scene.folder, capsys)
        assert code == 1
        for part in (
            "failed",
            "Jira administrator",
            "warning",
            "The check fails: 1 problem must",
        ):
            assert part in report
        for secret in secrets_of(config):
            assert secret not in report

    def test_the_report_is_short_and_fits_80_columns(self, scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
        config = scene.data_center()
        for permission in ("CREATE_ISSUES", "USER_PICKER"):
            scene.site.revoke(permission)
        scene.site.create_project("LONGESTKEY", "A project with a name that is longer than most of the others")
        report = self._report(config, scene.folder, capsys)[1]
        assert "Endpoints" not in report
        assert max(len(line) for line in report.splitlines() if not line.startswith("See https://")) <= 80
        assert (
            "See https://confluence.atlassian.com/adminjiraserver/managing-global-permissions-938847142.html" in report
        )

    def test_escape_sequences_in_names_do_not_reach_the_terminal(
        self, scene: Scene, capsys: pytest.CaptureFixture[str]
    ) -> None:
        config = scene.cloud()
        scene.site.edit_project("CORE", name="Core\x1b]8;;https://evil.example\x07click\x9b31m\u202e")
        report = self._report(config, scene.folder, capsys)[1]
        assert "Core" in report
        assert not set(report) & set("\x1b\x07\x9b\u202e")

    def test_names_in_square_brackets_are_shown_as_they_are(
        self, scene: Scene, capsys: pytest.CaptureFixture[str]
    ) -> None:
        config = scene.cloud()
        scene.site.edit_project("CORE", name="[red]Alert[/red]")
        assert "[red]Alert[/red]" in self._report(config, scene.folder, capsys)[1]

    def test_an_unreachable_jira_is_told_in_a_sentence(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        config = {"base_url": f"http://{broken_networks.closed_port()}", "credentials": SOME_TOKEN}
        code, report = self._report(config, tmp_path, capsys)
        assert code == 1
        assert "refuses the connection" in report

    @pytest.mark.parametrize(
        ("content", "says"), [(None, "can't be read"), ("{", "is not JSON"), ("[]", "is not a configuration")]
    )
    def test_a_file_that_is_no_configuration_is_told_in_a_sentence(
        self, content: str | None, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = tmp_path / "config.json"
        if content is not None:
            path.write_text(content)
        assert diagnose_main(["--config", str(path)], QUICK) == 1
        assert says in " ".join(capsys.readouterr().out.split())

    def test_a_command_line_without_a_config_is_refused(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit, match="2"):
            diagnose_main([])
        assert "--config" in capsys.readouterr().err
