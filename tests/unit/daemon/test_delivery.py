"""Delivering: every message arrives in the end, in order, and one channel's trouble stays its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from typing_extensions import override

from daemon.clock import to_ms
from daemon.delivery import LONGEST_WAIT, PROBE_SECONDS, Dispatcher, Health, backoff
from daemon.storage.sqlite import SqliteStore
from daemon.store import Outgoing
from daemon.testing import ManualClock
from notifiers.base import DeliveryError, FailureClass, Kind, Notification, Receipt
from notifiers.testing import RecordingNotifier

MakeNote = Callable[..., Outgoing]
Until = Callable[[Callable[[], bool]], Awaitable[None]]
Soon = Callable[[Awaitable[Any]], Awaitable[Any]]

TRANSIENT, LIMITED = FailureClass.TRANSIENT, FailureClass.RATE_LIMITED
DESTINATION, PERMANENT = FailureClass.DESTINATION, FailureClass.PERMANENT


def _failure(failure: FailureClass, retry_after: float | None = None) -> DeliveryError:
    return DeliveryError("No.", failure=failure, reason=str(failure), retry_after=retry_after)


class GatedNotifier(RecordingNotifier):
    """Accepts only once the gate is open."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.gate = asyncio.Event()
        self.reached = asyncio.Event()

    @override
    async def send(self, notification: Notification) -> Receipt:
        self.reached.set()
        await self.gate.wait()
        return await super().send(notification)


class RememberingNotifier(RecordingNotifier):
    """A channel that can be searched for what an unsure attempt left there."""

    async def find(self, notification: Notification) -> Receipt | None:
        if notification not in self.accepted:
            return None
        return Receipt(reference={"ts": "found"}, detail="found")


OpenPost = Callable[..., Any]


# -- one channel


async def test_a_message_is_delivered_and_its_receipt_kept(post: OpenPost, note: MakeNote) -> None:
    slack = RecordingNotifier("slack")
    async with post(slack) as office:
        await office.put(note())
        await office.settled()
        assert await office.states() == {"alert-1-1-slack": "delivered"}
        assert office.health() == Health(delivered=1)
        await office.put(note(sequence=2, kind=Kind.RESOLVED))
        await office.settled()
    assert [one.reply_to for one in slack.accepted] == [None, {"channel": "slack", "ts": "1"}]


async def test_refused_recipients_are_logged_while_the_rest_was_served(
    post: OpenPost, note: MakeNote, caplog: pytest.LogCaptureFixture
) -> None:
    class Partial(RecordingNotifier):
        @override
        async def send(self, notification: Notification) -> Receipt:
            await super().send(notification)
            return Receipt(detail="sent", refused={"bob@example.org": "no such user"})

    async with post(Partial("email")) as office:
        await office.put(note(channel="email"))
        await office.settled()
        assert await office.states() == {"alert-1-1-email": "delivered"}
    assert "bob@example.org" in caplog.text


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(1, 2.0), (2, 4.0), (5, 32.0), (9, 512.0), (10, LONGEST_WAIT), (10_000, LONGEST_WAIT)]
)
def test_backoff_doubles_up_to_a_quarter_of_an_hour_and_is_spread(attempts: int, seconds: float) -> None:
    waits = {backoff(attempts) for _ in range(50)}
    assert len(waits) > 40
    assert 0.75 * seconds <= min(waits) <= max(waits) <= 1.25 * seconds


async def test_a_transient_failure_is_tried_again_after_growing_waits(
    post: OpenPost, note: MakeNote, clock: ManualClock
) -> None:
    slack = RecordingNotifier("slack")
    slack.failures.extend([_failure(TRANSIENT)] * 3)
    waits = []
    async with post(slack) as office:
        await office.put(note())
        for _ in range(3):
            await office.settled()
            due = await office.next_due("slack")
            waits.append(timedelta(milliseconds=due) - timedelta(seconds=clock.now().timestamp()))
            await office.settled(waits[-1] - timedelta(milliseconds=2))
            attempts = len(slack.attempts)
            await office.settled(timedelta(milliseconds=3))
            assert len(slack.attempts) == attempts + 1
        assert await office.states() == {"alert-1-1-slack": "delivered"}
    assert [1.5 * 2**n <= wait.total_seconds() <= 2.5 * 2**n for n, wait in enumerate(waits)] == [True] * 3
    assert len({one.delivery_id for one in slack.attempts}) == 1


async def test_retry_after_pauses_the_whole_channel_for_as_long_as_asked(post: OpenPost, note: MakeNote) -> None:
    slack = RecordingNotifier("slack")
    slack.failures.append(_failure(LIMITED, retry_after=120.0))
    async with post(slack) as office:
        await office.put(note("one"))
        await office.settled()
        assert office.health().paused_for == "rate_limited"
        await office.put(note("two"))
        await office.settled(timedelta(seconds=119))
        assert len(slack.attempts) == 1
        await office.settled(timedelta(seconds=1))
        assert {one.alert_id for one in slack.accepted} == {"one", "two"}
        assert office.health().paused_for is None


async def test_a_rate_limit_without_a_time_backs_off(post: OpenPost, note: MakeNote) -> None:
    slack = RecordingNotifier("slack")
    slack.failures.append(_failure(LIMITED))
    async with post(slack) as office:
        await office.put(note())
        await office.settled()
        await office.settled(timedelta(seconds=3))
        assert len(slack.accepted) == 1


async def test_a_message_that_will_never_be_accepted_is_set_aside_and_the_rest_goes_on(
    post: OpenPost, note: MakeNote
) -> None:
    slack = RecordingNotifier("slack")
    slack.failures.append(_failure(PERMANENT))
    async with post(slack) as office:
        await office.put(note(), note(sequence=2))
        await office.settled()
        assert await office.states() == {"alert-1-1-slack": "dead", "alert-1-2-slack": "delivered"}


async def test_an_unexpected_error_is_logged_and_retried_and_its_words_are_not_stored(
    post: OpenPost, note: MakeNote, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(RecordingNotifier):
        @override
        async def send(self, notification: Notification) -> Receipt:
            receipt = await super().send(notification)
            if len(self.attempts) == 1:
                raise RuntimeError("token=abc")
            return receipt

    async with post(Broken("slack")) as office:
        await office.put(note())
        await office.settled()
        assert [row["last_error"] for row in await office.store.messages(1)] == ["unexpected: RuntimeError"]
        await office.settled(timedelta(seconds=3))
        assert await office.states() == {"alert-1-1-slack": "delivered"}
    assert "unexpected failure on alert-1-1-slack" in caplog.text


async def test_the_order_within_an_alert_is_kept_over_retries(post: OpenPost, note: MakeNote) -> None:
    slack = RecordingNotifier("slack")
    slack.failures.append(_failure(TRANSIENT))
    async with post(slack) as office:
        await office.put(note())
        await office.settled()
        await office.put(note(sequence=2, kind=Kind.RESOLVED), note("other"))
        await office.settled()
        assert [one.alert_id for one in slack.accepted] == ["other"]
        await office.settled(timedelta(seconds=3))
    assert [(one.alert_id, one.sequence) for one in slack.accepted] == [("other", 1), ("alert-1", 1), ("alert-1", 2)]


async def test_a_message_that_arrived_before_a_crash_is_found_and_not_sent_again(
    post: OpenPost, note: MakeNote, store: SqliteStore, clock: ManualClock
) -> None:
    slack = RememberingNotifier("slack")
    unsure = note()
    await store.enqueue([unsure])
    assert await store.claim("slack", to_ms(clock.now())) is not None
    slack.accepted.append(unsure.notification)
    await store.recover()
    async with post(slack) as office:
        await office.settled()
        assert await office.states() == {"alert-1-1-slack": "delivered"}
    assert slack.attempts == []


async def test_a_retry_asks_the_channel_first_and_sends_what_is_not_there(post: OpenPost, note: MakeNote) -> None:
    slack = RememberingNotifier("slack")
    slack.failures.append(_failure(TRANSIENT))
    async with post(slack) as office:
        await office.put(note())
        await office.settled()
        await office.settled(timedelta(seconds=10))
    assert len(slack.accepted) == 1


# -- several channels


async def test_a_channel_that_needs_a_person_is_reported_on_the_others_once(post: OpenPost, note: MakeNote) -> None:
    slack, email, console = RecordingNotifier("slack"), RecordingNotifier("email"), RecordingNotifier("console")
    slack.failures.extend([_failure(DESTINATION)] * 3)
    async with post(slack, email, console) as office:
        await office.put(note())
        await office.settled()
        for _ in range(2):
            await office.settled(timedelta(seconds=PROBE_SECONDS))
        assert len(slack.attempts) == 3
        assert [one.title for one in email.accepted] == ["Messages to slack are held back"]
        assert [one.title for one in console.accepted] == ["Messages to slack are held back"]
        await office.settled(timedelta(seconds=PROBE_SECONDS))
        assert [one.alert_id for one in slack.accepted] == ["alert-1"]


async def test_a_channel_that_breaks_again_after_recovering_is_reported_again(post: OpenPost, note: MakeNote) -> None:
    slack, email = RecordingNotifier("slack"), RecordingNotifier("email")
    async with post(slack, email) as office:
        for number in range(2):
            slack.failures.append(_failure(DESTINATION))
            await office.put(note(f"alert-{number}"))
            await office.settled()
            await office.settled(timedelta(seconds=PROBE_SECONDS))
        assert len(slack.accepted) == len(email.accepted) == 2


async def test_a_channel_that_breaks_while_it_is_rate_limited_is_reported(post: OpenPost, note: MakeNote) -> None:
    slack, email = RecordingNotifier("slack"), RecordingNotifier("email")
    slack.failures.extend([_failure(LIMITED, retry_after=10.0), _failure(DESTINATION)])
    async with post(slack, email) as office:
        await office.put(note())
        await office.settled()
        assert email.accepted == []
        await office.settled(timedelta(seconds=10))
        await office.settled()
        assert len(email.accepted) == 1


async def test_a_slow_channel_does_not_delay_another(post: OpenPost, note: MakeNote, until: Until) -> None:
    slow, quick = GatedNotifier("slow"), RecordingNotifier("quick")
    async with post(slow, quick) as office:
        await office.put(*(note(f"alert-{number}", channel=name) for number in range(5) for name in ("slow", "quick")))
        await until(lambda: office.health("quick").delivered == 5)
        assert slow.accepted == []
        slow.gate.set()
        await until(lambda: office.health("slow").delivered == 5)


async def test_stopping_finishes_the_message_in_flight_and_takes_no_other(
    store: SqliteStore, clock: ManualClock, note: MakeNote, soon: Soon
) -> None:
    slack = GatedNotifier("slack")
    dispatcher = Dispatcher([slack], store, clock)
    await store.enqueue([note("one"), note("two")])
    running = asyncio.create_task(dispatcher.run())
    await soon(slack.reached.wait())
    dispatcher.stop()
    assert not running.done()
    slack.gate.set()
    await soon(running)
    assert await store.outbox_counts() == {"slack": {"delivered": 1, "pending": 1}}
