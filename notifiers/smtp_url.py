"""The address of a mail server, with its credentials and the encryption it must use."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from aiosmtplib import SMTP

from notifiers.hosts import is_loopback


class Encryption(StrEnum):
    """How the connection is protected; the value is the scheme of the address."""

    STARTTLS = "smtp"
    IMPLICIT_TLS = "smtps"
    NONE = "smtp+plain"


_DEFAULT_PORTS = {Encryption.STARTTLS: 587, Encryption.IMPLICIT_TLS: 465, Encryption.NONE: 25}

_FORMS = "smtp://user:password@host:587, smtps://user:password@host:465 or smtp+plain://127.0.0.1:2525"


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail is handed over; the password shows in no representation."""

    host: str
    port: int
    encryption: Encryption
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    def client(self, *, timeout: float, tls: ssl.SSLContext | None) -> SMTP:
        """An unconnected client that insists on this server's encryption.

        Args:
            timeout: Seconds that each step of the conversation may take.
            tls: The context to verify the server with; None when it is not encrypted.
        """
        return SMTP(
            hostname=self.host,
            port=self.port,
            username=self.username,
            password=self.password,
            timeout=timeout,
            use_tls=self.encryption is Encryption.IMPLICIT_TLS,
            start_tls=self.encryption is Encryption.STARTTLS,
            tls_context=tls,
        )

    def tls_context(self, ca_file: Path | str | None) -> ssl.SSLContext | None:
        """What verifies the server, or None when the connection is not encrypted.

        Raises:
            ValueError: `ca_file` cannot be read as certificates.
        """
        if self.encryption is Encryption.NONE:
            return None
        try:
            return ssl.create_default_context(cafile=ca_file)
        except OSError as error:
            raise ValueError(f"the CA file {ca_file} holds no readable certificates: {error}") from error


def parse_smtp_url(url: str) -> SmtpServer:
    """Read the address of a mail server.

    User name and password are percent-decoded. Without encryption the server has to be on this
    machine and gets no password.

    Raises:
        ValueError: The address is unusable. The error never quotes it: it holds a password.
    """
    parts, port = _split(url)
    if parts is None or parts.scheme not in set(Encryption) or not parts.hostname:
        raise ValueError(f"the SMTP URL is not understood; write {_FORMS}")
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise ValueError(
            "the SMTP URL goes on after host and port; in user name and password write / as %2F, # as %23, ? as %3F"
        )
    encryption = Encryption(parts.scheme)
    username, password = _credentials(parts)
    if encryption is Encryption.NONE and not is_loopback(parts.hostname):
        raise ValueError("smtp+plain:// is for servers on this machine only; use smtp:// or smtps://")
    if encryption is Encryption.NONE and username is not None:
        raise ValueError("smtp+plain:// takes no user name: a password is never sent in clear")
    return SmtpServer(parts.hostname, port or _DEFAULT_PORTS[encryption], encryption, username, password)


def _split(url: str) -> tuple[SplitResult | None, int | None]:
    """The parts and the port; nothing where the parser fails, as its errors quote the address."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return None, None
    return parts, port


def _credentials(parts: SplitResult) -> tuple[str | None, str | None]:
    if parts.username is None:
        return None, None
    if not parts.username or not parts.password:
        raise ValueError("the SMTP URL needs both a user name and a password, or neither")
    return unquote(parts.username), unquote(parts.password)
