"""Answers of Jira with something in them swapped, missing or made up: a typed error or the right rows, each time."""

from __future__ import annotations

import os
from random import Random
from typing import Any

import pytest
from airbyte_cdk.utils.traced_exception import AirbyteTracedException
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fake_jira import FLAVORS, Clock, FakeJira, Request, build_site
from integration_tests.direct import Warehouse, scan
from source_jira_flow.errors import JiraFlowError, as_traced
from source_jira_flow.settings import Settings

CASES = int(os.environ.get("FUZZ_CASES", "40"))
MANY_CASES = int(os.environ.get("FUZZ_CASES", "10000"))
STREAMS = ["issues", "comments"]
IMPORTED = ("software", "business")
NOW = 1_760_000_000_000
QUICK = Settings(backoff_base=0.0, backoff_cap=0.0, longest_wait=0.0, tries=2, page_size=5)
GONE = object()
VALUES: tuple[Any, ...] = (
    GONE, None, True, False, 0, -1, 7, 10**30, 1.5, "", "text", "0", "-5", "\U0001f4a5\x00\u2028",
    "2024-13-45T99:99:99.999+0000", "20223-05-01T00:00:00.000+0000",
    [], {}, [None], [[]], {"id": None}, {"a": {"b": []}}, ["text", 3],
)  # fmt: skip
_FEW = CASES // len(FLAVORS)
_MANY = MANY_CASES // len(FLAVORS)
_CALM = settings(deadline=None, suppress_health_check=list(HealthCheck))


def swapped(content: Any, random: Random, value: Any) -> Any:
    """The same with one part of it replaced, at any depth."""
    if isinstance(content, (dict, list)) and content and random.random() < 0.85:
        keys: list[Any] = list(content) if isinstance(content, dict) else list(range(len(content)))
        key = random.choice(keys)
        inner = swapped(content[key], random, value)
        if inner is GONE:
            del content[key]
        else:
            content[key] = inner
        return content
    return value


def survives(flavor: str, seed: int, place: int, value: int) -> None:
    """One answer of the first sync is spoiled; what it ends with is one of our errors, and the next brings all."""
    clock = Clock(now_ms=NOW, frozen=True)
    jira = FakeJira(build_site(flavor, seed=3, issues=14, projects=4, users=5, boards=1, clock=clock))
    random, warehouse = Random(seed), Warehouse()

    def spoil(content: Any) -> Any:
        changed = swapped(content, random, VALUES[value])
        return None if changed is GONE else changed

    def asked(request: Request) -> bool:
        return True

    jira.faults.changed(spoil, match=asked, after=place, times=1)
    for healthy in (False, True):
        clock.advance(1_000)
        try:
            warehouse.take(scan(jira, warehouse.states, STREAMS, settings=QUICK))
        except (AirbyteTracedException, JiraFlowError) as error:
            said = str(as_traced(error).message)
            assert "unexpected error" not in said, said
            assert not healthy, said
            assert not any(str(secret) in said for secret in jira.site.tokens)
        jira.faults.clear()
    lost = {issue.id for issue in jira.site.visible_issues(jira.site.service_account, IMPORTED)}
    assert lost <= warehouse.rows["issues"].keys()


@pytest.mark.parametrize("flavor", FLAVORS)
@settings(_CALM, max_examples=_FEW, derandomize=True)
@given(st.integers(0, 10**9), st.integers(0, 14), st.integers(0, len(VALUES) - 1))
def test_an_answer_with_a_part_swapped_ends_in_words_or_in_the_right_rows(
    flavor: str, seed: int, place: int, value: int
) -> None:
    survives(flavor, seed, place, value)


@pytest.mark.long
@pytest.mark.parametrize("flavor", FLAVORS)
@settings(_CALM, max_examples=_MANY)
@given(st.integers(0, 10**9), st.integers(0, 14), st.integers(0, len(VALUES) - 1))
def test_the_same_ten_thousand_times(flavor: str, seed: int, place: int, value: int) -> None:
    survives(flavor, seed, place, value)
