"""What a channel is handed, what it answers, and how it fails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable


class Kind(StrEnum):
    """Which turn of an alert's life a notification tells of."""

    FIRING = "firing"
    UPDATE = "update"
    RESOLVED = "resolved"
    TEST = "test"


class Severity(StrEnum):
    """How loud the message should look."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Notification:
    """One message for one channel; everything in it is plain text in the reader's words.

    Attributes:
        delivery_id: Stable over retries; the channel carries it where it can.
        alert_id: The alert that this tells of; messages of one alert are threaded by it.
        sequence: Grows with each notification of the alert.
        kind: Which turn of the alert's life.
        severity: How loud the message should look.
        title: A short headline that names the series.
        summary: One sentence that says what happened, with dollars.
        facts: Label and value pairs such as ("Expected", "$2.10 per hour").
        causes: The largest contributors, most important first.
        next_step: What the reader can do now.
        event_time: When it happened, aware UTC.
        created_at: When the daemon decided to tell, aware UTC. A send long after says so.
        url: Where to read more, if anywhere.
        demo: True when the numbers come from the embedded platform's generated traffic.
        reply_to: The receipt's `reference` of the alert's first message in this channel, if any.
    """

    delivery_id: str
    alert_id: str
    sequence: int
    kind: Kind
    severity: Severity
    title: str
    summary: str
    event_time: datetime
    created_at: datetime
    facts: tuple[tuple[str, str], ...] = ()
    causes: tuple[str, ...] = ()
    next_step: str = ""
    url: str | None = None
    demo: bool = False
    reply_to: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof of acceptance by the other side.

    Attributes:
        reference: What a later message needs to refer to this one, such as channel and timestamp.
        detail: One short line for the delivery log; no secrets.
        refused: Recipients that the other side refused while it accepted others, with its words.
    """

    reference: Mapping[str, str] = field(default_factory=dict)
    detail: str = ""
    refused: Mapping[str, str] = field(default_factory=dict)


class FailureClass(StrEnum):
    """What a failure means for the destination; the delivery worker acts on this alone."""

    TRANSIENT = "transient"
    """Try again later with backoff."""
    RATE_LIMITED = "rate_limited"
    """Pause the whole destination for `retry_after`."""
    DESTINATION = "destination"
    """Wrong token, missing channel, unusable server: pause the destination and tell by another."""
    PERMANENT = "permanent"
    """This message will never be accepted; set it aside."""


class DeliveryError(Exception):
    """One attempt failed.

    Attributes:
        failure: What the failure means.
        reason: A short stable word for logs and metrics, such as ``rate_limited``.
        retry_after: Seconds the other side asked us to wait, if it did.
        ambiguous: The other side may have accepted the message although we saw no answer.
    """

    def __init__(
        self,
        message: str,
        *,
        failure: FailureClass,
        reason: str,
        retry_after: float | None = None,
        ambiguous: bool = False,
    ) -> None:
        super().__init__(message)
        self.failure = failure
        self.reason = reason
        self.retry_after = retry_after
        self.ambiguous = ambiguous


class Notifier(Protocol):
    """One channel. It makes one attempt per call and never retries by itself."""

    name: str
    """Stable name of the destination: ``slack``, ``email``, ``console``, ``inbox``."""

    async def send(self, notification: Notification) -> Receipt:
        """Make one attempt.

        Raises:
            DeliveryError: The attempt failed; the error says what that means.
        """
        ...

    async def aclose(self) -> None:
        """Give back sockets and files; safe to call twice."""
        ...


@runtime_checkable
class Reconcilable(Protocol):
    """A channel that can look for what an unsure attempt may have left there."""

    async def find(self, notification: Notification) -> Receipt | None:
        """The receipt of an earlier attempt, or None if there is none or nobody can tell."""
        ...
