"""An alert: its identity, its episode, what is stored of it, and what people know."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.alerts import Alert, alert_id, newest_of, opened
from daemon.domain import SeriesKey
from daemon.storage.partitions import ALERTS
from daemon.testing import NOON
from detectors.base import Observation, Verdict
from detectors.decision.episodes import Episode, Policy, Reason, decide, end
from detectors.decision.tally import Tally

SERIES = SeriesKey.parse("cost/agent/robot")
HOUR = timedelta(hours=1)
BERLIN = ZoneInfo("Europe/Berlin")

MakeWindow = Callable[..., Observation]
MakeVerdict = Callable[..., Verdict]
MakeAlert = Callable[..., Alert]


def _opened(verdict: Verdict, observation: Observation) -> Alert:
    episode = decide(None, verdict, observation, Policy()).episode
    assert episode is not None
    return opened(episode, tenant="team-1", series=SERIES, detector="spend")


def test_an_opened_alert_tells_its_window_and_what_was_expected(window: MakeWindow, verdict: MakeVerdict) -> None:
    alert = _opened(verdict(), window())
    assert alert.id == alert.incident == alert_id("team-1", SERIES, NOON)
    assert (alert.window_start, alert.window_end, alert.opened_at) == (NOON - HOUR, NOON, NOON)
    assert (alert.observed, alert.expected, alert.low, alert.high, alert.score) == (100.0, 10.0, 5.0, 20.0, 0.9)
    assert (alert.excess, alert.total_excess, alert.sequence, alert.told_excess) == (90.0, 90.0, 0, 0.0)
    assert alert.is_open


def test_an_alert_mirrors_every_field_of_its_episode_but_whether_it_is_pending(alert: MakeAlert) -> None:
    mirrored = {one.name for one in fields(Alert)} & {one.name for one in fields(Episode)}
    assert {one.name for one in fields(Episode)} - mirrored == {"pending", "ended_at"}
    one = alert(total_excess=140.0, tally=Tally(50.0, 90.0, NOON), resolved_at=NOON, ended_by=Reason.TURNED)
    assert one.with_episode(one.episode) == one


def test_an_alert_follows_its_episode_and_keeps_its_identity_and_words(alert: MakeAlert) -> None:
    before = alert(summary="Robot spent.", incident="another", sequence=1)
    ended = end(before.episode, NOON + HOUR, Reason.SWITCHED_OFF).episode
    assert ended is not None
    after = before.with_episode(ended)
    assert (after.resolved_at, after.ended_by, after.is_open) == (NOON + HOUR, Reason.SWITCHED_OFF, False)
    assert replace(after, resolved_at=None, ended_by=None, updated_at=NOON) == before


def test_telling_counts_messages_and_keeps_what_people_know(alert: MakeAlert) -> None:
    told = alert(sequence=1, total_excess=300.0, unannounced=True).told()
    assert (told.sequence, told.told_excess, told.told_total, told.unannounced) == (2, 90.0, 300.0, False)


def test_alerts_that_were_stored_before_episodes_are_read(alert: MakeAlert) -> None:
    one = alert(told_excess=90.0, sequence=1, resolved_at=NOON, ended_by=Reason.BACK_TO_NORMAL)
    new = ("total_excess", "tally", "unannounced", "told_total", "explanation", "feedback")
    body = ALERTS.dump_python(one, mode="json")
    old = json.dumps({name: value for name, value in body.items() if name not in new})
    assert ALERTS.validate_json(old) == one


def test_of_a_series_the_open_alert_counts_and_else_the_last_to_end(alert: MakeAlert) -> None:
    came_back = alert(resolved_at=NOON + 5 * HOUR, updated_at=NOON + 5 * HOUR)
    between = alert(opened=NOON + HOUR, resolved_at=NOON + 2 * HOUR, updated_at=NOON + 2 * HOUR)
    going_on = alert("cost/total", updated_at=NOON)
    over = alert("cost/total", opened=NOON + HOUR, resolved_at=NOON + HOUR, updated_at=NOON + HOUR)
    assert newest_of([came_back, between, going_on, over]) == {came_back.series: came_back, going_on.series: going_on}


@given(
    st.tuples(st.text(max_size=5), st.text(max_size=5), st.integers(0, 3)),
    st.tuples(st.text(max_size=5), st.text(max_size=5), st.integers(0, 3)),
)
@settings(max_examples=50)
def test_ids_are_equal_exactly_when_tenant_series_and_window_are(
    one: tuple[str, str, int], other: tuple[str, str, int]
) -> None:
    def identity(parts: tuple[str, str, int]) -> str:
        tenant, name, hours = parts
        return alert_id(tenant, SeriesKey.parse(f"cost/agent/{name}"), NOON + hours * HOUR)

    without_zeros = all("\0" not in text for parts in (one, other) for text in parts[:2])
    assert identity(one) == identity(one)
    if without_zeros:
        assert (identity(one) == identity(other)) == (one == other)


def test_the_id_does_not_depend_on_the_owners_zone(verdict: MakeVerdict) -> None:
    here = _opened(verdict(), Observation(NOON - HOUR, 100.0, HOUR))
    there = _opened(verdict(), Observation((NOON - HOUR).astimezone(BERLIN), 100.0, HOUR))
    assert here == there
