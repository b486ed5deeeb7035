"""The connector as the platform runs it: a process, files, standard output, exit codes. A few chosen runs."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from airbyte_cdk.models import ConfiguredAirbyteCatalogSerializer, Type

import source_jira_flow
from fake_jira import FakeJira, Fault, Request
from fake_jira.messages import Response, json_response
from integration_tests.support import (
    CLOUD,
    ROOT,
    TOKEN_SETUPS,
    Run,
    Setup,
    config_for,
    configured,
    discover,
    run_connector,
)
from source_jira_flow.run import main
from source_jira_flow.sign_in.table import WAYS

PROTOCOL = {kind.value for kind in Type}
LEAST_SECRET = 8
SECRET_FIELDS = sorted({field.name for way in WAYS for field in way.fields if field.is_secret})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as people have them: with spaces, and letters beyond ASCII."""
    path = tmp_path / "My Jira – größe"
    path.mkdir()
    return path


def written(path: Path, content: Any) -> str:
    path.write_text(json.dumps(content), "utf-8")
    return str(path)


def catalog_file(folder: Path, config: Mapping[str, Any], *streams: str) -> str:
    catalog = configured(discover(config), streams or None)
    return written(folder / "catalog.json", ConfiguredAirbyteCatalogSerializer.dump(catalog))


def assert_protocol_only(run: Run) -> None:
    for message in run.messages:
        if message["type"] == "DEBUG":
            # The CDK's own form of what it logs under --debug; the platform never asks for it.
            continue
        assert message["type"] in PROTOCOL
        body = {"CONNECTION_STATUS": "connectionStatus"}.get(message["type"], message["type"].lower())
        assert isinstance(message[body], dict)


def secrets_of(credentials: Mapping[str, str]) -> Iterator[str]:
    """The secrets in every shape in which they could come out."""
    for name in SECRET_FIELDS:
        value = credentials.get(name, "")
        yield from (value, json.dumps(value)[1:-1], *value.splitlines())
    for user, secret in (("email", "access_token"), ("username", "password"), ("client_id", "client_secret")):
        pair = f"{credentials.get(user)}:{credentials.get(secret)}"
        yield from (base64.b64encode(pair.encode(encoding)).decode() for encoding in ("utf-8", "latin-1"))


def assert_no_secret(run: Run, credentials: Mapping[str, str]) -> None:
    for text in (run.stdout, run.stderr):
        for secret in secrets_of(credentials):
            if len(secret) >= LEAST_SECRET and not secret.startswith("-----"):
                assert secret not in text
        assert "oauth_signature=" not in text
        assert "Authorization: " not in text


def test_spec_says_what_the_configuration_consists_of() -> None:
    run = run_connector("spec")
    assert run.exit_code == 0
    assert_protocol_only(run)
    (message,) = run.of_type(Type.SPEC)
    properties = message["spec"]["connectionSpecification"]["properties"]
    assert list(properties) == [
        "base_url",
        "credentials",
        "projects",
        "excluded_projects",
        "start_date",
        "find_deleted_issues",
        "require_create_issues",
        "lookback_minutes",
        "num_workers",
    ]


def test_every_verb_keeps_to_the_protocol_and_keeps_its_secrets(setup: Setup, jira: FakeJira, folder: Path) -> None:
    content = config_for(jira, setup.method)
    config = written(folder / "config file.json", content)

    checked = run_connector("check", "--config", config, "--debug")
    assert checked.exit_code == 0
    (status,) = checked.of_type(Type.CONNECTION_STATUS)
    assert status["connectionStatus"]["status"] == "SUCCEEDED", status

    read = run_connector("read", "--config", config, "--catalog", catalog_file(folder, content), "--debug")
    assert read.exit_code == 0
    assert len([row for row in read.of_type(Type.RECORD) if row["record"]["stream"] == "issues"]) == len(
        jira.site.visible_issues(jira.site.service_account)
    )

    for run in (checked, read):
        assert_protocol_only(run)
        assert_no_secret(run, content["credentials"])


@pytest.mark.parametrize("setup", TOKEN_SETUPS, ids=str)
def test_no_secret_and_no_token_is_shown_at_any_level(
    setup: Setup, start_jira: Callable[..., FakeJira], folder: Path
) -> None:
    jira = start_jira(setup)
    for client in jira.site.bearer.clients.values():
        client.requests_each, client.short_lived = 15, 4
    content = config_for(jira, setup.method)
    config = written(folder / "config.json", content)
    catalog = catalog_file(folder, content)
    runs = [
        run_connector("check", "--config", config, "--debug"),
        run_connector("diagnose", "--config", config),
        run_connector("read", "--config", config, "--catalog", catalog, "--debug"),
    ]
    assert [run.exit_code for run in runs] == [0, 0, 0]
    # What a proxy may say, and what a refusal says.
    jira.faults.add(Fault("echo", match="/search", answer=_echo))
    jira.faults.refuse(401, match="/status")
    runs.append(run_connector("read", "--config", config, "--catalog", catalog, "--debug"))
    assert runs[-1].exit_code == 1
    assert "You asked with" in runs[-1].stdout
    for run in runs:
        assert_no_secret(run, content["credentials"])
        for token in jira.site.bearer.issued:
            assert token not in run.stdout + run.stderr
    assert setup.method == "personal_access_token" or len(jira.site.bearer.issued) >= 6


def _echo(request: Request) -> Response:
    header = request.headers.get("Authorization", "")
    shown = [header, quote(header), base64.b64encode(header.encode()).decode(), json.dumps({"Authorization": header})]
    return json_response({"errorMessages": ["You asked with", *shown]}, 400)


def test_discover_lists_the_streams(start_jira: Callable[..., FakeJira], folder: Path) -> None:
    config = written(folder / "config.json", config_for(start_jira()))
    run = run_connector("discover", "--config", config)
    assert run.exit_code == 0
    assert_protocol_only(run)
    (message,) = run.of_type(Type.CATALOG)
    names = {stream["name"] for stream in message["catalog"]["streams"]}
    assert {"issues", "comments", "users", "projects", "sprints", "labels", "statuses"} <= names


def test_a_read_goes_on_from_the_state_that_the_last_one_wrote(
    start_jira: Callable[..., FakeJira], folder: Path
) -> None:
    jira = start_jira()
    content = config_for(jira)
    config, catalog = written(folder / "config.json", content), catalog_file(folder, content, "issues")
    first = run_connector("read", "--config", config, "--catalog", catalog)
    state = written(folder / "state.json", [first.of_type(Type.STATE)[-1]["state"]])

    jira.site.edit_issue("CORE-1", summary="Changed since")
    second = run_connector("read", "--config", config, "--catalog", catalog, "--state", state)
    assert second.exit_code == 0
    (record,) = second.of_type(Type.RECORD)
    assert record["record"]["data"]["summary"] == "Changed since"


def test_a_stream_that_jira_refuses_is_incomplete_and_the_others_are_whole(
    start_jira: Callable[..., FakeJira], folder: Path
) -> None:
    jira = start_jira()
    jira.faults.refuse(400, "The value 'NOPE' does not exist for the field 'project'.", match="/search/jql")
    content = config_for(jira)
    config = written(folder / "config.json", content)
    run = run_connector(
        "read", "--config", config, "--catalog", catalog_file(folder, content, "issues", "projects"), "--debug"
    )
    assert run.exit_code == 1
    assert_protocol_only(run)
    assert_no_secret(run, content["credentials"])
    traces = [message["trace"] for message in run.of_type(Type.TRACE)]
    statuses = {
        trace["stream_status"]["stream_descriptor"]["name"]: trace["stream_status"]["status"]
        for trace in traces
        if trace["type"] == "STREAM_STATUS"
    }
    assert statuses == {"issues": "INCOMPLETE", "projects": "COMPLETE"}
    errors = [trace["error"] for trace in traces if trace["type"] == "ERROR"]
    assert any("'NOPE' does not exist" in error["message"] for error in errors), errors


def test_an_answer_that_shows_what_it_was_asked_with_is_not_passed_on(
    start_jira: Callable[..., FakeJira], folder: Path
) -> None:
    """Some proxies do; what they say stands in messages, in logs and in stack traces."""
    jira = start_jira()
    content = config_for(jira)
    encoded = next(secret for secret in secrets_of(content["credentials"]) if secret.endswith("="))
    jira.faults.refuse(400, f"Refused: Basic {encoded}, {content['credentials']}", match="/search/jql")
    config = written(folder / "config.json", content)
    run = run_connector("read", "--config", config, "--catalog", catalog_file(folder, content, "issues"), "--debug")
    assert run.exit_code == 1
    assert "Refused: Basic" in run.stdout
    assert_no_secret(run, content["credentials"])


def test_a_stream_that_the_source_does_not_have_is_named_and_the_others_are_whole(
    start_jira: Callable[..., FakeJira], folder: Path
) -> None:
    content = config_for(start_jira())
    catalog = json.loads(Path(catalog_file(folder, content, "statuses", "projects")).read_text())
    catalog["streams"][0]["stream"]["name"] = "pull_requests"
    config = written(folder / "config.json", content)
    run = run_connector("read", "--config", config, "--catalog", written(folder / "catalog.json", catalog))
    assert run.exit_code == 1
    assert_protocol_only(run)
    assert {message["record"]["stream"] for message in run.of_type(Type.RECORD)} <= {"statuses", "projects"}
    assert run.of_type(Type.RECORD)
    errors = [trace["trace"]["error"] for trace in run.of_type(Type.TRACE) if trace["trace"]["type"] == "ERROR"]
    assert {error["failure_type"] for error in errors} == {"config_error"}
    assert all("pull_requests" in error["message"] for error in errors)


def test_a_project_that_does_not_exist_is_named(start_jira: Callable[..., FakeJira], folder: Path) -> None:
    config = written(folder / "config.json", config_for(start_jira(), projects=["CORE", "CROE"]))
    run = run_connector("check", "--config", config)
    assert run.exit_code == 0
    assert_protocol_only(run)
    (message,) = run.of_type(Type.CONNECTION_STATUS)
    assert message["connectionStatus"]["status"] == "FAILED"
    assert "CROE" in message["connectionStatus"]["message"]


def test_a_configuration_file_that_is_not_there_is_named(folder: Path) -> None:
    run = run_connector("check", "--config", str(folder / "nowhere.json"))
    assert run.exit_code != 0
    assert_protocol_only(run)
    (trace,) = run.of_type(Type.TRACE)
    assert "nowhere.json" in json.dumps(trace)


def test_a_sign_in_that_is_refused_fails_a_read_with_words_for_it(
    start_jira: Callable[..., FakeJira], folder: Path
) -> None:
    content = config_for(start_jira(CLOUD))
    catalog = catalog_file(folder, content)
    content["credentials"]["access_token"] = "ATATT3xFfGF0-revoked-long-ago"
    config = written(folder / "config.json", content)
    run = run_connector("read", "--config", config, "--catalog", catalog, "--debug")
    assert run.exit_code == 1
    assert_protocol_only(run)
    assert_no_secret(run, content["credentials"])
    errors = [trace["trace"]["error"] for trace in run.of_type(Type.TRACE) if trace["trace"]["type"] == "ERROR"]
    assert {error["failure_type"] for error in errors} == {"config_error"}


@pytest.mark.parametrize("verb", ["spec", "read", "split"])
def test_a_reader_that_leaves_as_head_does_ends_every_verb_quietly(
    verb: str, start_jira: Callable[..., FakeJira], folder: Path
) -> None:
    content = config_for(start_jira())
    config = ["--config", written(folder / "config.json", content)]
    options = {
        "spec": [],
        "read": [*config, "--catalog", catalog_file(folder, content)],
        "split": [*config, "--parts", "2"],
    }
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "source_jira_flow", verb, *options[verb]]
    run = subprocess.run(command, cwd=ROOT, stdout=writing, stderr=subprocess.PIPE, timeout=60, check=False)
    os.close(writing)
    assert (run.returncode, run.stderr) == (-signal.SIGPIPE, b"")


def test_ctrl_c_ends_a_read_at_once_whatever_its_workers_wait_for(
    start_jira: Callable[..., FakeJira], folder: Path
) -> None:
    jira = start_jira()
    content = config_for(jira)
    config = written(folder / "config.json", content)
    command = [sys.executable, "-m", "source_jira_flow", "read", "--config", config]
    command += ["--catalog", catalog_file(folder, content, "issues")]
    asked = threading.Event()

    def is_search(request: Request) -> bool:
        if "/search" in request.path:
            asked.set()
        return "/search" in request.path

    jira.faults.hang(match=is_search)
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        assert asked.wait(30)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=10)
    assert (process.returncode, said) == (-signal.SIGINT, b"")


@pytest.mark.parametrize("verb", ["check", "diagnose"])
def test_a_locale_without_unicode_changes_nothing(verb: str, start_jira: Callable[..., FakeJira], folder: Path) -> None:
    config = written(folder / "config.json", config_for(start_jira(), projects=["CORE", "größe"]))
    run = run_connector(verb, "--config", config, LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert run.stderr == ""
    assert "größe" in run.stdout
    assert run.exit_code == (0 if verb == "check" else 1)


def test_an_output_that_is_full_is_a_sentence() -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:
        command = [sys.executable, "-m", "source_jira_flow", "spec"]
        run = subprocess.run(command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, timeout=60, check=False)
    assert (run.returncode, run.stderr) == (1, b"The output can't be written: No space left on device.\n")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-"])
def test_a_standard_stream_that_is_closed_is_no_traceback(closed: str, folder: Path) -> None:
    command = f'exec {sys.executable} -m source_jira_flow save "$0" {closed}'
    run = subprocess.run(
        ["sh", "-c", command, str(folder / "new.json")],
        cwd=ROOT,
        input=b"{}",
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert b"Traceback" not in run.stderr
    assert run.returncode == (1 if closed == "<&-" else 0)


def test_a_machine_without_a_folder_for_temporary_files_is_told(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def find() -> str:
        raise FileNotFoundError("No usable temporary directory found")

    with monkeypatch.context() as patch:
        patch.setattr("tempfile.gettempdir", find)
        assert main(["spec"]) == 1
    (error,) = [json.loads(line)["trace"]["error"] for line in capfd.readouterr().out.splitlines()]
    assert "set TMPDIR" in error["message"]
    assert error["failure_type"] == "config_error"


def test_without_a_verb_it_says_what_there_is() -> None:
    run = run_connector()
    assert run.exit_code == 2
    assert "diagnose" in run.stdout


VERBS = ["spec", "check", "discover", "read", "diagnose", "oauth", "save", "state", "split"]


@pytest.mark.parametrize("verb", ["chek", "--config", "Read", "--verbose", "\x1b[31mspec"])
def test_a_mistyped_verb_is_named_and_all_verbs_are_listed(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([verb, "--config", "config.json"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert f"no verb '{verb}'".replace("\x1b", "\N{REPLACEMENT CHARACTER}") in shown.err
    assert all(f"\n  {known} " in shown.err for known in VERBS)


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["help"]])
def test_help_lists_all_verbs(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 0
    shown = capsys.readouterr().out
    assert all(f"\n  {known} " in shown for known in VERBS)


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"source-jira-flow {source_jira_flow.__version__}\n"


@pytest.mark.parametrize("verb", ["check", "discover", "read", "diagnose"])
def test_options_that_are_missing_are_told(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([verb]) == 2
    assert "--config" in capsys.readouterr().err
