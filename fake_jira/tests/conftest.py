from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from fake_jira import FLAVORS, FakeJira, build_site

# What differs between versions is a table, and tested over all of them; what they share is tested on the ends.
TYPICAL_SELF_HOSTED = ["dc10", "server7"]
SELF_HOSTED = [name for name, flavor in FLAVORS.items() if not flavor.cloud]

Start = Callable[..., FakeJira]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a fake Jira of a kind; `issues` and the like go to `build_site`, the rest to `FakeJira`."""
    with ExitStack() as stack:

        def start_one(flavor: str = "cloud", context_path: str = "", latency_ms: int = 0, **values: Any) -> FakeJira:
            server = {name: values.pop(name) for name in ("certificate", "keep_answers") if name in values}
            # Small, since almost every test builds one of its own.
            site = build_site(flavor, **({"issues": 100, "users": 25} | values))
            return stack.enter_context(FakeJira(site, context_path, latency_ms, **server))

        yield start_one


@pytest.fixture(params=["cloud", *TYPICAL_SELF_HOSTED])
def any_jira(request: pytest.FixtureRequest, start: Start) -> FakeJira:
    return start(request.param)


@pytest.fixture(params=TYPICAL_SELF_HOSTED)
def self_hosted(request: pytest.FixtureRequest, start: Start) -> FakeJira:
    return start(request.param)


@pytest.fixture
def cloud(start: Start) -> FakeJira:
    return start("cloud")


@pytest.fixture
def data_center(start: Start) -> FakeJira:
    return start("dc10")
