"""The shape of what Jira sends."""

from __future__ import annotations

from typing import Any

# One of Jira's own objects, as parsed.
JsonObject = dict[str, Any]
