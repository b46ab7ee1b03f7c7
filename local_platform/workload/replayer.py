"""Meters the calls of a trace through the API, moved in time."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp

from local_platform.workload.calls import Body, stamp
from local_platform.workload.metering import MeteringError, Sleep, fetch, meter, open_session
from local_platform.workload.trace import Survey, TraceCall, TraceError, read_trace

_AT_ONCE = 16
_PATIENCE = 120.0
_API = "/profitstream/v2/api"


@dataclass(frozen=True, slots=True)
class Replay:
    """One trace on its way to one platform.

    Attributes:
        anchor: The time the earliest call is moved to; with the file it determines every
            idempotency key, so repeating a replay with its anchor meters nothing twice.
        speed: How much faster than recorded; as fast as the platform takes it when absent.
        constants: What every call's body says beside its own times and tokens.
    """

    path: Path
    limit: int | None
    trace: Survey
    anchor: datetime
    speed: float | None
    constants: Body

    @property
    def trace_id(self) -> str:
        """The trace id that all calls of this replay carry."""
        return f"replay-{self.trace.digest[:12]}-{self.anchor:%Y%m%dT%H%M%S}"

    def moved(self, call: TraceCall) -> datetime:
        """Return when the call happens in the replay."""
        return self.anchor + (call.at - self.trace.first)

    def key(self, call: TraceCall) -> str:
        """Return the call's idempotency key."""
        name = f"{self.trace.digest}/{call.row}/{stamp(self.anchor)}"
        return "replay-" + hashlib.sha256(name.encode()).hexdigest()[:32]

    def body(self, call: TraceCall) -> Body:
        """Return what is metered for the call; traces hold no durations, so they are zero."""
        at = stamp(self.moved(call))
        return self.constants | {
            "transactionId": self.key(call),
            "traceId": self.trace_id,
            "inputTokenCount": call.prompt,
            "outputTokenCount": call.answer,
            "totalTokenCount": call.prompt + call.answer,
            "requestTime": at,
            "completionStartTime": at,
            "responseTime": at,
            "requestDuration": 0,
        }


@dataclass(slots=True)
class Tally:
    """What has been metered so far."""

    calls: int = 0
    prompt: int = 0
    answer: int = 0

    def add(self, call: TraceCall) -> None:
        """Count a call that the platform has taken."""
        self.calls += 1
        self.prompt += call.prompt
        self.answer += call.answer


async def perform(
    replay: Replay, url: str, api_key: str, tally: Tally, *, sleep: Sleep = asyncio.sleep
) -> Decimal | None:
    """Meter every call of the replay; return what the platform says they cost, if it does.

    Args:
        replay: What to meter.
        url: The platform's origin.
        api_key: A key that may meter.
        tally: Counts the calls as they are taken.
        sleep: How to wait.

    Raises:
        MeteringError: The platform does not take a call.
        TraceError: The file changed since it was surveyed.
    """
    async with open_session(url, api_key) as session:
        # A handful of waiting calls keeps the workers busy without reading the file ahead.
        waiting: asyncio.Queue[TraceCall | None] = asyncio.Queue(_AT_ONCE)
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(_AT_ONCE):
                    group.create_task(_work(replay, session, waiting, tally, sleep))
                async for call in _paced(replay, sleep):
                    await waiting.put(call)
                for _ in range(_AT_ONCE):
                    await waiting.put(None)
        except* (MeteringError, TraceError) as problems:
            raise problems.exceptions[0] from None
        return await _cost(session, replay)


async def _work(
    replay: Replay,
    session: aiohttp.ClientSession,
    waiting: asyncio.Queue[TraceCall | None],
    tally: Tally,
    sleep: Sleep,
) -> None:
    while (call := await waiting.get()) is not None:
        await meter(session, replay.body(call), replay.key(call), patience=_PATIENCE, sleep=sleep)
        tally.add(call)


async def _paced(replay: Replay, sleep: Sleep) -> AsyncIterator[TraceCall]:
    loop = asyncio.get_running_loop()
    begin = loop.time()
    for call in read_trace(replay.path, replay.limit):
        if replay.speed is not None:
            due = begin + (call.at - replay.trace.first).total_seconds() / replay.speed
            if (wait := due - loop.time()) > 0:
                await sleep(wait)
        yield call


async def _cost(session: aiohttp.ClientSession, replay: Replay) -> Decimal | None:
    """Add up the log; None when the key may not read it or calls have not arrived there yet."""
    try:
        me = await fetch(session, f"{_API}/users/me")
        total, rows, page = Decimal(), 0, 0
        while batch := await _log_page(session, replay, me["teams"][0]["id"], page):
            total += sum((Decimal(str(row["totalCost"] or 0)) for row in batch), Decimal())
            rows += len(batch)
            page += 1
    except MeteringError:
        return None
    return total if rows == replay.trace.calls else None


async def _log_page(session: aiohttp.ClientSession, replay: Replay, team: str, page: int) -> list[Any]:
    answer = await fetch(
        session,
        f"{_API}/sources/metrics/ai/completions",
        teamId=team,
        traceId=replay.trace_id,
        startDate=stamp(replay.anchor),
        endDate=stamp(replay.anchor + (replay.trace.last - replay.trace.first) + timedelta(seconds=1)),
        sort="requestTime,asc",
        size="100",
        page=str(page),
    )
    rows: list[Any] = answer.get("_embedded", {}).get("aICompletionMetricResourceList", [])
    return rows
