"""The way of an issue: which modules the interpreter enters from one record of a page to the next.

A hot path that a reader can follow is short and never turns back. A worker makes the records of a page, a line each,
which go into the queue by the dozen. Every function of the connector that is called there, or generator that is
resumed, counts; the CDK does not.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import groupby, pairwise
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import source_jira_flow
from fake_jira import FakeJira
from integration_tests.support import CLOUD, DATA_CENTER, Setup, config_for, read_all

PACKAGE = str(Path(source_jira_flow.__file__).parent)
MADE, PAGE = "a record is made", "a page is made or committed"
# What is called when a record is made, and between two pages.
MARKS = {
    ("cdk/lines.py", "_line"): MADE,
    ("scan/scan.py", "_outgoing"): PAGE,
    ("scan/checkpoints.py", "commit"): PAGE,
}
MOST_MODULES = 7


class Walk:
    """The modules that each thread entered, with the marks between them."""

    def __init__(self) -> None:
        self.steps: dict[int, list[str]] = {}

    def note(self, frame: FrameType, event: str, _: Any) -> None:
        if event == "call":
            step = self._step(frame, frame.f_code.co_filename)
            if step is not None:
                self.steps.setdefault(threading.get_ident(), []).append(step)

    @staticmethod
    def _step(frame: FrameType, path: str) -> str | None:
        for (file, function), mark in MARKS.items():
            if frame.f_code.co_name == function and path.endswith(f"/{file}"):
                return mark
        return path.removeprefix(PACKAGE) if path.startswith(PACKAGE) else None

    def between(self, mark: str) -> Iterator[list[str]]:
        """The moves from one such mark to the next of the same page: calls within a module are no moves."""
        for steps in self.steps.values():
            places = [place for place, step in enumerate(steps) if step == mark]
            for start, end in pairwise(places):
                walked = [module for module, _ in groupby(steps[start + 1 : end])]
                if PAGE not in walked:
                    yield walked


@contextmanager
def profiled(note: Callable[[FrameType, str, Any], None]) -> Iterator[None]:
    threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


@pytest.mark.parametrize("setup", [CLOUD, DATA_CENTER], ids=str)
@pytest.mark.parametrize("streams", [["issues"], ["issues", "comments"]], ids="+".join)
def test_from_one_record_of_a_page_to_the_next_no_module_is_entered_twice(
    setup: Setup, streams: list[str], start_jira: Callable[..., FakeJira]
) -> None:
    jira, walk = start_jira(setup, issues=40, comments_per_issue=3), Walk()
    with profiled(walk.note):
        reading = read_all(config_for(jira, setup.method), streams)
    assert reading.succeeded and len(reading.rows("issues")) > 20
    made = list(walk.between(MADE))
    assert len(made) > 20
    for walked in made:
        assert len(walked) == len(set(walked)) <= MOST_MODULES, walked
