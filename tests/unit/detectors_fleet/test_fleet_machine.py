"""Whatever happens to its series, a fleet says of each what a detector of its own would say."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import hypothesis.strategies as st
import numpy as np
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from detectors.base import Observation
from detectors.checks import HOUR
from detectors.fleet.checks import Pair

COUNT = 4
SERIES = st.integers(0, COUNT - 1)
STARTS = st.sampled_from(
    [  # the last two come upon a change of the clock
        (datetime(2026, 1, 5, tzinfo=UTC), UTC),
        (datetime(2026, 3, 22, 3, tzinfo=UTC), ZoneInfo("Europe/Berlin")),
        (datetime(2026, 10, 27, 4, tzinfo=UTC), ZoneInfo("America/New_York")),
    ]
)
SPANS = st.sampled_from([timedelta(minutes=one) for one in (1, 5, 30, 60, 90, 1440, 31 * 1440)])
STRANGE = st.sampled_from([0.0, -1.0, 1e-300, 1e18, -1e18, 1e300, 5e-324, math.nan])
VALUES = st.lists(st.one_of(STRANGE, st.floats(-1e6, 1e6, allow_nan=False)), min_size=COUNT, max_size=COUNT)
FACTORS = st.lists(st.sampled_from([-1.0, 0.0, 0.2, 1.0, 1.0, 1.7, 4.0, 50.0]), min_size=COUNT, max_size=COUNT)


class FleetMachine(RuleBasedStateMachine):
    @initialize(start=STARTS, days=st.integers(0, 8), warm_up=st.sampled_from([24.0, 72.0]))
    def begin(self, start, days, warm_up):
        self.now, self.zone = start
        self.pair = Pair(COUNT, warm_up=warm_up)
        self.feed_usual(days * 24, [1.0] * COUNT)

    @property
    def local(self):
        return self.now.astimezone(self.zone)

    def usual(self, i):
        hour = int(self.now.timestamp()) // 3600
        noise = 1.0 + ((hour * 7919 + i * 104729) % 101 - 50) / 300
        office = (1.0 if 8 <= self.local.hour < 18 else 0.3) * (0.4 if self.local.weekday() >= 5 else 1.0)
        return 10.0**i * office * noise

    def feed(self, values, span=HOUR):
        self.pair.update(self.local, values, span)
        self.now += span

    def feed_usual(self, hours, factors):
        for _ in range(hours):
            self.feed([self.usual(i) * factor for i, factor in enumerate(factors)])

    @rule(factors=FACTORS, hours=st.integers(1, 72))
    def go_on_at_another_level(self, factors, hours):
        self.feed_usual(hours, factors)

    @rule(values=VALUES, span=SPANS, times=st.integers(1, 8))
    def repeat_strange_values(self, values, span, times):
        for _ in range(times):
            self.feed(values, span)

    @rule(missing=st.sets(SERIES), hours=st.integers(1, 30))
    def leave_some_without_a_window(self, missing, hours):
        self.feed_usual(hours, [math.nan if i in missing else 1.0 for i in range(COUNT)])

    @rule(minutes=st.integers(1, 20_000))
    def leave_a_gap(self, minutes):
        self.now += timedelta(minutes=minutes)

    @rule(values=VALUES, minutes=st.integers(0, 5000))
    def deliver_late(self, values, minutes):
        self.pair.update((self.now - timedelta(minutes=minutes)).astimezone(self.zone), values, HOUR)

    @rule(values=VALUES, minutes=st.integers(-90, 90), span=SPANS)
    def judge_anywhere(self, values, minutes, span):
        before = self.pair.fleet.columns.copy()
        self.pair.judge((self.now + timedelta(minutes=minutes)).astimezone(self.zone), values, span)
        np.testing.assert_array_equal(self.pair.fleet.columns, before)

    @rule(i=SERIES, factor=st.sampled_from([0.0, 1.0, 9.0]), hours=st.integers(1, 40))
    def let_one_leave_and_come_back(self, i, factor, hours):
        alone, counterpart = self.pair.fleet.export(i), self.pair.singles[i]
        for _ in range(hours):
            values = [self.usual(one) * factor for one in range(COUNT)]
            for detector in (alone, counterpart):
                detector.learn(Observation(self.local, values[i], HOUR))
            self.feed([math.nan if one == i else value for one, value in enumerate(values)])
        self.pair.fleet.adopt(i, alone)


FleetMachine.TestCase.settings = settings(max_examples=30, stateful_step_count=10, deadline=None)
TestFleetMachine = FleetMachine.TestCase
