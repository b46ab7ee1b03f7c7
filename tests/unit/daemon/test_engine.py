"""The engine: connects, polls, keeps going through every failure, and gives up only where a person must look."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from daemon.clock import to_ms
from daemon.domain import Dimension, Metric, SeriesKey
from daemon.errors import (
    AuthError,
    ConfigError,
    ContractError,
    FencedError,
    PlatformError,
    RateLimitedError,
    StorageError,
    TransientError,
)
from daemon.pipeline.pump import Pump
from daemon.settings import Watch
from daemon.storage.sqlite import SqliteStore
from daemon.testing import NOON
from detectors.base import Sensitivity

if TYPE_CHECKING:
    from conftest import Plant  # what the fixture of that name hands out

MINUTE = timedelta(minutes=1)
ROBOT = SeriesKey.parse("cost/agent/robot")


# -- in good order


async def test_before_the_first_poll_it_is_starting_and_knows_nothing(plant: Plant) -> None:
    engine = plant.engine()
    assert (engine.health.state, engine.health.last_success) == ("starting", None)
    assert (engine.states, engine.verdicts, engine.counters.polls) == ({}, {}, 0)
    await engine.reconcile()
    assert plant.account.requests == []


async def test_the_first_poll_finds_the_team_reads_the_history_and_tells_nobody(plant: Plant) -> None:
    engine = plant.engine()
    await engine.poll()
    assert (engine.health.state, engine.health.problem, engine.health.last_success) == ("ok", None, NOON)
    assert plant.store.tenant == "team-1"
    assert engine.counters.added == len(plant.account.rows)
    assert engine.states[ROBOT].learned_until == NOON - timedelta(hours=1)
    assert await plant.store.outbox_counts() == {}
    assert plant.fatal == []


async def test_a_configured_team_is_not_asked_for(plant: Plant) -> None:
    engine = plant.engine(revenium_team_id="team-7")
    await engine.poll()
    assert plant.store.tenant == "team-7"
    assert "/users/me" not in plant.account.requests


async def test_a_spike_ends_up_in_the_outbox_and_wakes_delivery(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = plant.engine()
    pokes: list[str] = []
    monkeypatch.setattr(engine.dispatcher, "poke", lambda: pokes.append("poke"))
    await engine.poll()
    assert pokes == []
    await plant.spike(engine)
    assert await plant.store.outbox_counts() == {"slack": {"pending": 1}, "email": {"pending": 1}}
    assert pokes == ["poke"]


@pytest.mark.parametrize("embedded", [True, False])
async def test_messages_about_generated_data_say_so(plant: Plant, embedded: bool) -> None:
    engine = plant.engine(revenium_api_key=None if embedded else "rev_mk_test")
    await engine.poll()
    await plant.spike(engine)
    claim = await plant.store.claim("slack", to_ms(plant.clock.now()))
    assert claim is not None
    assert claim.notification.demo is embedded


async def test_a_restart_goes_on_where_the_last_process_was(plant: Plant) -> None:
    first = plant.engine()
    await first.poll()
    await plant.spike(first)
    plant.clock.advance(MINUTE)
    second = plant.engine()
    await second.poll()
    assert second.states[ROBOT].alert is not None
    assert second.counters.added == 0
    assert await plant.store.outbox_counts() == {"slack": {"pending": 1}, "email": {"pending": 1}}


async def test_a_stop_ends_a_long_catch_up_at_its_next_commit_and_the_next_start_goes_on_from_there(
    plant: Plant,
) -> None:
    first = plant.engine()
    first.stop()
    await first.poll()
    assert first.health.state == "starting", "it did not reach the present"
    read = first.counters.added
    assert read < len(plant.account.rows)
    second = plant.engine()
    await second.poll()
    assert read + second.counters.added == len(plant.account.rows)


async def test_calls_that_arrive_late_are_found(plant: Plant) -> None:
    engine = plant.engine()
    await engine.poll()
    plant.account.add(NOON - 50 * MINUTE, 1.0)
    plant.clock.advance(MINUTE)
    await engine.poll()
    assert engine.counters.added == len(plant.account.rows) - 1
    await engine.reconcile()
    assert engine.counters.added == len(plant.account.rows)


async def test_closing_closes_the_connection(plant: Plant) -> None:
    await plant.engine().aclose()
    assert plant.account.closed


# -- failures that pass


@pytest.mark.parametrize(
    "failure",
    [TransientError("no answer"), ContractError("a web page"), PlatformError("refused"), StorageError("disk full")],
    ids=lambda failure: type(failure).__name__,
)
@pytest.mark.parametrize("connected", [False, True])
async def test_a_failure_is_kept_in_the_health_and_the_next_poll_goes_on(
    plant: Plant, failure: Exception, connected: bool
) -> None:
    engine = plant.engine()
    if connected:
        await engine.poll()
    plant.account.failures.append(failure)
    await engine.poll()
    assert (engine.health.state, engine.health.problem) == ("failing", str(failure))
    await engine.poll()
    assert (engine.health.state, engine.health.problem) == ("ok", None)
    assert engine.counters.added == len(plant.account.rows)
    assert plant.fatal == []


async def test_trouble_and_recovery_are_logged_once_each(plant: Plant, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "daemon.engine")
    engine = plant.engine()
    await engine.poll()
    caplog.clear()
    plant.account.failures.extend(TransientError("no answer") for _ in range(3))
    for _ in range(5):
        await engine.poll()
    assert [record.getMessage() for record in caplog.records] == ["polling fails: no answer", "polling works again"]


async def test_an_unexpected_error_shows_in_the_health_and_in_the_log_of_jobs(plant: Plant) -> None:
    engine = plant.engine()
    plant.account.failures.append(LookupError("a bug"))
    with pytest.raises(LookupError):
        await engine.poll()
    problem = "unexpected LookupError; see the log, and report it as a bug"
    assert (engine.health.state, engine.health.problem) == ("failing", problem)
    await engine.poll()
    assert (engine.health.state, engine.health.problem) == ("ok", None)


async def test_a_rate_limit_holds_polling_back_for_as_long_as_asked(plant: Plant) -> None:
    engine = plant.engine()
    await engine.poll()
    plant.account.failures.append(RateLimitedError("wait", retry_after=120.0))
    await engine.poll()
    asked = len(plant.account.requests)
    plant.clock.advance(timedelta(seconds=119))
    await engine.poll()
    assert len(plant.account.requests) == asked
    assert (engine.health.state, engine.health.problem) == ("failing", "wait")
    assert engine.last_beat == plant.clock.monotonic()
    plant.clock.advance(timedelta(seconds=1))
    await engine.poll()
    assert (engine.health.state, engine.health.problem) == ("ok", None)


async def test_a_rate_limit_met_while_comparing_holds_polling_back_too(plant: Plant) -> None:
    engine = plant.engine()
    await engine.poll()
    plant.account.failures.append(RateLimitedError("wait", retry_after=60.0))
    await engine.reconcile()
    asked = len(plant.account.requests)
    await engine.poll()
    assert len(plant.account.requests) == asked


@pytest.mark.parametrize("failure", [TransientError("no answer"), StorageError("disk full")])
async def test_comparing_and_pruning_survive_failures(
    plant: Plant, failure: Exception, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = plant.engine()
    await engine.poll()
    plant.account.failures.append(failure)
    await engine.reconcile()
    assert f"could not compare with the platform's own figures: {failure}" in caplog.text

    async def refuse(_: int) -> None:
        raise StorageError("locked")

    monkeypatch.setattr(plant.store, "prune", refuse)
    await engine.prune()
    assert "could not prune the database: locked" in caplog.text
    assert engine.health.state == "ok"


async def test_nothing_is_compared_while_polling_fails(plant: Plant) -> None:
    engine = plant.engine()
    await engine.poll()
    plant.account.failures.append(TransientError("no answer"))
    await engine.poll()
    asked = len(plant.account.requests)
    await engine.reconcile()
    assert len(plant.account.requests) == asked


# -- failures that do not


@pytest.mark.parametrize("team", [None, "team-1"])
async def test_a_key_refused_at_the_very_first_contact_is_fatal(plant: Plant, team: str | None) -> None:
    engine = plant.engine(revenium_team_id=team)
    plant.account.failures.append(AuthError("the key was refused"))
    await engine.poll()
    assert [str(error) for error in plant.fatal] == ["the key was refused"]


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_key_that_worked_before_may_work_again(plant: Plant, restarted: bool) -> None:
    engine = plant.engine()
    await engine.poll()
    engine = plant.engine() if restarted else engine
    plant.account.failures.append(AuthError("the key was refused"))
    await engine.poll()
    assert plant.fatal == []
    assert engine.health.problem == "the key was refused"
    await engine.poll()
    assert engine.health.state == "ok"


async def test_a_refused_key_is_not_fatal_while_nobody_can_tell_what_was_read(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse() -> None:
        raise StorageError("locked")

    monkeypatch.setattr(plant.store, "latest_poll", refuse)
    plant.account.failures.append(AuthError("the key was refused"))
    await plant.engine().poll()
    assert plant.fatal == []


async def test_the_database_of_another_team_is_refused(plant: Plant) -> None:
    await plant.engine().poll()
    plant.account.team = "team-2"
    await plant.engine().poll()
    (error,) = plant.fatal
    assert isinstance(error, ConfigError)
    assert "team team-1" in str(error)
    assert "team team-2" in str(error)
    assert "MONITOR_DATA_DIR" in str(error)


async def test_being_fenced_off_is_fatal(plant: Plant, tmp_path: Path) -> None:
    engine = plant.engine()
    await engine.poll()
    rival = SqliteStore(tmp_path / "monitor.sqlite3")
    await rival.open()
    await rival.acquire()
    await rival.close()
    plant.clock.advance(MINUTE)
    await engine.poll()
    assert [type(error) for error in plant.fatal] == [FencedError]


# -- rules


async def test_stored_tuning_counts_from_the_first_poll_and_after_a_reload(plant: Plant) -> None:
    await plant.store.put_override("cost/agent/robot", {"enabled": False}, 0, "test")
    engine = plant.engine()
    await engine.poll()
    robot = engine.rules.for_key(ROBOT)
    assert robot is not None
    assert not robot.enabled
    await plant.store.remove_override("cost/agent/robot", 0, "test")
    version = engine.rules.version
    await engine.reload_rules()
    assert engine.rules.version > version
    robot = engine.rules.for_key(ROBOT)
    assert robot is not None
    assert robot.enabled


async def test_reloaded_settings_change_watches_and_sensitivity_and_keep_the_tuning(plant: Plant) -> None:
    await plant.store.put_override("cost/agent/robot", {"min_impact": 50.0}, 0, "test")
    engine = plant.engine()
    await engine.poll()
    fresh: dict[str, Any] = {"watch": (Watch(metric=Metric.COST, dimensions=(Dimension.AGENT,)),)}
    engine.apply(engine.settings.model_copy(update={**fresh, "sensitivity": "aggressive"}))
    plant.clock.advance(MINUTE)
    await engine.poll()
    assert {str(key) for key in engine.states} == {"cost/agent/helper", "cost/agent/robot"}
    robot = engine.rules.for_key(ROBOT)
    assert robot is not None
    assert (robot.sensitivity, robot.min_impact) == (Sensitivity.AGGRESSIVE, 50.0)


async def test_a_commit_that_was_refused_is_made_up_for_by_the_next_poll(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = plant.engine()
    await engine.poll()
    advance, refusals = Pump.advance, [StorageError("the disk is full")]

    async def refusing(pump: Pump) -> Any:
        if refusals:
            raise refusals.pop()
        return await advance(pump)

    monkeypatch.setattr(Pump, "advance", refusing)
    await plant.spike(engine)
    assert (engine.health.state, await plant.store.outbox_counts()) == ("failing", {})
    plant.clock.advance(MINUTE)
    await engine.poll()
    assert engine.health.state == "ok"
    assert await plant.store.outbox_counts() == {"slack": {"pending": 1}, "email": {"pending": 1}}
