"""The running monitor: connects to the platform, polls, pumps, and knows how it is doing."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from daemon.account import told_by
from daemon.client.revenium import Revenium
from daemon.client.transport import Transport
from daemon.clock import Clock, from_ms, to_ms
from daemon.collector import Collector, Counters
from daemon.delivery import Dispatcher
from daemon.domain import SeriesKey
from daemon.endings import Endings
from daemon.errors import (
    AuthError,
    ConfigError,
    FencedError,
    MonitorError,
    PlatformError,
    RateLimitedError,
    StorageError,
)
from daemon.pipeline.pump import Pump, Surroundings
from daemon.pipeline.step import SeriesState
from daemon.rules import Rules
from daemon.settings import Settings
from daemon.storage.sqlite import SqliteStore
from detectors.base import Observation, Sensitivity, Verdict

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Health:
    """How polling is doing. Failures are logged on their edges, not at every turn."""

    state: Literal["starting", "ok", "failing"] = "starting"
    problem: str | None = None
    last_success: datetime | None = None


class Engine:
    """Everything between the platform and the outbox."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        store: SqliteStore,
        transport: Transport,
        dispatcher: Dispatcher,
        *,
        on_fatal: Callable[[MonitorError], None],
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.store = store
        self.dispatcher = dispatcher
        self.health = Health()
        self.started_at = clock.now()
        self.rules = Rules(settings.watch, Sensitivity(settings.sensitivity), {})
        self.last_beat = clock.monotonic()
        self._on_fatal = on_fatal
        self.platform = Revenium(transport, told_by(settings))
        self._transport = transport
        self._collector: Collector | None = None
        self._pump: Pump | None = None
        self._endings = Endings(store)
        self._not_before = 0.0
        self._stopping = False

    @property
    def platform_url(self) -> str:
        """Where the platform is."""
        return self._transport.base_url

    @property
    def counters(self) -> Counters:
        """What was read since the start."""
        return self._collector.counters if self._collector else Counters()

    @property
    def states(self) -> Mapping[SeriesKey, SeriesState]:
        """The state of every watched series."""
        return self._pump.states if self._pump else {}

    @property
    def verdicts(self) -> Mapping[SeriesKey, tuple[Observation, Verdict]]:
        """What the detectors last thought."""
        return self._pump.verdicts if self._pump else {}

    async def reload_rules(self) -> None:
        """Take over run-time tuning and words of people that have just been stored."""
        overrides, spoken = await self.store.overrides(), await self.store.lessons()
        self.rules = self.rules.tuned(overrides).hearing(spoken)

    def apply(self, settings: Settings) -> None:
        """Take over the watches and the sensitivity of reloaded settings."""
        watched = replace(self.rules, watches=settings.watch, sensitivity=Sensitivity(settings.sensitivity))
        self.rules = watched.tuned(self.rules.overrides)

    async def poll(self) -> None:
        """Read what is new and act on it; failures are kept in `health` and never raised."""
        self.last_beat = self.clock.monotonic()
        if self.last_beat < self._not_before:
            return
        try:
            collector, pump = await self._connected()
            await self._read(collector, pump)
        except (FencedError, ConfigError) as error:
            self._on_fatal(error)
        except RateLimitedError as error:
            self._hold_back(error)
            await self._failed(error)
        except (PlatformError, StorageError) as error:
            await self._failed(error)
        except Exception as error:
            # The scheduler logs it with its traceback; the status must not go on saying that all is well.
            self._note_failure(f"unexpected {type(error).__name__}; see the log, and report it as a bug")
            raise
        else:
            if not self._stopping:
                self._succeeded()

    async def _read(self, collector: Collector, pump: Pump) -> None:
        async with aclosing(collector.poll()) as polls:
            async for poll in polls:
                log.debug("poll %d: %d fetched, %d new, %d revised", poll.seq, poll.fetched, poll.added, poll.revised)
                if await pump.advance():
                    self.dispatcher.poke()
                if await self._endings.note(self.rules.spoken, pump.states, pump.verdicts):
                    await self.reload_rules()
                self.last_beat = self.clock.monotonic()
                if self._stopping:
                    return

    def stop(self) -> None:
        """End a poll at its next commit; the next start goes on from there."""
        self._stopping = True

    async def reconcile(self) -> None:
        """Find calls that arrived late or were revised."""
        if self._collector is None or self.health.state != "ok":
            return
        try:
            await self._collector.reconcile()
        except (PlatformError, StorageError) as error:
            if isinstance(error, RateLimitedError):
                self._hold_back(error)
            log.warning("could not compare with the platform's own figures: %s", error)

    async def prune(self) -> None:
        """Throw away what nothing asks for any more."""
        try:
            await self.store.prune(to_ms(self.clock.now()))
        except StorageError as error:
            log.error("could not prune the database: %s", error)

    async def aclose(self) -> None:
        """Close the connection to the platform."""
        await self._transport.aclose()

    async def _connected(self) -> tuple[Collector, Pump]:
        """Return collector and pump, finding out on the first call whose account this is."""
        if self._collector is None or self._pump is None:
            team = self.settings.revenium_team_id or (await self.platform.identity()).team_id
            await self.store.claim_for(team)
            await self.reload_rules()
            pump = Pump(self.store, self.clock, lambda: self.rules, await self._surroundings(team))
            await pump.start()
            backfill = timedelta(days=self.settings.backfill_days)
            self._collector = Collector(self.platform, self.store, self.clock, team, backfill=backfill)
            self._pump = pump
            log.info("watching team %s on %s", team, self.platform_url)
        return self._collector, self._pump

    async def _surroundings(self, team: str) -> Surroundings:
        first_start = await self.store.fact("first_start", str(to_ms(self.clock.now())))
        return Surroundings(
            tenant=team,
            zone=self.settings.zone,
            channels=self.dispatcher.channels,
            demo=self.settings.embedded,
            mute_until=from_ms(int(first_start)),
        )

    def _hold_back(self, error: RateLimitedError) -> None:
        self._not_before = self.clock.monotonic() + error.retry_after

    def _note_failure(self, problem: str) -> None:
        self.health.state, self.health.problem = "failing", problem

    async def _failed(self, error: PlatformError | StorageError) -> None:
        known = self.health.state == "failing"
        self._note_failure(str(error))
        if isinstance(error, AuthError) and await self._never_worked():
            # A person must look, and a service manager should stop trying.
            self._on_fatal(error)
        elif not known:
            log.error("polling fails: %s", error)

    async def _never_worked(self) -> bool:
        """Tell whether nothing was ever read, now or before a restart; a key that worked may work again."""
        if self.health.last_success is not None:
            return False
        try:
            return await self.store.latest_poll() is None
        except StorageError:
            return False

    def _succeeded(self) -> None:
        if self.health.last_success is None:
            log.info(
                "read up to the present: %d calls are new, %d series are watched", self.counters.added, len(self.states)
            )
        elif self.health.state == "failing":
            log.info("polling works again")
        self.health.state, self.health.problem, self.health.last_success = "ok", None, self.clock.now()
