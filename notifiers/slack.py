"""Slack, by bot token (threads, reconciling) or by incoming webhook (the quick start).

Each `send` is one attempt. The one exception is a repair: a message whose form Slack refuses is
sent once more as short plain text, and a reply whose thread is gone is posted anew.
"""

from __future__ import annotations

import asyncio
import logging
import math
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from slack_sdk.webhook.async_client import AsyncWebhookClient
from slack_sdk.webhook.webhook_response import WebhookResponse

from notifiers.base import DeliveryError, FailureClass, Notification, Receipt
from notifiers.clock import Clock, utc_now
from notifiers.hosts import is_loopback, require_private_transport
from notifiers.slack_errors import LOST_THREAD, TOO_LARGE, answer_error, unreadable_answer
from notifiers.slack_message import delivered_at, slack_payload, slack_plain_payload

_API = "https://slack.com/api/"

# At debug level the library writes whole requests and webhook addresses; this one never does.
_WIRE_LOG = logging.getLogger("notifiers.slack.wire")
_WIRE_LOG.setLevel(logging.WARNING)

_CHANNEL_ID = re.compile(r"[CG][A-Z0-9]{6,}")
_CLOCK_MARGIN = timedelta(minutes=10)

Thread = Mapping[str, str]
Post = Callable[[dict[str, Any], Thread | None], Awaitable[Receipt]]
_T = TypeVar("_T")


class SlackBotNotifier:
    """Posts with a bot token; later messages of an alert go into the first one's thread.

    Args:
        token: The bot token; it appears in no error, log line or representation.
        channel: The id or the name of the channel to post to.
        base_url: Another address of the Web API, such as a proxy's.
        timeout: Seconds that one attempt may take.
        clock: Tells the current instant.

    Raises:
        ValueError: `base_url` would carry the token in clear over a network.
    """

    name = "slack"

    def __init__(
        self,
        token: str,
        channel: str,
        *,
        base_url: str | None = None,
        timeout: float = 10,
        clock: Clock = utc_now,
    ) -> None:
        require_private_transport(base_url or _API, setting="Slack's base URL")
        self._channel = channel
        self._timeout = timeout
        self._now = clock
        self._client = AsyncWebClient(
            token=token,
            base_url=base_url or _API,
            timeout=_library_timeout(timeout),
            logger=_WIRE_LOG,
            retry_handlers=[],
        )
        _bypass_proxy_on_loopback(self._client, base_url or _API)

    async def send(self, notification: Notification) -> Receipt:
        """Make one attempt; see `Notifier.send`."""
        return await _send(notification, self._post, now=self._now())

    async def aclose(self) -> None:
        """Nothing to give back: each attempt opens and closes its own connection."""

    async def _post(self, payload: dict[str, Any], thread: Thread | None) -> Receipt:
        # A thread lives in the channel of its first message, wherever the setting points now.
        target = {"channel": thread["channel"], "thread_ts": thread["ts"]} if thread else {"channel": self._channel}
        answer = await _attempt(self._call({**payload, **target}), timeout=self._timeout)
        # A gateway's error page arrives as text where Slack would have sent an object.
        data = answer.data if isinstance(answer.data, dict) else {}
        if data.get("ok") is not True:
            raise answer_error(data.get("error"), status=answer.status_code, headers=answer.headers, now=self._now())
        reference = {key: str(data[key]) for key in ("channel", "ts") if data.get(key)}
        return Receipt(reference=reference, detail=f"posted to {reference.get('channel', 'Slack')}")

    async def find(self, notification: Notification) -> Receipt | None:
        """Look for this delivery in the channel, after an attempt whose outcome nobody knows.

        It takes the channel's id and the scope ``channels:history`` (``groups:history`` in a
        private channel). Answers None when the message is not there or cannot be looked for.
        """
        thread = _thread_of(notification)
        channel = thread["channel"] if thread else self._channel
        if not _CHANNEL_ID.fullmatch(channel):
            return None
        # Slack stamps messages by its own clock, which may be behind ours.
        since = (notification.created_at - _CLOCK_MARGIN).timestamp()
        query = {"channel": channel, "oldest": f"{since:.6f}", "limit": 200, "include_all_metadata": "true"}
        method = "conversations.replies" if thread else "conversations.history"
        if thread:
            query["ts"] = thread["ts"]
        try:
            call = self._client.api_call(method, http_verb="GET", params=query)
            answer = await _attempt(call, timeout=self._timeout)
            posted = delivered_at(answer.get("messages") or [], notification)
        except DeliveryError:
            return None
        return Receipt(reference={"channel": channel, "ts": posted}, detail="found in Slack") if posted else None

    async def _call(self, body: dict[str, Any]) -> AsyncSlackResponse:
        try:
            return await self._client.api_call("chat.postMessage", json=body)
        except SlackApiError as error:
            response = error.response
        if isinstance(response, AsyncSlackResponse):
            return response
        # Broken JSON: the library hands over the bare HTTP response instead of its own.
        raise answer_error(None, status=response.status, headers=response.headers, now=self._now())


class SlackWebhookNotifier:
    """Posts to an incoming webhook. It cannot thread, edit or look back.

    Args:
        url: The webhook's address. It is a secret: it appears in no error, log line or
            representation.
        timeout: Seconds that one attempt may take.
        clock: Tells the current instant.

    Raises:
        ValueError: The address is not https and not on this machine.
    """

    name = "slack"

    def __init__(self, url: str, *, timeout: float = 10, clock: Clock = utc_now) -> None:
        require_private_transport(url, setting="The Slack webhook address")
        self._timeout = timeout
        self._now = clock
        self._client = AsyncWebhookClient(url, timeout=_library_timeout(timeout), logger=_WIRE_LOG, retry_handlers=[])
        _bypass_proxy_on_loopback(self._client, url)

    async def send(self, notification: Notification) -> Receipt:
        """Make one attempt; see `Notifier.send`."""
        return await _send(notification, self._post, now=self._now())

    async def aclose(self) -> None:
        """Nothing to give back: each attempt opens and closes its own connection."""

    async def _post(self, payload: dict[str, Any], _thread: Thread | None) -> Receipt:
        answer: WebhookResponse = await _attempt(self._client.send_dict(payload), timeout=self._timeout)
        words = answer.body.strip()
        if answer.status_code == 200 and words == "ok":
            return Receipt(detail="accepted by the webhook")
        raise answer_error(words, status=answer.status_code, headers=answer.headers, now=self._now())


async def _send(notification: Notification, post: Post, *, now: datetime) -> Receipt:
    """Build, post once, and repair at most once."""
    thread = _thread_of(notification)
    payload = slack_payload(notification, now=now)
    try:
        return await post(payload, thread)
    except DeliveryError as error:
        reason = error.reason
        if not (reason in TOO_LARGE or (thread and reason in LOST_THREAD)):
            raise
    if reason not in TOO_LARGE:
        return await post(payload, None)
    plain = slack_plain_payload(notification, now=now)
    if "metadata" in reason:
        del plain["metadata"]
    return await post(plain, thread)


async def _attempt(call: Awaitable[_T], *, timeout: float) -> _T:  # noqa: ASYNC109 - one budget for all steps
    """Await one request and translate every way in which the network can fail.

    The error is raised after its cause is gone: the library's errors may quote the request.
    """
    try:
        async with asyncio.timeout(timeout):
            return await call
    except aiohttp.ClientConnectorCertificateError:
        failure = DeliveryError(
            "Slack's certificate is not trusted here. Check the proxy or the CA certificates.",
            failure=FailureClass.DESTINATION,
            reason="untrusted_certificate",
        )
    except aiohttp.ClientConnectorError:
        failure = _network_failure("could not be reached", "unreachable", ambiguous=False)
    except TimeoutError:
        failure = _network_failure("did not answer in time", "timeout", ambiguous=True)
    except (aiohttp.ClientError, OSError):
        failure = _network_failure("dropped the connection", "connection_lost", ambiguous=True)
    except (SlackClientError, ValueError, AttributeError, LookupError):
        # The library stumbles over answers in other shapes than it expects.
        failure = unreadable_answer()
    raise failure


def _network_failure(words: str, reason: str, *, ambiguous: bool) -> DeliveryError:
    return DeliveryError(
        f"Slack {words}. Trying again later.",
        failure=FailureClass.TRANSIENT,
        reason=reason,
        ambiguous=ambiguous,
    )


def _thread_of(notification: Notification) -> Thread | None:
    reference = notification.reply_to or {}
    return reference if reference.get("channel") and reference.get("ts") else None


def _library_timeout(timeout: float) -> int:
    """A whole number of seconds above ours, which decides."""
    return math.ceil(timeout) + 1


def _bypass_proxy_on_loopback(client: AsyncWebClient | AsyncWebhookClient, url: str) -> None:
    """The library takes a proxy from the environment even for this machine's own addresses."""
    if is_loopback(urlsplit(url).hostname):
        client.proxy = None
