"""Metering does not let go of a call until the platform has taken it, or refused it for good."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st

from local_platform.workload.metering import (
    MeteringError,
    RefusedError,
    UnreachableError,
    fetch,
    meter,
    open_session,
    retry_after,
)

NOW = datetime(2026, 11, 22, 13, tzinfo=UTC)


async def send(platform: Any, fast: Any, patience: float = 60.0) -> None:
    async with open_session(platform.url, "rev_sk_t_secret") as session:
        await meter(session, {"model": "m"}, "key-1", patience=patience, sleep=fast.sleep)


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504])
async def test_a_passing_failure_is_tried_again_under_the_same_key(status: int, unreliable: Any, fast: Any) -> None:
    unreliable.script = [unreliable.answer(status), unreliable.answer(status)]
    await send(unreliable, fast)
    assert unreliable.attempts == {"key-1": 3}
    assert unreliable.taken == {"key-1": {"model": "m"}}


async def test_a_dropped_connection_is_tried_again(unreliable: Any, fast: Any) -> None:
    unreliable.script = [None, None]
    await send(unreliable, fast)
    assert unreliable.attempts == {"key-1": 3}


@pytest.mark.parametrize("status", [301, 400, 403, 404, 413])
async def test_a_refusal_for_good_is_not_tried_again(status: int, unreliable: Any, fast: Any) -> None:
    unreliable.script = [unreliable.answer(status)]
    with pytest.raises(RefusedError, match="as the test says"):
        await send(unreliable, fast)
    assert unreliable.attempts == {"key-1": 1}


async def test_the_pauses_grow_and_stay_bounded(unreliable: Any, fast: Any) -> None:
    unreliable.script = [unreliable.answer(500)] * 9
    await send(unreliable, fast)
    assert fast.slept == [0.25, 0.5, 1, 2, 4, 8, 8, 8, 8]


async def test_a_wait_that_the_platform_asks_for_is_kept(unreliable: Any, fast: Any) -> None:
    unreliable.script = [unreliable.answer(429, **{"Retry-After": "7"})]
    await send(unreliable, fast)
    assert fast.slept == [7]


async def test_patience_ends_rather_than_waiting_longer_than_allowed(unreliable: Any, fast: Any) -> None:
    unreliable.script = [unreliable.answer(429, **{"Retry-After": "900"})]
    with pytest.raises(RefusedError, match="slower pace") as refusal:
        await send(unreliable, fast)
    assert refusal.value.retry_after == 900
    assert fast.slept == []


async def test_nobody_listening_is_reported_with_what_to_check(unreliable: Any, fast: Any) -> None:
    unreliable.url = "http://127.0.0.1:1"
    with pytest.raises(UnreachableError, match="Is it running"):
        await send(unreliable, fast, patience=1)


async def test_a_wrong_key_is_named_as_the_cause_without_showing_it(platform: Any) -> None:
    async with open_session(platform.url, "rev_sk_t_wrong") as session:
        with pytest.raises(RefusedError, match="Check the API key") as refusal:
            await meter(session, {"model": "m"}, "key-1", patience=0)
    assert "rev_sk_t_wrong" not in str(refusal.value)


async def test_the_field_that_the_platform_complains_about_is_in_the_error(platform: Any) -> None:
    async with open_session(platform.url, platform.api_key) as session:
        with pytest.raises(RefusedError, match="inputTokenCount"):
            await meter(session, {"model": "m", "provider": "p", "inputTokenCount": -4}, "key-1")


async def test_an_answer_that_is_no_json_is_reported_as_somebody_else() -> None:
    async def page(_request: web.Request) -> web.Response:
        return web.Response(text="<html>")

    app = web.Application()
    app.router.add_get("/page", page)
    async with TestServer(app) as server, open_session(str(server.make_url("")), "k") as session:
        with pytest.raises(MeteringError, match="no JSON"):
            await fetch(session, "/page")


@given(st.integers(0, 10_000))
def test_retry_after_is_read_as_seconds_and_as_a_date(seconds: int) -> None:
    moment = datetime.fromtimestamp(NOW.timestamp() + seconds, UTC)
    assert retry_after(str(seconds), NOW) == seconds
    assert retry_after(format_datetime(moment, usegmt=True), NOW) == seconds


@pytest.mark.parametrize("header", [None, "", "soon", "Wed, 99 Nov"])
def test_a_retry_after_that_says_nothing_is_ignored(header: str | None) -> None:
    assert retry_after(header, NOW) is None


def test_a_date_in_the_past_means_no_wait() -> None:
    assert retry_after("Sun, 22 Nov 2026 12:00:00 GMT", NOW) == 0
