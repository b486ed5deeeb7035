"""The RSA key pair of the application link: the private half in a private file, the public half for Jira."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from source_jira_flow.common.files import reason_of, refuse_foreign, write_private
from source_jira_flow.errors import ConfigurationError
from source_jira_flow.sign_in.oauth1 import load_private_key

# Signing is about three times faster than with 3072 bits, and every request is signed.
KEY_BITS = 2048
_FINGERPRINT_LENGTH = 8


@dataclass(frozen=True)
class KeyPair:
    """An RSA key pair and the file that holds its private half."""

    private_key: rsa.RSAPrivateKey = field(repr=False)
    path: Path

    @property
    def private_pem(self) -> str:
        """PKCS#8, unencrypted: the form that the configuration takes."""
        return self.private_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode("ascii")

    @property
    def public_pem(self) -> str:
        """SubjectPublicKeyInfo, the form that Jira's field "Public Key" takes."""
        return self._public(serialization.Encoding.PEM).decode("ascii")

    @property
    def fingerprint(self) -> str:
        """A short name of the public key: the beginning of the SHA-256 of its DER form, in hexadecimal."""
        return hashlib.sha256(self._public(serialization.Encoding.DER)).hexdigest()[:_FINGERPRINT_LENGTH]

    def _public(self, encoding: serialization.Encoding) -> bytes:
        return self.private_key.public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)


def make_key_pair(path: Path) -> KeyPair:
    """A new pair, saved to `path` before it is used. Raises ConfigurationError if a file is there already."""
    pair = KeyPair(rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS), path)
    try:
        write_private(path, pair.private_pem)
    except FileExistsError:
        raise ConfigurationError(f"{path} already exists, and a key is never overwritten. Name another file.") from None
    except OSError as error:
        raise ConfigurationError(
            f"The key can't be saved to {path}: {reason_of(error)}. Name another place with --output."
        ) from error
    return pair


def load_key_pair(path: Path) -> KeyPair:
    """The pair in an existing file, PKCS#1 or PKCS#8. Raises ConfigurationError: unreadable, not a key, encrypted…"""
    refuse_foreign(path)
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path} is not a key in PEM form: its first line must say PRIVATE KEY.") from None
    except OSError as error:
        raise ConfigurationError(f"The key file {path} can't be read: {reason_of(error)}.") from error
    try:
        return KeyPair(load_private_key(text), path)
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}: {error}") from error
