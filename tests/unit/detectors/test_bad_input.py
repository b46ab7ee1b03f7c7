"""Whatever is thrown at a detector of the registry, it stays sane and finds back within days."""

from __future__ import annotations

import math
import pickle
from datetime import timedelta

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from detectors import registry, snapshot
from detectors.base import DetectorError, Observation
from detectors.checks import HOUR, START

OURS = ("spend", "level", "generic")
SPANS = (timedelta(seconds=1), timedelta(minutes=1), timedelta(minutes=15), HOUR, timedelta(days=1))
STRANGE = st.sampled_from([0.0, -1.0, -1e18, 1e18, 1e300, 1e-300, 5e-324]) | st.floats(-1e9, 1e9, allow_nan=False)
NO_NUMBERS = st.sampled_from([math.nan, math.inf, -math.inf])
ORDINARY = 10.0
BACK_IN_ORDER = 72
"""Hours of ordinary data after which nothing may be left of what came before them."""


def usual(at):
    """Return what is ordinary at a time of the day."""
    return ORDINARY + 2.0 * math.sin(at.hour / 24 * math.tau) + at.hour * 7 % 11 / 10


def numbers_in(state):
    if isinstance(state, dict | list):
        for part in state.values() if isinstance(state, dict) else state:
            yield from numbers_in(part)
    elif isinstance(state, int | float):
        yield float(state)


def check_sound(verdict):
    assert 0.0 <= verdict.score < 1.0
    assert all(math.isfinite(one) for one in (verdict.low, verdict.expected, verdict.high))
    assert verdict.low <= verdict.high
    assert verdict.reason
    assert not (verdict.warming_up and verdict.is_anomaly)


class Machine(RuleBasedStateMachine):
    """A detector that has learnt some ordinary days, and is then mistreated."""

    name = ""

    def make(self):
        tuned = {} if self.name in OURS else {"grace": 48}
        return registry.create(self.name, **tuned)

    @initialize(days=st.sampled_from([0, 1, 8]))
    def start(self, days):
        self.detector, self.now = self.make(), START
        self.live_an_ordinary_day(days)

    def feed(self, at, value, span=HOUR):
        verdict = self.detector.update(Observation(at, value, span))
        check_sound(verdict)
        if self.detector.snapshotable:
            assert all(map(math.isfinite, numbers_in(self.detector.state())))
        return verdict

    @rule(days=st.integers(1, 2))
    def live_an_ordinary_day(self, days):
        for _ in range(days * 24):
            self.detector.update(Observation(self.now, usual(self.now), HOUR))
            self.now += HOUR

    @rule(value=STRANGE, times=st.integers(1, 12), span=st.sampled_from(SPANS))
    def repeat_a_value(self, value, times, span):
        for _ in range(times):
            self.feed(self.now, value, span)
            self.now += span

    @rule(value=STRANGE, back=st.integers(1, 500))
    def deliver_late(self, value, back):
        self.feed(self.now - back * HOUR, value)

    @rule(value=STRANGE)
    def deliver_twice(self, value):
        self.feed(self.now, value)
        before = pickle.dumps(self.detector)
        self.feed(self.now, value)
        assert pickle.dumps(self.detector) == before
        self.now += HOUR

    @rule(hours=st.sampled_from([1, 30, 24 * 365 * 3]))
    def jump_ahead(self, hours):
        self.now += hours * HOUR

    @rule(years=st.integers(1, 20), value=STRANGE)
    def set_the_clock_back(self, years, value):
        self.feed(self.now, usual(self.now))
        before = pickle.dumps(self.detector)
        self.feed(self.now - timedelta(days=365 * years), value)
        assert pickle.dumps(self.detector) == before
        self.now += HOUR

    @rule(value=STRANGE, minutes=st.integers(-90, 90), span=st.sampled_from(SPANS))
    def only_judge(self, value, minutes, span):
        before = pickle.dumps(self.detector)
        check_sound(self.detector.judge(Observation(self.now + timedelta(minutes=minutes), value, span)))
        assert pickle.dumps(self.detector) == before

    @rule(value=NO_NUMBERS)
    def offer_what_is_no_number(self, value):
        before = pickle.dumps(self.detector)
        for method in (self.detector.judge, self.detector.learn, self.detector.update):
            with pytest.raises(DetectorError):
                method(Observation(self.now, value, HOUR))
        assert pickle.dumps(self.detector) == before

    @rule()
    def save_and_restore(self):
        if self.detector.snapshotable:
            self.detector = snapshot.load(snapshot.dump(self.detector), self.make())
        else:
            self.detector = pickle.loads(pickle.dumps(self.detector))  # noqa: S301 - made just now

    @rule()
    def clone_it(self):
        clone = self.detector.clone()
        assert clone.parameters() == self.detector.parameters()
        assert clone.judge(Observation(self.now, ORDINARY, HOUR)).warming_up

    def teardown(self):
        if hasattr(self, "detector"):
            self.live_an_ordinary_day(BACK_IN_ORDER // 24)
            verdict = self.feed(self.now, usual(self.now))
            assert not verdict.is_anomaly, verdict


def case(name, examples, steps):
    machine = type(f"{name}_machine", (Machine,), {"name": name})
    machine.TestCase.settings = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    return machine.TestCase


CASES = {
    "spend": case("spend", 15, 12),
    "level": case("level", 20, 12),
    "generic": case("generic", 20, 12),
    "gaussian": case("gaussian", 15, 12),
    "sad": case("sad", 15, 12),
    "half_space_trees": case("half_space_trees", 5, 8),
    "loda": case("loda", 5, 8),
    "one_class_svm": case("one_class_svm", 8, 8),
    "local_outlier_factor": case("local_outlier_factor", 3, 5),
}


@pytest.mark.parametrize("name", registry.names())
def test_whatever_comes_a_detector_stays_sane_and_finds_back(name):
    CASES[name]("runTest").runTest()
