"""Private keys in the shapes in which they are pasted, and the signatures that they make."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from oauthlib.oauth1 import Client
from oauthlib.oauth1.rfc5849 import SIGNATURE_RSA
from requests import Request

from source_jira_flow.errors import ConfigurationError
from source_jira_flow.sign_in.basic import encoded_pair
from source_jira_flow.sign_in.oauth1 import OAuth1Signer, load_private_key


@pytest.fixture(scope="module")
def key() -> Iterator[rsa.RSAPrivateKey]:
    yield rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, form: str = "PKCS8", password: bytes | None = None) -> str:
    encryption = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    formats = {"PKCS8": serialization.PrivateFormat.PKCS8, "PKCS1": serialization.PrivateFormat.TraditionalOpenSSL}
    return key.private_bytes(serialization.Encoding.PEM, formats[form], encryption).decode()


@pytest.mark.parametrize("form", ["PKCS8", "PKCS1"])
@pytest.mark.parametrize(
    "mangle",
    [
        lambda text: text,
        lambda text: text.replace("\n", "\\n"),
        lambda text: text.replace("\n", " "),
        lambda text: text.replace("\n", ""),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: f'  "{text}"  ',
        lambda text: "".join(line for line in text.splitlines() if "-----" not in line),
    ],
    ids=["as it is", "escaped", "spaces", "nothing", "windows", "quoted", "without its frame"],
)
def test_a_key_is_read_in_every_shape_that_pasting_gives_it(key: rsa.RSAPrivateKey, form: str, mangle: object) -> None:
    assert callable(mangle)
    assert load_private_key(mangle(pem(key, form))).private_numbers() == key.private_numbers()


def test_what_is_no_usable_key_is_told_apart(key: rsa.RSAPrivateKey) -> None:
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    curve = ec.generate_private_key(ec.SECP256R1())
    for text, words in [
        ("hello", "not a private key"),
        (public.decode(), "public key"),
        (pem(key, "PKCS8", b"word"), "passphrase"),
        (pem(key, "PKCS1", b"word"), "passphrase"),
        (pem(curve), "not an RSA key"),
        (pem(curve, "PKCS1"), "only accept RSA keys"),
        (pem(key)[:400] + "\n-----END PRIVATE KEY-----", "cut short"),
    ]:
        with pytest.raises(ConfigurationError, match=words):
            load_private_key(text)


def test_a_text_that_begins_a_key_a_thousand_times_is_refused_at_once() -> None:
    began = time.monotonic()
    begins = "-----BEGIN A-----"
    for text, words in [(begins * 20_000, "too long"), (begins * 3_000, "private key")]:
        with pytest.raises(ConfigurationError, match=words):
            load_private_key(text)
    assert time.monotonic() - began < 1


def test_our_signature_is_the_stock_client_s(key: rsa.RSAPrivateKey) -> None:
    url = "https://jira.acme.com:8443/jira/rest/api/2/search?jql=a%20b&maxResults=1"
    arguments = {"resource_owner_key": "token", "nonce": "1", "timestamp": "2"}
    stock = Client("consumer", signature_method=SIGNATURE_RSA, rsa_key=pem(key), **arguments)
    ours = Request("GET", url, auth=OAuth1Signer(key, "consumer", **arguments)).prepare()
    assert ours.headers["Authorization"] == stock.sign(url, "GET")[1]["Authorization"].encode()


def test_basic_uses_the_encoding_that_each_kind_of_jira_reads() -> None:
    assert base64.b64decode(encoded_pair("service", "grün", "latin-1")) == b"service:gr\xfcn"
    assert base64.b64decode(encoded_pair("a@b.c", "grün", "utf-8")) == "a@b.c:grün".encode()
