"""The rooms of the package, as ARCHITECTURE.md describes them: imports point down, and a chain of them stays short."""

from __future__ import annotations

import ast
import re
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "source_jira_flow"
LONGEST_CHAIN = 12
MOST_AT_THE_TOP = 10


@cache
def files() -> dict[str, Path]:
    found = {}
    for path in (ROOT / PACKAGE).rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def imports() -> dict[str, frozenset[str]]:
    return {name: frozenset(_imports(name, path)) for name, path in files().items()}


def _imports(name: str, path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {
                full if (full := f"{node.module}.{alias.name}") in files() else node.module for alias in node.names
            }
    return (found & files().keys()) - {name}


def room(name: str) -> str:
    return ".".join(name.split(".")[:2])


def test_no_files_import_each_other_in_a_circle_and_no_chain_of_imports_is_long() -> None:
    lengths: dict[str, int] = {}
    for name in TopologicalSorter(imports()).static_order():
        lengths[name] = 1 + max((lengths[imported] for imported in imports()[name]), default=0)
    assert max(lengths.values()) <= LONGEST_CHAIN


def test_no_rooms_import_each_other_in_a_circle() -> None:
    rooms: dict[str, set[str]] = {}
    for name, imported in imports().items():
        rooms.setdefault(room(name), set()).update({room(other) for other in imported} - {room(name)})
    list(TopologicalSorter(rooms).static_order())


def test_few_files_stand_at_the_top_of_the_package() -> None:
    assert len(list((ROOT / PACKAGE).glob("*.py"))) <= MOST_AT_THE_TOP


def test_the_architecture_page_names_every_room_and_no_file_that_is_not_there() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    rooms = {path.parent.name for path in (ROOT / PACKAGE).glob("*/*.py")}
    assert {name for name in rooms if f"`{name}/`" not in text} == set()
    package = [str(path.relative_to(ROOT / PACKAGE)) for path in (ROOT / PACKAGE).rglob("*.*")]
    there = {*package, *(Path(path).name for path in package)}
    named = set(re.findall(r"[\w/]+\.(?:py|yaml|json)\b", text))
    assert {name for name in named - there if not (ROOT / name).exists()} == set()
