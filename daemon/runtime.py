"""Brings the parts up in order, runs them, and takes them down in the opposite order within one budget."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from starlette.routing import BaseRoute

from daemon import channels, paths, sdnotify, web
from daemon import settings as configuration
from daemon.account import transport_of
from daemon.client.pacing import UNLIMITED
from daemon.client.transport import Transport
from daemon.clock import Clock, SystemClock
from daemon.delivery import Dispatcher
from daemon.directory import held, http_token
from daemon.embedded import Demo, EmbeddedPlatform
from daemon.engine import Engine
from daemon.errors import ConfigError, MonitorError
from daemon.operations import Operations
from daemon.scheduling import PeriodicScheduler, Scheduler
from daemon.settings import Settings
from daemon.storage.sqlite import SqliteStore

log = logging.getLogger(__name__)

STOP_BUDGET = 10.0
RECONCILE_SECONDS = 300.0
PRUNE_SECONDS = 3600.0
STALLED_AFTER = 120.0

Extension = Callable[[Operations], AbstractAsyncContextManager[Sequence[BaseRoute]]]
"""Another layer's routes for the daemon's port, alive for as long as the context is."""


@dataclass(frozen=True, slots=True)
class Running:
    """What a running daemon can be reached by."""

    engine: Engine
    operations: Operations
    http_port: int


class App:
    """The daemon as one object: `run` until `stop`."""

    def __init__(
        self,
        settings: Settings,
        *,
        extension: Extension | None = None,
        demo: Demo | None = None,
        console: TextIO = sys.stdout,
        clock: Clock | None = None,
        scheduler: Scheduler | None = None,
    ) -> None:
        self.settings = settings
        self._extension = extension
        self._demo = demo
        self._console = console
        self._clock = clock or SystemClock()
        self._scheduler = scheduler or PeriodicScheduler(self._clock)
        self._stop = asyncio.Event()
        self.error: MonitorError | None = None

    def stop(self, error: MonitorError | None = None) -> None:
        """Ask the daemon to end; a given error comes out of `run`."""
        self.error = self.error or error
        self._stop.set()

    async def run(self, announce: Callable[[Running], None] | None = None) -> None:
        """Run until `stop` or a signal.

        Args:
            announce: Called once everything is up.

        Raises:
            MonitorError: The daemon could not start, or had to stop.
        """
        async with self.started() as running:
            if announce is not None:
                announce(running)
            await self.stopped()
        # Only now: the parts that were taken down would wrap an error that passes through them.
        if self.error is not None:
            raise self.error

    async def stopped(self, within: float | None = None) -> None:
        """Wait until `stop` or a signal, or for so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._stop.wait()

    @asynccontextmanager
    async def started(self) -> AsyncIterator[Running]:
        """Bring everything up, and down again at the end of the context.

        Raises:
            MonitorError: The daemon could not start.
        """
        async with AsyncExitStack() as stack:
            running = await self._start(stack)
            sdnotify.notify("READY=1", f"STATUS=polling {running.engine.platform_url}")
            try:
                yield running
            finally:
                self._stop.set()
                sdnotify.notify("STOPPING=1")
                log.info("stopping")

    async def _start(self, stack: AsyncExitStack) -> Running:
        """Start in order; the stack takes each part down after those that need it."""
        settings = self.settings
        directory = stack.enter_context(held(settings.data_dir))
        listener = stack.enter_context(web.listen_tcp(settings.http_host, settings.http_port))
        unix = stack.enter_context(web.unix_socket(paths.socket_path(directory)))
        store = SqliteStore(paths.database_path(directory))
        stack.push_async_callback(store.close)
        await store.open()
        transport = await self._connect(stack)
        stack.push_async_callback(transport.aclose)
        dispatcher = Dispatcher(channels.build(settings, self._console), store, self._clock)
        stack.push_async_callback(dispatcher.aclose)
        engine = Engine(settings, self._clock, store, transport, dispatcher, on_fatal=self.stop)
        operations = Operations(engine)
        await self._serve(stack, operations, directory, [listener, unix])
        self._spawn(stack, "delivery", dispatcher.run, dispatcher.stop)
        self._schedule(engine)
        stack.push_async_callback(self._scheduler.stop)
        stack.callback(engine.stop)
        self._scheduler.start()
        self._spawn(stack, "watchdog", lambda: self._watchdog(engine), None)
        stack.enter_context(_signals(self.stop, lambda: self._reload(engine)))
        return Running(engine, operations, listener.getsockname()[1])

    async def _serve(
        self, stack: AsyncExitStack, operations: Operations, directory: Path, sockets: Sequence[socket.socket]
    ) -> None:
        """Answer on the sockets; the extension ends before the server, whose open streams it has to close."""
        given = self.settings.http_token
        token = given.get_secret_value() if given else http_token(directory)
        extension = await stack.enter_async_context(AsyncExitStack())
        routes = await extension.enter_async_context(self._extension(operations)) if self._extension else ()
        server = web.Server(web.build_app(operations, token, self.settings.http_host, routes), sockets)
        self._spawn(stack, "http", server.run, server.stop)
        stack.push_async_callback(extension.aclose)
        await server.started()

    async def _connect(self, stack: AsyncExitStack) -> Transport:
        """Return the connection to the configured account, or to an embedded platform of our own."""
        settings = self.settings
        if not settings.embedded:
            return transport_of(settings, self._clock)
        platform = EmbeddedPlatform(paths.platform_dir(settings.data_dir), self._demo)
        stack.push_async_callback(platform.stop)
        await platform.start()
        self._spawn(stack, "embedded platform", platform.watch, None)
        return Transport(platform.url, platform.api_key, timeout=settings.request_timeout, limit=UNLIMITED)

    def _schedule(self, engine: Engine) -> None:
        self._scheduler.every("poll", self.settings.poll_interval, engine.poll)
        self._scheduler.every("reconcile", RECONCILE_SECONDS, engine.reconcile)
        self._scheduler.every("prune", PRUNE_SECONDS, engine.prune)

    def _spawn(
        self,
        stack: AsyncExitStack,
        name: str,
        run: Callable[[], Coroutine[None, None, None]],
        stop: Callable[[], None] | None,
    ) -> None:
        """Run a side task; if it dies, so does the daemon, loudly."""
        task: asyncio.Task[None] = asyncio.create_task(run(), name=name)
        task.add_done_callback(lambda done: self._ended(name, done))

        async def finish() -> None:
            if stop is not None:
                stop()
                await asyncio.wait([task], timeout=STOP_BUDGET / 2)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        stack.push_async_callback(finish)

    def _ended(self, name: str, task: asyncio.Task[None]) -> None:
        if task.cancelled() or self._stop.is_set():
            return
        error = task.exception()
        if isinstance(error, MonitorError):
            self.stop(error)
            return
        log.critical("%s ended unexpectedly", name, exc_info=error)
        self.stop(MonitorError(f"{name} ended unexpectedly: {error}; see the log, and report it as a bug"))

    async def _watchdog(self, engine: Engine) -> None:
        """Tell systemd that we live, as long as polling does; this runs on the loop, so a stuck loop stays silent."""
        seconds = sdnotify.watchdog_seconds()
        while True:
            await asyncio.sleep(seconds or 30.0)
            idle = self._clock.monotonic() - engine.last_beat
            if idle < max(STALLED_AFTER, 3 * self.settings.poll_interval):
                sdnotify.notify("WATCHDOG=1", f"STATUS={engine.health.state}, {engine.counters.added} calls recorded")
            else:
                log.error("no poll began or went on for %.0f s", idle)

    def _reload(self, engine: Engine) -> None:
        """Take over changed watches and sensitivity; the old settings stay if the new ones are wrong."""
        sdnotify.notify("RELOADING=1")
        try:
            fresh = configuration.load()
        except ConfigError as error:
            log.error("settings not reloaded, the old ones stay: %s", error)
        else:
            engine.apply(fresh)
            log.info("settings reloaded; channels, ports and directories change with a restart only")
        sdnotify.notify("READY=1")


@contextmanager
def _signals(stop: Callable[[], None], reload: Callable[[], None]) -> Iterator[None]:
    """Route signals to the daemon while it runs, and give them back afterwards."""
    loop = asyncio.get_running_loop()
    handlers = {signal.SIGINT: stop, signal.SIGTERM: stop, signal.SIGHUP: reload}
    for number, handler in handlers.items():
        loop.add_signal_handler(number, handler)
    try:
        yield
    finally:
        for number in handlers:
            loop.remove_signal_handler(number)


async def until_input_ends(stop: Callable[[], None]) -> None:
    """Call `stop` when standard input reaches its end: the parent that held the pipe is gone."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.read(4096):
        pass
    stop()
