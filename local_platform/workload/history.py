"""Gives a platform the company's past, and fills what a pause has left out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import aiohttp

from local_platform.workload.calls import ENVIRONMENT, Body
from local_platform.workload.company import HALDEN
from local_platform.workload.generator import generate
from local_platform.workload.incidents import KINDS, Incident, disturbance, plan
from local_platform.workload.metering import MeteringError, fetch, open_session, post

Interval = tuple[datetime, datetime]
Progress = Callable[[int, int], None]

_IMPORT, _INCIDENTS = "/local/v1/import", "/local/v1/incidents"
_API = "/profitstream/v2/api"
_DAY = timedelta(days=1)


async def seed_history(url: str, api_key: str, *, days: int, seed: int, until: datetime, progress: Progress) -> int:
    """Make sure the platform holds the company's calls of the days up to `until`.

    Only what is missing is made up: before the oldest and after the newest call that is there of
    an earlier run. Every request moves one of these two ends without leaving a hole, so a run that
    was interrupted is simply repeated.

    Args:
        url: The platform's origin.
        api_key: A key that may meter.
        days: How far back the history reaches.
        seed: The same seed as in earlier runs on the same platform.
        until: Aware, in UTC.
        progress: Told how many of the missing days are done, and how many there are.

    Returns:
        The number of calls added.

    Raises:
        MeteringError: The platform is unreachable or refuses.
    """
    start = until - timedelta(days=days)
    async with open_session(url, api_key) as session:
        held = await _held(session)
        # What is there already cannot be disturbed any more: incidents go before it.
        incidents = await _incidents(session, seed, start, held[0] if held else until)
        disturb = disturbance(HALDEN, seed, incidents)
        missing = list(_missing(start, until, held))
        added = 0
        for done, (first, last) in enumerate(missing):
            progress(done, len(missing))
            added += await _import(session, generate(HALDEN, seed, first, last, disturb))
        progress(len(missing), len(missing))
    return added


def _missing(start: datetime, until: datetime, held: Interval | None) -> Iterator[Interval]:
    """Yield what to fill, a day or less at a time: the newer part forwards, the older backwards."""
    if held is None:
        yield from _by_day(start, until)
        return
    oldest, newest = held
    yield from _by_day(newest + timedelta(milliseconds=1), until)
    yield from reversed(list(_by_day(start, oldest)))


def _by_day(start: datetime, end: datetime) -> Iterator[Interval]:
    while start < end:
        midnight = start.replace(hour=0, minute=0, second=0, microsecond=0) + _DAY
        yield start, min(midnight, end)
        start = midnight


async def _held(session: aiohttp.ClientSession) -> Interval | None:
    """Return the times of the oldest and newest made-up call; calls of others do not count."""
    me = await fetch(session, f"{_API}/users/me")
    team = me["teams"][0]["id"]
    oldest = await _edge(session, team, "requestTime,asc")
    newest = await _edge(session, team, "requestTime,desc")
    return None if oldest is None or newest is None else (oldest, newest)


async def _edge(session: aiohttp.ClientSession, team: str, sort: str) -> datetime | None:
    page = await fetch(
        session,
        f"{_API}/sources/metrics/ai/completions",
        **{"teamId": team, "environment": ENVIRONMENT, "size": "1", "sort": sort},
    )
    rows: list[Any] = page.get("_embedded", {}).get("aICompletionMetricResourceList", [])
    return datetime.fromisoformat(rows[0]["requestTime"]) if rows else None


async def _incidents(session: aiohttp.ClientSession, seed: int, start: datetime, until: datetime) -> list[Incident]:
    """Return the incidents between the two; the platform's labels rule, once there are any.

    Labels go first, so that a run interrupted after them continues with the same incidents.
    """
    labels = await fetch(session, _INCIDENTS)
    planned = [Incident.from_label(label) for label in labels if label["kind"] in KINDS]
    if planned:
        return planned
    planned = plan(HALDEN, seed, start, until)
    for incident in planned:
        await post(session, _INCIDENTS, incident.label())
    return planned


async def _import(session: aiohttp.ClientSession, calls: Iterable[Body]) -> int:
    lines = [json.dumps(call, separators=(",", ":")) for call in calls]
    if not lines:
        return 0
    answer = await post(session, _IMPORT, "\n".join(lines) + "\n")
    if answer["rejected"]:
        first = answer["rejected"][0]
        raise MeteringError(f"The platform rejected made-up calls, the first: {first['message']}")
    return int(answer["accepted"])
