"""Feedback that teaches, on a whole engine: an alert, a word about it, what follows, and taking it back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from daemon.clock import from_ms, to_ms
from daemon.domain import SeriesKey
from daemon.engine import Engine
from daemon.operations import Feedback, FeedbackResult, Operations
from daemon.testing import NOON
from detectors.base import Detector, Observation
from detectors.decision.episodes import Reason
from detectors.snapshot import dump
from notifiers.base import Kind as MessageKind

if TYPE_CHECKING:
    from conftest import Plant  # what the fixture of that name hands out

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
ROBOT = SeriesKey.parse("cost/agent/robot")


@dataclass
class Office:
    """An engine on a played account, time that passes, and people who say things."""

    plant: Plant
    engine: Engine = field(init=False)

    def restart(self) -> None:
        """Start anew on what is stored, as a new process does."""
        self.engine = self.plant.engine()

    @property
    def operations(self) -> Operations:
        return Operations(self.engine)

    async def live(self, hours: float, *, times: float = 1.0) -> None:
        """Let time pass in quarters of an hour, in which both agents call; robot spends a multiple of the usual."""
        for _ in range(round(hours * 4)):
            self.plant.clock.advance(15 * MINUTE)
            now = self.plant.clock.now()
            usual = (8.0 + -int((now - NOON) / HOUR) * 7 % 5) / 4
            self.plant.account.add(now - MINUTE, usual * times, "robot")
            self.plant.account.add(now - MINUTE, usual, "helper")
            await self.engine.poll()
        assert self.engine.health.problem is None

    async def alert(self) -> str:
        """Return the id of the open alert of robot."""
        alert = self.engine.states[ROBOT].alert
        assert alert is not None
        return alert.id

    async def say(self, kind: str, **more: object) -> FeedbackResult:
        """Say something about the open alert of robot."""
        return await self.operations.give_feedback(
            Feedback(kind=kind, alert_id=await self.alert(), **more),
            actor="ann",
        )

    def open_alerts(self) -> list[str]:
        return sorted(str(key) for key, state in self.engine.states.items() if state.alert is not None)

    def expected(self, at: timedelta = timedelta(0)) -> float:
        """Return what robot's detector holds for normal in an hour from now."""
        detector = self.engine.states[ROBOT].detector
        return detector.judge(Observation(self.plant.clock.now() + at, 10.0, HOUR)).expected


@pytest.fixture
async def office(plant: Plant) -> Office:
    office = Office(plant)
    office.restart()
    await office.engine.poll()
    await office.live(2)
    assert office.open_alerts() == []
    return office


# -- expected from now on


async def test_what_is_expected_from_now_on_falls_silent_and_becomes_the_norm(office: Office) -> None:
    await office.live(2, times=4)
    before = office.expected()
    said = await office.say("expected", note="launch")
    assert said.ends[0] == await office.alert()
    await office.live(1, times=4)
    assert office.open_alerts() == []
    over = office.engine.states[ROBOT].last
    assert over is not None
    assert (over.ended_by, over.feedback) == (Reason.FEEDBACK, "expected from now on, says ann: launch")
    await office.live(20, times=4)
    assert "cost/agent/robot" not in office.open_alerts()
    assert 3 * before < office.expected() < 5 * before


async def test_the_message_of_the_end_says_who_said_what(office: Office) -> None:
    await office.live(2, times=4)
    alert = await office.alert()
    await office.say("expected", note="launch", scope="cost/*")
    await office.live(1, times=4)
    assert office.open_alerts() == []
    now, last = to_ms(office.plant.clock.now()), None
    while claim := await office.engine.store.claim("slack", now):
        await office.engine.store.delivered(claim.notification.delivery_id, now, {}, "")
        last = claim.notification if claim.notification.alert_id == alert else last
    assert last is not None
    assert last.kind is MessageKind.RESOLVED
    assert "expected from now on, says ann: launch" in last.summary


async def test_a_new_normal_does_not_hide_a_spike_beyond_it(office: Office) -> None:
    await office.live(2, times=4)
    await office.say("expected")
    await office.live(6, times=4)
    await office.live(1, times=40)
    assert "cost/agent/robot" in office.open_alerts()


async def test_taking_back_a_new_normal_alerts_again(office: Office) -> None:
    await office.live(2, times=4)
    said = await office.say("expected")
    await office.live(3, times=4)
    assert "cost/agent/robot" not in office.open_alerts()
    await office.operations.undo_feedback(said.lesson.id, actor="bob")
    await office.live(1, times=4)
    assert "cost/agent/robot" in office.open_alerts()


async def test_a_new_normal_with_an_end_gives_way_to_the_former_one(office: Office) -> None:
    await office.live(2, times=4)
    before = office.expected()
    await office.say("expected", until=office.plant.clock.now() + 12 * HOUR)
    await office.live(12, times=4)
    assert "cost/agent/robot" not in office.open_alerts()
    await office.live(2)
    assert office.expected() == pytest.approx(before, rel=0.2)
    await office.live(4, times=4)
    assert "cost/agent/robot" in office.open_alerts()


# -- expected once


async def test_what_is_expected_once_is_quiet_to_its_end_and_no_longer(office: Office) -> None:
    await office.live(2, times=4)
    before = office.expected()
    said = await office.say("expected_once")
    await office.live(5, times=4)
    assert "cost/agent/robot" not in office.open_alerts()
    await office.live(3)
    (lesson,) = (await office.operations.list_feedback()).lessons
    assert lesson.id == said.lesson.id
    assert lesson.end is not None
    assert office.expected() == pytest.approx(before, rel=0.2)
    await office.live(2, times=4)
    assert "cost/agent/robot" in office.open_alerts()


# -- noise


async def test_noise_raises_the_bar_and_what_is_clearly_more_is_told(office: Office) -> None:
    await office.live(2, times=3)
    await office.say("noise")
    await office.live(3)
    await office.live(2, times=2.5)
    assert "cost/agent/robot" not in office.open_alerts()
    await office.live(6)
    await office.live(2, times=100)
    assert "cost/agent/robot" in office.open_alerts()


# -- real


async def test_what_is_real_goes_on_is_marked_and_never_becomes_the_norm(office: Office) -> None:
    await office.live(2, times=4)
    before = office.expected()
    said = await office.say("real", note="leaked key")
    assert said.ends == []
    await office.live(40, times=4)
    alert = office.engine.states[ROBOT].alert
    assert alert is not None
    assert alert.feedback == "a real anomaly, says ann: leaked key"
    assert office.expected() == pytest.approx(before, rel=0.5)
    await office.live(4)
    assert "cost/agent/robot" not in office.open_alerts()
    (lesson,) = (await office.operations.list_feedback()).lessons
    assert lesson.end is not None


# -- restarts


@pytest.mark.parametrize("kind", ["expected", "expected_once", "real"])
async def test_a_restart_keeps_what_was_said_and_what_it_taught(office: Office, kind: str) -> None:
    await office.live(2, times=4)
    await office.say(kind)
    await office.live(3, times=4)
    before, opened = dump(office.engine.states[ROBOT].detector), office.open_alerts()
    office.restart()
    await office.engine.poll()
    assert dump(office.engine.states[ROBOT].detector) == before
    assert office.open_alerts() == opened


async def test_a_word_that_a_crash_followed_at_once_counts_after_the_restart(office: Office) -> None:
    await office.live(2, times=4)
    await office.say("expected")
    office.restart()
    await office.live(1, times=4)
    assert "cost/agent/robot" not in office.open_alerts()


@pytest.mark.parametrize("kind", ["expected", "expected_once", "real", "noise"])
async def test_taking_a_word_back_leaves_what_is_learnt_as_if_it_was_never_said(office: Office, kind: str) -> None:
    await office.live(2, times=4)
    said = await office.say(kind)
    await office.live(2, times=4)
    taught = dump(office.engine.states[ROBOT].detector)
    assert (taught == dump(await _never_told(office))) is (kind == "noise")
    await office.operations.undo_feedback(said.lesson.id, actor="ann")
    await office.live(0.25, times=4)
    assert dump(office.engine.states[ROBOT].detector) == dump(await _never_told(office))


async def _never_told(office: Office) -> Detector:
    """Return a detector that learnt the hours that are stored, and heard nobody."""
    state, store = office.engine.states[ROBOT], office.engine.store
    (entity,) = [one for one in await store.entities() if one.entity == ROBOT.entity]
    hours = (await store.hours([entity.id], 0, to_ms(state.learned_until)))[entity.id]
    rules = office.engine.rules.for_key(ROBOT)
    assert rules is not None
    detector = rules.build()
    for start, measures in sorted(hours.items()):
        at = from_ms(start).astimezone(office.engine.settings.zone)
        detector.learn(Observation(at, measures.value(ROBOT.metric) or 0.0, HOUR))
    return detector
