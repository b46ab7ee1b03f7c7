"""What tests of deciding and delivering share: windows, verdicts, alerts, messages, and a bound for every wait."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

import pytest

from daemon.alerts import Alert, alert_id
from daemon.domain import SeriesKey
from daemon.store import Outgoing
from daemon.testing import NOON
from detectors.base import Observation, Verdict
from notifiers.base import Kind, Notification, Severity

T = TypeVar("T")

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
