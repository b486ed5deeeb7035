"""Configurations that can not be right, whatever Jira says."""

from __future__ import annotations

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from integration_tests.broken_set_ups.scene import (
    BrokenSetUp,
    Config,
    Scene,
    on_cloud,
    on_data_center,
    pem_of,
    with_changes,
    with_credentials,
    with_oauth,
)


def _encrypted_key(scene: Scene) -> Config:
    key = pem_of(rsa.generate_private_key(65_537, 2048), b"a passphrase")
    return with_credentials({"private_key": key}, with_oauth)(scene)


def _public_key(scene: Scene) -> Config:
    public = rsa.generate_private_key(65_537, 2048).public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return with_credentials({"private_key": pem.decode()}, with_oauth)(scene)


def _elliptic_key(scene: Scene) -> Config:
    return with_credentials({"private_key": pem_of(ec.generate_private_key(ec.SECP256R1()))}, with_oauth)(scene)


CONFIGURATION = (
    BrokenSetUp(
        "http",
        with_changes(on_cloud, base_url="http://jira.example.com"),
        "configuration",
        ("https://jira.example.com",),
    ),
    BrokenSetUp("no base URL", with_changes(on_cloud, base_url=" "), "configuration", ("base URL is empty",)),
    BrokenSetUp(
        "no credentials", with_changes(on_cloud, credentials=None), "configuration", ("credentials are missing",)
    ),
    BrokenSetUp(
        "a space in the token",
        with_credentials({"access_token": "ATATT 3xF"}, on_cloud),
        "configuration",
        ("space", "paste it again"),
    ),
    BrokenSetUp(
        "an empty password",
        with_credentials({"password": " "}, on_data_center),
        "configuration",
        ("password is empty",),
    ),
    BrokenSetUp(
        "a start date that is none", with_changes(on_cloud, start_date="soon"), "configuration", ("start date 'soon'",)
    ),
    BrokenSetUp(
        "a field mistyped",
        lambda scene: scene.cloud(project=["CORE"], startdate="2024-01-31", __test_read_config={}),
        "unknown_field",
        ("project (did you mean projects?)", "startdate (did you mean start_date?)", "4 projects will be imported"),
        succeeds=True,
    ),
    BrokenSetUp(
        "a field that nobody knows",
        lambda scene: scene.cloud(colour="red"),
        "unknown_field",
        ("has a field that is not used: colour. Correct or remove it.",),
        succeeds=True,
    ),
    BrokenSetUp(
        "a start date in the future",
        lambda scene: scene.cloud(start_date="2199-01-31"),
        "start_date_in_the_future",
        ("2199-01-31 is in the future", "Enter an earlier date"),
        succeeds=True,
    ),
    BrokenSetUp(
        "a key that is none",
        with_credentials({"private_key": "my key"}, with_oauth),
        "private_key",
        ("not a private key", "paste"),
    ),
    BrokenSetUp("an encrypted key", _encrypted_key, "private_key", ("passphrase", "remove it")),
    BrokenSetUp("the public key", _public_key, "private_key", ("public key", "paste the private one")),
    BrokenSetUp("a key that is not RSA", _elliptic_key, "private_key", ("RSA",)),
)
