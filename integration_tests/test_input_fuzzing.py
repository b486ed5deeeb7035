"""Made-up configurations, catalogs and states: each is taken, or refused in one typed sentence that says what to do."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from airbyte_cdk.models import FailureType
from airbyte_cdk.utils.traced_exception import AirbyteTracedException
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integration_tests.support import configured
from integration_tests.test_input_files import CATALOG, CONFIG, STATE
from source_jira_flow.cdk.seam import ConcurrentRead
from source_jira_flow.source import SourceJiraFlow

SHORT, LONG = 300, 10_000
SOURCE = SourceJiraFlow()
LOGGER = logging.getLogger("airbyte.fuzzing")
CHOSEN = configured(SOURCE.discover(LOGGER, CONFIG), ["issues"])
FULL_CONFIG = {
    **CONFIG,
    "projects": ["CORE"],
    "excluded_projects": ["TEAM"],
    "start_date": "2024-01-31",
    "require_create_issues": True,
    "lookback_minutes": 10,
    "num_workers": 8,
}

texts = st.text(max_size=20) | st.sampled_from(
    ["", "null", "\x00", "https://", "http://[::1", "\x1b[31m", "ß", "8" * 30]
)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts
documents = st.recursive(
    scalars, lambda part: st.lists(part, max_size=4) | st.dictionaries(texts, part, max_size=4), max_leaves=12
)


@st.composite
def changed(draw: st.DrawFn, original: Any) -> Any:
    """The document with a few of its values replaced, removed, or found under another name."""
    document = deepcopy(original)
    for _ in range(draw(st.integers(1, 3))):
        node = document
        while isinstance(node, (dict, list)) and node:
            place = draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
            inner = node[place]
            if isinstance(inner, (dict, list)) and inner and draw(st.integers(0, 3)):
                node = inner
                continue
            how = draw(st.sampled_from(["replace", "remove", "rename"]))
            if how == "replace":
                node[place] = draw(documents)
            else:
                del node[place]
                if how == "rename" and isinstance(node, dict):
                    node[draw(texts)] = inner
            break
    return document


@st.composite
def spoilt(draw: st.DrawFn, original: Any) -> bytes:
    """The document as a file, of which some bytes are changed, cut off or repeated."""
    content = json.dumps(original).encode(draw(st.sampled_from(["utf-8", "utf-16", "utf-8-sig"])))
    start = draw(st.integers(0, len(content)))
    end = draw(st.integers(start, len(content)))
    return content[:start] + draw(st.binary(max_size=6)) + content[end:]


def files_like(original: Any) -> st.SearchStrategy[bytes]:
    return (changed(original) | documents).map(lambda document: json.dumps(document).encode()) | spoilt(original)


def assert_taken_or_refused(act: Callable[[], object], path: Path | None = None) -> None:
    try:
        act()
    except AirbyteTracedException as error:
        assert error.failure_type is FailureType.config_error, error.internal_message
        assert error.message and "unexpected error" not in error.message
        assert path is None or error.message.startswith(str(path))
        error.message.encode()


def examples(number: int) -> Callable[[Any], Any]:
    return settings(
        max_examples=number,
        derandomize=number == SHORT,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


def configuration(content: bytes, folder: Path) -> None:
    path = folder / "config.json"
    path.write_bytes(content)
    configs: list[dict[str, Any]] = []
    assert_taken_or_refused(lambda: configs.append(SOURCE.read_config(str(path))), path)
    for config in configs:
        assert_taken_or_refused(lambda config=config: SOURCE.discover(LOGGER, config))  # type: ignore[misc]


def catalog(content: bytes, folder: Path) -> None:
    path = folder / "catalog.json"
    path.write_bytes(content)
    assert_taken_or_refused(
        lambda: ConcurrentRead(SOURCE.read_catalog(str(path)), None, workers=2, logger=LOGGER), path
    )


def state(content: bytes, folder: Path) -> None:
    path = folder / "state.json"
    path.write_bytes(content)
    assert_taken_or_refused(
        lambda: ConcurrentRead(CHOSEN, SOURCE.read_state(str(path)), workers=2, logger=LOGGER), path
    )


@examples(SHORT)
@given(content=files_like(FULL_CONFIG))
def test_configurations(content: bytes, tmp_path: Path) -> None:
    configuration(content, tmp_path)


@examples(SHORT)
@given(content=files_like(CATALOG))
def test_catalogs(content: bytes, tmp_path: Path) -> None:
    catalog(content, tmp_path)


@examples(SHORT)
@given(content=files_like([STATE]))
def test_states(content: bytes, tmp_path: Path) -> None:
    state(content, tmp_path)


@pytest.mark.long
@examples(LONG)
@given(content=files_like(FULL_CONFIG))
def test_many_configurations(content: bytes, tmp_path: Path) -> None:
    configuration(content, tmp_path)


@pytest.mark.long
@examples(LONG)
@given(content=files_like(CATALOG))
def test_many_catalogs(content: bytes, tmp_path: Path) -> None:
    catalog(content, tmp_path)


@pytest.mark.long
@examples(LONG)
@given(content=files_like([STATE]))
def test_many_states(content: bytes, tmp_path: Path) -> None:
    state(content, tmp_path)
