"""Ordinary usage of the company, hour by hour, the same for everybody who asks with one seed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from operator import itemgetter
from random import Random

from local_platform.workload.calls import Body, compose, fail, stamp
from local_platform.workload.company import Agent, Company

HOUR = timedelta(hours=1)
ERROR_RATE = 0.01

Disturb = Callable[[datetime, list[Body]], list[Body]]
"""Takes the start of an hour and its ordinary calls; returns the calls to have instead."""


def generate(
    company: Company,
    seed: int,
    start: datetime,
    end: datetime,
    disturb: Disturb | None = None,
) -> Iterator[Body]:
    """Yield the calls from start up to, not including, end, in the order of their request times.

    Every hour has random streams of its own, so the same calls come out however a longer interval
    is cut into shorter ones.

    Args:
        company: Who calls.
        seed: Another seed is another company history.
        start: Aware, in UTC.
        end: Aware, in UTC.
        disturb: Changes whole hours; for incidents.
    """
    first, last = _boundary(start), _boundary(end)
    hour = start.replace(minute=0, second=0, microsecond=0)
    while hour < end:
        calls = ordinary_hour(company, seed, hour)
        if disturb is not None:
            calls = sorted(disturb(hour, calls), key=_order)
        yield from (call for call in calls if first <= call["requestTime"] < last)
        hour += HOUR


def ordinary_hour(company: Company, seed: int, hour: datetime) -> list[Body]:
    """Return the calls of one whole hour, in time order."""
    calls: list[Body] = []
    mood = _mood_of_the_day(company, seed, hour)
    for agent in company.agents:
        rng = stream(seed, agent.name, hour)
        calls.extend(_agent_hour(agent, rng, hour, company.pace(agent, hour) * mood))
    return sorted(calls, key=_order)


def stream(seed: int, purpose: str, hour: datetime) -> Random:
    """Return the random stream for one purpose within one hour."""
    return Random(f"{seed}/{purpose}/{int(hour.timestamp())}")  # noqa: S311 - not a secret


def scatter(rng: Random, hour: datetime, expected: float) -> list[datetime]:
    """Return about so many times within the hour, in order.

    The count wobbles by an eighth, less than independent arrivals would: people and schedules are
    steadier than radioactive decay.
    """
    count = math.floor(expected * math.exp(rng.gauss(0.0, 0.12)) + rng.random())
    offsets = sorted(rng.randrange(3_600_000) for _ in range(count))
    return [hour + timedelta(milliseconds=offset) for offset in offsets]


def _mood_of_the_day(company: Company, seed: int, hour: datetime) -> float:
    midnight = hour.astimezone(company.zone).replace(hour=0)
    return math.exp(stream(seed, "mood", midnight).gauss(0.0, 0.06))


def _agent_hour(agent: Agent, rng: Random, hour: datetime, expected: float) -> Iterator[Body]:
    for at in scatter(rng, hour, expected):
        call = compose(agent, rng, at)
        yield call
        if rng.random() < ERROR_RATE:
            fail(call, rng)
            yield from _retry(agent, call, rng, at, hour + HOUR)


def _retry(agent: Agent, failed: Body, rng: Random, at: datetime, limit: datetime) -> Iterator[Body]:
    again = at + timedelta(milliseconds=rng.randrange(1_500, 6_000))
    # A retry across the hour would belong to a stream that knows nothing of it: it is left out.
    if rng.random() < 0.7 and again < limit:
        call = compose(agent, rng, again, prompt=failed["inputTokenCount"])
        same = ("traceId", "taskType", "operationType", "organizationName", "subscriber")
        yield call | {key: failed[key] for key in same} | {"retryNumber": 1}


_order = itemgetter("requestTime", "transactionId")


def _boundary(at: datetime) -> str:
    # Calls lie on whole milliseconds: rounding up keeps `first <= call < last` exact.
    spare = -at.microsecond % 1000
    return stamp(at + timedelta(microseconds=spare))
