"""What is asked and answered about feedback: previews, listings, and refusals that say what to give instead."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from daemon.domain import SeriesKey
from daemon.engine import Engine
from daemon.errors import UnknownNameError
from daemon.operations import Feedback, FeedbackResult, Operations
from daemon.testing import NOON

if TYPE_CHECKING:
    from conftest import Plant  # what the fixture of that name hands out

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ROBOT = SeriesKey.parse("cost/agent/robot")


@pytest.fixture
async def engine(plant: Plant) -> Engine:
    """An engine with an open alert of robot."""
    engine = plant.engine()
    await engine.poll()
    await plant.spike(engine)
    return engine


@pytest.fixture
def operations(engine: Engine) -> Operations:
    return Operations(engine)


def _alert(engine: Engine) -> str:
    alert = engine.states[ROBOT].alert
    assert alert is not None
    return alert.id


async def _say(engine: Engine, kind: str, **more: Any) -> FeedbackResult:
    return await Operations(engine).give_feedback(Feedback(kind=kind, alert_id=_alert(engine), **more), actor="ann")


async def test_a_preview_tells_what_would_happen_and_does_nothing(
    plant: Plant, engine: Engine, operations: Operations
) -> None:
    feedback = Feedback(kind="noise", alert_id=_alert(engine), scope="cost/agent/*")
    shown = await operations.preview_feedback(feedback, actor="ann")
    assert (shown.matched, shown.examples) == (2, ["cost/agent/robot", "cost/agent/helper"])
    assert shown.ends == [_alert(engine)]
    assert shown.lesson.effects[0].startswith("alarms above the usual need 1.25 times the evidence")
    assert (await operations.list_feedback()).total == 0
    await plant.spike(engine)
    assert _alert(engine) in shown.ends


async def test_a_word_about_a_message_concerns_every_series_that_it_speaks_for(
    plant: Plant, engine: Engine, operations: Operations
) -> None:
    said = await _say(engine, "expected_once", note="launch")
    assert said.lesson.along == ["cost/model/big", "cost/total"]
    assert (said.matched, said.examples) == (3, ["cost/agent/robot", "cost/model/big", "cost/total"])
    assert len(said.ends) == 3
    await plant.spike(engine)
    assert all(state.alert is None for state in engine.states.values())

    (listed,) = (await operations.list_feedback("cost/total")).lessons
    assert listed == said.lesson
    undone = await operations.undo_feedback(said.lesson.id, actor="bob")
    assert (undone.matched, undone.ends) == (3, [])
    assert (await operations.list_feedback()).total == 0
    await plant.spike(engine)
    assert {str(key) for key, state in engine.states.items() if state.alert is not None} == {*said.examples}


async def test_what_an_earlier_alert_of_the_same_series_led_is_meant_along(
    plant: Plant, engine: Engine, operations: Operations
) -> None:
    first = await _say(engine, "noise", scope="cost/agent/robot")
    await plant.spike(engine)
    await operations.undo_feedback(first.lesson.id, actor="ann")
    await plant.spike(engine)
    assert _alert(engine) != first.lesson.alert_id
    assert (await _say(engine, "expected_once")).lesson.along == ["cost/model/big", "cost/total"]


async def test_a_scope_and_a_word_about_one_that_is_spoken_for_concern_nothing_else(
    engine: Engine, operations: Operations
) -> None:
    robot = await operations.preview_feedback(
        Feedback(kind="real", alert_id=_alert(engine), scope="cost/agent/robot"), actor="ann"
    )
    total = engine.states[SeriesKey.parse("cost/total")].alert
    assert total is not None
    whole = await operations.preview_feedback(Feedback(kind="real", alert_id=total.id), actor="ann")
    assert (robot.matched, robot.lesson.along, whole.matched, whole.lesson.along) == (1, [], 1, [])


async def test_the_listing_of_series_says_what_words_change(engine: Engine, operations: Operations) -> None:
    said = await _say(engine, "real", scope="entity")
    (robot,) = (await operations.list_series("cost/agent/robot")).series
    (helper,) = (await operations.list_series("cost/agent/helper")).series
    assert robot.feedback == said.lesson.effects
    assert robot.feedback[0].endswith("until it ends are not learnt")
    assert helper.feedback == []
    assert said.lesson.pattern == "*/agent/robot"


async def test_the_last_word_about_an_alert_counts_and_the_former_comes_back_without_it(
    engine: Engine, operations: Operations
) -> None:
    alert = _alert(engine)
    first = await _say(engine, "noise")
    second = await operations.give_feedback(Feedback(kind="real", alert_id=alert), actor="bob")
    older, newer = reversed((await operations.list_feedback()).lessons)
    assert older.effects == ["nothing now: a newer or more exact word about the same hours counts instead"]
    assert newer.effects == second.lesson.effects
    await operations.undo_feedback(second.lesson.id, actor="bob")
    (left,) = (await operations.list_feedback("cost/agent/robot")).lessons
    assert left.effects == first.lesson.effects


async def test_what_was_taken_back_is_listed_only_if_asked_for_and_says_by_whom(
    engine: Engine, operations: Operations
) -> None:
    said = await _say(engine, "noise")
    await operations.undo_feedback(said.lesson.id, actor="bob")
    assert (await operations.list_feedback()).total == 0
    (gone,) = (await operations.list_feedback(undone=True)).lessons
    assert (gone.undone_by, gone.effects) == ("bob", [])
    with pytest.raises(UnknownNameError, match="no feedback"):
        await operations.undo_feedback(said.lesson.id, actor="bob")


async def test_hours_without_an_alert_can_be_spoken_of(plant: Plant, engine: Engine, operations: Operations) -> None:
    start = NOON - 3 * HOUR
    feedback = Feedback(kind="expected_once", series="cost/agent/robot", start=start, end=NOON - HOUR)
    said = await operations.give_feedback(feedback, actor="ann")
    await plant.spike(engine)
    assert said.lesson.effects[0].startswith("hours from 4 Mar 2026 ")
    assert engine.states[ROBOT].lessons


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"kind": "nois", "alert_id": "?"}, "did you mean noise"),
    ({"kind": "noise", "alert_id": "?"}, "there is no alert"),
    ({"kind": "real"}, "give alert_id, or series and start"),
    ({"kind": "real", "series": "cost/agent/robt", "start": NOON}, "such as cost/agent/robot"),
    ({"kind": "real", "series": "cost/agent/*", "start": NOON}, "put the pattern into scope"),
    ({"kind": "real", "series": "cost/agent/robot", "start": NOON}, "needs start and end"),
    ({"kind": "real", "series": "cost/agent/robot", "start": NOON, "end": NOON}, "cannot end"),
    ({"kind": "real", "series": "cost/agent/robot", "start": NOON, "until": NOON + DAY}, "leave it out"),
    ({"kind": "noise", "series": "cost/agent/robot", "start": NOON, "until": NOON + 99 * DAY}, "90 days"),
    ({"kind": "noise", "series": "cost/agent/robot", "start": NOON}, "give alert_id"),
    ({"kind": "expected", "series": "cost/agent/robot", "start": NOON, "until": NOON}, "is over already"),
    ({"kind": "expected", "series": "cost/agent/robot", "start": NOON, "scope": "cost/model/*"}, "leaves out"),
    ({"kind": "expected", "series": "cost/agent/robot", "start": NOON, "scope": "x/*"}, "no series matches"),
]


async def test_a_refusal_says_what_to_give_instead_and_keeps_nothing(engine: Engine, operations: Operations) -> None:
    for given, words in REFUSED:
        with pytest.raises(UnknownNameError, match=words):
            await operations.give_feedback(Feedback(**given), actor="ann")
    assert (await operations.list_feedback(undone=True)).total == 0
