from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local_platform.http.errors import ApiError
from local_platform.http.limits import Limits, Rate
from local_platform.server import running_platform

LIMIT = "/local/v1/rate-limit"
ME = "/v2/api/users/me"


async def _statuses(client: Any, count: int) -> list[int]:
    return [(await client.get(ME)).status for _ in range(count)]


async def test_nothing_is_limited_by_itself(owner: Any) -> None:
    assert set(await _statuses(owner, 30)) == {200}


async def test_a_burst_passes_and_the_rest_waits_for_its_turn(owner: Any, clock: Any) -> None:
    await owner.put(LIMIT, {"requests_per_minute": 60, "burst": 3})
    assert await _statuses(owner, 4) == [200, 200, 200, 429]
    clock.forward(seconds=1)
    assert await _statuses(owner, 2) == [200, 429]


async def test_a_refusal_says_how_long_to_wait_in_header_and_body(owner: Any) -> None:
    await owner.put(LIMIT, {"requests_per_minute": 2, "burst": 1})
    await owner.get(ME)
    refused = await owner.get(ME)
    assert (refused.headers["Retry-After"], refused.body["retryAfterSeconds"]) == ("30", 30)
    assert "retry after 30 seconds" in refused.body["message"]


async def test_a_refusal_can_name_the_moment_instead(owner: Any, clock: Any) -> None:
    await owner.put(LIMIT, {"requests_per_minute": 2, "burst": 1, "http_date": True})
    await owner.get(ME)
    refused = await owner.get(ME)
    assert parsedate_to_datetime(refused.headers["Retry-After"]) == clock.now + timedelta(seconds=30)


async def test_each_key_has_a_bucket_of_its_own(owner: Any, with_key: Any) -> None:
    other = await with_key(scope="read")
    await owner.put(LIMIT, {"requests_per_minute": 1})
    assert await _statuses(owner, 2) == [200, 429]
    assert await _statuses(other, 2) == [200, 429]


async def test_the_limit_can_be_lifted_by_who_is_limited(owner: Any) -> None:
    await owner.put(LIMIT, {"requests_per_minute": 1})
    assert await _statuses(owner, 2) == [200, 429]
    assert (await owner.put(LIMIT, {})).body == {}
    assert await _statuses(owner, 2) == [200, 200]


@pytest.mark.parametrize(
    "body", [{"burst": 3}, {"requests_per_minute": 0}, {"requests_per_minute": "many"}, {"per_second": 1}, []]
)
async def test_a_limit_that_makes_no_sense_is_refused(owner: Any, body: Any) -> None:
    assert (await owner.put(LIMIT, body)).status == 400


@settings(max_examples=50, deadline=None)
@given(
    per_minute=st.integers(1, 6000),
    burst=st.integers(1, 20),
    pauses=st.lists(st.floats(0, 30, allow_nan=False), max_size=60),
)
def test_never_more_passes_than_the_burst_and_the_rate_allow(per_minute: int, burst: int, pauses: list[float]) -> None:
    now = [datetime(2026, 1, 1, tzinfo=UTC)]
    limits = Limits(lambda: now[0], Rate(per_minute, burst))
    passed = 0
    for pause in [0.0, *pauses]:
        now[0] += timedelta(seconds=pause)
        passed += _passes(limits)
        elapsed = (now[0] - datetime(2026, 1, 1, tzinfo=UTC)).total_seconds()
        assert passed <= burst + elapsed * per_minute / 60 + 1e-3
    assert passed >= min(burst, 1 + len(pauses))


def _passes(limits: Limits) -> bool:
    try:
        limits.check(1)
    except ApiError as refusal:
        return not refusal.retry_after_seconds
    return True


async def test_a_platform_can_be_limited_from_its_start(tmp_path: Path) -> None:
    async with (
        running_platform(tmp_path, rate=Rate(1, 1)) as platform,
        aiohttp.ClientSession(platform.url, headers={"x-api-key": platform.api_key}) as session,
    ):
        for expected in (200, 429):
            async with session.get(ME) as response:
                assert response.status == expected
