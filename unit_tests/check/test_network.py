"""What is told of `requests`' exceptions, and of answers that are not Jira's."""

import socket
import ssl
from collections.abc import Callable

import pytest
import requests
import requests_mock

from source_jira_flow.errors import ConnectionFault, JiraFlowError, UnusableAddress
from source_jira_flow.http.client import JiraClient
from source_jira_flow.http.faults import connection_trouble, not_json, reason_of, redirect_refused
from source_jira_flow.jira.address import no_jira_at

HOST = "https://jira.example.com"


def _nested(*causes: Exception) -> Exception:
    """Exceptions in one another as urllib3 nests them: as arguments."""
    outer, *inner = causes
    if inner:
        outer.args = (_nested(*inner),)
    return outer


def _certificate_error(code: int) -> Exception:
    error = ssl.SSLCertVerificationError("certificate verify failed")
    error.verify_code = code
    return error


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (_nested(requests.ConnectionError(), Exception(), socket.gaierror(-2, "unknown")), "dns"),
        (_nested(requests.ConnectionError(), ConnectionRefusedError(111, "refused")), "refused"),
        (requests.ConnectTimeout(), "silent"),
        (requests.ReadTimeout(), "mute"),
        (requests.ConnectionError(ConnectionResetError(104, "reset")), "dropped"),
        (requests.ConnectionError(OSError(101, "Network is unreachable")), "unreachable"),
        (requests.exceptions.ProxyError(), "proxy"),
        (_nested(requests.exceptions.SSLError(), _certificate_error(10)), "certificate_expired"),
        (_nested(requests.exceptions.SSLError(), _certificate_error(18)), "certificate_self_signed"),
        (_nested(requests.exceptions.SSLError(), _certificate_error(19)), "certificate_unknown_authority"),
        (_nested(requests.exceptions.SSLError(), _certificate_error(62)), "certificate_other_name"),
        (_nested(requests.exceptions.SSLError(), _certificate_error(64)), "certificate_other_name"),
        (_nested(requests.exceptions.SSLError(), _certificate_error(99)), "certificate"),
        (_nested(requests.exceptions.SSLError(), ssl.SSLError(1, "no protocols available")), "tls"),
        (requests.exceptions.ChunkedEncodingError(), "dropped"),
    ],
)
def test_an_exception_has_one_reason(error: Exception, reason: str) -> None:
    assert reason_of(error) == reason


def test_a_certificate_is_no_passing_fault_and_a_dropped_connection_is() -> None:
    expired = requests.exceptions.SSLError(_certificate_error(10))
    assert isinstance(connection_trouble(expired, HOST), UnusableAddress)
    assert isinstance(connection_trouble(requests.ConnectionError(), HOST), ConnectionFault)


@pytest.mark.parametrize(
    ("target", "reason", "says"),
    [
        ("https://login.microsoftonline.com/x?state=abc", "login_page", "login page"),
        ("https://jira.example.com:8443/login.jsp", "login_page", "login page"),
        ("https://new.example.com/jira/rest/api/2/serverInfo?x=1", "redirect", "https://new.example.com/jira,"),
    ],
)
def test_a_redirect_is_told_without_its_query(target: str, reason: str, says: str) -> None:
    refused = redirect_refused(HOST, target)
    assert refused.reason == reason
    assert says in str(refused)
    assert "state" not in str(refused)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<html><title>Sign in</title></html>", "login_page"),
        (b"\n<!DOCTYPE html><body><input type='password'></body>", "login_page"),
        (b"<html><title>Blocked by policy</title></html>", "page"),
        (b'{"issues": [', "cut"),
        (b"", "cut"),
    ],
)
def test_a_body_that_is_no_json_is_told_apart(body: bytes, reason: str) -> None:
    assert not_json(HOST, body).reason == reason


@pytest.mark.parametrize(
    ("base_url", "reason"),
    [
        ("https://no-such-site.atlassian.net", "no_cloud_site"),
        ("https://api.atlassian.com", "gateway_without_id"),
        ("https://www.example.com/shop", "no_jira"),
    ],
)
def test_an_address_without_jira_is_told_by_its_kind(
    base_url: str, reason: str, client_at: Callable[[str], JiraClient]
) -> None:
    with requests_mock.Mocker() as web:
        web.get(requests_mock.ANY, status_code=404)
        assert no_jira_at(client_at(base_url)).reason == reason


def test_a_jira_beside_the_path_is_found(client_at: Callable[[str], JiraClient]) -> None:
    with requests_mock.Mocker() as web:
        web.get(requests_mock.ANY, status_code=404)
        web.get("https://www.example.com/tools/jira/rest/api/2/serverInfo", json={"version": "9.12.0"})
        found: JiraFlowError = no_jira_at(client_at("https://www.example.com/tools/confluence"))
    assert "but at https://www.example.com/tools/jira: enter that" in str(found)
