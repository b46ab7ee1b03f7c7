"""What can be asked of a running daemon: each answer, and each refusal with what to do instead."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from daemon.domain import SeriesKey
from daemon.engine import Engine
from daemon.errors import TransientError, UnknownNameError
from daemon.operations import AlertDetail, Operations, Tuning
from daemon.testing import NOON

if TYPE_CHECKING:
    from conftest import Plant  # what the fixture of that name hands out

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def engine(plant: Plant) -> Engine:
    """An engine that has read its history."""
    engine = plant.engine()
    await engine.poll()
    return engine


@pytest.fixture
def operations(engine: Engine) -> Operations:
    return Operations(engine)


# -- status


async def test_before_the_first_poll_the_status_is_empty_but_complete(plant: Plant) -> None:
    status = await Operations(plant.engine()).status()
    assert (status.state, status.problem, status.team_id, status.last_poll_at) == ("starting", None, None, None)
    assert (status.polls, status.transactions, status.rejected, status.series, status.open_alerts) == (0, 0, 0, 0, 0)
    assert [(one.name, one.pending, one.delivered, one.dead) for one in status.channels] == [
        ("slack", 0, 0, 0),
        ("email", 0, 0, 0),
    ]


async def test_the_status_counts_what_was_read_and_what_is_on_its_way(
    plant: Plant, engine: Engine, operations: Operations
) -> None:
    plant.account.rows.append({"id": "broken"})
    plant.account.rows[-1]["requestTime"] = "2026-03-04T12:00:15.000Z of no zone"
    await plant.spike(engine)
    status = await operations.status()
    assert (status.state, status.platform, status.team_id) == ("ok", "http://platform.example", "team-1")
    assert (status.embedded, status.started_at, status.last_poll_at) == (False, NOON, NOON + MINUTE)
    assert (status.polls, status.transactions, status.rejected) == (2, len(plant.account.rows) - 1, 1)
    assert (status.series, status.open_alerts) == (len(engine.states), 3)
    assert [(one.name, one.pending) for one in status.channels] == [("slack", 1), ("email", 1)]


async def test_the_status_tells_what_fails_and_which_channel_is_held_back(
    plant: Plant, engine: Engine, operations: Operations
) -> None:
    plant.account.failures.append(TransientError("no answer; check the network"))
    await engine.poll()
    engine.dispatcher.health["email"].paused_for = "auth"
    status = await operations.status()
    assert (status.state, status.problem) == ("failing", "no answer; check the network")
    assert [(one.name, one.paused_for) for one in status.channels] == [("slack", None), ("email", "auth")]


async def test_a_channel_that_is_gone_still_shows_its_messages(plant: Plant, engine: Engine) -> None:
    await plant.spike(engine)
    del plant.channels["slack"]
    channels = (await Operations(plant.engine()).status()).channels
    assert [(one.name, one.pending, one.paused_for) for one in channels] == [("email", 1, None), ("slack", 1, None)]


# -- series


async def test_series_are_listed_by_pattern_and_page_with_alerts_first(
    plant: Plant, engine: Engine, operations: Operations
) -> None:
    everything = await operations.list_series()
    assert [one.series for one in everything.series] == sorted(str(key) for key in engine.states)
    await plant.spike(engine)
    found = await operations.list_series("cost/*", limit=2)
    assert (found.total, [one.series for one in found.series]) == (4, ["cost/agent/robot", "cost/model/big"])
    rest = await operations.list_series("cost/*", limit=2, offset=2)
    assert [one.series for one in rest.series] == ["cost/total", "cost/agent/helper"]
    assert (await operations.list_series("cost/user/*")).total == 0


async def test_a_series_shows_its_rules_and_its_last_judgement(
    plant: Plant, engine: Engine, operations: Operations
) -> None:
    (quiet,) = (await operations.list_series("cost/agent/robot")).series
    assert (quiet.value, quiet.expected, quiet.score, quiet.alert, quiet.warming_up) == (None, None, None, None, False)
    await plant.spike(engine)
    (series,) = (await operations.list_series("cost/agent/robot")).series
    assert (series.detector, series.sensitivity, series.enabled, series.min_impact) == ("spend", "normal", True, 5.0)
    assert series.value is not None
    assert series.expected is not None
    assert series.value > 500 > series.expected > 5
    assert series.alert == (await operations.list_alerts()).alerts[0].incident


async def test_a_name_with_brackets_matches_itself(plant: Plant) -> None:
    plant.account.add(NOON - timedelta(days=1), 1.0, agent="robot[beta]")
    engine = plant.engine()
    await engine.poll()
    assert (await Operations(engine).list_series("cost/agent/robot[beta]")).total == 1


# -- alerts


async def test_alerts_are_listed_by_state(plant: Plant, engine: Engine, operations: Operations) -> None:
    await plant.spike(engine)
    assert [one.state for one in (await operations.list_alerts()).alerts] == ["firing"] * 3
    assert (await operations.list_alerts("resolved")).alerts == []
    await operations.tune(Tuning(pattern="cost/total", enabled=False), actor="test")
    plant.clock.advance(MINUTE)
    await engine.poll()
    firing, resolved = await operations.list_alerts("firing"), await operations.list_alerts("resolved")
    assert sorted(one.series for one in firing.alerts) == ["cost/agent/robot", "cost/model/big"]
    assert [(one.series, one.resolved_at) for one in resolved.alerts] == [("cost/total", NOON + 2 * MINUTE)]
    some = await operations.list_alerts(limit=1)
    assert (some.total, len(some.alerts)) == (3, 1)


async def _robot(operations: Operations) -> AlertDetail:
    alerts = (await operations.list_alerts()).alerts
    return await operations.explain_alert(next(one.id for one in alerts if one.series == "cost/agent/robot"))


async def test_an_alert_is_explained_with_causes_companions_and_messages(
    plant: Plant, engine: Engine, operations: Operations
) -> None:
    await plant.spike(engine)
    detail = await _robot(operations)
    assert detail.alert.excess == pytest.approx(detail.alert.observed - detail.alert.expected)
    assert detail.alert.summary.startswith("Agent robot spent $5")
    assert detail.window_end - detail.window_start == timedelta(hours=1)
    assert detail.low <= detail.alert.expected <= detail.high < detail.alert.observed
    assert (detail.detector, 0 < detail.score < 1, bool(detail.reason)) == ("spend", True, True)
    assert detail.causes[0].startswith("model big: $5")
    assert sorted(one.series for one in detail.related) == ["cost/model/big", "cost/total"]
    assert sorted((one.channel, one.state, one.attempts) for one in detail.messages) == [
        ("email", "pending", 0),
        ("slack", "pending", 0),
    ]


async def test_a_companion_shows_the_messages_that_speak_for_it(
    plant: Plant, engine: Engine, operations: Operations
) -> None:
    await plant.spike(engine)
    robot = await _robot(operations)
    companion = await operations.explain_alert(robot.related[0].id)
    assert companion.alert.incident == robot.alert.id
    assert companion.messages == robot.messages


async def test_a_delivered_message_tells_when(plant: Plant, engine: Engine, operations: Operations) -> None:
    await plant.spike(engine)
    identity = (await _robot(operations)).alert.id
    await plant.store.delivered(f"{identity}-1-slack", 1_772_625_700_000, {}, "sent")
    messages = {one.channel: one for one in (await _robot(operations)).messages}
    assert messages["slack"].state == "delivered"
    assert messages["slack"].delivered_at is not None
    assert messages["slack"].delivered_at.timestamp() == 1_772_625_700
    assert messages["email"].delivered_at is None


async def test_an_unknown_alert_is_refused_with_recent_ones(
    plant: Plant, engine: Engine, operations: Operations
) -> None:
    with pytest.raises(UnknownNameError, match="there is no alert 'nope'; recent ones: none yet"):
        await operations.explain_alert("nope")
    await plant.spike(engine)
    known = (await operations.list_alerts()).alerts[0].id
    with pytest.raises(UnknownNameError, match=f"recent ones: .*{known}"):
        await operations.explain_alert("nope")


# -- tuning


async def test_detectors_are_listed_with_what_was_tuned(operations: Operations) -> None:
    await operations.tune(Tuning(pattern="cost/agent/*", sensitivity="conservative"), actor="test")
    listed = await operations.list_detectors()
    assert [one.name for one in listed.detectors][:2] == ["spend", "level"]
    assert all(one.summary for one in listed.detectors)
    assert listed.tunings == [Tuning(pattern="cost/agent/*", sensitivity="conservative")]


async def test_a_preview_tells_what_would_happen_and_does_nothing(engine: Engine, operations: Operations) -> None:
    version = engine.rules.version
    result = await operations.preview_tuning(Tuning(pattern="cost/agent/*", min_impact=9.0))
    assert result.tuning == Tuning(pattern="cost/agent/*", min_impact=9.0)
    assert (result.matched, result.examples) == (2, ["cost/agent/helper", "cost/agent/robot"])
    assert (await operations.list_detectors()).tunings == []
    assert engine.rules.version == version


async def test_tuning_adds_up_and_takes_effect_at_the_next_poll(
    plant: Plant, engine: Engine, operations: Operations
) -> None:
    await operations.tune(Tuning(pattern="cost/agent/robot", min_impact=1000.0), actor="test")
    result = await operations.tune(Tuning(pattern="cost/agent/robot", sensitivity="aggressive"), actor="test")
    assert result.tuning == Tuning(pattern="cost/agent/robot", min_impact=1000.0, sensitivity="aggressive")
    await plant.spike(engine)
    assert "cost/agent/robot" not in {one.series for one in (await operations.list_alerts()).alerts}
    again = plant.engine()
    await again.poll()
    robot = again.rules.for_key(SeriesKey.parse("cost/agent/robot"))
    assert robot is not None
    assert (robot.min_impact, robot.sensitivity) == (1000.0, "aggressive")


async def test_a_reset_forgets_the_tuning(engine: Engine, operations: Operations) -> None:
    await operations.tune(Tuning(pattern="cost/agent/*", enabled=False), actor="test")
    result = await operations.reset_tuning("cost/agent/*", actor="test")
    assert (result.tuning, result.matched) == (None, 2)
    robot = engine.rules.for_key(SeriesKey.parse("cost/agent/robot"))
    assert robot is not None
    assert robot.enabled


Refused = Callable[[Operations], Awaitable[object]]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda operations: operations.tune(Tuning(pattern="cost/agent/robbot", enabled=False), actor="test"),
            r"no series matches 'cost/agent/robbot'; there are \d+, such as cost/agent/robot",
        ),
        (
            lambda operations: operations.preview_tuning(Tuning(pattern="zzz", enabled=False)),
            r"no series matches 'zzz'; there are \d+, such as cost/agent/helper, cost/agent/robot, cost/model/big",
        ),
        (
            lambda operations: operations.tune(Tuning(pattern="cost/*", detector="magic"), actor="test"),
            "there is no detector 'magic'; choose from spend, level",
        ),
        (
            lambda operations: operations.tune(Tuning(pattern="cost/*"), actor="test"),
            "nothing to change; give enabled, detector, sensitivity or min_impact",
        ),
        (
            lambda operations: operations.reset_tuning("cost/*", actor="test"),
            r"nothing was tuned for 'cost/\*'; tuned patterns: none",
        ),
        (
            lambda operations: operations.send_test("pager"),
            "there is no channel 'pager'; configured ones: slack, email",
        ),
    ],
    ids=["nearly a series", "no series", "no detector", "no change", "not tuned", "no channel"],
)
async def test_what_does_not_exist_is_refused_with_what_does(operations: Operations, call: Refused, words: str) -> None:
    with pytest.raises(UnknownNameError, match=words):
        await call(operations)
    assert (await operations.list_detectors()).tunings == []


async def test_a_negative_impact_is_refused() -> None:
    with pytest.raises(ValidationError):
        Tuning(pattern="cost/*", min_impact=-1.0)


# -- test messages


@pytest.mark.parametrize(("channel", "reached"), [("email", ["email"]), (None, ["slack", "email"])])
async def test_a_test_message_is_queued(
    plant: Plant, operations: Operations, channel: str | None, reached: list[str]
) -> None:
    result = await operations.send_test(channel)
    messages = {row["id"]: row["channel"] for row in await plant.store.messages(10)}
    assert [messages[identity] for identity in result.queued] == reached
    assert len(messages) == len(reached)
