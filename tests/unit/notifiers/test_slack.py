"""Slack over a real socket: what is posted, and what each failure means."""

import logging
from datetime import UTC, datetime

import pytest

from notifiers.base import DeliveryError, FailureClass, Kind, Receipt
from notifiers.slack import SlackBotNotifier, SlackWebhookNotifier
from notifiers.slack_errors import CLASS_BY_NAME, LOST_THREAD, TOO_LARGE
from notifiers.testing import (
    Answer,
    FakeSlack,
    assert_no_secret,
    broken_json,
    drop_after_accepting,
    hang,
    plain,
    rate_limited,
    refused,
    server_error,
)

TOKEN = "xoxb-very-secret-token"
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def bot(slack: FakeSlack, **options) -> SlackBotNotifier:
    options = {"timeout": 5, "clock": lambda: NOW} | options
    return SlackBotNotifier(TOKEN, "#alerts", base_url=slack.base_url, **options)


def webhook(slack: FakeSlack, **options) -> SlackWebhookNotifier:
    return SlackWebhookNotifier(slack.webhook_url, **({"timeout": 5} | options))


async def failure_of(notifier, notification) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await notifier.send(notification)
    assert_no_secret(caught.value, TOKEN)
    assert_no_secret(caught.value, "webhook-secret")
    return caught.value


async def test_a_bot_posts_once_and_keeps_channel_id_and_timestamp(slack, tell):
    receipt = await bot(slack).send(tell())
    assert receipt.reference == {"channel": "CALERTS", "ts": "1700000000.000001"}
    [request] = slack.requests
    assert request.method == "chat.postMessage"
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert request.body["channel"] == "#alerts"
    assert request.body["metadata"]["event_payload"]["delivery_id"] == tell().delivery_id
    assert "thread_ts" not in request.body


@pytest.mark.parametrize("kind", [Kind.UPDATE, Kind.RESOLVED])
async def test_later_messages_go_into_the_thread_of_the_first(slack, tell, kind):
    first = await bot(slack).send(tell())
    await bot(slack).send(tell(kind=kind, sequence=2, reply_to=first.reference))
    assert slack.requests[1].body["thread_ts"] == first.reference["ts"]
    assert slack.requests[1].body["channel"] == first.reference["channel"]


async def test_a_reference_of_another_kind_of_channel_is_no_thread(slack, tell):
    await bot(slack).send(tell(kind=Kind.RESOLVED, reply_to={"message_id": "<x@y>"}))
    assert "thread_ts" not in slack.requests[0].body


@pytest.mark.parametrize("error", sorted(LOST_THREAD))
async def test_a_reply_whose_thread_is_gone_is_posted_anew(slack, tell, error):
    slack.script(refused(error))
    lost = {"channel": "CGONE", "ts": "1.0"}
    receipt = await bot(slack).send(tell(kind=Kind.RESOLVED, reply_to=lost))
    assert receipt.reference["ts"] == "1700000000.000001"
    assert slack.requests[1].body["channel"] == "#alerts"
    assert "thread_ts" not in slack.requests[1].body


@pytest.mark.parametrize("error", sorted(TOO_LARGE))
async def test_a_refused_form_is_repaired_once_as_plain_text(slack, tell, error):
    slack.script(refused(error))
    await bot(slack).send(tell())
    repaired = slack.requests[1].body
    assert "blocks" not in repaired
    assert tell().title in repaired["text"]
    assert ("metadata" in repaired) is ("metadata" not in error)


async def test_a_repair_is_not_repaired_again(slack, tell):
    slack.script(refused("msg_too_long"), refused("msg_too_long"))
    error = await failure_of(bot(slack), tell())
    assert (error.failure, error.reason) == (FailureClass.PERMANENT, "msg_too_long")
    assert len(slack.requests) == 2


@pytest.mark.parametrize("name", sorted(CLASS_BY_NAME.keys() - TOO_LARGE))
async def test_every_named_refusal_has_its_class_and_is_not_retried(slack, tell, name):
    slack.script(refused(name))
    error = await failure_of(bot(slack), tell())
    assert error.failure is CLASS_BY_NAME[name]
    assert len(slack.requests) == 1


@pytest.mark.parametrize(
    ("answer", "failure", "reason", "ambiguous"),
    [
        (refused("a_new_outage"), FailureClass.TRANSIENT, "a_new_outage", False),
        (refused("Bad <name>"), FailureClass.TRANSIENT, "unreadable_answer", True),
        (refused("fatal_error"), FailureClass.TRANSIENT, "fatal_error", True),
        (server_error(500), FailureClass.TRANSIENT, "http_500", False),
        (server_error(502), FailureClass.TRANSIENT, "http_502", True),
        (server_error(503), FailureClass.TRANSIENT, "http_503", False),
        (server_error(504), FailureClass.TRANSIENT, "http_504", True),
        (plain(500, "oops"), FailureClass.TRANSIENT, "http_500", False),
        (plain(200, "a captive portal"), FailureClass.TRANSIENT, "unreadable_answer", True),
        (Answer(200, "<html>", "text/html"), FailureClass.TRANSIENT, "unreadable_answer", True),
        (Answer(body="[1, 2]"), FailureClass.TRANSIENT, "unreadable_answer", True),
        (Answer(body='{"ok": false}'), FailureClass.TRANSIENT, "unreadable_answer", True),
        (Answer(500, "{bad"), FailureClass.TRANSIENT, "http_500", False),
        (broken_json(), FailureClass.TRANSIENT, "unreadable_answer", True),
        (drop_after_accepting(), FailureClass.TRANSIENT, "connection_lost", True),
        (server_error(403), FailureClass.DESTINATION, "http_403", False),
        (server_error(404), FailureClass.DESTINATION, "http_404", False),
        (server_error(413), FailureClass.PERMANENT, "http_413", False),
    ],
)
async def test_each_broken_answer_has_its_class(slack, tell, answer, failure, reason, ambiguous):
    slack.script(answer)
    error = await failure_of(bot(slack), tell())
    assert (error.failure, error.reason, error.ambiguous) == (failure, reason, ambiguous)
    assert len(slack.requests) == 1


@pytest.mark.parametrize("make", [bot, webhook])
async def test_a_silent_server_is_transient_and_ambiguous(slack, tell, make):
    slack.script(hang())
    error = await failure_of(make(slack, timeout=0.2), tell())
    assert (error.failure, error.reason, error.ambiguous) == (FailureClass.TRANSIENT, "timeout", True)


@pytest.mark.parametrize("make", [bot, webhook])
async def test_nobody_listening_is_transient_and_certain(unused_tcp_port, tell, make):
    nobody = FakeSlack()
    nobody._origin = f"http://127.0.0.1:{unused_tcp_port}"
    error = await failure_of(make(nobody), tell())
    assert (error.failure, error.reason, error.ambiguous) == (FailureClass.TRANSIENT, "unreachable", False)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("-3", 0.0),
        ("1.5", 1.5),
        ("99999999", 86_400.0),
        ("nan", None),
        ("soon", None),
        (None, None),
    ],
)
@pytest.mark.parametrize("make", [bot, webhook])
async def test_rate_limits_carry_the_pause_that_slack_asks_for(slack, tell, make, header, seconds):
    slack.script(rate_limited(header))
    error = await failure_of(make(slack), tell())
    assert (error.failure, error.reason) == (FailureClass.RATE_LIMITED, "rate_limited")
    assert error.retry_after == seconds


async def test_a_date_in_retry_after_is_measured_by_the_servers_own_clock(slack, tell):
    slack.script(
        Answer(
            429,
            headers={
                "Date": "Sun, 01 Mar 2026 09:00:00 GMT",
                "Retry-After": "Sun, 01 Mar 2026 09:00:30 GMT",
            },
        )
    )
    assert (await failure_of(bot(slack), tell())).retry_after == 30.0


async def test_a_rate_limit_that_lasts_is_one_request_per_attempt(slack, tell):
    slack.script(*[rate_limited()] * 3)
    for _ in range(3):
        await failure_of(bot(slack), tell())
    assert len(slack.requests) == 3
    assert (await bot(slack).send(tell())).reference


async def test_a_webhook_says_ok_in_plain_text_and_gives_no_reference(slack, tell):
    assert await webhook(slack).send(tell()) == Receipt(detail="accepted by the webhook")
    assert slack.requests[0].body["text"].startswith("Critical: ")
    assert "channel" not in slack.requests[0].body


@pytest.mark.parametrize(
    ("answer", "failure", "reason"),
    [
        (plain(404, "no_service"), FailureClass.DESTINATION, "no_service"),
        (plain(403, "invalid_token"), FailureClass.DESTINATION, "invalid_token"),
        (plain(410, "channel_is_archived"), FailureClass.DESTINATION, "channel_is_archived"),
        (plain(404, "<h1>Not Found</h1>"), FailureClass.DESTINATION, "http_404"),
        (plain(400, "invalid_payload"), FailureClass.PERMANENT, "invalid_payload"),
        (plain(500, "rollup_error"), FailureClass.TRANSIENT, "rollup_error"),
        (plain(200, "Welcome to the hotel network"), FailureClass.TRANSIENT, "unreadable_answer"),
        (drop_after_accepting(), FailureClass.TRANSIENT, "connection_lost"),
    ],
)
async def test_each_answer_of_a_webhook_has_its_class(slack, tell, answer, failure, reason):
    slack.script(answer)
    error = await failure_of(webhook(slack), tell())
    assert (error.failure, error.reason) == (failure, reason)


async def test_a_webhook_repairs_a_refused_form_too(slack, tell):
    slack.script(plain(400, "invalid_blocks"))
    await webhook(slack).send(tell())
    assert "blocks" not in slack.requests[1].body


async def test_a_message_whose_answer_was_lost_is_found_by_its_delivery_id(slack, tell):
    slack.script(drop_after_accepting())
    notifier = SlackBotNotifier(TOKEN, "CALERTS", base_url=slack.base_url)
    assert (await failure_of(notifier, tell())).ambiguous
    found = await notifier.find(tell())
    assert found.reference == {"channel": "CALERTS", "ts": slack.messages[0]["ts"]}
    assert await notifier.find(tell(delivery_id="another")) is None


async def test_a_lost_reply_is_found_in_its_thread(slack, tell):
    first = await bot(slack).send(tell())
    reply = tell(kind=Kind.RESOLVED, delivery_id="second", sequence=2, reply_to=first.reference)
    assert await bot(slack).find(reply) is None
    posted = await bot(slack).send(reply)
    assert (await bot(slack).find(reply)).reference == posted.reference
    assert slack.requests[-1].method == "conversations.replies"


async def test_a_history_that_cannot_be_read_finds_nothing(slack, tell, unused_tcp_port):
    assert await bot(slack).find(tell()) is None
    assert not slack.requests, "a channel name cannot be looked into"
    nobody = SlackBotNotifier(TOKEN, "CALERTS", base_url=f"http://127.0.0.1:{unused_tcp_port}")
    assert await nobody.find(tell()) is None


@pytest.mark.parametrize("make", [bot, webhook])
async def test_nothing_secret_is_logged_even_at_debug_level(slack, tell, make, caplog):
    caplog.set_level(logging.DEBUG)
    await make(slack).send(tell())
    slack.script(server_error(500))
    await failure_of(make(slack), tell())
    assert TOKEN not in caplog.text
    assert "webhook-secret" not in caplog.text
    assert TOKEN not in repr(bot(slack))
    assert "webhook-secret" not in repr(webhook(slack))


async def test_a_proxy_in_the_environment_is_not_used_for_this_machine(slack, tell, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert (await bot(slack).send(tell())).reference
    assert await webhook(slack).send(tell())


@pytest.mark.parametrize(
    "url", ["http://slack.example/api/", "ftp://127.0.0.1/", "hooks.slack.com/secret", "http://[::1"]
)
def test_a_secret_is_never_sent_in_clear_over_a_network(url):
    with pytest.raises(ValueError, match="https://") as bot_error:
        SlackBotNotifier(TOKEN, "#alerts", base_url=url)
    with pytest.raises(ValueError, match="https://") as hook_error:
        SlackWebhookNotifier(url)
    assert_no_secret(bot_error.value, TOKEN)
    assert_no_secret(hook_error.value, url)
