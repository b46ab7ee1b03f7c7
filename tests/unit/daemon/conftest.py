"""What tests of deciding and delivering share: windows, verdicts, alerts, messages, and a bound for every wait."""

from __future__ import annotations

import asyncio
import os
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast

import pytest

from daemon.alerts import Alert, alert_id
from daemon.client.transport import Transport
from daemon.client.wire import stamp
from daemon.delivery import Dispatcher, Health
from daemon.domain import SeriesKey
from daemon.engine import Engine
from daemon.errors import MonitorError
from daemon.settings import Settings
from daemon.storage.sqlite import SqliteStore
from daemon.store import Outgoing
from daemon.testing import NOON, ManualClock
from detectors.base import Observation, Verdict
from notifiers.base import Kind, Notification, Notifier, Severity
from notifiers.testing import RecordingNotifier

T = TypeVar("T")
Until = Callable[[Callable[[], bool]], Awaitable[None]]
Soon = Callable[[Awaitable[Any]], Awaitable[Any]]

HOUR = timedelta(hours=1)
PATIENCE = 10.0
TENANT = "team-1"


def _window(end: datetime = NOON, value: float = 100.0, span: timedelta = HOUR) -> Observation:
    return Observation(end - span, value, span)


def _verdict(odd: bool = True, expected: float = 10.0, *, warming_up: bool = False, score: float = 0.9) -> Verdict:
    return Verdict(
        score=score,
        is_anomaly=odd,
        expected=expected,
        low=0.5 * expected,
        high=2 * expected,
        reason="far above" if odd else "ordinary",
        warming_up=warming_up,
    )


def _alert(series: str = "cost/agent/robot", opened: datetime = NOON, **changed: Any) -> Alert:
    key = SeriesKey.parse(series)
    identity = alert_id(TENANT, key, opened)
    alert = Alert(
        id=identity,
        series=key,
        incident=identity,
        opened_at=opened,
        updated_at=opened,
        window_start=opened - HOUR,
        window_end=opened,
        observed=100.0,
        expected=10.0,
        low=5.0,
        high=20.0,
        score=0.9,
        reason="far above",
        detector="spend",
    )
    return replace(alert, **changed)


def _note(alert: str = "alert-1", sequence: int = 1, channel: str = "slack", **changed: Any) -> Outgoing:
    notification = Notification(
        delivery_id=f"{alert}-{sequence}-{channel}",
        alert_id=alert,
        sequence=sequence,
        kind=Kind.FIRING,
        severity=Severity.WARNING,
        title="AI spend above normal",
        summary="Robot spent $100.00.",
        event_time=NOON,
        created_at=NOON,
    )
    return Outgoing(channel, replace(notification, **changed))


async def _soon(awaitable: Awaitable[T]) -> T:
    return await asyncio.wait_for(awaitable, PATIENCE)


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - what is waited for offers no event
            await asyncio.sleep(0.005)


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the developer's own settings out of the tests."""
    for name in list(os.environ):
        if name.startswith(("REVENIUM_", "MONITOR_")):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def window() -> Callable[..., Observation]:
    """Build the hour that ends at a moment."""
    return _window


@pytest.fixture(scope="session")
def verdict() -> Callable[..., Verdict]:
    return _verdict


@pytest.fixture(scope="session")
def alert() -> Callable[..., Alert]:
    """Build an open alert on a named series."""
    return _alert


@pytest.fixture(scope="session")
def note() -> Callable[..., Outgoing]:
    """Build a message on its way to a channel."""
    return _note


@pytest.fixture(scope="session")
def soon() -> Callable[[Awaitable[Any]], Awaitable[Any]]:
    """Await something that must come within a bound."""
    return _soon


@pytest.fixture(scope="session")
def until() -> Callable[[Callable[[], bool]], Awaitable[None]]:
    """Wait for a condition that must come true within a bound."""
    return _until


# -- a whole engine on an account that is played


class PlayedAccount:
    """Stands where the transport stands: one account's log, and failures on demand.

    Attributes:
        rows: The transactions log.
        failures: What the next requests fail with, one each.
        requests: Paths in the order they were asked for.
    """

    base_url = "http://platform.example"

    def __init__(self, team: str = TENANT) -> None:
        self.team = team
        self.rows: list[dict[str, Any]] = []
        self.failures: deque[Exception] = deque()
        self.requests: list[str] = []
        self.closed = False

    def add(self, at: datetime, dollars: float, agent: str = "robot", **more: Any) -> None:
        """Put a call into the log."""
        number = len(self.rows)
        row = {"id": f"row-{number}", "requestTime": stamp(at), "totalCost": dollars, "agent": agent, "model": "big"}
        self.rows.append({**row, **more})

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> object:
        """Answer as the platform does."""
        self.requests.append(path)
        if self.failures:
            raise self.failures.popleft()
        if path == "/users/me":
            return {"id": "user-1", "teams": [{"id": self.team}], "tenant": {"id": "tenant-1"}}
        if path.endswith("/completions"):
            return self._page(params or {})
        return []

    def _page(self, params: Mapping[str, str]) -> object:
        found = [row for row in self.rows if params["startDate"] <= row["requestTime"] < params["endDate"]]
        found.sort(key=lambda row: str(row["requestTime"]))
        size, number = int(params["size"]), int(params["page"])
        rows = found[number * size : (number + 1) * size]
        return {"_embedded": {"rows": rows}, "page": {"totalElements": len(found)}}

    async def aclose(self) -> None:
        """Remember that it was closed."""
        self.closed = True


@dataclass
class Plant:
    """An engine on a played account, with five ordinary days in its log and two channels."""

    clock: ManualClock
    store: SqliteStore
    data: Path
    account: PlayedAccount = field(default_factory=PlayedAccount)
    fatal: list[MonitorError] = field(default_factory=list)
    channels: dict[str, RecordingNotifier] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.channels = {name: RecordingNotifier(name) for name in ("slack", "email")}
        for number in range(1, 5 * 24):
            for agent in ("robot", "helper"):
                self.account.add(NOON - number * HOUR + HOUR / 2, 8.0 + number * 7 % 5, agent)

    def engine(self, **settings: Any) -> Engine:
        """Build an engine, as a new process does."""
        given = {"revenium_api_key": "rev_mk_test", "data_dir": self.data, "backfill_days": 5, **settings}
        return Engine(
            Settings(**given),
            self.clock,
            self.store,
            cast("Transport", self.account),
            Dispatcher(list(self.channels.values()), self.store, self.clock),
            on_fatal=self.fatal.append,
        )

    async def spike(self, engine: Engine) -> None:
        """Let robot spend 500 dollars in a minute, and poll."""
        self.clock.advance(timedelta(minutes=1))
        self.account.add(self.clock.now() - timedelta(seconds=30), 500.0)
        await engine.poll()


@pytest.fixture
def plant(clock: ManualClock, store: SqliteStore, tmp_path: Path) -> Plant:
    return Plant(clock, store, tmp_path)


# -- a dispatcher at work


class Post:
    """A dispatcher at work, with the means to watch it."""

    def __init__(self, store: SqliteStore, clock: ManualClock, until: Until, *notifiers: Notifier) -> None:
        self.store, self.clock, self.until = store, clock, until
        self.dispatcher = Dispatcher(notifiers, store, clock)
        self.looks = Counter[str]()
        self.next_due = store.next_due
        store.next_due = self._counted  # type: ignore[method-assign] # each idle look asks once

    async def _counted(self, channel: str) -> int | None:
        due = await self.next_due(channel)
        self.looks[channel] += 1
        return due

    def health(self, channel: str = "slack") -> Health:
        return self.dispatcher.health[channel]

    async def put(self, *messages: Outgoing) -> None:
        await self.store.enqueue(messages)
        self.dispatcher.poke()

    async def settled(self, after: timedelta = timedelta(0)) -> None:
        """Let time pass, and wait until every worker has found nothing more to do."""
        self.clock.advance(after)
        for _ in range(2):  # a look that was under way may have missed the news
            before = self.looks.copy()
            self.dispatcher.poke()
            await self.until(partial(self._all_looked_since, before))

    def _all_looked_since(self, before: Counter[str]) -> bool:
        return all(self.looks[channel] > before[channel] for channel in self.dispatcher.channels)

    async def states(self) -> dict[str, str]:
        return {row["id"]: row["state"] for row in await self.store.messages(100)}


OpenPost = Callable[..., Any]


@pytest.fixture
def post(store: SqliteStore, clock: ManualClock, until: Until, soon: Soon) -> OpenPost:
    """Run a dispatcher over some channels for as long as the context lasts."""

    @asynccontextmanager
    async def opened(*notifiers: Notifier) -> AsyncIterator[Post]:
        post = Post(store, clock, until, *notifiers)
        running = asyncio.create_task(post.dispatcher.run())
        try:
            yield post
        finally:
            post.dispatcher.stop()
            await soon(running)

    return opened
