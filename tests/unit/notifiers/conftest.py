"""A notification to vary, an instant to stand on, a Slack to talk to."""

import importlib.util
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
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


@pytest.fixture(scope="session")
def fake_smtp() -> ModuleType:
    """The mail servers; loaded by path, as test folders are no packages."""
    path = Path(__file__).with_name("fake_smtp.py")
    spec = importlib.util.spec_from_file_location("notifiers_fake_smtp", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
async def smtp(fake_smtp, monkeypatch) -> AsyncIterator[Any]:
    # The name for the greeting would be looked up in the network's DNS.
    monkeypatch.setattr("socket.getfqdn", lambda: "tests.example")
    async with fake_smtp.ScriptedSmtp() as server:
        yield server


@pytest.fixture(scope="session")
def certificate(fake_smtp, tmp_path_factory) -> Path:
    return fake_smtp.write_certificate(tmp_path_factory.mktemp("tls") / "server.pem")
