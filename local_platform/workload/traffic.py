"""Live calls of the company, metered one by one as they happen."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from random import Random

import aiohttp

from local_platform.workload.calls import Body, compose
from local_platform.workload.company import HALDEN, PULSE, Agent
from local_platform.workload.incidents import Incident, gone_wild, wild_calls
from local_platform.workload.metering import MeteringError, Sleep, meter, open_session, post

FLOOR = 4 * 60.0
"""Calls an hour that live traffic never falls below; `PULSE` makes up what the company lacks."""

_IN_FLIGHT = 64
_GRACE = 5.0

log = logging.getLogger(__name__)


def _now() -> datetime:
    return datetime.now(UTC)


async def run_traffic(
    url: str,
    api_key: str,
    *,
    seed: int,
    factor: float,
    incident_after: float | None = None,
    rng: Random | None = None,
    clock: Callable[[], datetime] = _now,
    sleep: Sleep = asyncio.sleep,
) -> None:
    """Meter live calls until cancelled; then wait a moment for those on their way.

    Args:
        url: The platform's origin.
        api_key: A key that may meter.
        seed: Makes the calls of a run that starts at the same moment the same.
        factor: Multiplies the company's usual pace. At least four calls a minute are made in any
            case: nearly free ones of the agent ``pulse`` where the company makes fewer.
        incident_after: Seconds after which an agent goes wild; never when absent.
        rng: Where chance comes from; derived from the seed and the time when absent.
        clock: Tells the time.
        sleep: How to wait.

    Raises:
        MeteringError: The platform refuses calls for good, for instance because of a wrong key.
    """
    # The time is part of the seed: a second run must not repeat the ids of the first.
    rng = rng or Random(f"{seed}/{clock().isoformat()}")  # noqa: S311 - not a secret
    world = _World(rng, clock, sleep)
    async with open_session(url, api_key) as session, _outbox(session, sleep) as outbox:
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_company(outbox, factor, world))
                if incident_after is not None:
                    group.create_task(_incident(outbox, incident_after, world))
        except* MeteringError as refusals:
            raise refusals.exceptions[0] from None


def live_paces(factor: float, at: datetime) -> dict[Agent, float]:
    """Return the calls an hour of each agent at that time, the floor included."""
    paces = {agent: HALDEN.pace(agent, at) * factor for agent in HALDEN.agents}
    return paces | {PULSE: max(0.0, FLOOR - sum(paces.values()))}


@dataclass(frozen=True, slots=True)
class _World:
    rng: Random
    clock: Callable[[], datetime]
    sleep: Sleep


async def _company(outbox: _Outbox, factor: float, world: _World) -> None:
    while True:
        paces = live_paces(factor, world.clock())
        await world.sleep(world.rng.expovariate(sum(paces.values()) / 3600))
        agent = world.rng.choices(list(paces), list(paces.values()))[0]
        await outbox.put(compose(agent, world.rng, world.clock()))


async def _incident(outbox: _Outbox, after: float, world: _World) -> None:
    await world.sleep(after)
    incident = gone_wild(world.clock())
    await _label(outbox, incident)
    try:
        for due, call in wild_calls(HALDEN, incident, world.rng):
            elapsed = (world.clock() - incident.start).total_seconds()
            await world.sleep(max(0.0, due - elapsed))
            await outbox.put(call)
    finally:
        await _label(outbox, replace(incident, end=world.clock()))
    log.info("%s has come to its senses", incident.entity)


async def _label(outbox: _Outbox, incident: Incident) -> None:
    try:
        await post(outbox.session, "/local/v1/incidents", incident.label())
    except MeteringError as error:
        log.warning("The label of %s is not on the platform: %s", incident.id, error)


@dataclass(slots=True)
class _Outbox:
    """Calls on their way.

    Putting one in waits while too many are: a platform that is down slows the traffic down instead
    of losing any of it.
    """

    session: aiohttp.ClientSession
    sleep: Sleep
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_IN_FLIGHT))
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    refusal: MeteringError | None = None

    async def put(self, call: Body) -> None:
        await self.slots.acquire()
        if self.refusal is not None:
            raise self.refusal
        task = asyncio.create_task(self._deliver(call))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def drain(self) -> None:
        if not self.tasks:
            return
        _, left = await asyncio.wait(self.tasks, timeout=_GRACE)
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left)
            log.warning("%d calls were not taken within %g s and are lost", len(left), _GRACE)

    async def _deliver(self, call: Body) -> None:
        try:
            await meter(self.session, call, call["transactionId"], sleep=self.sleep)
        except MeteringError as error:
            self.refusal = error
        finally:
            self.slots.release()


@asynccontextmanager
async def _outbox(session: aiohttp.ClientSession, sleep: Sleep) -> AsyncIterator[_Outbox]:
    outbox = _Outbox(session, sleep)
    try:
        yield outbox
    finally:
        await outbox.drain()
