"""Stand-ins for tests: a channel that remembers, a Slack on a real socket, a secret detector."""

from __future__ import annotations

import asyncio
import traceback
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from notifiers.base import DeliveryError, Notification, Receipt


class RecordingNotifier:
    """A channel that keeps what it is handed and fails as told.

    Args:
        name: The name of the destination it stands for.

    Attributes:
        attempts: Every notification handed over, in order.
        accepted: Those that were accepted.
        failures: Errors for the next attempts, first come first served; then all is accepted.
        closed: Whether `aclose` was called.
    """

    def __init__(self, name: str = "recording") -> None:
        self.name = name
        self.attempts: list[Notification] = []
        self.accepted: list[Notification] = []
        self.failures: deque[DeliveryError] = deque()
        self.closed = False

    async def send(self, notification: Notification) -> Receipt:
        """Record the attempt, then fail as told or accept."""
        self.attempts.append(notification)
        if self.failures:
            raise self.failures.popleft()
        self.accepted.append(notification)
        reference = {"channel": self.name, "ts": str(len(self.accepted))}
        return Receipt(reference=reference, detail="recorded")

    async def aclose(self) -> None:
        """Remember that the channel was closed."""
        self.closed = True


@dataclass(frozen=True, slots=True)
class Answer:
    """What the fake Slack does with one request instead of accepting it.

    Attributes:
        status: The HTTP status.
        body: The body, sent as it is.
        content_type: The body's type.
        headers: Further headers, such as Retry-After.
        accepts: Whether the message is posted all the same, as when only the answer is lost.
        hang: Never answer.
        drop: Cut the connection instead of answering.
    """

    status: int = 200
    body: str = ""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    accepts: bool = False
    hang: bool = False
    drop: bool = False


def refused(error: str) -> Answer:
    """The Web API's way to refuse: success by status, the error in the body."""
    return Answer(body=f'{{"ok": false, "error": "{error}"}}')


def rate_limited(retry_after: str | None = "2") -> Answer:
    """Too many requests; `retry_after` may be seconds or an HTTP date."""
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return Answer(429, '{"ok": false, "error": "ratelimited"}', headers=headers)


def server_error(status: int = 500) -> Answer:
    """A failure of the server or of a gateway before it."""
    return Answer(status, "<html>upstream trouble</html>", "text/html")


def plain(status: int, body: str) -> Answer:
    """How an incoming webhook answers."""
    return Answer(status, body, "text/plain")


def hang() -> Answer:
    """No answer, ever."""
    return Answer(hang=True)


def drop_after_accepting() -> Answer:
    """The message is posted, the answer lost."""
    return Answer(accepts=True, drop=True)


def broken_json() -> Answer:
    """An answer cut short."""
    return Answer(body='{"ok": tru', accepts=True)


@dataclass(frozen=True, slots=True)
class SlackRequest:
    """One request as the fake Slack received it."""

    method: str
    body: dict[str, Any]
    headers: dict[str, str]


class FakeSlack:
    """Slack's Web API and an incoming webhook on 127.0.0.1, with scripted faults.

    Use as an async context manager. Without a script every message is accepted.

    Attributes:
        requests: Every request, in order.
        messages: The accepted messages with the `channel` and `ts` they were given.
    """

    def __init__(self) -> None:
        self.requests: list[SlackRequest] = []
        self.messages: list[dict[str, Any]] = []
        self._script: deque[Answer] = deque()
        self._stopping = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self._origin = ""

    @property
    def base_url(self) -> str:
        """Where the Web API answers."""
        return f"{self._origin}/api/"

    @property
    def webhook_url(self) -> str:
        """Where the incoming webhook answers; its last part stands for the secret."""
        return f"{self._origin}/services/T000/B000/webhook-secret"

    def script(self, *answers: Answer) -> None:
        """Answer the next posts so, one each; afterwards all is accepted again."""
        self._script.extend(answers)

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/api/{method}", self._api)
        app.router.add_post("/services/{path:.*}", self._webhook)
        # A short shutdown: requests that hang on purpose have nothing to finish.
        self._runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self._origin = f"http://{host}:{port}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopping.set()
        if self._runner:
            await self._runner.cleanup()

    async def _api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        body = await self._record(request, method)
        if method == "auth.test":
            return web.json_response({"ok": True, "team": "Testers", "user": "monitor"})
        if method in {"conversations.history", "conversations.replies"}:
            return web.json_response({"ok": True, "messages": self._history(request.query)})
        if method != "chat.postMessage":
            return web.json_response({"ok": False, "error": "unknown_method"})
        if self._script:
            return await self._play(request, self._script.popleft(), body)
        posted = self._accept(body)
        return web.json_response({"ok": True, "channel": posted["channel"], "ts": posted["ts"]})

    def _history(self, query: Mapping[str, str]) -> list[dict[str, Any]]:
        """Newest first and without `oldest`, as the messages here have no real time."""
        return [
            message
            for message in reversed(self.messages)
            if message["channel"] == query["channel"] and message.get("thread_ts") == query.get("ts")
        ]

    async def _webhook(self, request: web.Request) -> web.StreamResponse:
        body = await self._record(request, "webhook")
        if self._script:
            return await self._play(request, self._script.popleft(), body)
        self._accept(body)
        return web.Response(text="ok")

    async def _record(self, request: web.Request, method: str) -> dict[str, Any]:
        body: dict[str, Any] = await request.json() if request.can_read_body else {}
        self.requests.append(SlackRequest(method, body, dict(request.headers)))
        return body

    async def _play(self, request: web.Request, answer: Answer, body: dict[str, Any]) -> web.StreamResponse:
        if answer.accepts:
            self._accept(body)
        if answer.hang:
            await self._stopping.wait()
        if (answer.drop or answer.hang) and request.transport:
            request.transport.abort()
        return web.Response(
            status=answer.status,
            text=answer.body,
            content_type=answer.content_type,
            headers=answer.headers,
        )

    def _accept(self, body: dict[str, Any]) -> dict[str, Any]:
        """Post the message: a name becomes a channel id, as the real one answers."""
        name = str(body.get("channel", "#hook"))
        channel = f"C{name[1:].upper()}" if name.startswith("#") else name
        posted = {**body, "channel": channel, "ts": f"1700000000.{len(self.messages) + 1:06d}"}
        self.messages.append(posted)
        return posted


def assert_no_secret(error: BaseException, secret: str) -> None:
    """Fail if the secret shows in the error, its traceback, or any error behind it."""
    seen: BaseException | None = error
    while seen is not None:
        shown = f"{seen!s}\n{seen!r}\n{vars(seen)!r}\n{''.join(traceback.format_exception(seen))}"
        assert secret not in shown, f"the secret shows in a {type(seen).__name__}"  # noqa: S101 - a test helper
        seen = seen.__cause__ or seen.__context__
