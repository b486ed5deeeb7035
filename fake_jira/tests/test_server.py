"""The server: its addresses, its log, its wire, its command line."""

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from fake_jira import FakeJira, build_site

from .client import API, Client, auth_of
from .conftest import Start


def test_everything_lies_under_the_context_path(start: Start) -> None:
    jira = start("dc10", "/jira", issues=5)
    assert jira.base_url.endswith("/jira")
    assert Client(jira).json(f"{API}/serverInfo")["baseUrl"] == "https://jira.invalid/jira"
    outside = Client(jira, base=jira.root_url).get(f"{API}/serverInfo")
    assert outside.status_code == 404
    assert outside.headers["Content-Type"].startswith("text/html")
    assert jira.requests[0].path == f"{API}/serverInfo"


def test_links_lead_nowhere_unless_told_otherwise(start: Start) -> None:
    with FakeJira(build_site("cloud", issues=5), advertise_own_address=True) as jira:
        assert Client(jira).json(f"{API}/myself")["self"].startswith(jira.base_url)
    assert ".invalid/" in Client(start("cloud", issues=5)).json(f"{API}/myself")["self"]


def test_the_log_says_who_asked_what(cloud: FakeJira) -> None:
    client = Client(cloud)
    client.search("project = CORE", "summary", 7)
    client.post(f"{API}/search/jql", {"jql": "project = BIZ"})
    by_get, by_post = cloud.requests
    assert (by_get.method, by_get.path, by_get.status) == ("GET", f"{API}/search/jql", 200)
    assert by_get.query == {"jql": "project = CORE", "fields": "summary", "maxResults": "7"}
    assert by_get.account == "Service Account"
    assert by_get.body is None
    assert by_get.duration_ms > 0
    assert "authorization" not in {name.lower() for name in by_get.headers}
    assert by_post.body == {"jql": "project = BIZ"}
    assert (cloud.calls(), cloud.calls("search"), cloud.calls("myself")) == (2, 2, 0)
    cloud.reset_log()
    assert cloud.calls() == 0


def test_attempts_to_write_are_refused_and_remembered(any_jira: FakeJira) -> None:
    client = Client(any_jira)
    client.get(f"{API}/myself")
    assert any_jira.write_attempts == []
    issue = f"{any_jira.base_url}{API}/issue"
    auth = client.session.auth
    answers = [
        requests.post(issue, json={"fields": {}}, auth=auth, timeout=10),
        requests.put(f"{issue}/CORE-1", json={}, auth=auth, timeout=10),
        requests.delete(f"{issue}/CORE-1", auth=auth, timeout=10),
        requests.post(f"{issue}/CORE-1/comment", json={"body": "x"}, auth=auth, timeout=10),
    ]
    assert [answer.status_code for answer in answers] == [405] * 4
    assert [record.method for record in any_jira.write_attempts] == ["POST", "PUT", "DELETE", "POST"]


def test_large_answers_are_packed_where_accepted(cloud: FakeJira) -> None:
    client = Client(cloud)
    packed = client.search("created >= 0", "*all")
    assert packed.headers["Content-Encoding"] == "gzip"
    client.session.headers["Accept-Encoding"] = "identity"
    plain = client.search("created >= 0", "*all")
    assert "Content-Encoding" not in plain.headers
    assert packed.json()["issues"] == plain.json()["issues"]
    assert int(packed.headers["Content-Length"]) < int(plain.headers["Content-Length"]) / 3


def test_connections_stay_open(cloud: FakeJira) -> None:
    client = Client(cloud)
    for _ in range(3):
        client.get(f"{API}/myself")
    assert cloud.connections == 1


def test_many_readers_and_a_writer_at_once(cloud: FakeJira) -> None:
    site = cloud.site

    def read(number: int) -> int:
        client = Client(cloud)
        return sum(client.search("updated >= 0 order by updated", "*all", 50).status_code for _ in range(5))

    cloud.on_request = lambda record: site.add_comment("CORE-1", record.path)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(read, range(8))) == [1000] * 8
    assert cloud.calls("search") == 40


def test_equal_requests_are_kept_only_while_nothing_changes(start: Start) -> None:
    jira = start("cloud", issues=60, keep_answers=True)
    client = Client(jira)
    first = client.search("project = CORE order by key", "summary").json()
    assert client.search("project = CORE order by key", "summary").json() == first
    jira.site.edit_issue("CORE-1", summary="Changed")
    assert client.search("project = CORE order by key", "summary").json()["issues"][0]["fields"]["summary"] == "Changed"
    assert Client(jira, jira.site.admin).search("project = HIDDEN").status_code == 200
    assert client.search("project = HIDDEN").status_code == 400


def test_messages_come_in_the_accounts_language_unless_english_is_forced(any_jira: FakeJira) -> None:
    client = Client(any_jira)
    any_jira.site.settings.language = "de"
    assert "does not exist" not in client.refusal("project = NONE")
    client.session.headers.update({"Accept-Language": "en", "X-Force-Accept-Language": "true"})
    assert "The value 'NONE' does not exist" in client.refusal("project = NONE")


def test_unknown_paths(any_jira: FakeJira) -> None:
    client = Client(any_jira)
    refused = client.get(f"{API}/nonsense")
    assert refused.status_code == 404
    assert refused.json()["status-code"] == 404
    assert client.get("/nonsense").headers["Content-Type"].startswith("text/html")


def self_signed(path: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path


def test_https(start: Start, tmp_path: Path) -> None:
    certificate = self_signed(tmp_path / "jira.pem")
    jira = start("cloud", issues=5, certificate=certificate)
    assert jira.base_url.startswith("https://")
    with pytest.raises(requests.exceptions.SSLError):
        Client(jira).get(f"{API}/serverInfo")
    address = jira.base_url.replace("127.0.0.1", "localhost")
    assert requests.get(f"{address}{API}/serverInfo", verify=str(certificate), timeout=10).status_code == 200


def test_by_hand(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    arguments = [
        "--flavor",
        "data-center-10.3",
        "--context-path",
        "/jira",
        "--issues",
        "30",
        "--ready-file",
        str(ready),
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "fake_jira", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert address.endswith("/jira")
        while not ready.exists():
            assert process.poll() is None
        told = json.loads(ready.read_text())
        assert told["base_url"] == address
        assert set(told["configs"]) == {"oauth", "personal_access_token", "username_password"}
        for config in told["configs"].values():
            answer = requests.get(f"{config['base_url']}{API}/myself", auth=auth_of(config["credentials"]), timeout=10)
            assert answer.json()["name"] == "service.account"
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert process.stdout is not None
        with process.stdout:
            assert json.load(process.stdout) == told
