"""A session for one host: proxy and certificate authorities are those that the environment names, cookies are few."""

from __future__ import annotations

import os
from collections.abc import Mapping
from http.cookiejar import Cookie, DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.cookies import RequestsCookieJar
from requests.utils import select_proxy

from source_jira_flow.common.hosts import is_loopback
from source_jira_flow.http.faults import unusable

# Jira and what stands before it need a handful; servers refuse more than 8 KB.
_MOST_COOKIES = 20
_MOST_BYTES = 6_000


def session_for(base_url: str, *, keeps_cookies: bool) -> requests.Session:
    """A session for one host. Proxies and certificates of the environment are looked up once: `requests` would look
    through the whole environment for every request, and sign unsigned ones with what it finds in a .netrc file.

    Requests to this machine itself never go through a proxy, which would see their credentials. Raises UnusableAddress
    if the named proxy can't exist, or the named file of certificate authorities does not.
    """
    session, parts = requests.Session(), urlsplit(base_url)
    found = session.merge_environment_settings(base_url, {}, None, None, None)
    session.trust_env = False
    session.proxies = {} if is_loopback(parts.hostname or "") else dict(found["proxies"])
    _refuse_wrong_proxy(base_url, session.proxies)
    session.verify = found["verify"] or False
    if session.verify is True:
        # OpenSSL's own variable, which `requests` does not read.
        session.verify = os.environ.get("SSL_CERT_FILE") or True
    if parts.scheme == "https" and isinstance(session.verify, str) and not os.path.exists(session.verify):
        raise unusable("certificate_file", base_url, other=session.verify)
    session.cookies.set_policy(
        _FewCookies(session.cookies) if keeps_cookies else DefaultCookiePolicy(allowed_domains=[])
    )
    return session


def _refuse_wrong_proxy(base_url: str, proxies: Mapping[str, str]) -> None:
    """What `requests` would take for a connection that Jira closed: brackets that don't match, a port over 65535."""
    try:
        is_wrong = urlsplit("//" + proxy_for(base_url, proxies)).port == 0
    except ValueError:
        is_wrong = True
    if is_wrong:
        raise unusable("proxy_address", base_url)


def proxy_for(base_url: str, proxies: Mapping[str, str]) -> str:
    """Host and port of the proxy for an address, without user name and password; empty without a proxy."""
    proxy = select_proxy(base_url, dict(proxies)) or ""
    return proxy.rpartition("://")[2].rpartition("@")[2].partition("/")[0]


class _FewCookies(DefaultCookiePolicy):
    """Keeps those that come first: a server that floods its clients refuses what they send back."""

    def __init__(self, cookies: RequestsCookieJar) -> None:
        super().__init__()
        self._cookies = cookies

    def set_ok(self, cookie: Cookie, request: Any) -> bool:
        others = [known for known in self._cookies if known.name != cookie.name]
        size = sum(len(each.name) + len(each.value or "") for each in [*others, cookie])
        return len(others) < _MOST_COOKIES and size <= _MOST_BYTES and super().set_ok(cookie, request)
