"""What a handler gets: the site, who asks, and the request."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from .document_cache import DocumentCache
from .documents import Documents
from .entities import Issue, Project, User
from .faults import Faults
from .list_documents import Document
from .messages import JiraError, Request
from .site import Site

Thing = TypeVar("Thing")

NO_ISSUE = "Issue does not exist or you do not have permission to see it."


@dataclass
class Call:
    site: Site
    request: Request
    account: User | None
    parts: dict[str, str]
    """The varying parts of the path."""
    faults: Faults
    cache: DocumentCache
    page_share: float = 1.0
    """Below 1 where a fault makes pages shorter than asked."""
    is_user: bool = True
    """False for a service account of Data Center, of which Jira knows no user."""

    @cached_property
    def documents(self) -> Documents:
        return Documents(self.site, self.account)

    def shortened(self, size: int) -> int:
        return max(1, int(size * self.page_share)) if size else 0

    def size(self, default: int, most: int, least: int = 1) -> int:
        """How many rows the page has that is asked for."""
        return self.shortened(min(max(self.request.integer("maxResults", default), least), most))

    def page(self, things: Sequence[Thing], size: int, start: int | None = None) -> tuple[Document, Sequence[Thing]]:
        """What Jira says of a page, and what is on it."""
        start = max(self.request.integer("startAt", 0), 0) if start is None else start
        return {"startAt": start, "maxResults": size, "total": len(things)}, things[start : start + size]

    def values(
        self, things: Sequence[Thing], render: Callable[[Thing], Any], size: int, path: str | None = None
    ) -> Document:
        """Jira's usual page; with a path it says where it is, and where the next one."""
        content, shown = self.page(things, size)
        start = content["startAt"]
        content |= {"isLast": start + len(shown) >= len(things), "values": [render(thing) for thing in shown]}
        if path is not None:
            address = f"{self.site.settings.advertised_base_url}{path}?maxResults={size}&startAt="
            content["self"] = f"{address}{start}"
            if not content["isLast"]:
                content["nextPage"] = f"{address}{start + size}"
        return content

    def issue(self) -> Issue:
        found = self.site.find_issue(self.parts["issue"])
        if found is None or not self.site.can_see_issue(self.account, found):
            raise JiraError(404, NO_ISSUE)
        return found

    def project(self, reference: str | None = None) -> Project:
        wanted = self.parts["project"] if reference is None else reference
        found = self.site.find_project(wanted)
        if found is None or not self.site.holds(self.account, "BROWSE_PROJECTS", found):
            raise self.no_project(wanted)
        if found.archived and self.site.flavor.cloud:
            raise self.no_project(wanted)
        return found

    def no_project(self, reference: str) -> JiraError:
        kind = "id" if reference.isdigit() else "key"
        return JiraError(404, f"No project could be found with {kind} '{reference}'.")
