"""The Jira that a state belongs to: ids mean something else in another one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from logging import Logger
from typing import Any

from source_jira_flow.errors import WrongInstance
from source_jira_flow.jira.base import Jira
from source_jira_flow.jira.projects import Project

_SAMPLE_SIZE = 5
_KIND_TITLES = {"cloud": "Jira Cloud", "self_hosted": "a self-hosted Jira"}


class StateInstance:
    """`address` holds the kind of Jira, its own base URL and the configured one; `projects` are all visible ones."""

    def __init__(
        self, jira: Jira, address: Mapping[str, str], projects: Callable[[], Iterable[Project]], logger: Logger
    ) -> None:
        self._jira = jira
        self._address = address
        self._projects = projects
        self._logger = logger

    @cached_property
    def written(self) -> Mapping[str, Any]:
        """What a state keeps: the address, and a few projects by which the same Jira is known at another address."""
        sample = sorted(self._projects(), key=lambda project: int(project.id))[:_SAMPLE_SIZE]
        return {**self._address, "projects": {project.id: project.key for project in sample}}

    def verify(self, stream: str, stored: Mapping[str, Any]) -> None:
        """Raises WrongInstance where `stored`, what a state of the stream kept, is another Jira than this one."""
        if stored.get("kind") != self._address["kind"]:
            before = _KIND_TITLES.get(str(stored.get("kind")), "another kind of Jira")
            raise WrongInstance(
                f"The stored state of {stream} comes from {before}, and this is {self._jira.kind_title}, where the"
                " same IDs mean something else: create a new source for it."
            )
        if all(stored.get(name) == self._address[name] for name in ("base_url", "configured_url")):
            return
        sample = stored.get("projects")
        if not isinstance(sample, Mapping) or not any(self._has_project(*project) for project in sample.items()):
            raise WrongInstance(
                f"The stored state of {stream} comes from another Jira ({stored.get('base_url')}) than the one at"
                f" {self._address['configured_url']}: create a new source for this one, or clear the stream."
            )
        self._logger.warning(
            "Jira has a new address (before %s, now %s) but the same projects, so the sync continues.",
            stored.get("configured_url"),
            self._address["configured_url"],
        )

    def _has_project(self, project_id: str, key: str) -> bool:
        found = self._jira.project(project_id)
        return found is not None and str(found.get("key")) == key
