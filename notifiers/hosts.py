"""Which addresses may be spoken to without encryption, and which links may be shown."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

LONGEST_LINK = 500


def is_loopback(host: str | None) -> bool:
    """Whether `host` can only mean this machine."""
    if host is None:
        return False
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def require_private_transport(url: str, *, setting: str) -> None:
    """Refuse an HTTP address that would carry a secret in clear over a network.

    Args:
        url: The address; it may be a secret itself, so no error quotes it.
        setting: What the reader calls the address.

    Raises:
        ValueError: The address is not https and does not stay on this machine.
    """
    parts = _split(url)
    if parts is None or not parts.hostname:
        raise ValueError(f"{setting} is not a web address; it has to start with https://")
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname)):
        return
    raise ValueError(f"{setting} has to start with https://; http:// is for 127.0.0.1 only")


def safe_link(url: str | None) -> str | None:
    """The link as it may be shown, or None when it is not a plain web address.

    A link with a user name in front of the host is dropped: it shows a secret or misleads.
    """
    parts = _split(url) if url else None
    if url is None or parts is None or len(url) > LONGEST_LINK or not parts.hostname:
        return None
    if parts.scheme not in {"http", "https"} or "@" in parts.netloc:
        return None
    return url if url.isascii() and url.isprintable() and not set(url) & set(' <>"|\\`') else None


def _split(url: str) -> SplitResult | None:
    """The parts of the address, or None where there are none; errors of the parser quote it."""
    try:
        return urlsplit(url)
    except ValueError:
        return None
