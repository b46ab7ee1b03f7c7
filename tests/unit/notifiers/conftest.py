"""A notification to vary, an instant to stand on, a Slack to talk to."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from notifiers.base import Kind, Notification, Severity
from notifiers.testing import FakeSlack

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

EXAMPLE = Notification(
    delivery_id="alert-7:1:slack",
    alert_id="alert-7",
    sequence=1,
    kind=Kind.FIRING,
    severity=Severity.CRITICAL,
    title="OpenAI spend is far above its usual hour",
    summary="OpenAI cost $48.20 between 11:00 and 12:00, where $6.10 was expected.",
    event_time=NOON,
    created_at=NOON,
    facts=(("Now", "$48.20 per hour"), ("Expected", "$6.10 per hour"), ("Excess today", "$42.10")),
    causes=("agent invoice-reader: $31.00", "agent support-bot: $9.40"),
    next_step="Look at agent invoice-reader first; it made most of the calls.",
    url="https://monitor.example/alerts/alert-7?tab=causes&range=1h",
)

Tell = Callable[..., Notification]


@pytest.fixture
def tell() -> Tell:
    """An ordinary notification with some of its attributes changed."""

    def build(**changes: Any) -> Notification:
        return replace(EXAMPLE, **changes)

    return build


@pytest.fixture
def now() -> datetime:
    return NOON


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack() as fake:
        yield fake
