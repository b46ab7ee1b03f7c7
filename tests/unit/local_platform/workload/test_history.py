"""Seeding history: complete, without holes or doubles, however often it is interrupted."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local_platform.server import running_platform
from local_platform.workload import history
from local_platform.workload.company import HALDEN
from local_platform.workload.generator import generate
from local_platform.workload.history import Progress, seed_history
from local_platform.workload.incidents import KINDS, disturbance, gone_wild, plan
from local_platform.workload.metering import MeteringError, UnreachableError, fetch, meter, open_session, post

UNTIL = datetime(2026, 11, 20, 13, 7, 21, 345678, tzinfo=UTC)
LONG = 17
"""Days of a history that is just long enough for an incident."""


def interrupting(days: int) -> Progress:
    def progress(done: int, _of: int) -> None:
        if done >= days:
            raise InterruptedError

    return progress


def quiet(_done: int, _days: int) -> None:
    pass


async def seed(platform: Any, days: int, until: datetime = UNTIL, progress: Any = quiet) -> int:
    return await seed_history(platform.url, platform.api_key, days=days, seed=7, until=until, progress=progress)


async def held(platform: Any) -> list[str]:
    """Return the transaction ids in the log, doubles included."""
    ids: list[str] = []
    path = "/profitstream/v2/api/sources/metrics/ai/completions"
    async with open_session(platform.url, platform.api_key) as session:
        while True:
            query = {"teamId": platform.team_id, "size": "100", "page": str(len(ids) // 100)}
            page = await fetch(session, path, **query, sort="requestTime,asc")
            ids += [row["transactionId"] for row in page.get("_embedded", {}).get("aICompletionMetricResourceList", [])]
            if page["page"]["number"] + 1 >= page["page"]["totalPages"]:
                return ids


def expected(start: datetime, end: datetime, incidents: Any = ()) -> list[str]:
    disturb = disturbance(HALDEN, 7, list(incidents))
    return [call["transactionId"] for call in generate(HALDEN, 7, start, end, disturb)]


async def test_a_fresh_platform_gets_everything_up_to_the_given_moment(platform: Any) -> None:
    added = await seed(platform, 3)
    wanted = expected(UNTIL - timedelta(days=3), UNTIL)
    assert added == len(wanted)
    assert sorted(await held(platform)) == sorted(wanted)


async def test_seeding_again_adds_nothing(platform: Any) -> None:
    await seed(platform, 2)
    before = await held(platform)
    assert await seed(platform, 2) == 0
    assert await held(platform) == before


async def test_a_pause_is_filled_without_a_hole_or_a_double(platform: Any) -> None:
    await seed(platform, 1)
    later = UNTIL + timedelta(hours=17)
    await seed(platform, 1, later)
    assert sorted(await held(platform)) == sorted(expected(UNTIL - timedelta(days=1), later))


async def test_a_longer_history_is_filled_in_before_the_shorter_one(platform: Any) -> None:
    await seed(platform, 1)
    await seed(platform, 4)
    assert sorted(await held(platform)) == sorted(expected(UNTIL - timedelta(days=4), UNTIL))


async def test_calls_of_others_do_not_pass_for_history(platform: Any) -> None:
    call = next(generate(HALDEN, 7, UNTIL, UNTIL + timedelta(days=1))) | {"environment": "production"}
    async with open_session(platform.url, platform.api_key) as session:
        await meter(session, call, "theirs")
    wanted = expected(UNTIL - timedelta(days=1), UNTIL)
    assert await seed(platform, 1) == len(wanted)


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 4), min_size=1, max_size=3), st.integers(1, 3))
async def test_an_interrupted_run_is_completed_by_the_next(
    tmp_path_factory: pytest.TempPathFactory, failures: list[int], first_days: int
) -> None:
    later = UNTIL + timedelta(hours=30)
    async with running_platform(tmp_path_factory.mktemp("data") / "platform") as platform:
        await seed(platform, first_days)
        for days in failures:
            with suppress(InterruptedError):
                await seed(platform, 4, later, interrupting(days))
        await seed(platform, 4, later)
        start = min(UNTIL - timedelta(days=first_days), later - timedelta(days=4))
        assert sorted(await held(platform)) == sorted(expected(start, later))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of a platform that was given a history with an incident in it; whoever runs one on it takes a copy."""
    data = tmp_path_factory.mktemp("seeded") / "platform"
    async with running_platform(data) as platform:
        await seed(platform, LONG)
    return data


async def test_labels_are_posted_and_what_they_say_is_in_the_log(seeded: Path, tmp_path: Path) -> None:
    start = UNTIL - timedelta(days=LONG)
    planned = plan(HALDEN, 7, start, UNTIL)
    assert len(planned) == 1
    async with running_platform(copytree(seeded, tmp_path / "copy")) as platform:
        async with open_session(platform.url, platform.api_key) as session:
            labels = await fetch(session, "/local/v1/incidents")
        assert [label["id"] for label in labels] == [incident.id for incident in planned]
        assert sorted(await held(platform)) == sorted(expected(start, UNTIL, planned))


async def test_a_later_run_keeps_the_incidents_that_are_there(seeded: Path, tmp_path: Path) -> None:
    async with running_platform(copytree(seeded, tmp_path / "copy")) as platform:
        await seed(platform, LONG, UNTIL + timedelta(days=4))
        async with open_session(platform.url, platform.api_key) as session:
            labels = await fetch(session, "/local/v1/incidents")
    assert len(labels) == 1


async def test_a_live_incident_is_no_reason_to_leave_history_without_any(platform: Any) -> None:
    async with open_session(platform.url, platform.api_key) as session:
        await post(session, "/local/v1/incidents", gone_wild(UNTIL).label())
        await seed(platform, LONG)
        labels = await fetch(session, "/local/v1/incidents")
    assert len([label for label in labels if label["kind"] in KINDS]) == 1


async def test_progress_counts_up_to_the_number_of_days(platform: Any) -> None:
    told: list[tuple[int, int]] = []
    await seed(platform, 2, progress=lambda done, days: told.append((done, days)))
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]  # two days touch three dates


async def test_a_rejected_call_is_reported_instead_of_left_out(platform: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "generate", lambda *_: [{"model": "m", "provider": "p", "inputTokenCount": -1}])
    with pytest.raises(MeteringError, match="rejected made-up calls"):
        await seed(platform, 1)


async def test_an_unreachable_platform_is_reported() -> None:
    with pytest.raises(UnreachableError, match="Is it running"):
        await seed_history("http://127.0.0.1:1", "key", days=1, seed=7, until=UNTIL, progress=quiet)
