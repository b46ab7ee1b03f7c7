"""Sends what is in the outbox: one worker per channel, all retrying in this one place.

At least once, with a stable delivery id. A message may reach a channel twice only when the process
dies between the channel's acceptance and our commit of it.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from daemon.clock import Clock, to_ms
from daemon.errors import StorageError
from daemon.store import Claim, Outbox, Outgoing
from notifiers.base import (
    DeliveryError,
    FailureClass,
    Kind,
    Notification,
    Notifier,
    Receipt,
    Reconcilable,
    Severity,
)

log = logging.getLogger(__name__)

FIRST_WAIT = 2.0
LONGEST_WAIT = 900.0
PROBE_SECONDS = 3600.0
STORAGE_WAIT = 5.0
IDLE_SECONDS = 60.0


@dataclass(slots=True)
class Health:
    """How a channel is doing, as shown by status."""

    paused_until: int | None = None
    paused_for: str | None = None
    delivered: int = 0
    failed: int = 0


class Worker:
    """Delivers the messages of one channel, in order per alert."""

    def __init__(
        self, notifier: Notifier, outbox: Outbox, clock: Clock, tell_others: Callable[[str, str], Awaitable[None]]
    ) -> None:
        self.name = notifier.name
        self.health = Health()
        self._notifier = notifier
        self._outbox = outbox
        self._clock = clock
        self._tell_others = tell_others
        self._others_know = False
        self._wake = asyncio.Event()
        self._stopping = False

    def poke(self) -> None:
        """Look into the outbox now."""
        self._wake.set()

    def stop(self) -> None:
        """Finish the message in flight and end."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Deliver until told to stop."""
        while not self._stopping:
            self._wake.clear()
            try:
                if not self._is_paused() and await self._deliver_one():
                    continue
                wait = await self._until_next()
            except StorageError as error:
                log.error("%s: %s", self.name, error)
                wait = STORAGE_WAIT
            if not self._stopping:
                await self._sleep(wait)

    async def aclose(self) -> None:
        """Close the channel."""
        await self._notifier.aclose()

    async def _deliver_one(self) -> bool:
        claim = await self._outbox.claim(self.name, to_ms(self._clock.now()))
        if claim is None:
            return False
        note = replace(claim.notification, reply_to=claim.reference)
        try:
            receipt = await self._send(claim, note)
        except DeliveryError as error:
            await self._failed(claim, error)
            return True
        except Exception as error:
            log.exception("%s: unexpected failure on %s", self.name, note.delivery_id)
            await self._failed(
                claim, DeliveryError(type(error).__name__, failure=FailureClass.TRANSIENT, reason="unexpected")
            )
            return True
        self._recovered()
        detail = receipt.detail
        if receipt.refused:
            log.error("%s: %s refused some recipients: %s", self.name, note.delivery_id, dict(receipt.refused))
            detail = f"{detail}; refused: {dict(receipt.refused)}"
        at = to_ms(self._clock.now())
        await self._keep(lambda: self._outbox.delivered(note.delivery_id, at, receipt.reference, detail))
        self.health.delivered += 1
        return True

    async def _send(self, claim: Claim, note: Notification) -> Receipt:
        """Make one attempt, unless the channel shows that an earlier one arrived although we never learnt of it."""
        if claim.attempts > 1 and isinstance(self._notifier, Reconcilable):
            found = await self._notifier.find(note)
            if found is not None:
                return found
        return await self._notifier.send(note)

    async def _failed(self, claim: Claim, error: DeliveryError) -> None:
        now = to_ms(self._clock.now())
        delivery = claim.notification.delivery_id
        self.health.failed += 1
        if error.failure is FailureClass.PERMANENT:
            log.error("%s: set %s aside: %s", self.name, delivery, error)
            await self._keep(lambda: self._outbox.dead(delivery, now, f"{error.reason}: {error}"))
            return
        wait = self._wait_after(claim.attempts, error)
        again = now + int(wait * 1000)
        if error.failure in {FailureClass.RATE_LIMITED, FailureClass.DESTINATION}:
            self._pause(again, error)
        elif claim.attempts == 1:
            log.warning("%s: %s not delivered yet: %s", self.name, delivery, error)
        await self._keep(lambda: self._outbox.retry(delivery, now, again, f"{error.reason}: {error}"))
        if error.failure is FailureClass.DESTINATION and not self._others_know:
            await self._keep(lambda: self._tell_others(self.name, str(error)))
            self._others_know = True

    async def _keep(self, write: Callable[[], Awaitable[None]]) -> None:
        """Record an outcome, however long the database refuses: an unrecorded one would hold its alert back for ever.

        Raises:
            StorageError: It still refuses at the stop; the next start sends the message again.
        """
        while True:
            try:
                await write()
            except StorageError as error:
                if self._stopping:
                    raise
                log.error("%s: %s", self.name, error)
                self._wake.clear()
                await self._sleep(STORAGE_WAIT)
            else:
                return

    def _wait_after(self, attempts: int, error: DeliveryError) -> float:
        if error.retry_after is not None:
            return max(0.0, error.retry_after)
        if error.failure is FailureClass.DESTINATION:
            return PROBE_SECONDS
        return backoff(attempts)

    def _pause(self, until: int, error: DeliveryError) -> None:
        """Hold the whole channel back."""
        if self.health.paused_for != error.reason:
            log.error("%s is paused: %s", self.name, error)
        self.health.paused_until, self.health.paused_for = until, error.reason

    def _recovered(self) -> None:
        if self.health.paused_for is not None:
            log.info("%s accepts messages again", self.name)
        self.health.paused_until = self.health.paused_for = None
        self._others_know = False

    def _is_paused(self) -> bool:
        return self.health.paused_until is not None and to_ms(self._clock.now()) < self.health.paused_until

    async def _until_next(self) -> float:
        due = await self._outbox.next_due(self.name)
        if due is None:
            return IDLE_SECONDS
        wanted = max(due, self.health.paused_until or 0)
        return min(IDLE_SECONDS, max(0.0, (wanted - to_ms(self._clock.now())) / 1000))

    async def _sleep(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return


class Dispatcher:
    """All channels together."""

    def __init__(self, notifiers: Sequence[Notifier], outbox: Outbox, clock: Clock) -> None:
        self._clock = clock
        self.workers = tuple(Worker(notifier, outbox, clock, self._tell_of_a_pause) for notifier in notifiers)
        self._outbox = outbox

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels."""
        return tuple(worker.name for worker in self.workers)

    @property
    def health(self) -> Mapping[str, Health]:
        """How each channel is doing."""
        return {worker.name: worker.health for worker in self.workers}

    def poke(self) -> None:
        """Make every worker look into the outbox now."""
        for worker in self.workers:
            worker.poke()

    async def run(self) -> None:
        """Deliver until `stop`; if one worker breaks, all end and the error comes out."""
        async with asyncio.TaskGroup() as group:
            for worker in self.workers:
                group.create_task(worker.run(), name=f"deliver-{worker.name}")

    def stop(self) -> None:
        """Let every worker finish the message in flight and end."""
        for worker in self.workers:
            worker.stop()

    async def aclose(self) -> None:
        """Close every channel."""
        for worker in self.workers:
            await worker.aclose()

    async def test(self, channel: str | None) -> list[str]:
        """Queue a test message for one channel or all; returns the delivery ids."""
        now = self._clock.now()
        chosen = [name for name in self.channels if channel in {None, name}]
        messages = [Outgoing(name, _note("test", name, to_ms(now), self._test_words(name))) for name in chosen]
        await self._outbox.enqueue(messages)
        self.poke()
        return [message.notification.delivery_id for message in messages]

    def _test_words(self, name: str) -> Notification:
        now = self._clock.now()
        return Notification(
            delivery_id="",
            alert_id="",
            sequence=1,
            kind=Kind.TEST,
            severity=Severity.INFO,
            title="Test message",
            summary=f"This is a test: {name} works, and alerts will look like this.",
            event_time=now,
            created_at=now,
        )

    async def _tell_of_a_pause(self, paused: str, error: str) -> None:
        """Report a channel that needs a person on the others."""
        now = self._clock.now()
        words = Notification(
            delivery_id="",
            alert_id="",
            sequence=1,
            kind=Kind.FIRING,
            severity=Severity.WARNING,
            title=f"Messages to {paused} are held back",
            summary=f"{paused} does not accept messages: {error} Nothing is lost; they are sent once it accepts them again.",
            event_time=now,
            created_at=now,
            next_step=f"Mend the settings of {paused}; it is tried again once an hour.",
        )
        others = [name for name in self.channels if name != paused]
        await self._outbox.enqueue(
            [Outgoing(name, _note(f"paused-{paused}", name, to_ms(now), words)) for name in others]
        )
        self.poke()


def _note(what: str, channel: str, at: int, words: Notification) -> Notification:
    return replace(words, alert_id=f"{what}-{at}", delivery_id=f"{what}-{at}-{channel}")


def backoff(attempts: int) -> float:
    """Return seconds until the next attempt: doubling, capped, and spread so that retries do not march in step."""
    wait = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(attempts - 1, 20))
    return wait * random.uniform(0.75, 1.25)  # noqa: S311 - spreading load, not guarding a secret
