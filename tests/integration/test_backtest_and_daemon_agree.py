"""A backtest of today's settings tells what the daemon itself alerted on, window for window."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.alerts import Alert
from daemon.domain import SeriesKey
from daemon.pipeline.step import Batch, SeriesInput, SeriesState, step
from daemon.rules import SeriesRules
from detectors.backtest.compare import compare
from detectors.backtest.history import History
from detectors.backtest.settings import Settings
from detectors.base import Observation, Sensitivity
from detectors.decision.episodes import Episode

HOUR = timedelta(hours=1)
START = datetime(2026, 3, 9, tzinfo=UTC)  # Berlin's clocks change three weeks later
BERLIN = ZoneInfo("Europe/Berlin")
HOURS = 30 * 24
LEARNT = 8 * 24
COST, RATE = SeriesKey.parse("cost/agent/robot"), SeriesKey.parse("error_rate/total")


@dataclass(frozen=True, slots=True)
class Case:
    """A series, how it is watched, and what happened in it."""

    key: SeriesKey
    rules: SeriesRules
    odd: Sequence[tuple[int, int, float]]
    gaps: Sequence[tuple[int, int]]

    def hours(self) -> Iterator[tuple[datetime, Observation | None]]:
        """Yield the end of every hour with its window, if there is one."""
        missing = {n for start, length in self.gaps for n in range(start, start + length)}
        for n in range(HOURS):
            at = START + n * HOUR
            day = 1.0 if 8 <= at.astimezone(BERLIN).hour < 18 else 0.3
            value = 10.0 * day * (1 + (n * 7919 % 101 - 50) / 400)
            for start, length, factor in self.odd:
                value *= factor if start <= n < start + length else 1.0
            value = value if self.key is COST else min(1.0, value / 100)
            yield at + HOUR, None if n in missing else Observation(at.astimezone(BERLIN), value, HOUR)


def alerts(case: Case) -> list[Alert]:
    """Return what the daemon's own step alerts on, fed hour by hour."""
    muted = START + LEARNT * HOUR
    states = {case.key: SeriesState(case.rules.build(), START, START)}
    found: dict[str, Alert] = {}
    for end, observation in case.hours():
        closed = () if observation is None else (observation,)
        batch = Batch(
            tenant="team-1", at=end, until=end, mute_until=muted, series=[SeriesInput(case.key, case.rules, closed)]
        )
        result = step(states, batch)
        states.update(result.states)
        found |= {outcome.alert.id: outcome.alert for outcome in result.outcomes}
    return sorted(found.values(), key=lambda alert: alert.opened_at)


def replayed(case: Case):
    history = History(
        [observation for _, observation in case.hours() if observation is not None],
        Settings(case.rules.detector, case.rules.sensitivity, {}, case.rules.min_impact),
        judged_from=START + LEARNT * HOUR,
        adds_up=case.key.metric.is_counter,
    )
    return compare({str(case.key): history}, ()).today.told


@given(
    case=st.builds(
        Case,
        key=st.sampled_from([COST, RATE]),
        rules=st.builds(
            SeriesRules,
            st.just(True),
            st.sampled_from(["spend", "level"]),
            st.sampled_from(Sensitivity),
            st.sampled_from([0.0, 0.05, 5.0, 40.0]),
        ),
        odd=st.lists(
            st.tuples(st.integers(100, HOURS - 1), st.integers(1, 12), st.sampled_from([0.0, 0.2, 3.0, 9.0])),
            max_size=6,
        ),
        gaps=st.lists(st.tuples(st.integers(100, HOURS - 1), st.integers(1, 9)), max_size=3),
    )
)
@settings(max_examples=25, deadline=None)
def test_the_backtest_tells_what_the_daemon_alerted_on(case: Case) -> None:
    said = [_brief(one.episode, one.episode.ended_at) for one in replayed(case)]
    assert said == [_brief(one, one.resolved_at) for one in alerts(case)]


def test_both_tell_of_what_is_plain_to_see() -> None:
    rules = SeriesRules(True, "spend", Sensitivity.NORMAL, 40.0)
    case = Case(COST, rules, odd=[(400, 3, 9.0), (600, 3, 9.0)], gaps=[])
    assert [one.start for one in replayed(case)] == [START + 400 * HOUR, START + 600 * HOUR]
    assert [one.opened_at for one in alerts(case)] == [one.episode.opened_at for one in replayed(case)]


def _brief(one: Episode | Alert, ended: datetime | None) -> tuple[object, ...]:
    return one.opened_at, one.window_start, one.observed, one.total_excess, ended
