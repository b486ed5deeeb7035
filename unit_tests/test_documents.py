"""What the documents say is what the connector does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from source_jira_flow.run import VERBS, main
from source_jira_flow.streams import STREAMS, Stream
from tools import columns

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted((ROOT / "docs").glob("*.md"))


def test_the_page_of_columns_is_current() -> None:
    """To fix: python -m tools.columns"""
    assert columns.DOCUMENT.read_text("utf-8") == columns.document()


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_every_column_says_what_it_means_and_where_jira_has_it(stream: Stream) -> None:
    for name, column in stream.schema()["properties"].items():
        meaning, _, field = column.get("description", "").partition(columns.JIRA_FIELD)
        assert meaning.endswith("."), name
        assert field, name


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_to_a_file_and_a_heading(document: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", document.read_text("utf-8")):
        if link.startswith("http"):
            continue
        name, _, heading = link.partition("#")
        target = document.parent / name if name else document
        assert target.exists(), link
        if heading:
            assert heading in _headings(target), link


def _headings(document: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", document.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("document", [ROOT / "README.md", *DOCUMENTS], ids=lambda path: path.name)
def test_every_command_of_a_document_has_its_verb_and_options(
    document: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = document.read_text("utf-8").replace("\\\n", " ")
    commands = re.findall(r"(?<![\w./-])(?:\.venv/bin/)?(?:source-)?jira-flow ([a-z-]+)((?: [^\n`|;]+)?)", text)
    for verb, options in commands:
        assert verb in VERBS, verb
        if verb in ("spec", "check", "discover", "read"):
            continue
        main([verb, "--help"])
        known = set(re.findall(r"--[a-z-]+", capsys.readouterr().out))
        assert set(re.findall(r"(?<= )--[a-z-]+", options)) <= known, f"{verb}{options}"
