"""Delivering while the database refuses, and the dispatcher as a whole."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from daemon import delivery
from daemon.delivery import PROBE_SECONDS, Dispatcher
from daemon.errors import StorageError
from daemon.storage.sqlite import SqliteStore
from daemon.store import Outgoing
from daemon.testing import ManualClock
from notifiers.base import DeliveryError, FailureClass, Kind
from notifiers.testing import RecordingNotifier

MakeNote = Callable[..., Outgoing]
Until = Callable[[Callable[[], bool]], Awaitable[None]]
Soon = Callable[[Awaitable[Any]], Awaitable[Any]]
OpenPost = Callable[..., Any]

TRANSIENT, DESTINATION, PERMANENT = FailureClass.TRANSIENT, FailureClass.DESTINATION, FailureClass.PERMANENT


def _failure(failure: FailureClass) -> DeliveryError:
    return DeliveryError("No.", failure=failure, reason=str(failure))


# -- a database that refuses


@pytest.fixture
def refusing(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], None]:
    """Make a method of the database refuse its first calls."""
    monkeypatch.setattr(delivery, "STORAGE_WAIT", 0.01)

    def refuse(method: str, times: int) -> None:
        real, left = getattr(store, method), iter(range(times))

        async def wrapped(*given: Any, **named: Any) -> Any:
            if next(left, None) is not None:
                raise StorageError("the disk is full")
            return await real(*given, **named)

        monkeypatch.setattr(store, method, wrapped)

    return refuse


@pytest.mark.parametrize("method", ["claim", "next_due"])
async def test_a_database_that_refuses_for_a_while_is_survived(
    post: OpenPost, note: MakeNote, refusing: Callable[[str, int], None], method: str, until: Until
) -> None:
    refusing(method, 2)
    slack = RecordingNotifier("slack")
    async with post(slack) as office:
        await office.put(note())
        await until(lambda: office.health().delivered == 1)
    assert len(slack.attempts) == 1


@pytest.mark.parametrize(
    ("method", "failure", "state"),
    [("delivered", None, "delivered"), ("retry", TRANSIENT, "pending"), ("dead", PERMANENT, "dead")],
)
async def test_an_outcome_is_recorded_however_often_the_database_refuses(
    post: OpenPost,
    note: MakeNote,
    refusing: Callable[[str, int], None],
    method: str,
    failure: FailureClass | None,
    state: str,
) -> None:
    refusing(method, 3)
    slack = RecordingNotifier("slack")
    slack.failures.extend([_failure(failure)] if failure else [])
    async with post(slack) as office:
        await office.put(note())
        await office.settled()
        assert await office.states() == {"alert-1-1-slack": state}
    assert len(slack.attempts) == 1


async def test_an_outcome_that_cannot_be_recorded_before_the_stop_is_sent_again_by_the_next_start(
    store: SqliteStore,
    clock: ManualClock,
    note: MakeNote,
    until: Until,
    soon: Soon,
    refusing: Callable[[str, int], None],
    tmp_path: Path,
) -> None:
    refusing("delivered", 1_000_000)
    slack = RecordingNotifier("slack")
    dispatcher = Dispatcher([slack], store, clock)
    await store.enqueue([note()])
    running = asyncio.create_task(dispatcher.run())
    await until(lambda: len(slack.accepted) == 1)
    dispatcher.stop()
    await soon(running)
    await store.close()

    again = SqliteStore(tmp_path / "monitor.sqlite3")
    await again.open()
    try:
        claim = await again.claim("slack", 1 << 60)
        assert claim is not None
        assert claim.notification.delivery_id == slack.accepted[0].delivery_id
    finally:
        await again.close()


# -- the dispatcher


async def test_a_test_message_goes_to_the_chosen_channel_or_to_all(post: OpenPost) -> None:
    slack, email = RecordingNotifier("slack"), RecordingNotifier("email")
    async with post(slack, email) as office:
        chosen = await office.dispatcher.test("email")
        await office.settled(timedelta(seconds=1))
        everyone = await office.dispatcher.test(None)
        await office.settled()
    assert [one.delivery_id for one in email.accepted] == [*chosen, everyone[1]]
    assert [one.delivery_id for one in slack.accepted] == [everyone[0]]
    assert {one.kind for one in email.accepted} == {Kind.TEST}


async def test_a_worker_that_breaks_for_good_ends_the_dispatcher_with_its_error(
    store: SqliteStore, clock: ManualClock, soon: Soon, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise LookupError("a bug")

    monkeypatch.setattr(store, "claim", broken)
    with pytest.raises(ExceptionGroup) as caught:
        await soon(Dispatcher([RecordingNotifier("slack")], store, clock).run())
    assert caught.group_contains(LookupError)


async def test_closing_closes_every_channel(store: SqliteStore, clock: ManualClock) -> None:
    channels = [RecordingNotifier("slack"), RecordingNotifier("email")]
    await Dispatcher(channels, store, clock).aclose()
    assert [channel.closed for channel in channels] == [True, True]


async def test_trouble_and_recovery_are_logged_once_each(
    post: OpenPost, note: MakeNote, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "daemon.delivery")
    slack = RecordingNotifier("slack")
    slack.failures.extend([_failure(DESTINATION)] * 3)
    async with post(slack) as office:
        await office.put(note())
        await office.settled()
        for _ in range(3):
            await office.settled(timedelta(seconds=PROBE_SECONDS))
    words = [record.getMessage() for record in caplog.records]
    assert words == ["slack is paused: No.", "slack accepts messages again"]
