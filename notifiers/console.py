"""The terminal as a channel: for a first look, and for a daemon that has nobody else to tell."""

from __future__ import annotations

from typing import TextIO

from notifiers.base import DeliveryError, FailureClass, Notification, Receipt
from notifiers.clock import Clock, utc_now
from notifiers.plain_text import WIDTH, plain_lines
from notifiers.text import tidy


class ConsoleNotifier:
    """Writes each notification as a block of plain text.

    Args:
        stream: Where to write; it stays open, as it belongs to the caller.
        clock: Tells the current instant.
    """

    name = "console"

    def __init__(self, stream: TextIO, *, clock: Clock = utc_now) -> None:
        self._stream = stream
        self._now = clock

    async def send(self, notification: Notification) -> Receipt:
        """Write one block; see `Notifier.send`."""
        rule = "-" * WIDTH
        lines = plain_lines(tidy(notification), now=self._now())
        try:
            self._stream.write("\n".join([rule, *lines, rule, ""]))
            self._stream.flush()
        except (OSError, ValueError) as error:
            # ValueError: the stream is closed, or its encoding lacks a character.
            raise DeliveryError(
                f"The terminal could not be written to ({type(error).__name__}).",
                failure=FailureClass.TRANSIENT,
                reason="not_writable",
            ) from error
        return Receipt(detail="written")

    async def aclose(self) -> None:
        """Nothing to give back: the stream belongs to the caller."""
