"""Telling systemd how the service is doing; does nothing where nobody listens."""

from __future__ import annotations

import os
import socket


def notify(*lines: str) -> bool:
    """Send state lines such as ``READY=1``; tells whether somebody was there to hear them."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return False
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
        channel.setblocking(False)  # a manager that does not keep up must not hold the event loop
        try:
            channel.sendto("\n".join(lines).encode(), address)
        except OSError:
            return False
    return True


def watchdog_seconds() -> float | None:
    """Return how often to send ``WATCHDOG=1``: half of what systemd allows, or None if it does not watch us."""
    allowed = os.environ.get("WATCHDOG_USEC")
    process = os.environ.get("WATCHDOG_PID")
    if not allowed or (process and process != str(os.getpid())):
        return None
    return int(allowed) / 2_000_000
