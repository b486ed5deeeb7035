"""Which handler answers which path, on this kind of Jira."""

import re
from collections.abc import Iterable

from .flavors import Flavor
from .messages import Route

_PART = re.compile(r"\{(\w+)\}")


class Routes:
    """Fixed paths are looked up; those with parts that vary are tried in turn."""

    def __init__(self, routes: Iterable[Route], flavor: Flavor) -> None:
        self._fixed: dict[tuple[str, str], Route] = {}
        self._varying: list[tuple[str, re.Pattern[str], Route]] = []
        self._everywhere: list[tuple[str, re.Pattern[str]]] = []
        for route in routes:
            pattern = re.compile(_PART.sub(r"(?P<\1>[^/]+)", route.path))
            self._everywhere.append((route.method, pattern))
            if not _served(route.kinds, flavor):
                continue
            if "{" in route.path:
                self._varying.append((route.method, pattern, route))
            else:
                self._fixed[(route.method, route.path)] = route

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        fixed = self._fixed.get((method, path))
        if fixed is not None:
            return fixed, {}
        for each_method, pattern, route in self._varying:
            match = pattern.fullmatch(path) if each_method == method else None
            if match is not None:
                return route, match.groupdict()
        return None

    def reads_elsewhere(self, method: str, path: str) -> bool:
        """Whether some other kind of Jira has this as an operation that only reads."""
        return any(each == method and pattern.fullmatch(path) for each, pattern in self._everywhere)


def _served(kinds: str, flavor: Flavor) -> bool:
    return {
        "both": True,
        "cloud": flavor.cloud,
        "self-hosted": not flavor.cloud,
        "user-list": flavor.user_list,
        "search-limits": flavor.search_limits_endpoint,
        "service-accounts": flavor.service_accounts and not flavor.cloud,
    }[kinds]
