"""The levels of all issue security schemes, which only administrators can see."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from source_jira_flow.common.parallel import in_parallel
from source_jira_flow.errors import JiraFlowError
from source_jira_flow.jira.shape import an_object
from source_jira_flow.lists.kept_back import pass_over
from source_jira_flow.sync import Sync

_SCHEMES = "/rest/api/2/issuesecurityschemes"


def security_levels(sync: Sync) -> Iterator[dict[str, Any]]:
    """The records of `issue_security_levels`: one call per scheme."""
    try:
        answer = sync.jira.get(_SCHEMES, accept=an_object(_SCHEMES, issueSecuritySchemes=list))
    except JiraFlowError as refused:
        pass_over(refused, sync, "issue_security_levels", "Administer Jira (global)", _SCHEMES)
        return

    def ask(path: str) -> Any:
        return sync.jira.get(path, accept=an_object(path, levels=list))

    paths = [f"{_SCHEMES}/{row['id']}" for row in answer["issueSecuritySchemes"]]
    for _, scheme in in_parallel(ask, paths, sync.workers):
        default = str(scheme.get("defaultSecurityLevelId"))
        for level in scheme["levels"]:
            yield {
                "id": str(level["id"]),
                "scheme_id": str(scheme["id"]),
                "scheme_name": scheme.get("name"),
                "name": level.get("name"),
                "description": level.get("description") or None,
                "is_default": str(level["id"]) == default,
            }
