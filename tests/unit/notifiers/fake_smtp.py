"""Mail servers for the tests: a scripted one that can misbehave, and aiosmtpd with TLS and login."""

import asyncio
import ssl
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from ipaddress import ip_address
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HANG = "(hang)"
DROP = "(drop)"
GARBAGE = "(garbage)"

_ANSWERS = {
    "BANNER": "220 ready",
    "EHLO": "250 fake",
    "MAIL": "250 sender ok",
    "RCPT": "250 recipient ok",
    "DATA": "354 go on",
    "BODY": "250 queued",
    "RSET": "250 forgotten",
    "QUIT": "221 bye",
}


class ScriptedSmtp:
    """Speaks plain SMTP from a table; each command can be given answers of its own, in order.

    `script("RCPT", "250 ok", "550 no")` answers the first RCPT and the second; the last answer
    stays. HANG, DROP and GARBAGE do that instead of answering.
    """

    def __init__(self) -> None:
        self.commands: list[str] = []
        self.messages: list[tuple[str, EmailMessage]] = []
        self.connections = 0
        self._answers: dict[str, list[str]] = {}
        self._stopping = asyncio.Event()

    def script(self, command: str, *answers: str) -> None:
        self._answers[command] = list(answers)

    @property
    def url(self) -> str:
        return f"smtp+plain://127.0.0.1:{self.port}"

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_) -> None:
        self._stopping.set()
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            await self._talk(reader, writer)
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        going = await self._answer("BANNER", writer)
        recipient = ""
        while going and (line := (await reader.readline()).decode().strip()):
            verb = line.split()[0].upper()
            self.commands.append(line)
            if verb == "RCPT":
                recipient = line.partition("<")[2].partition(">")[0]
            going = await self._answer(verb, writer)
            if verb == "DATA" and going and self._last.startswith("354"):
                body = await reader.readuntil(b"\r\n.\r\n")
                going = await self._answer("BODY", writer)
                if self._last.startswith("250") or not going:
                    self.messages.append((recipient, message_from_bytes(body[:-3], policy=default)))

    async def _answer(self, command: str, writer: asyncio.StreamWriter) -> bool:
        answers = self._answers.get(command, [_ANSWERS.get(command, "502 what?")])
        self._last = answers.pop(0) if len(answers) > 1 else answers[0]
        if self._last == HANG:
            await self._stopping.wait()
        if self._last in {HANG, DROP}:
            return False
        if self._last == GARBAGE:
            writer.write(b"\x00\x01 this is not a handshake \xff\r\n" * 40)
        else:
            writer.write(self._last.encode() + b"\r\n")
        await writer.drain()
        return self._last != GARBAGE


class Mailbox:
    """Keeps what aiosmtpd accepts."""

    def __init__(self) -> None:
        self.messages: list[tuple[list[str], EmailMessage]] = []

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802 - the name is aiosmtpd's
        mail = message_from_bytes(envelope.content, policy=default)
        self.messages.append((list(envelope.rcpt_tos), mail))
        return "250 queued"


@asynccontextmanager
async def real_server(mailbox: Mailbox, *, password: str, certificate: Path, implicit: bool) -> AsyncIterator[int]:
    """aiosmtpd on a free port, with login required and TLS of either kind; gives the port."""

    def authenticate(server, session, envelope, mechanism, data) -> AuthResult:
        known = data.login == b"monitor@home" and data.password == password.encode()
        return AuthResult(success=known, handled=False)

    loop = asyncio.get_running_loop()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def protocol() -> SMTP:
        with warnings.catch_warnings():
            # It does not know that the connection is encrypted around it, and warns of the login.
            warnings.simplefilter("ignore")
            return SMTP(
                mailbox,
                hostname="fake",
                loop=loop,
                tls_context=None if implicit else context,
                require_starttls=not implicit,
                authenticator=authenticate,
                auth_required=True,
                auth_require_tls=not implicit,
            )

    server = await loop.create_server(protocol, "127.0.0.1", 0, ssl=context if implicit else None)
    async with server:
        yield server.sockets[0].getsockname()[1]


def write_certificate(path: Path) -> Path:
    """A key and a self-signed certificate for 127.0.0.1 in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    start = datetime.now(UTC) - timedelta(hours=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path
