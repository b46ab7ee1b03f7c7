"""Whatever is thrown at the spend detector, it stays sane and finds back."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from detectors import snapshot
from detectors.base import DetectorError, Observation
from detectors.checks import HOUR, START
from detectors.spend import SpendDetector

SPANS = (timedelta(minutes=1), timedelta(minutes=5), HOUR, timedelta(days=1), timedelta(days=31))
VALUES = st.one_of(
    st.sampled_from([0.0, -1.0, 1e18, -1e18, 1e300, 5e-324]),
    st.floats(-1e6, 1e6, allow_nan=False),
)


def numbers_in(state: Any) -> Iterator[float]:
    if isinstance(state, dict | list):
        for part in state.values() if isinstance(state, dict) else state:
            yield from numbers_in(part)
    elif isinstance(state, int | float):
        yield float(state)


class SpendMachine(RuleBasedStateMachine):
    @initialize(days=st.integers(0, 6))
    def start(self, days):
        self.detector = SpendDetector()
        self.now = START
        for _ in range(days * 24):
            self.feed(10.0)

    def feed(self, value, span=HOUR):
        self.verdict = self.detector.update(Observation(self.now, value, span))
        self.now += span

    @rule(value=VALUES, span=st.sampled_from(SPANS), times=st.integers(1, 30))
    def repeat_a_value(self, value, span, times):
        for _ in range(times):
            self.feed(value, span)

    @rule(hours=st.integers(1, 10_000))
    def leave_a_gap(self, hours):
        self.now += hours * HOUR

    @rule(value=VALUES, back=st.integers(0, 500))
    def deliver_late(self, value, back):
        self.verdict = self.detector.update(Observation(self.now - back * HOUR, value, HOUR))

    @rule(value=VALUES, minutes=st.integers(-90, 90), span=st.sampled_from(SPANS))
    def judge_anywhere(self, value, minutes, span):
        before = self.detector.state()
        at = self.now + timedelta(minutes=minutes)
        self.verdict = self.detector.judge(Observation(at, value, span))
        assert self.detector.state() == before

    @rule(value=st.sampled_from([math.nan, math.inf, -math.inf]))
    def offer_what_is_no_number(self, value):
        before = self.detector.state()
        with pytest.raises(DetectorError):
            self.detector.update(Observation(self.now, value, HOUR))
        assert self.detector.state() == before

    @invariant()
    def everything_learnt_is_finite(self):
        if hasattr(self, "detector"):
            assert all(map(math.isfinite, numbers_in(self.detector.state())))

    @rule()
    def go_through_a_snapshot(self):
        restored = snapshot.load(snapshot.dump(self.detector), SpendDetector())
        assert restored.state() == self.detector.state()
        self.detector = restored

    @invariant()
    def the_verdict_is_sound(self):
        verdict = getattr(self, "verdict", None)
        if verdict is None:
            return
        assert 0.0 <= verdict.score < 1.0
        assert 0.0 <= verdict.low <= verdict.high < float("inf")
        assert not (verdict.warming_up and verdict.is_anomaly)

    def teardown(self):
        """Six ordinary weeks later nothing of it is left, unless the level was lost in warm-up."""
        if not hasattr(self, "detector"):
            return
        for _ in range(6 * 168):
            self.feed(10.0)
        assert not self.verdict.is_anomaly
        assert not self.verdict.warming_up


SpendMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=12, deadline=None)
TestSpendMachine = SpendMachine.TestCase
