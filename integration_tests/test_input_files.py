"""Configurations, catalogs and states as files go wrong: one typed message that names the file, and exit code 1."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from airbyte_cdk.models import ConfiguredAirbyteCatalogSerializer

from fake_jira import FakeJira
from integration_tests.support import config_for, configured, discover, run_connector
from source_jira_flow.run import main

StartJira = Callable[..., FakeJira]
CONFIG: dict[str, Any] = {
    "base_url": "http://127.0.0.1:9",
    "credentials": {"auth_type": "access_token", "email": "me@example.com", "access_token": "ATATT3xSomeToken"},
}
CATALOG: dict[str, Any] = ConfiguredAirbyteCatalogSerializer.dump(configured(discover(CONFIG), ["issues"]))
(ISSUES,) = CATALOG["streams"]
STATE: dict[str, Any] = {
    "type": "STREAM",
    "stream": {"stream_descriptor": {"name": "issues"}, "stream_state": {"version": 1}},
}


def text(document: Any) -> bytes:
    return json.dumps(document).encode()


def nested(depth: int) -> bytes:
    return b'{"a":' * depth + b"1" + b"}" * depth


NO_JSON: dict[str, bytes | None] = {
    "missing": None,
    "empty": b"",
    "blank": b" \n\t",
    "a word": b"nonsense",
    "cut": b'{"base_url": "https://ac',
    "two documents": b"{}\n{}\n",
    "a trailing comma": b'{"a": 1,}',
    "single quotes": b"{'a': 1}",
    "YAML": b"base_url: https://acme.atlassian.net\n",
    "NaN": b'{"a": NaN}',
    "an endless number": b'{"a": ' + b"9" * 10_000 + b"}",
    "a control character": b'{"a": "\x01"}',
    "UTF-8 with a byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": "{}".encode("utf-16"),
    "UTF-16 without a mark": "{}".encode("utf-16-le"),
    "UTF-32": "{}".encode("utf-32"),
    "latin-1": '{"a": "größe"}'.encode("latin-1"),
    "bytes of all kinds": bytes(range(256)),
    "half of a character": b'{"a": "\\ud83d"}',
    "half of a character in a name": b'{"\\udc00": 1}',
    "nested 150 deep": nested(150),
    "nested 100,000 deep": nested(100_000),
    "arrays 100,000 deep": b"[" * 100_000,
}
CONFIGS: dict[str, bytes | None] = {
    **NO_JSON,
    "null": b"null",
    "a list": b"[]",
    "a text": b'"https://acme.atlassian.net"',
    "a number": b"5",
}
CATALOGS: dict[str, bytes | None] = {
    **NO_JSON,
    "null": b"null",
    "a list": text([ISSUES]),
    "an empty object": b"{}",
    "what discover printed": text({"type": "CATALOG", "catalog": {"streams": [ISSUES["stream"]]}}),
    "streams that were not chosen": text({"streams": [ISSUES["stream"]]}),
    "streams of another kind": text({"streams": {"issues": ISSUES}}),
    "no streams": text({"streams": None}),
    "a name": text({"streams": ["issues"]}),
    "a stream twice": text({"streams": [ISSUES, ISSUES]}),
    "an unknown mode": text({"streams": [{**ISSUES, "sync_mode": "sometimes"}]}),
    "no mode": text({"streams": [{**ISSUES, "sync_mode": None}]}),
    "a generation that is a text": text({"streams": [{**ISSUES, "generation_id": "one"}]}),
    "a name that is a number": text({"streams": [{**ISSUES, "stream": {**ISSUES["stream"], "name": 5}}]}),
}
STATES: dict[str, bytes | None] = {
    **NO_JSON,
    "a text": b'"state"',
    "a number": b"5",
    "one state": text(STATE),
    "the old form": text({"issues": {"updated": "2024-01-01"}}),
    "the old form in a list": text([{"type": "LEGACY", "data": {"issues": {}}}]),
    "a global state": text([{"type": "GLOBAL", "global": {"stream_states": []}}]),
    "messages": text([{"type": "STATE", "state": STATE}]),
    "texts": text(["state"]),
    "empty states": text([{}]),
    "no stream": text([{"type": "STREAM"}]),
    "a stream without a name": text([{"type": "STREAM", "stream": {"stream_state": {}}}]),
    "a state that is a text": text([{**STATE, "stream": {**STATE["stream"], "stream_state": "text"}}]),
    "a state that is a list": text([{**STATE, "stream": {**STATE["stream"], "stream_state": [["version", 1]]}}]),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, document in (("config", CONFIG), ("catalog", CATALOG), ("state", [])):
        (tmp_path / f"{name}.json").write_text(json.dumps(document), "utf-8")
    return tmp_path


def put(path: Path, content: bytes | None) -> str:
    path.unlink() if content is None else path.write_bytes(content)
    return str(path)


def options(folder: Path, verb: str) -> list[str]:
    names = ("config", "catalog", "state") if verb == "read" else ("config",)
    return [verb, *(part for name in names for part in (f"--{name}", str(folder / f"{name}.json")))]


def the_error_of(arguments: list[str], output: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """The one error that a run ends with; all that it prints keeps to the protocol."""
    assert main(arguments) == 1
    shown = output.readouterr()
    messages = [json.loads(line) for line in shown.out.splitlines()]
    assert shown.err == ""
    (error,) = [message["trace"]["error"] for message in messages if message["type"] == "TRACE"]
    assert error["failure_type"] == "config_error", error
    for phrase in ("Something went wrong", "unexpected error", "Traceback"):
        assert phrase not in error["message"]
    assert not any("Traceback" in message.get("log", {}).get("message", "") for message in messages)
    return dict(error)


@pytest.mark.parametrize("verb", ["check", "read"])
@pytest.mark.parametrize("kind", CONFIGS)
def test_a_configuration(verb: str, kind: str, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = put(folder / "config.json", CONFIGS[kind])
    error = the_error_of(options(folder, verb), capfd)
    assert error["message"].startswith(path)
    assert len(error["message"]) < len(path) + 200


@pytest.mark.parametrize("kind", CATALOGS)
def test_a_catalog(kind: str, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = put(folder / "catalog.json", CATALOGS[kind])
    assert the_error_of(options(folder, "read"), capfd)["message"].startswith(path)


@pytest.mark.parametrize("kind", STATES)
def test_a_state(kind: str, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = put(folder / "state.json", STATES[kind])
    assert the_error_of(options(folder, "read"), capfd)["message"].startswith(path)


@pytest.mark.parametrize("kind", CONFIGS)
def test_diagnose_says_the_same(kind: str, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    put(folder / "config.json", CONFIGS[kind])
    assert main(["diagnose", "--config", str(folder / "config.json")]) == 1
    shown = capfd.readouterr()
    assert "config.json" in shown.out.replace("\n", "")
    assert "Traceback" not in shown.out + shown.err


def test_a_catalog_without_streams_is_a_warning(
    start_jira: StartJira, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    put(folder / "config.json", text(config_for(start_jira())))
    put(folder / "catalog.json", text({"streams": []}))
    assert main(options(folder, "read")) == 0
    assert "The catalog has no streams, so nothing is read" in capfd.readouterr().out


@pytest.mark.parametrize("state", [b"[]", b"{}", b"null"])
def test_an_empty_state_is_none(state: bytes, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    put(folder / "state.json", state)
    put(folder / "config.json", text({**CONFIG, "base_url": ""}))
    assert main(options(folder, "read")) == 1
    assert "base URL is empty" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("num_workers", "eight"),
        ("num_workers", 8.5),
        ("num_workers", [8]),
        ("num_workers", {}),
        ("num_workers", 0),
        ("lookback_minutes", "a while"),
        ("lookback_minutes", -1),
        ("start_date", "soon"),
        ("start_date", {}),
        ("projects", {"key": "ABC"}),
        ("projects", [["ABC"]]),
        ("projects", 5),
        ("require_create_issues", "maybe"),
        ("require_create_issues", []),
        ("base_url", 5),
        ("base_url", ["https://acme.atlassian.net"]),
        ("credentials", "secret"),
        ("credentials", []),
        ("credentials", None),
        ("credentials", {"auth_type": "magic"}),
        ("credentials", {"auth_type": ["oauth"]}),
        ("credentials", {"auth_type": ["oauth"]}),
        ("credentials", {**CONFIG["credentials"], "access_token": 5}),
        ("credentials", {**CONFIG["credentials"], "email": None}),
    ],
)
def test_a_value_that_can_not_be_used_is_told_with_its_field(
    field: str, value: Any, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    put(folder / "config.json", text({**CONFIG, field: value}))
    named = {"credentials": ("auth_type", "credentials", "access_token", "email"), "start_date": ("start date",)}
    for verb in ("discover", "read"):
        message = the_error_of(options(folder, verb), capfd)["message"]
        assert any(name in message for name in named.get(field, (field,))), message
    assert main(options(folder, "check")) == 0
    shown = capfd.readouterr()
    (status,) = [
        message["connectionStatus"]
        for message in map(json.loads, shown.out.splitlines())
        if message["type"] == "CONNECTION_STATUS"
    ]
    assert status["status"] == "FAILED"
    assert any(name in status["message"] for name in named.get(field, (field,))), status


@pytest.mark.parametrize(
    "options_of_the_user",
    [
        {"num_workers": "8"},
        {"num_workers": 8.0},
        {"num_workers": None},
        {"projects": None},
        {"projects": "CORE,TEAM"},
        {"projects": ["CORE, TEAM"]},
        {"start_date": None},
        {"start_date": ""},
        {"lookback_minutes": None},
        {"require_create_issues": None},
        {"__injected_components_py": "raise SystemExit(9)"},
        {"__injected_declarative_manifest": {"streams": []}},
    ],
)
def test_values_that_can_be_understood_are_taken(
    options_of_the_user: dict[str, Any], folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    put(folder / "config.json", text({**CONFIG, **options_of_the_user}))
    assert main(options(folder, "discover")) == 0
    assert '"type":"CATALOG"' in capfd.readouterr().out


# -- as a process ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "content"),
    [("config", None), ("config", nested(100_000)), ("catalog", b"{}"), ("state", b'[{"a": "\\ud83d"}]')],
    ids=["no configuration", "a configuration too deep", "no catalog", "half of a character in a state"],
)
def test_a_process_ends_with_1_and_nothing_but_messages(file: str, content: bytes | None, folder: Path) -> None:
    path = put(folder / f"{file}.json", content)
    run = run_connector(*options(folder, "read"))
    assert run.exit_code == 1
    assert run.stderr == ""
    (error,) = [message["trace"]["error"] for message in run.messages if message["type"] == "TRACE"]
    assert error["message"].startswith(path)
    assert error["failure_type"] == "config_error"
