"""What every channel promises, whatever is behind it."""

import io
import json
from collections.abc import Callable

import pytest

from notifiers.base import DeliveryError, FailureClass, Kind, Notifier, Receipt, Severity
from notifiers.console import ConsoleNotifier
from notifiers.email import EmailNotifier
from notifiers.inbox import InboxNotifier
from notifiers.slack import SlackBotNotifier, SlackWebhookNotifier
from notifiers.testing import RecordingNotifier, assert_no_secret

ADDRESSES = {"sender": "monitor@example.org", "recipients": ["ann@example.com"]}

CHANNELS: dict[str, Callable[..., Notifier]] = {
    "bot": lambda slack, smtp, path: SlackBotNotifier("xoxb-secret", "#alerts", base_url=slack.base_url),
    "webhook": lambda slack, smtp, path: SlackWebhookNotifier(slack.webhook_url),
    "email": lambda slack, smtp, path: EmailNotifier(smtp.url, **ADDRESSES),
    "console": lambda slack, smtp, path: ConsoleNotifier(io.StringIO()),
    "inbox": lambda slack, smtp, path: InboxNotifier(path / "inbox", **ADDRESSES),
    "recording": lambda slack, smtp, path: RecordingNotifier(),
}


@pytest.fixture(params=CHANNELS)
def channel(request, slack, smtp, tmp_path) -> Notifier:
    return CHANNELS[request.param](slack, smtp, tmp_path)


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("severity", Severity)
async def test_every_kind_and_severity_is_delivered(channel, tell, kind, severity):
    receipt = await channel.send(tell(kind=kind, severity=severity))
    assert isinstance(receipt, Receipt)
    assert receipt.detail
    assert "\n" not in receipt.detail


async def test_a_reference_survives_storage_and_can_be_replied_to(channel, tell):
    first = await channel.send(tell())
    stored = json.loads(json.dumps(dict(first.reference)))
    assert stored == dict(first.reference)
    assert await channel.send(tell(kind=Kind.RESOLVED, delivery_id="second", sequence=2, reply_to=stored))


async def test_the_barest_and_the_most_hostile_notifications_are_delivered(channel, tell):
    bare = tell(delivery_id="bare", title="", summary="", facts=(), causes=(), next_step="", url=None)
    nasty = "\x00<!channel>\r\nBcc: x@example.net \ud800 `*_~ &lt; " * 200
    hostile = tell(
        delivery_id=nasty,
        alert_id=nasty,
        title=nasty,
        summary=nasty,
        facts=((nasty, nasty),) * 30,
        causes=(nasty,) * 30,
        next_step=nasty,
        url=f"https://x.example/{nasty}",
        demo=True,
    )
    for notification in (bare, hostile):
        assert await channel.send(notification)


async def test_closing_twice_is_safe_and_the_name_is_stable(channel, tell):
    assert channel.name in {"slack", "email", "console", "inbox", "recording"}
    await channel.send(tell())
    await channel.aclose()
    await channel.aclose()


async def test_a_console_block_fits_eighty_columns_and_tells_all(tell, now):
    stream = io.StringIO()
    await ConsoleNotifier(stream, clock=lambda: now).send(tell(demo=True, summary="word " * 60))
    lines = stream.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[1].startswith("CRITICAL: OpenAI spend")
    assert "Demo data" in stream.getvalue()


async def test_a_closed_console_fails_as_a_channel_does(tell):
    stream = io.StringIO()
    stream.close()
    with pytest.raises(DeliveryError) as caught:
        await ConsoleNotifier(stream).send(tell())
    assert caught.value.failure is FailureClass.TRANSIENT


async def test_the_recording_channel_fails_as_told_and_then_accepts(tell):
    channel = RecordingNotifier("slack")
    channel.failures.append(DeliveryError("no", failure=FailureClass.TRANSIENT, reason="timeout"))
    with pytest.raises(DeliveryError):
        await channel.send(tell())
    await channel.send(tell())
    assert (len(channel.attempts), len(channel.accepted)) == (2, 1)


def test_the_secret_detector_sees_into_the_errors_behind_an_error():
    hidden = ValueError("token hunter2")
    error = RuntimeError("clean")
    error.__cause__ = hidden
    with pytest.raises(AssertionError, match="the secret shows in a RuntimeError"):
        assert_no_secret(error, "hunter2")
    assert_no_secret(RuntimeError("clean"), "hunter2")
