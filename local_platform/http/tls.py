"""A certificate for clients that insist on https: one of the caller's, or one made here and kept."""

from __future__ import annotations

import ipaddress
import os
import ssl
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

_VALID_DAYS = 397  # the longest that clients commonly accept
_RENEWED_DAYS_BEFORE = 30


class CertificateError(Exception):
    """A certificate cannot be used or made; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Tls:
    """A listener beside the plain one.

    Attributes:
        port: Its port; 0 takes a free one.
        certificate: A PEM file with the certificate and those that it rests on; None for one made here.
        key: The PEM file with its private key; None when it lies in the certificate's file.
    """

    port: int = 0
    certificate: Path | None = None
    key: Path | None = None


def context_of(tls: Tls, directory: Path, host: str, now: datetime) -> tuple[ssl.SSLContext, Path]:
    """Return what a server needs to speak TLS, and the certificate that clients may trust.

    Args:
        tls: What is asked for.
        directory: Where a certificate that is made here is kept.
        host: The address that is listened on.
        now: Decides whether a kept certificate is still good.

    Raises:
        CertificateError: The files cannot be read, or do not belong together.
    """
    certificate, key = tls.certificate, tls.key
    if certificate is None:
        certificate, key = _kept(directory, host, now)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise CertificateError(
            f"cannot use the certificate {certificate}: {error}; check --tls-cert and --tls-key"
        ) from error
    return context, certificate


def _kept(directory: Path, host: str, now: datetime) -> tuple[Path, Path]:
    certificate, key = directory / "certificate.pem", directory / "key.pem"
    if not (key.exists() and _is_good(certificate, host, now)):
        _make(certificate, key, host, now)
    return certificate, key


def _is_good(path: Path, host: str, now: datetime) -> bool:
    from cryptography import x509

    try:
        found = x509.load_pem_x509_certificate(path.read_bytes())
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (FileNotFoundError, ValueError, x509.ExtensionNotFound):
        return False
    lasts = found.not_valid_after_utc - now > timedelta(days=_RENEWED_DAYS_BEFORE)
    return lasts and found.not_valid_before_utc <= now and set(_names(host)) <= set(names)


def _make(certificate: Path, key: Path, host: str, now: datetime) -> None:
    # Loaded late: only who asks for TLS without a certificate of his own needs it.
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    private = ec.generate_private_key(ec.SECP256R1())
    certificate.parent.mkdir(mode=0o700, exist_ok=True)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _write(key, pem)
    _write(certificate, _signed(private, host, now).public_bytes(serialization.Encoding.PEM))


def _signed(private: ec.EllipticCurvePrivateKey, host: str, now: datetime) -> x509.Certificate:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "revenium-monitor local platform")])
    public = private.public_key()
    builder = (
        x509.CertificateBuilder(name, name, public, x509.random_serial_number())
        # A little in the past, for clients whose clock is behind.
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=_VALID_DAYS))
        .add_extension(x509.SubjectAlternativeName(_names(host)), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(public), critical=False)
    )
    return builder.sign(private, hashes.SHA256())


def _usage() -> x509.KeyUsage:
    """It signs itself, and handshakes."""
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        crl_sign=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _names(host: str) -> list[x509.GeneralName]:
    """Return what the certificate is good for: this machine, and the address that is listened on."""
    from cryptography import x509

    names: list[x509.GeneralName] = [x509.DNSName("localhost")]
    for text in dict.fromkeys(("127.0.0.1", "::1", host)):
        try:
            names.append(x509.IPAddress(ipaddress.ip_address(text)))
        except ValueError:
            names.append(x509.DNSName(text))
    return list(dict.fromkeys(names))


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
