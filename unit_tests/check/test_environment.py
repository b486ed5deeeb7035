"""What the environment says of proxies and certificate authorities."""

from pathlib import Path

import pytest

from source_jira_flow.errors import UnusableAddress
from source_jira_flow.http.environment import proxy_for, session_for

VARIABLES = (
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "SSL_CERT_FILE",
)


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost", "[::1]:8080", "jira.localhost"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_requests_to_this_machine_go_through_no_proxy(scheme: str, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://proxy.example.com:3128")
    assert session_for(f"{scheme}://{host}", keeps_cookies=False).proxies == {}
    assert "proxy.example.com" in str(session_for("https://jira.example.com", keeps_cookies=False).proxies)


@pytest.mark.parametrize(
    ("proxy", "named"),
    [
        ("http://me:secret@proxy.example.com:3128", "proxy.example.com:3128"),
        ("proxy.example.com:3128", "proxy.example.com:3128"),
        ("http://me:se@cret@proxy.example.com/path", "proxy.example.com"),
        ("", ""),
    ],
)
def test_a_proxy_is_named_without_its_password(proxy: str, named: str) -> None:
    assert proxy_for("https://jira.example.com", {"https": proxy} if proxy else {}) == named


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_a_file_of_authorities_is_used(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = tmp_path / "authorities.pem"
    bundle.touch()
    monkeypatch.setenv(name, str(bundle))
    assert session_for("https://jira.example.com", keeps_cookies=False).verify == str(bundle)


def test_the_bundle_for_requests_goes_before_that_of_openssl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "one.pem").touch()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "one.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "two.pem"))
    assert session_for("https://jira.example.com", keeps_cookies=False).verify == str(tmp_path / "one.pem")


def test_a_file_that_does_not_exist_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/no/such/file.pem")
    with pytest.raises(UnusableAddress, match=r"/no/such/file\.pem, which does not exist"):
        session_for("https://jira.example.com", keeps_cookies=False)
