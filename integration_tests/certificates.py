"""Certificates made on the spot, in every way in which those of a Jira are wrong."""

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Authority:
    """A certificate authority of our own; `bundle` is what a client must trust."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    bundle: Path


def make_authority(folder: Path) -> Authority:
    """An authority whose certificate lies in `folder`."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _certificate("Test authority", key, None, is_authority=True)
    bundle = folder / "authority.pem"
    bundle.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return Authority(key, certificate, bundle)


def make_certificate(
    folder: Path, authority: Authority | None, *, host: str = "127.0.0.1", valid_from: int = -2, valid_to: int = 30
) -> Path:
    """A PEM file with key and certificate for `host`, self-signed without an authority; validity in days from now."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _certificate(host, key, authority, valid_from=valid_from, valid_to=valid_to)
    path = folder / f"{host}-{valid_from}-{valid_to}-{authority is not None}.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    authority: Authority | None,
    *,
    valid_from: int = -2,
    valid_to: int = 30,
    is_authority: bool = False,
) -> x509.Certificate:
    now = datetime.now(timezone.utc)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(authority.certificate.subject if authority else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + valid_from * _DAY)
        .not_valid_after(now + valid_to * _DAY)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    if not is_authority:
        builder = builder.add_extension(x509.SubjectAlternativeName([_general_name(name)]), critical=False)
    return builder.sign(authority.key if authority else key, hashes.SHA256())


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
