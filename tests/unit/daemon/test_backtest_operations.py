"""Backtests on what a daemon has recorded, asked of the running daemon and of its database beside it."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from daemon.commands import backtest
from daemon.engine import Engine
from daemon.errors import DataDirectoryError, MonitorError, UnknownNameError
from daemon.operations import Candidate, Feedback, Operations, Tuning
from daemon.paths import database_path
from daemon.storage.sqlite import SqliteStore
from daemon.testing import NOON
from detectors.backtest.history import Headway

if TYPE_CHECKING:
    from conftest import Plant  # what the fixture of that name hands out

HOUR = timedelta(hours=1)
LEAK = NOON - 10 * HOUR
ROBOT = "cost/agent/robot"

Run = Callable[..., None]


@pytest.fixture
async def engine(plant: Plant) -> Engine:
    """An engine that has read five days, with robot's key leaked for an hour on the last of them."""
    plant.account.add(LEAK + HOUR / 2, 300.0)
    engine = plant.engine()
    await engine.poll()
    return engine


@pytest.fixture
def operations(engine: Engine) -> Operations:
    return Operations(engine)


@pytest.fixture
def command(plant: Plant, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command beside the daemon."""
    monkeypatch.setenv("MONITOR_DATA_DIR", str(plant.data))

    def run(*words: str) -> None:
        parser = argparse.ArgumentParser()
        backtest.add_arguments(parser)
        assert backtest.run(parser.parse_args(words)) == 0

    return run


# -- asked of the daemon


async def test_the_past_is_judged_by_todays_settings_and_by_candidates(operations: Operations) -> None:
    found = await operations.backtest([ROBOT], [Candidate(min_impact=1000.0)], days=1)
    (leak,) = found.today.episodes
    assert (leak.series, leak.opened_at, leak.unit, leak.label) == (ROBOT, LEAK, "$", None)
    assert 250.0 < leak.worth < 350.0
    assert found.today.windows == 24
    assert found.end == NOON - HOUR  # its last hour is closed two minutes after its end
    assert found.candidates[0].episodes == []
    assert found.candidates[0].lost == [leak]


async def test_run_time_tuning_counts_as_today(operations: Operations) -> None:
    await operations.tune(Tuning(pattern=ROBOT, min_impact=1000.0), actor="test")
    assert (await operations.backtest([ROBOT], [], days=1)).today.episodes == []
    await operations.tune(Tuning(pattern=ROBOT, enabled=False), actor="test")
    with pytest.raises(UnknownNameError, match="no series matches"):
        await operations.backtest([ROBOT], [])


async def test_feedback_is_what_it_is_held_against(operations: Operations) -> None:
    said = Feedback(kind="expected_once", series=ROBOT, start=LEAK, end=LEAK + HOUR)
    await operations.give_feedback(said, actor="ann")
    today = (await operations.backtest([ROBOT], [], days=1)).today
    assert [one.label for one in today.episodes] == ["expected_once"]
    assert [(one.series, one.kind) for one in today.labels.repeated] == [(ROBOT, "expected_once")]
    assert today.labels.precision == 0.0


async def test_a_suggestion_says_why(operations: Operations) -> None:
    found = await operations.suggest_tuning(["cost/*"], 0.5, days=1)
    assert found.sentence.endswith(".")
    assert found.is_met == (found.choice.unwanted_per_series_week <= 0.5)
    assert {one.candidate.sensitivity for one in found.tried} == {"conservative", "normal", "aggressive"}


async def test_progress_is_told_and_others_are_served_meanwhile(operations: Operations) -> None:
    told: list[Headway] = []
    work = asyncio.create_task(operations.backtest(["*"], [Candidate(sensitivity="aggressive")], progress=told.append))
    assert (await operations.status()).state == "ok"
    await work
    assert told[-1].done == told[-1].total > 0


async def test_a_backtest_can_be_cancelled(operations: Operations) -> None:
    started = asyncio.Event()
    work = asyncio.create_task(operations.backtest(["*"], [], progress=lambda _: started.set()))
    await started.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work


@pytest.mark.parametrize(
    ("pattern", "candidate", "words"),
    [
        ("cost/agent/robt", Candidate(), "such as cost/agent/robot"),
        (ROBOT, Candidate(detector="spnd"), "did you mean 'spend'"),
        (ROBOT, Candidate(parameters={"rte": 1.0}), "did you mean 'rate'"),
        (ROBOT, Candidate(parameters={"rate": 9.0}), "must lie between"),
    ],
)
async def test_what_does_not_exist_is_refused_with_what_does(
    operations: Operations, pattern: str, candidate: Candidate, words: str
) -> None:
    with pytest.raises(UnknownNameError, match=words):
        await operations.backtest([pattern], [candidate])


# -- asked of its database


async def test_the_command_reads_beside_a_running_daemon(command: Run, capsys: pytest.CaptureFixture[str]) -> None:
    await asyncio.to_thread(command, ROBOT, "--days", "1", "--min-impact", "1000")
    text = capsys.readouterr().out
    assert "today's settings" in text
    assert f"{LEAK:%Y-%m-%d %H:%M}  {ROBOT}" in text
    assert "min_impact=1000 would not have told:" in text


async def test_the_command_says_what_the_daemon_says(
    operations: Operations, command: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = await operations.backtest(["*"], [Candidate(sensitivity="aggressive")], days=2)
    await asyncio.to_thread(command, "--days", "2", "--sensitivity", "aggressive", "--json")
    assert json.loads(capsys.readouterr().out) == asked.model_dump(mode="json")


async def test_the_command_works_when_the_daemon_is_gone(
    plant: Plant, command: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    await plant.store.close()
    await asyncio.to_thread(command, "cost/*", "--days", "1", "--suggest", "--budget", "0.5")
    assert "the budget of 0.5" in capsys.readouterr().out


async def test_reading_beside_the_daemon_changes_nothing(plant: Plant, engine: Engine) -> None:
    store = SqliteStore(database_path(plant.data))
    await store.open_to_read()
    with pytest.raises(MonitorError):
        await store.recover()
    assert await store.overrides() == {}
    await store.close()


async def test_a_directory_without_a_database_is_named(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "empty" / "monitor.sqlite3")
    with pytest.raises(DataDirectoryError, match="revenium-monitor run"):
        await store.open_to_read()


async def test_an_empty_history_says_what_to_do(store: SqliteStore, plant: Plant) -> None:
    with pytest.raises(UnknownNameError, match="wait for its first poll"):
        await Operations(plant.engine()).backtest(["*"], [])
