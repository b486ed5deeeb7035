"""A session for one host, with the proxy and the certificate authorities that the environment names for it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import urlsplit

import requests
from requests.utils import select_proxy

from source_jira_flow.common.hosts import is_loopback
from source_jira_flow.http.cookies import FewCookies
from source_jira_flow.http.faults import unusable


@dataclass(frozen=True)
class Environment:
    """As `requests` takes them: proxies by scheme, and `verify`, a file with certificate authorities or True."""

    proxies: dict[str, str]
    verify: bool | str


def session_for(base_url: str, *, keeps_cookies: bool) -> requests.Session:
    """A session for one host. Proxies and certificates of the environment are looked up once: `requests` would look
    through the whole environment for every request, and sign unsigned ones with what it finds in a .netrc file."""
    session, environment = requests.Session(), environment_for(base_url)
    session.proxies, session.verify = environment.proxies, environment.verify
    session.trust_env = False
    session.cookies.set_policy(
        FewCookies(session.cookies) if keeps_cookies else DefaultCookiePolicy(allowed_domains=[])
    )
    return session


def environment_for(base_url: str) -> Environment:
    """What the environment says of a host.

    Requests to this machine itself never go through a proxy, which would see their credentials. Raises UnusableAddress
    if the named proxy can't exist, or the named file of certificate authorities does not.
    """
    parts = urlsplit(base_url)
    found = requests.Session().merge_environment_settings(base_url, {}, None, None, None)
    proxies = {} if is_loopback(parts.hostname or "") else dict(found["proxies"])
    _refuse_wrong_proxy(base_url, proxies)
    verify: bool | str = found["verify"] or False
    if verify is True:
        # OpenSSL's own variable, which `requests` does not read.
        verify = os.environ.get("SSL_CERT_FILE") or True
    if parts.scheme == "https" and isinstance(verify, str) and not os.path.exists(verify):
        raise unusable("certificate_file", base_url, other=verify)
    return Environment(proxies, verify)


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
