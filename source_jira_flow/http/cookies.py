"""The few cookies that a session keeps: a server that floods its clients refuses what they send back."""

from __future__ import annotations

from http.cookiejar import Cookie, DefaultCookiePolicy
from typing import Any

from requests.cookies import RequestsCookieJar

# Jira and what stands before it need a handful; servers refuse more than 8 KB.
_MOST_COOKIES = 20
_MOST_BYTES = 6_000


class FewCookies(DefaultCookiePolicy):
    """Keeps those that come first."""

    def __init__(self, cookies: RequestsCookieJar) -> None:
        super().__init__()
        self._cookies = cookies

    def set_ok(self, cookie: Cookie, request: Any) -> bool:
        others = [known for known in self._cookies if known.name != cookie.name]
        size = sum(_size(each) for each in [*others, cookie])
        return len(others) < _MOST_COOKIES and size <= _MOST_BYTES and super().set_ok(cookie, request)


def _size(cookie: Cookie) -> int:
    return len(cookie.name) + len(cookie.value or "")
