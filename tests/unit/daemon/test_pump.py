"""The pump on a real database: sixty ordinary days, then live minutes with a spike, crashes and rivals."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from daemon.alerts import Alert
from daemon.clock import from_ms, to_ms
from daemon.domain import Dimension, Metric, SeriesKey, Transaction
from daemon.errors import FencedError, StorageError
from daemon.pipeline.pump import Pump, Surroundings
from daemon.rules import Rules
from daemon.settings import Watch
from daemon.storage.sqlite import SqliteStore
from daemon.store import Outgoing, PartitionCommit
from daemon.testing import NOON, ManualClock
from detectors import words
from detectors.base import Observation, Sensitivity

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
BURST = NOON - 5 * DAY
ROBOT, TOTAL = SeriesKey.parse("cost/agent/robot"), SeriesKey.parse("cost/total")
COST = Watch(metric=Metric.COST, dimensions=(Dimension.TOTAL, Dimension.AGENT), min_impact=5.0)
ERRORS = Watch(metric=Metric.ERROR_RATE, dimensions=(Dimension.TOTAL,), detector="level", min_impact=0.1)
CALLS = Watch(metric=Metric.CALLS, dimensions=(Dimension.TOTAL,), detector="level")
RULES = Rules((COST, ERRORS), Sensitivity.NORMAL, {})
AROUND = Surroundings(
    tenant="team-1", zone=ZoneInfo("Europe/Berlin"), channels=("slack", "email"), demo=False, mute_until=NOON
)

Call = Callable[..., Transaction]


@dataclass
class World:
    """A database, a clock, and the pump that works on them."""

    store: SqliteStore
    clock: ManualClock
    call: Call
    around: Surroundings = AROUND
    rules: Rules = RULES
    pump: Pump = field(init=False)

    async def restart(self) -> Pump:
        """Start a pump on what is stored, as a new process does."""
        self.pump = Pump(self.store, self.clock, lambda: self.rules, self.around)
        await self.pump.start()
        return self.pump

    async def read(self, *calls: Transaction) -> None:
        """Commit one poll that reaches the present."""
        now = to_ms(self.clock.now())
        await self.store.ingest("log", calls, at=now, watermark=now)

    async def pass_by(self, minutes: int, *extra: Transaction) -> list[Alert]:
        """Let time pass, in which robot and helper make their call at half past, and poll once."""
        usual: list[Transaction] = []
        for _ in range(minutes):
            self.clock.advance(MINUTE)
            if self.clock.now().minute == 30:
                usual += _ordinary(self.call, self.clock.now())
        await self.read(*usual, *extra)
        return list(await self.pump.advance())

    async def live(self, minutes: int, *, step: int = 5) -> list[Alert]:
        """Let time pass with a poll every few minutes; returns the alerts that changed."""
        return [alert for _ in range(0, minutes, step) for alert in await self.pass_by(step)]

    async def spike(self, minutes: int, agent: str = "robot") -> None:
        """Let an agent spend 60 dollars a minute."""
        for _ in range(minutes):
            at = self.clock.now() + MINUTE
            await self.pass_by(1, self.call(f"spike-{at}", to_ms(at), nanos=60 * 10**9, agent=agent))

    async def messages(self, channel: str = "slack") -> list[tuple[str, int, str]]:
        """Return series, number and turn of every message of a channel, oldest first."""
        found = []
        for row in reversed(await self.store.messages(1000)):
            alert = await self.store.alert(row["alert_id"])
            assert alert is not None
            if row["channel"] == channel:
                found.append((str(alert.series), row["sequence"], row["state"]))
        return found


def _ordinary(call: Call, at: datetime) -> list[Transaction]:
    hour = to_ms(at) // 3_600_000
    return [
        call(f"{agent}-{at}-usual", to_ms(at), nanos=(8 + hour * 7 % 5) * 10**9, agent=agent, model="big")
        for agent in ("robot", "helper")
    ]


async def _seed(path: Path, call: Call) -> None:
    world = World(SqliteStore(path), ManualClock(), call)
    await world.store.open()
    await world.store.claim_for("team-1")
    half_past = [NOON - number * HOUR + 30 * MINUTE for number in range(1, 60 * 24)]
    calls = [one for at in half_past for one in _ordinary(call, at)]
    calls += [call(f"burst-{number}", to_ms(BURST), nanos=0) for number in range(80)]
    await world.read(*calls)
    pump = await world.restart()
    assert await pump.advance() == []
    await world.store.close()


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory, call: Call) -> Path:
    """A database with sixty days that are learnt."""
    path = tmp_path_factory.mktemp("seeded") / "monitor.sqlite3"
    asyncio.run(_seed(path, call))
    return path


@asynccontextmanager
async def _opened(path: Path, call: Call) -> AsyncIterator[World]:
    world = World(SqliteStore(path), ManualClock(), call)
    await world.store.open()
    try:
        await world.store.claim_for("team-1")
        await world.restart()
        yield world
    finally:
        await world.store.close()


@pytest.fixture
async def world(seeded: Path, tmp_path: Path, call: Call) -> AsyncIterator[World]:
    """A world of its own at the first start's noon, with everything learnt."""
    async with _opened(Path(shutil.copy(seeded, tmp_path / "monitor.sqlite3")), call) as world:
        yield world


async def _alerts(world: World) -> list[tuple[str, bool]]:
    return sorted((str(alert.series), alert.is_open) for alert in await world.store.alerts())


async def _incident(world: World) -> None:
    await world.live(70)
    await world.spike(3)
    assert await _alerts(world) == [("cost/agent/robot", True), ("cost/total", True)]


async def _ended(world: World) -> None:
    while any(is_open for _, is_open in await _alerts(world)):
        assert world.clock.now() < NOON + 2 * DAY
        await world.pass_by(10)


# -- what alerts and what does not


async def test_history_is_learnt_and_tells_nobody(world: World) -> None:
    assert set(map(str, world.pump.states)) == {
        "cost/total", "cost/agent/helper", "cost/agent/robot", "error_rate/total",
    }  # fmt: skip
    assert {state.learned_until for state in world.pump.states.values()} == {NOON - HOUR}
    assert await world.store.alerts() == []
    assert await world.messages() == []


async def test_ordinary_hours_go_by_in_silence(world: World) -> None:
    assert await world.live(240) == []
    assert world.pump.states[ROBOT].learned_until == NOON + 3 * HOUR


async def test_a_spike_is_one_incident_with_one_message_per_channel(world: World) -> None:
    await world.live(70)
    await world.spike(3)
    alerts = {str(alert.series): alert for alert in await world.store.alerts()}
    assert set(alerts) == {"cost/agent/robot", "cost/total"}
    assert {alert.incident for alert in alerts.values()} == {alerts["cost/agent/robot"].id}
    assert alerts["cost/agent/robot"].opened_at == NOON + 71 * MINUTE
    assert await world.messages("slack") == [("cost/agent/robot", 1, "pending")]
    assert await world.messages("email") == [("cost/agent/robot", 1, "pending")]


async def test_the_message_says_what_was_spent_where(world: World) -> None:
    await world.live(70)
    await world.spike(1)
    claim = await world.store.claim("slack", to_ms(world.clock.now()))
    assert claim is not None
    assert claim.notification.title == "AI spend above normal: agent robot"
    assert claim.notification.summary.startswith("Agent robot spent $7")
    assert claim.notification.event_time == NOON + 71 * MINUTE
    assert not claim.notification.demo


async def test_the_words_of_an_open_alert_keep_up_with_its_worst_hour(world: World) -> None:
    await world.live(70)
    await world.spike(3)
    for alert in await world.store.alerts():
        assert words.dollars(alert.observed) in alert.summary


async def test_the_end_is_told_once_and_the_members_end_in_silence(world: World) -> None:
    await world.live(70)
    await world.spike(3)
    await _ended(world)
    assert await world.messages() == [("cost/agent/robot", 1, "pending"), ("cost/agent/robot", 2, "pending")]


async def test_a_spike_that_grows_fourfold_is_told_again(world: World) -> None:
    await world.live(70)
    await world.spike(10)
    assert await world.messages() == [("cost/agent/robot", 1, "pending"), ("cost/agent/robot", 2, "pending")]


async def test_two_agents_that_go_wild_half_an_hour_apart_are_two_incidents(world: World) -> None:
    await world.live(70)
    await world.spike(3)
    await world.live(30)
    await world.spike(3, agent="helper")
    alerts = {str(alert.series): alert for alert in await world.store.alerts()}
    assert alerts["cost/total"].incident == alerts["cost/agent/robot"].id
    assert await world.messages() == [("cost/agent/robot", 1, "pending"), ("cost/agent/helper", 1, "pending")]


@pytest.mark.parametrize("restarted", [False, True])
async def test_what_comes_back_soon_after_its_end_is_the_same_alert_and_told_when_stronger(
    world: World, restarted: bool
) -> None:
    await world.live(70)
    await world.spike(3)
    await _ended(world)
    told = await world.messages()
    if restarted:
        await world.restart()
    await world.live(30)
    await world.spike(3)
    assert await _alerts(world) == [("cost/agent/robot", True), ("cost/total", True)]
    await _ended(world)
    assert await world.messages() == told
    await world.spike(10)
    assert await world.messages() == [*told, ("cost/agent/robot", 3, "pending")]


@pytest.mark.parametrize("restarted", [False, True])
async def test_what_is_not_worth_telling_yet_adds_up_across_hours_and_restarts(world: World, restarted: bool) -> None:
    world.rules = replace(RULES, watches=(COST.model_copy(update={"min_impact": 500.0}),)).tuned({})
    await world.live(70)
    await world.spike(6)
    assert world.pump.states[ROBOT].pending is not None
    await world.live(55)
    if restarted:
        await world.restart()
    await world.spike(6)
    assert await world.messages() == []
    await world.live(45)
    opened = {str(alert.series): alert for alert in await world.store.alerts()}["cost/agent/robot"]
    assert (opened.opened_at, opened.excess < 500.0 <= opened.total_excess) == (NOON + 71 * MINUTE, True)
    assert await world.messages() == [("cost/agent/robot", 1, "pending")]


async def test_late_calls_to_a_told_hour_do_not_tell_it_twice(world: World, call: Call) -> None:
    await world.live(70)
    await world.spike(3)
    await _ended(world)
    told = await world.messages()
    await world.restart()
    await world.read(call("late", to_ms(NOON + 71 * MINUTE), nanos=10**7, agent="robot"))
    assert await world.pump.advance() == []
    assert await world.messages() == told


async def test_nothing_new_changes_nothing(world: World) -> None:
    await world.pass_by(1)
    assert not await world.pump.advance()


# -- crashes


async def test_after_a_restart_nothing_is_told_again(world: World) -> None:
    await world.live(70)
    await world.spike(2)
    told, before = await world.messages(), dict(world.pump.states)
    pump = await world.restart()
    assert not await pump.advance()
    assert pump.states[ROBOT].alert == before[ROBOT].alert
    assert pump.states[ROBOT].detector.state() == before[ROBOT].detector.state()
    await world.spike(1)
    assert await world.messages() == told


async def test_a_commit_that_fails_keeps_nothing_and_is_redone_the_same(
    seeded: Path, tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def spiked(name: str) -> tuple[list[Alert], list[tuple[str, int, str]]]:
        path = Path(shutil.copy(seeded, tmp_path / name))
        async with _opened(path, call) as world:
            await world.live(70)
            if name == "failing":
                monkeypatch.setattr(world.store, "commit", _failing_once(world.store.commit))
                with pytest.raises(StorageError):
                    await world.spike(1)
                assert await world.store.alerts() == []
                assert await world.store.messages(10) == []
                assert all(state.alert is None for state in world.pump.states.values())
                await world.pump.advance()
            else:
                await world.spike(1)
            return await world.store.alerts(), await world.messages()

    alerts, messages = await spiked("failing")
    assert (alerts, messages) == await spiked("sound")
    assert messages == [("cost/agent/robot", 1, "pending")]


def _failing_once(commit: Callable[..., object]) -> Callable[..., object]:
    left = [StorageError("the disk is full")]

    async def wrapped(commits: Sequence[PartitionCommit], outgoing: Sequence[Outgoing]) -> None:
        if left:
            raise left.pop()
        await commit(commits, outgoing)  # type: ignore[misc] # a coroutine function

    return wrapped


async def test_a_second_pump_fences_the_first_and_nothing_of_it_is_kept(world: World, call: Call) -> None:
    await world.live(70)
    first = world.pump
    await world.restart()
    before = await world.store.series()
    world.clock.advance(MINUTE)
    await world.read(call("spike", to_ms(world.clock.now()), nanos=10**11, agent="robot"))
    with pytest.raises(FencedError):
        await first.advance()
    assert await world.store.series() == before
    assert await world.store.alerts() == []
    assert await world.store.messages(10) == []
    assert len(await world.pump.advance()) == 2


async def test_a_damaged_snapshot_is_taught_again_with_the_same_verdicts_and_no_alert(
    world: World, tmp_path: Path
) -> None:
    await world.live(70)
    sound = world.pump
    with closing(sqlite3.connect(tmp_path / "monitor.sqlite3")) as connection, connection:
        connection.execute("UPDATE series SET snapshot = zeroblob(40) WHERE key = ?", (str(ROBOT),))
    rebuilt = await world.restart()
    assert rebuilt.states[ROBOT].learned_until < NOON - 60 * DAY
    assert await world.pass_by(20) == []
    assert rebuilt.states[ROBOT].detector.state() == sound.states[ROBOT].detector.state()
    assert rebuilt.states[ROBOT].learned_until == sound.states[ROBOT].learned_until
    observation, verdict = rebuilt.verdicts[ROBOT]
    assert sound.states[ROBOT].detector.judge(observation) == verdict


# -- other rules


async def test_another_sensitivity_keeps_what_was_learnt(world: World) -> None:
    before = world.pump.states[ROBOT].detector.state()
    world.rules = world.rules.tuned({"cost/agent/robot": {"sensitivity": "aggressive"}})
    await world.pass_by(1)
    detector = world.pump.states[ROBOT].detector
    assert detector.state() == before
    assert detector.parameters()["sensitivity"] is Sensitivity.AGGRESSIVE


@pytest.mark.parametrize("name", ["level", "gaussian"])
async def test_another_detector_is_taught_all_history_and_alerts_on_none_of_it(world: World, name: str) -> None:
    world.rules = world.rules.tuned({"cost/agent/robot": {"detector": name}})
    assert await world.pass_by(1) == []
    state = world.pump.states[ROBOT]
    assert (state.detector.name, state.learned_until) == (name, NOON - HOUR)
    assert ROBOT not in world.pump.verdicts
    await world.live(70)
    assert not world.pump.verdicts[ROBOT][1].warming_up
    taught, again = world.pump.states[ROBOT], await world.restart()
    await world.pass_by(1)
    next_hour = Observation(NOON + HOUR, 30.0, HOUR)
    assert again.states[ROBOT].detector.judge(next_hour) == taught.detector.judge(next_hour)
    assert again.states[ROBOT].learned_until == taught.learned_until == NOON + HOUR


async def test_disabling_a_series_ends_its_alert_and_says_so(world: World) -> None:
    await _incident(world)
    world.rules = world.rules.tuned({"cost/agent/robot": {"enabled": False}})
    await world.pass_by(1)
    assert await _alerts(world) == [("cost/agent/robot", False), ("cost/total", True)]
    assert await world.messages() == [("cost/agent/robot", 1, "pending"), ("cost/agent/robot", 2, "pending")]


@pytest.mark.parametrize("restarted", [False, True])
async def test_alerts_of_series_that_nobody_watches_any_more_are_ended(world: World, restarted: bool) -> None:
    await _incident(world)
    world.rules = replace(world.rules, watches=(ERRORS,)).tuned({})
    if restarted:
        await world.restart()
    await world.pass_by(1)
    assert await _alerts(world) == [("cost/agent/robot", False), ("cost/total", False)]
    await world.restart()
    assert set(map(str, world.pump.states)) == {"error_rate/total"}


async def test_what_was_before_somebody_watched_is_learnt_and_not_alerted_on(world: World) -> None:
    world.around = replace(AROUND, mute_until=BURST - 5 * DAY)
    world.rules = replace(world.rules, watches=(COST, ERRORS, CALLS)).tuned({})
    await world.restart()
    assert await world.live(70) == []
    calls = SeriesKey.parse("calls/total")
    assert world.pump.states[calls].learned_until == NOON + HOUR
    burst = world.pump.states[calls].detector.judge(Observation(BURST, 80.0, HOUR))
    assert burst.is_anomaly


async def test_a_new_agent_is_learnt_from_its_first_hour(world: World, call: Call) -> None:
    first = call("first", to_ms(NOON + 30 * MINUTE), agent="newcomer")
    assert await world.pass_by(30, first) == []
    newcomer = SeriesKey.parse("cost/agent/newcomer")
    assert world.pump.states[newcomer].learned_until == NOON
    await world.live(100)
    assert world.pump.states[newcomer].learned_until == NOON + 2 * HOUR
    kept = {one.key: from_ms(one.learned_until) for one in await world.store.series()}
    assert kept[newcomer] == NOON + 2 * HOUR
