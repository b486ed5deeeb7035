"""What a handler gets: the site, who asks, and the request."""

from dataclasses import dataclass
from functools import cached_property

from .document_cache import DocumentCache
from .documents import Documents
from .entities import Issue, Project, User
from .faults import Faults
from .messages import JiraError, Request
from .site import Site

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
