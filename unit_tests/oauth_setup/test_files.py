"""The files of a set-up: for their owner alone, never overwritten unasked, written whole."""

from __future__ import annotations

import json
import os
import stat
import time
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from source_jira_flow.common.files import free_place, others_can_read, refuse_foreign, write_private
from source_jira_flow.config import Config
from source_jira_flow.errors import ConfigurationError
from source_jira_flow.oauth_setup.config_file import oauth_credentials, read_config, write_config
from source_jira_flow.oauth_setup.dance import AccessToken, RequestToken
from source_jira_flow.oauth_setup.keys import KeyPair, load_key_pair, make_key_pair
from source_jira_flow.oauth_setup.places import Places, shown
from source_jira_flow.oauth_setup.session_file import KeptSession, Session, load_session
from source_jira_flow.sign_in.oauth1 import OAuth1


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> KeyPair:
    return make_key_pair(tmp_path_factory.mktemp("keys") / "key.pem")


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_private_whatever_the_umask(umask: int, tmp_path: Path) -> None:
    before = os.umask(umask)
    try:
        write_private(tmp_path / "new" / "folder" / "file", "text")
    finally:
        os.umask(before)
    assert mode_of(tmp_path / "new" / "folder" / "file") == 0o600
    assert mode_of(tmp_path / "new" / "folder") == mode_of(tmp_path / "new") == 0o700
    assert not others_can_read(tmp_path / "new" / "folder" / "file")


def test_a_link_is_replaced_and_never_followed(tmp_path: Path) -> None:
    target, place = tmp_path / "target", tmp_path / "place"
    target.write_text("somebody else's")
    place.symlink_to(target)
    with pytest.raises(FileExistsError):
        write_private(place, "text")
    write_private(place, "text", overwrite=True)
    assert (target.read_text(), place.read_text()) == ("somebody else's", "text")
    assert not place.is_symlink()


def test_a_link_that_leads_nowhere_takes_a_name_too(tmp_path: Path) -> None:
    place = tmp_path / "config.json"
    place.symlink_to(tmp_path / "nowhere")
    assert free_place(place) == tmp_path / "config-2.json"


def test_a_file_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "key.pem"
    place.write_text("planted")
    stranger = place.stat().st_uid + 1
    if os.geteuid() == 0:
        os.chown(place, stranger, -1)
    monkeypatch.setattr(os, "geteuid", lambda: stranger + 1)
    with pytest.raises(ConfigurationError, match="belongs to another user"):
        refuse_foreign(place)
    with pytest.raises(ConfigurationError, match="belongs to another user"):
        load_key_pair(place)
    with pytest.raises(ConfigurationError, match="belongs to another user"):
        load_session(place)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    refuse_foreign(place)


@pytest.mark.parametrize("hard_links", [True, False])
def test_nothing_is_overwritten_unasked(hard_links: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not hard_links:

        def refuse(self: Path, target: Path) -> None:
            raise PermissionError(1, "Operation not permitted")

        monkeypatch.setattr(Path, "hardlink_to", refuse)
    place = tmp_path / "file"
    write_private(place, "first")
    with pytest.raises(FileExistsError):
        write_private(place, "second")
    assert place.read_text() == "first"
    place.chmod(0o644)
    write_private(place, "third", overwrite=True)
    assert place.read_text() == "third"
    assert mode_of(place) == 0o600
    assert list(tmp_path.iterdir()) == [place]


def test_the_next_free_name(tmp_path: Path) -> None:
    place = tmp_path / "config.json"
    assert free_place(place) == place
    place.touch()
    (tmp_path / "config-2.json").touch()
    assert free_place(place) == tmp_path / "config-3.json"


def test_a_key_pair_fits_together_and_is_kept(pair: KeyPair) -> None:
    assert mode_of(pair.path) == 0o600
    assert pair.path.read_text().startswith("-----BEGIN PRIVATE KEY-----\n")
    assert pair.private_key.key_size >= 2048
    again = load_key_pair(pair.path)
    assert again.private_pem == pair.private_pem
    assert again.fingerprint == pair.fingerprint
    public = serialization.load_pem_public_key(pair.public_pem.encode())
    assert isinstance(public, rsa.RSAPublicKey)
    assert public.public_numbers() == pair.private_key.public_key().public_numbers()
    assert "PRIVATE" not in repr(pair)


def test_a_key_is_never_overwritten(pair: KeyPair) -> None:
    before = pair.path.read_text()
    with pytest.raises(ConfigurationError, match="never overwritten"):
        make_key_pair(pair.path)
    assert pair.path.read_text() == before


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "can't be read"),
        (b"\xff\xfe", "PEM form"),
        (b"nothing", "not a private key"),
        (b"-----BEGIN PUBLIC KEY-----\nAA==\n-----END PUBLIC KEY-----", "public key"),
    ],
)
def test_a_file_that_is_no_key_is_named(content: bytes | None, words: str, tmp_path: Path) -> None:
    place = tmp_path / "key.pem"
    if content is not None:
        place.write_bytes(content)
    with pytest.raises(ConfigurationError, match=words) as raised:
        load_key_pair(place)
    assert str(place) in str(raised.value)


SESSION = Session(
    "https://jira.acme.com",
    key_file="/key.pem",
    consumer_key="consumer",
    request_token=RequestToken("token", "SECRET", "http://127.0.0.1:1/"),
    asked_at=time.time(),
    access_token=AccessToken("ACCESS", "SECRET"),
)


def test_a_session_comes_back_as_it_was(tmp_path: Path) -> None:
    place = tmp_path / "session.json"
    kept = KeptSession(SESSION, place)
    assert mode_of(place) == 0o600
    assert load_session(place) == SESSION
    kept.change(request_token=None)
    after = load_session(place)
    assert after is not None
    assert after.request_token is None
    assert after.access_token == SESSION.access_token
    place.unlink()
    assert load_session(place) is None
    assert "SECRET" not in repr(SESSION)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        "null",
        '{"version": 2, "base_url": "x"}',
        '{"version": 1}',
        '{"version": 1, "base_url": "x", "request_token": {"wrong": 1}}',
        '{"version": 1, "base_url": "x", "asked_at": "noon"}',
        "[" * 100_000,
    ],
)
def test_a_damaged_session_says_what_to_do(content: str, tmp_path: Path) -> None:
    place = tmp_path / "session.json"
    place.write_text(content)
    with pytest.raises(ConfigurationError, match="remove that file"):
        load_session(place)


@pytest.mark.parametrize(("age", "fresh"), [(0, True), (500, True), (560, False), (-60, False)])
def test_a_request_token_is_used_while_jira_keeps_it(age: float, fresh: bool) -> None:
    token = RequestToken("token", "secret")
    session = Session("https://jira.acme.com", request_token=token, asked_at=time.time() - age)
    assert (session.fresh_request_token == token) is fresh


def document(pair: KeyPair) -> dict[str, Any]:
    credentials = OAuth1("consumer", pair.private_pem, "token", "secret")
    return {"base_url": "https://jira.acme.com", "credentials": credentials.as_document()}


def test_the_configuration_is_one_that_the_connector_takes(pair: KeyPair, tmp_path: Path) -> None:
    place = tmp_path / "config.json"
    write_config(place, document(pair))
    assert mode_of(place) == 0o600
    config = Config.parse(json.loads(place.read_text()))
    assert isinstance(config.credentials, OAuth1)
    assert config.credentials.consumer_key == "consumer"


def test_into_an_existing_configuration_only_the_sign_in_goes(pair: KeyPair, tmp_path: Path) -> None:
    place = tmp_path / "config.json"
    place.write_text(json.dumps({"base_url": "x", "credentials": {"auth_type": "access_token"}, "projects": ["ABC"]}))
    with pytest.raises(FileExistsError):
        write_config(place, document(pair))
    write_config(place, document(pair), into_existing=True)
    assert read_config(place) == {**document(pair), "projects": ["ABC"]}
    assert mode_of(place) == 0o600


@pytest.mark.parametrize("content", ["", "[]", "no json", "[" * 100_000])
def test_a_file_that_is_no_configuration_is_not_touched(content: str, pair: KeyPair, tmp_path: Path) -> None:
    place = tmp_path / "notes.txt"
    place.write_text(content)
    with pytest.raises(ConfigurationError, match=r"is (not|empty|nested)"):
        write_config(place, document(pair), into_existing=True)
    assert place.read_text() == content


def test_only_oauth_credentials_count(pair: KeyPair) -> None:
    assert oauth_credentials(None) == oauth_credentials({}) == oauth_credentials({"credentials": "x"}) == {}
    assert oauth_credentials({"credentials": {"auth_type": "access_token"}}) == {}
    assert oauth_credentials(document(pair))["consumer_key"] == "consumer"


def test_everything_lies_beside_the_configuration() -> None:
    places = Places(Path("some where/jira.json"))
    assert places.key == Path("some where/jira.key.pem")
    assert places.session == Path("some where/jira.session.json")
    assert places.command("--resume") == "source-jira-flow oauth --resume --output 'some where/jira.json'"
    assert Places(Path("secrets/config.json")).command("--resume") == "source-jira-flow oauth --resume"


def test_paths_are_shown_short_where_they_can_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert shown(tmp_path.resolve() / "a/b") == Path("a/b")
    assert shown(Path("/elsewhere/b")) == Path("/elsewhere/b")
