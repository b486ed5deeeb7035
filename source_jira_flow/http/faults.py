"""Network faults in words: exceptions of `requests`, redirects, and bodies that are not JSON.

`check` and `read` say the same, since both get these errors from the one client.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import ConnectTimeoutError, ProxySchemeUnknown

from source_jira_flow.common.secret_text import masked
from source_jira_flow.common.text import clipped, page_title
from source_jira_flow.errors import ConnectionFault, JiraFlowError, NotJson, UnreadableAnswer, UnusableAddress

_CERTIFICATE_ACTION = " use a certificate from a public certificate authority"
_OWN_AUTHORITY = " For a company authority, set REQUESTS_CA_BUNDLE to its certificate file."
_AIRBYTE = "the machines that run Airbyte"

# {host} is the name with its port, {name} without, {port} the port, {path} the path of the base URL, {other} where a
# redirect leads, {title} a page's title in brackets, {proxy} the proxy in between, {variable} what names it in the
# environment. Every sentence says what to do.
WORDS: Mapping[str, str] = {
    "dns": "The name {name} can't be found. Check the base URL. Public DNS must resolve it; if only your own"
    " network knows the name, ask your network team to publish it.",
    "refused": "{host} refuses the connection. Check the port in the base URL, and check that Jira is running. The"
    f" firewall must allow {_AIRBYTE} on port {{port}}.",
    "silent": "{host} did not respond. A firewall is probably dropping the requests: ask your network team to allow"
    f" {_AIRBYTE} on port {{port}}.",
    "unreachable": "There is no network route to {host}. Ask your network team to make it reachable from"
    f" {_AIRBYTE}, on port {{port}}.",
    "mute": "{host} accepted the connection but sent no response. Jira may be overloaded, or a firewall may be blocking"
    f" its responses. Try again later, or ask your network team to allow {_AIRBYTE}.",
    "unfinished": "{host} started to respond but did not finish in time. Jira may be overloaded, or a proxy may be"
    " holding its responses back. Try again later, or ask your network team to check what is in between.",
    "dropped": "{host} closed the connection before it responded. A proxy or firewall may be the cause. Try again, and"
    f" ask your network team to allow {_AIRBYTE}.",
    "proxy": "{proxy} does not accept the connection, so {host} can't be reached. Check {variable} where Airbyte runs,"
    " and ask your network team whether the proxy is running.",
    "proxy_dns": "{proxy} can't be found by its name, so {host} can't be reached. Check {variable} where Airbyte runs.",
    "proxy_silent": "{proxy} did not respond, so {host} can't be reached. Check {variable} where Airbyte runs, or ask"
    " your network team.",
    "proxy_address": "{variable} names a proxy by an address that can't be used: enter it like"
    " http://proxy.acme.com:3128 where Airbyte runs.",
    "proxy_sign_in": "{proxy} requires a sign-in (HTTP 407). Set {variable} to http://USER:PASSWORD@HOST:PORT where"
    " Airbyte runs, or ask your network team to let requests to {host} through.",
    "proxy_forbidden": "{proxy} does not allow requests to {host} (HTTP 403). Ask your network team to allow them.",
    "proxy_failed": "{proxy} could not connect to {host}. Ask your network team to check it, or set NO_PROXY where"
    " Airbyte runs if Jira can be reached without it.",
    "proxy_socks": "{proxy} is a SOCKS proxy, which needs the Python package PySocks. Use an http proxy in {variable},"
    " or install the package where Airbyte runs.",
    "proxy_http_only": "{proxy} does not speak https: enter its address with http:// in {variable} where Airbyte runs.",
    "certificate_self_signed": "The certificate of {name} is self-signed:" + _CERTIFICATE_ACTION + "." + _OWN_AUTHORITY,
    "certificate_unknown_authority": "The certificate of {name} was not issued by a public authority, or"
    " its chain is incomplete:" + _CERTIFICATE_ACTION + ", with its full chain." + _OWN_AUTHORITY,
    "certificate_file": "REQUESTS_CA_BUNDLE or SSL_CERT_FILE names {other}, which does not exist. Set it to a file with"
    " the certificates of your authorities where Airbyte runs, or remove it.",
    "certificate_file_empty": "The file that REQUESTS_CA_BUNDLE or SSL_CERT_FILE names has no certificate in PEM form."
    " Set it to a file with the certificates of your authorities where Airbyte runs, or remove it.",
    "certificate_expired": "The certificate of {name} has expired: renew it, and" + _CERTIFICATE_ACTION + ".",
    "certificate_not_yet_valid": "The certificate of {name} is not valid yet: check this machine's clock, or"
    f"{_CERTIFICATE_ACTION} that is valid now.",
    "certificate_other_name": "The certificate of {host} was issued for another name: enter the base URL with the name"
    " in the certificate, or" + _CERTIFICATE_ACTION + " that includes {name}.",
    "certificate": "The certificate of {name} could not be verified:" + _CERTIFICATE_ACTION + ".",
    "no_tls": "{host} does not speak https on this port. Enter the port of Jira's https address in the base URL, or ask"
    " your network team to set one up on port 443.",
    "tls": "A secure connection to {host} could not be established. Ask your network team to enable TLS 1.2 or newer"
    " there, with a certificate from a public certificate authority.",
    "redirect_https": "{host} redirects http to https: enter {other} as the base URL.",
    "redirect": "{host} redirects to {other}, and credentials are never sent to another address. If that is your Jira,"
    " enter it as the base URL.",
    "redirect_circle": "{host} redirects in a loop. Check the base URL, and ask your network team to check the"
    " redirects there.",
    "login_page": "{host} returned a login page{title} instead of Jira's data: single sign-on or a portal is in front"
    f" of Jira. Ask your network team to let requests for /rest from {_AIRBYTE} through to Jira.",
    "page": "{host} returned a web page{title} instead of Jira's data: a proxy or portal is in between, or this is not"
    f" Jira. Check the base URL, and ask your network team to allow {_AIRBYTE}.",
    "cut": "{host} sent invalid JSON: the response may have been cut short or altered in transit, or not be Jira's. Try"
    " again, and ask your network team whether a proxy changes responses.",
    "invalid": "{host} sent the same invalid JSON twice. A value that can't be written as JSON may be the cause,"
    " or a proxy that alters responses: ask your Jira administrator.",
    "too_large": "{host} sent a response that is too large to be read. Unless it comes from a proxy, ask your Jira"
    " administrator to look for issues with very large fields.",
    "wrong_path": "Jira is not at {host}{path} but at {other}: enter that as the base URL.",
    "no_jira": "There is no Jira at {host}{path}. Check the base URL in a browser, and check whether Jira's address"
    " includes a path such as /jira.",
    "no_cloud_site": "There is no Jira Cloud site at {host}. Compare the name with the one in your browser's address"
    " bar, and enter that one.",
    "gateway_without_id": "The gateway's address needs the site's cloud ID: enter https://api.atlassian.com/ex/jira/"
    "CLOUD-ID, or the site's own address, such as https://acme.atlassian.net.",
}

# OpenSSL's X509_V_ERR codes, from its x509_vfy.h.
_CERTIFICATE_REASONS: Mapping[int, str] = {
    9: "certificate_not_yet_valid",
    10: "certificate_expired",
    18: "certificate_self_signed",
    19: "certificate_unknown_authority",
    20: "certificate_unknown_authority",
    21: "certificate_unknown_authority",
    62: "certificate_other_name",
    64: "certificate_other_name",
}
# OpenSSL's names for the answer of a server that speaks plain HTTP.
_ANSWERS_WITHOUT_TLS = frozenset(("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG"))
# What a retry can't change.
_LASTING = (
    "certificate",
    "no_tls",
    "proxy_address",
    "proxy_sign_in",
    "proxy_forbidden",
    "proxy_socks",
    "proxy_http_only",
)
_TUNNEL_REFUSALS = {"407": "proxy_sign_in", "403": "proxy_forbidden"}
_LOGIN_PAGE = re.compile(
    r"log.?[io]n|sign.?in|saml|\bsso\b|oauth2|adfs|okta|microsoftonline|accounts\.google", re.IGNORECASE
)
_PASSWORD_FIELD = re.compile(rb"type=[\"']?password", re.IGNORECASE)
_REST = re.compile(r"/rest/.*")
_LONGEST_HOST = 60
_LONGEST_ADDRESS = 90
_LONGEST_TITLE = 40


def connection_trouble(error: requests.RequestException, base_url: str, proxy: str = "") -> JiraFlowError:
    """The error for an exception of `requests`: UnusableAddress if a retry can't help, else ConnectionFault.

    `proxy` is the proxy in between, if there is one.
    """
    reason = reason_of(error)
    kind = UnusableAddress if reason.startswith(_LASTING) else ConnectionFault
    return kind(in_words(reason, base_url, proxy=proxy), reason=reason)


def reason_of(error: BaseException) -> str:
    """The key in WORDS for an exception, by the innermost cause."""
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, (requests.exceptions.ProxyError, requests.exceptions.InvalidProxyURL)):
            return _proxy_reason(causes)
        if isinstance(cause, ProxySchemeUnknown):
            return "proxy_address"
        if isinstance(cause, requests.exceptions.InvalidSchema) and "SOCKS" in str(cause):
            return "proxy_socks"
        if isinstance(cause, socket.gaierror):
            return "dns"
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _CERTIFICATE_REASONS.get(cause.verify_code, "certificate")
    for cause in causes:
        if isinstance(cause, ConnectionRefusedError):
            return "refused"
        if isinstance(cause, requests.exceptions.ConnectTimeout):
            return "silent"
        if isinstance(cause, requests.exceptions.Timeout):
            return "mute"
        if isinstance(cause, ssl.SSLError) and getattr(cause, "library", None) == "X509":
            return "certificate_file_empty"
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError):
            return "no_tls" if getattr(cause, "reason", None) in _ANSWERS_WITHOUT_TLS else "tls"
        if isinstance(cause, OSError) and type(cause) is OSError and cause.errno is not None:
            return "unreachable"
    return "dropped"


def _proxy_reason(causes: Sequence[BaseException]) -> str:
    for cause in causes:
        if isinstance(cause, requests.exceptions.InvalidProxyURL):
            return "proxy_address"
        if isinstance(cause, socket.gaierror):
            return "proxy_dns"
        if isinstance(cause, ConnectionRefusedError):
            return "proxy"
        if isinstance(cause, TimeoutError) or type(cause) is ConnectTimeoutError:
            return "proxy_silent"
        if isinstance(cause, ssl.SSLError) and cause.reason in _ANSWERS_WITHOUT_TLS:
            return "proxy_http_only"
        if str(cause).startswith("Tunnel connection failed"):
            return _TUNNEL_REFUSALS.get(str(cause).split()[3], "proxy_failed")
    return "proxy"


def in_words(reason: str, base_url: str, *, other: str = "", title: str = "", proxy: str = "") -> str:
    """The sentence for a reason. `other` is another address, `title` that of a page, `proxy` what is in between."""
    parts = urlsplit(base_url)
    return WORDS[reason].format(
        host=clipped(parts.netloc, _LONGEST_HOST),
        name=clipped(parts.hostname or "", _LONGEST_HOST),
        port=parts.port or {"http": 80}.get(parts.scheme, 443),
        path=clipped(parts.path, _LONGEST_HOST),
        other=clipped(masked(other), _LONGEST_ADDRESS),
        proxy=f"The proxy {clipped(proxy, _LONGEST_HOST)}" if proxy else "A proxy in between",
        variable="HTTP_PROXY" if parts.scheme == "http" else "HTTPS_PROXY",
        title=f" (“{clipped(masked(title), _LONGEST_TITLE)}”)" if title else "",
    )


def unusable(reason: str, base_url: str, *, other: str = "", proxy: str = "") -> UnusableAddress:
    """The error for a reason in WORDS that a retry cannot fix."""
    return UnusableAddress(in_words(reason, base_url, other=other, proxy=proxy), reason=reason)


def redirect_refused(base_url: str, target: str) -> UnusableAddress:
    """The error for a redirect to another host or scheme: credentials are not sent there."""
    asked, offered = urlsplit(base_url), urlsplit(target)
    if _LOGIN_PAGE.search(f"{offered.netloc}{offered.path}"):
        return unusable("login_page", base_url)
    only_https = (asked.scheme, offered.scheme) == ("http", "https") and asked.hostname == offered.hostname
    return unusable("redirect_https" if only_https else "redirect", base_url, other=base_of(target))


def not_json(base_url: str, body: bytes) -> NotJson:
    """The error for a body that is not Jira's JSON: a web page, or JSON cut short."""
    text = body[:20_000].decode("utf-8", "replace")
    named = page_title(text)
    reason = "login_page" if _LOGIN_PAGE.search(named) or _PASSWORD_FIELD.search(body) else "page"
    if not text.lstrip().startswith("<"):
        reason = "cut"
    return NotJson(in_words(reason, base_url, title=named), body=body, reason=reason)


def twice_not_json(base_url: str, body: bytes) -> UnreadableAnswer:
    """The error for a body that came twice, and is not JSON: "invalid", or "cut" where its end is missing."""
    return unreadable("invalid" if body.rstrip().endswith((b"}", b"]")) else "cut", base_url)


def unreadable(reason: str, base_url: str) -> UnreadableAnswer:
    """The error for an answer that stays as it is: "invalid", "cut" or "too_large"."""
    return UnreadableAnswer(in_words(reason, base_url), reason=reason)


def base_of(address: str) -> str:
    """The base URL that an address of Jira's REST API belongs to, without query and REST path."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}{_REST.sub('', parts.path).rstrip('/')}"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An exception and its causes, which urllib3 keeps in arguments, `reason`, `__cause__` and `__context__`."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        current = waiting.pop(0)
        if not isinstance(current, BaseException) or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        inner = [argument for argument in current.args if isinstance(argument, BaseException)]
        waiting += [*inner, getattr(current, "reason", None), current.__cause__, current.__context__]
