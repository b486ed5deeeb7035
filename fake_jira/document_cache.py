"""Issues as JSON, kept until something in them changes."""

from collections.abc import Sequence

import orjson

from .documents import Documents
from .entities import Issue, User
from .fields import Selection
from .site import Site


class DocumentCache:
    """Issues as JSON, made once for each account and choice of fields, until something in them changes."""

    _MOST_BYTES = 400_000_000

    def __init__(self, site: Site) -> None:
        self._site = site
        self._views: dict[tuple[object, ...], dict[str, tuple[int, bytes]]] = {}
        self._bytes = 0
        self._directory_generation = -1

    def issues(
        self, account: User | None, issues: Sequence[Issue], selection: Selection, expand: Sequence[str]
    ) -> list[bytes]:
        """To be called under the site's lock."""
        site = self._site
        if self._directory_generation != site.directory_generation or self._bytes > self._MOST_BYTES:
            self._views.clear()
            self._bytes = 0
            self._directory_generation = site.directory_generation
        zone = account.time_zone if account else None
        settings = site.settings
        caps = (
            settings.advertised_base_url,
            settings.embedded_comments,
            settings.embedded_worklogs,
            settings.embedded_changes,
            settings.newest_changes_first,
            settings.changelog_total_is_zero,
            settings.changelog_items_without_field_id,
        )
        view = self._views.setdefault((account, zone, selection, tuple(sorted(expand)), caps), {})
        documents: Documents | None = None
        rendered: list[bytes] = []
        for issue in issues:
            known = view.get(issue.id)
            if known is None or known[0] != issue.version:
                documents = documents or Documents(site, account)
                known = (issue.version, orjson.dumps(documents.issue(issue, selection, expand)))
                view[issue.id] = known
                self._bytes += len(known[1])
            rendered.append(known[1])
        return rendered
