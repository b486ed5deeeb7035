"""The shape of what Jira sends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

# One of Jira's own objects, as parsed.
JsonObject = dict[str, Any]
# Looks at the JSON of an answer, and raises BrokenPromise where it is not in Jira's form; see `jira.shape`.
Accept = Callable[[Any], None]
