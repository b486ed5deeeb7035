"""The verbs for people that write or print files: `save`, `state` and `split`."""

from __future__ import annotations

import io
import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fake_jira import FakeJira
from integration_tests.support import (
    CLOUD,
    DATA_CENTER,
    SHORT_WAITS,
    Reading,
    Setup,
    check,
    config_for,
    configured,
    discover,
    read_all,
    run_connector,
)
from source_jira_flow.commands.split import Part, balanced, split_main
from source_jira_flow.commands.state import state_main
from source_jira_flow.jira.projects import Project
from source_jira_flow.run import main

StartJira = Callable[..., FakeJira]


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts text on standard input."""
    return lambda text: monkeypatch.setattr("sys.stdin", io.StringIO(text))


class TestSave:
    def test_only_the_owner_can_read_what_is_saved(
        self, typed: Callable[[str], None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        typed('{"base_url": "https://jira.acme.com"}')
        place = tmp_path / "secrets" / "config.json"
        assert main(["save", str(place)]) == 0
        assert json.loads(place.read_text()) == {"base_url": "https://jira.acme.com"}
        assert (mode_of(place), mode_of(place.parent)) == (0o600, 0o700)
        assert "readable only by you" in capsys.readouterr().out

    def test_nothing_is_replaced_unasked(
        self, typed: Callable[[str], None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        place = tmp_path / "config.json"
        place.write_text("mine")
        typed("{}")
        assert main(["save", str(place)]) == 1
        assert place.read_text() == "mine"
        assert "--overwrite" in capsys.readouterr().err
        typed("{}")
        assert main(["save", str(place), "--overwrite"]) == 0
        assert (place.read_text(), mode_of(place)) == ("{}\n", 0o600)

    @pytest.mark.parametrize("text", ["", "not JSON", "[" * 100_000])
    def test_what_is_not_json_is_not_saved(
        self, text: str, typed: Callable[[str], None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        typed(text)
        assert main(["save", str(tmp_path / "config.json")]) == 1
        assert "not JSON" in capsys.readouterr().err
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("name", ["x" * 300, "file/below", "folder"])
    def test_a_place_that_can_not_be_written_is_a_sentence_that_names_it(
        self, name: str, typed: Callable[[str], None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "file").touch()
        (tmp_path / "folder").mkdir()
        typed("{}")
        assert main(["save", str(tmp_path / name), "--overwrite"]) == 1
        assert f"{tmp_path / name} can't be used" in capsys.readouterr().err


class TestState:
    def test_a_sync_continues_from_the_file(self, start_jira: StartJira, tmp_path: Path) -> None:
        jira = start_jira(DATA_CENTER, issues=30)
        config, catalog = tmp_path / "config.json", tmp_path / "catalog.json"
        content = config_for(jira)
        config.write_text(json.dumps(content))
        chosen = configured(discover(content), ["issues", "labels", "projects"])
        catalog.write_text(json.dumps(_plain(chosen)))
        first = run_connector("read", "--config", str(config), "--catalog", str(catalog))
        messages, state = tmp_path / "sync.jsonl", tmp_path / "state.json"
        messages.write_text(first.stdout)
        assert main(["state", str(messages), "--output", str(state)]) == 0
        assert mode_of(state) == 0o600
        assert {row["stream"]["stream_descriptor"]["name"] for row in json.loads(state.read_text())} == {
            "issues",
            "labels",
            "projects",
        }
        second = run_connector("read", "--config", str(config), "--catalog", str(catalog), "--state", str(state))
        assert second.exit_code == 0
        assert '"type":"RECORD"' in first.stdout
        assert '"type":"RECORD"' not in second.stdout

    def test_streams_that_were_not_read_keep_their_state(self, typed: Callable[[str], None], tmp_path: Path) -> None:
        before, after = tmp_path / "before.json", tmp_path / "after.json"
        before.write_text(json.dumps([_state("issues", 1), _state("users", 1)]))
        lines = [json.dumps({"type": "STATE", "state": _state("issues", number)}) for number in (2, 3)]
        typed("\n".join(['{"type": "RECORD", "record": {"data": {"summary": "STATE"}}}', "", *lines]))
        assert state_main(["--state", str(before), "--output", str(after)], SHORT_WAITS) == 0
        assert json.loads(after.read_text()) == [_state("issues", 3), _state("users", 1)]

    @pytest.mark.parametrize("content", ['{"type": "STATE"}'.encode("utf-16"), b"\xff\xfe\x00", bytes(range(256))])
    def test_an_output_in_another_encoding_is_a_sentence(
        self, content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "sync.jsonl").write_bytes(content)
        assert main(["state", str(tmp_path / "sync.jsonl"), "--output", str(tmp_path / "state.json")]) == 1
        assert "There is no state in these messages" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("", "There is no state"),
            ('{"type": "RECORD"}', "There is no state"),
            ('{"type": "STATE", "state": {"type": "GLOBAL"}}', "There is no state"),
            ('{"type": "STATE", ', "Line 1 of - is not JSON"),
        ],
    )
    def test_an_output_without_a_state_is_a_sentence(
        self, text: str, says: str, typed: Callable[[str], None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        typed(text.replace('"STATE"', '"STATE"'))
        assert main(["state", "--output", str(tmp_path / "state.json")]) == 1
        assert says in capsys.readouterr().err
        assert list(tmp_path.iterdir()) == []

    def test_an_earlier_state_that_is_none_is_a_sentence(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "before.json").write_text('[{"stream": 5}]')
        arguments = ["state", str(tmp_path / "nowhere"), "--state", str(tmp_path / "before.json")]
        assert main([*arguments, "--output", str(tmp_path / "after.json")]) == 1
        assert "is not a list of states" in capsys.readouterr().err


def _state(stream: str, number: int) -> dict[str, Any]:
    return {
        "type": "STREAM",
        "stream": {"stream_descriptor": {"name": stream}, "stream_state": {"number": number}},
    }


def _plain(catalog: Any) -> Any:
    from airbyte_cdk.models import ConfiguredAirbyteCatalogSerializer

    return ConfiguredAirbyteCatalogSerializer.dump(catalog)


def project(key: str) -> Project:
    return Project(key, key, key, "software", False, False)


class TestSplit:
    def test_parts_are_balanced_and_hold_each_project_once(self) -> None:
        counts = {project(f"P{number}"): number * number for number in range(40)}
        parts = balanced(counts, 8)
        keys = [key for part in parts for key in part.keys]
        assert sorted(keys) == sorted(one.key for one in counts)
        sizes = [part.issues for part in parts]
        assert sum(sizes) == sum(counts.values())
        assert max(sizes) - min(sizes) < 0.1 * max(sizes)
        assert sizes == sorted(sizes, reverse=True)

    def test_the_last_part_takes_all_that_the_others_do_not(self) -> None:
        first, second = Part([project("B"), project("A")]), Part([project("C")])
        last = Part([project("D")], takes_new_projects=True)
        assert first.options([second, last]) == {"projects": ["A", "B"], "excluded_projects": []}
        assert last.options([first, second]) == {"projects": [], "excluded_projects": ["A", "B", "C"]}

    @pytest.mark.parametrize("setup", [CLOUD, DATA_CENTER], ids=str)
    def test_eight_parts_together_give_exactly_what_one_gives(
        self, setup: Setup, start_jira: StartJira, tmp_path: Path
    ) -> None:
        jira = start_jira(setup, issues=200)
        for number in range(12):
            made = jira.site.create_project(f"MORE{number}", f"More {number}")
            for _ in range(1 + number % 4):
                jira.site.create_issue(made)
        config = config_for(jira, setup.method)
        place = tmp_path / "config.json"
        place.write_text(json.dumps(config))
        parts = tmp_path / "parts"
        assert split_main(["--config", str(place), "--parts", "8", "--output", str(parts)], SHORT_WAITS) == 0
        configs = [json.loads(path.read_text()) for path in sorted(parts.iterdir())]
        assert len(configs) == 8
        assert {mode_of(path) for path in parts.iterdir()} == {0o600}

        whole = _rows(read_all(config, ["issues", "comments"]))
        states = [read_all(part, ["issues", "comments"]) for part in configs]
        together = [row for reading in states for row in _rows(reading)]
        assert sorted(together) == sorted(whole)
        assert len(whole) > 200

        jira.site.create_issue(jira.site.create_project("NEW", "A new project"))
        later = [read_all(part, ["issues"], reading.states) for part, reading in zip(configs, states, strict=True)]
        assert [len(reading.records.get("issues", [])) for reading in later] == [0] * 7 + [1]

    def test_a_list_of_projects_is_split_without_any_other(
        self, start_jira: StartJira, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        jira = start_jira(CLOUD, issues=40)
        place = tmp_path / "config.json"
        place.write_text(json.dumps(config_for(jira, projects=["CORE", "BIZ", "OR"])))
        assert split_main(["--config", str(place), "--parts", "2", "--json"], SHORT_WAITS) == 0
        lists = json.loads(capsys.readouterr().out)
        assert sorted(key for part in lists for key in part["projects"]) == ["BIZ", "CORE", "OR"]
        assert [part["excluded_projects"] for part in lists] == [[], []]

    def test_what_is_excluded_stays_excluded(
        self, start_jira: StartJira, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        jira = start_jira(CLOUD, issues=40)
        place = tmp_path / "config.json"
        place.write_text(json.dumps(config_for(jira, excluded_projects=["core"])))
        assert split_main(["--config", str(place), "--parts", "2", "--json"], SHORT_WAITS) == 0
        *others, last = json.loads(capsys.readouterr().out)
        assert "CORE" not in [key for part in others for key in part["projects"]]
        assert "core" in last["excluded_projects"]

    def test_the_lists_are_told_with_their_sizes(
        self, start_jira: StartJira, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        jira = start_jira(DATA_CENTER, issues=40)
        place = tmp_path / "config.json"
        place.write_text(json.dumps(config_for(jira)))
        assert split_main(["--config", str(place), "--parts", "3"], SHORT_WAITS) == 0
        told = capsys.readouterr().out
        assert "Part 1 of 3: 1 project with" in told
        assert "and every new project\n  excluded_projects: [" in told

    @pytest.mark.parametrize("parts", ["1", "0", "-3", "many"])
    def test_fewer_than_two_parts_are_refused(self, parts: str, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["split", "--config", "x", "--parts", parts]) == 2
        assert "--parts" in capsys.readouterr().err

    def test_more_parts_than_projects_are_refused(
        self, start_jira: StartJira, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        place = tmp_path / "config.json"
        place.write_text(json.dumps(config_for(start_jira(CLOUD, issues=5))))
        assert split_main(["--config", str(place), "--parts", "50"], SHORT_WAITS) == 1
        assert "ask for 4 parts at most" in capsys.readouterr().err


def _rows(reading: Reading) -> list[tuple[str, str, str]]:
    return [(name, row["id"], row.get("updated") or "") for name, rows in reading.records.items() for row in rows]


def test_excluded_projects_are_not_imported_by_any_stream(start_jira: StartJira) -> None:
    jira = start_jira(CLOUD, issues=60)
    config = config_for(jira, excluded_projects=["core"])
    reading = read_all(config, ["issues", "project_versions", "projects"])
    assert reading.succeeded, reading.error_messages
    assert "CORE" not in {row["project_key"] for row in reading.records["issues"]}
    assert "CORE" not in {row["project_key"] for row in reading.records.get("project_versions", [])}
    assert {row["key"]: row["imported"] for row in reading.records["projects"]}["CORE"] is False


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"excluded_projects": ["TAEM", "core"]}, "these excluded keys: TAEM (did you mean TEAM?). Correct or remove"),
        ({"projects": ["CORE"], "excluded_projects": ["TEAM"]}, "The excluded projects are not used"),
    ],
)
def test_the_test_names_exclusions_that_exclude_nothing(
    fields: dict[str, Any], says: str, start_jira: StartJira
) -> None:
    assert says in check(config_for(start_jira(), **fields)).message
    assert "excluded" not in check(config_for(start_jira(), excluded_projects=["TEAM"])).message


def test_a_project_that_is_excluded_later_is_not_told_as_lost(start_jira: StartJira) -> None:
    jira = start_jira(CLOUD, issues=30)
    first = read_all(config_for(jira), ["issues"])
    second = read_all(config_for(jira, excluded_projects=["CORE"]), ["issues"], first.states)
    assert not any("no longer imported" in line for line in second.logs)
