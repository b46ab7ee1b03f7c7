"""The contract every detector keeps, as checks that raise `AssertionError` when it does not."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from detectors import snapshot
from detectors.base import Detector, DetectorError, Observation, Verdict

Make = Callable[[], Detector]

HOUR = timedelta(hours=1)
START = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
WEEKS = 2


def yield_checks() -> Iterator[Callable[[Make], None]]:
    """Yield every check; each takes a function that makes a fresh detector."""
    yield check_verdicts_are_sound
    yield check_judging_changes_nothing
    yield check_updating_is_judging_then_learning
    yield check_same_input_gives_same_verdicts
    yield check_larger_excess_never_scores_less
    yield check_useless_input_is_refused
    yield check_repeated_window_is_not_learnt_twice
    yield check_clone_is_fresh
    yield check_pickle_keeps_everything
    yield check_snapshot_keeps_everything


def ordinary_weeks() -> list[Observation]:
    """Return two hourly weeks with a daily shape and an irregularity that is not random."""
    return [
        Observation(START + i * HOUR, 10.0 + 4.0 * math.sin(i / 24 * math.tau) + i * 7 % 11 / 5, HOUR)
        for i in range(WEEKS * 168)
    ]


def strange_values() -> tuple[float, ...]:
    """Return values a careless detector chokes on."""
    return (0.0, -5.0, 1e-300, 1e18, -1e18, 1e300, -1e300)


def check_verdicts_are_sound(make: Make) -> None:
    """Scores lie in [0, 1), bands are finite and in order, warming up is never an anomaly."""
    detector = make()
    for observation in ordinary_weeks():
        _sound(detector.update(observation))
    for observation in _strange_windows():
        _sound(detector.update(observation))
    warm = detector.judge(_next_window(10.0))
    _require(not warm.warming_up, "two weeks of history must be enough")


def check_judging_changes_nothing(make: Make) -> None:
    """Judging any window leaves no trace."""
    detector = _taught(make)
    before = pickle.dumps(detector)
    for observation in _strange_windows():
        detector.judge(observation)
    _require(pickle.dumps(detector) == before, "judging changed what the detector knows")


def check_updating_is_judging_then_learning(make: Make) -> None:
    """`update` gives the verdict of `judge` and leaves what `learn` leaves."""
    one, other = make(), make()
    for observation in ordinary_weeks():
        updated = one.update(observation)
        judged = other.judge(observation)
        other.learn(observation)
        _require(updated == judged, f"update said {updated}, judge said {judged}")


def check_same_input_gives_same_verdicts(make: Make) -> None:
    """There is no hidden randomness."""
    one, other = make(), make()
    for observation in ordinary_weeks():
        _require(one.update(observation) == other.update(observation), "two runs differ")


def check_larger_excess_never_scores_less(make: Make) -> None:
    """The further above everything seen, the higher the score, or at least not lower."""
    detector = _taught(make)
    scores = [detector.judge(_next_window(10.0**power)).score for power in range(2, 30)]
    _require(scores == sorted(scores), f"scores fall while the excess grows: {scores}")


def check_useless_input_is_refused(make: Make) -> None:
    """NaN, infinity, naive stamps and empty spans are errors, to judge as to learn."""
    detector = make()
    useless = (
        Observation(START, math.nan, HOUR),
        Observation(START, math.inf, HOUR),
        Observation(START, -math.inf, HOUR),
        Observation(START.replace(tzinfo=None), 1.0, HOUR),
        Observation(START, 1.0, timedelta(0)),
        Observation(START, 1.0, timedelta(days=400)),
    )
    for observation in useless:
        for method in (detector.judge, detector.learn, detector.update):
            try:
                method(observation)
            except DetectorError:
                continue
            raise AssertionError(f"{observation} was accepted")


def check_repeated_window_is_not_learnt_twice(make: Make) -> None:
    """Learning a window again, or one from long ago, changes nothing."""
    detector = _taught(make)
    before = pickle.dumps(detector)
    detector.learn(ordinary_weeks()[-1])
    detector.learn(Observation(START, 1e6, HOUR))
    _require(pickle.dumps(detector) == before, "a repeated or late window was learnt")


def check_clone_is_fresh(make: Make) -> None:
    """A clone has the parameters and none of the knowledge."""
    clone = _taught(make).clone()
    _require(clone.parameters() == make().parameters(), "the clone has other parameters")
    _require(clone.judge(_next_window(10.0)).warming_up, "the clone remembers")


def check_pickle_keeps_everything(make: Make) -> None:
    """A pickled detector goes on as if nothing had happened."""
    detector = _taught(make)
    _goes_on_alike(detector, pickle.loads(pickle.dumps(detector)))  # noqa: S301 - made a line ago


def check_snapshot_keeps_everything(make: Make) -> None:
    """A snapshot goes on as if nothing had happened; without snapshots, saving is refused."""
    detector = _taught(make)
    if detector.snapshotable:
        _goes_on_alike(detector, snapshot.load(snapshot.dump(detector), make()))
        return
    for refuse in (detector.state, lambda: detector.restore({})):
        try:
            refuse()
        except DetectorError:
            continue
        raise AssertionError("a detector without snapshots took or gave one")


def _taught(make: Make) -> Detector:
    detector = make()
    for observation in ordinary_weeks():
        detector.learn(observation)
    return detector


def _next_window(value: float) -> Observation:
    return Observation(START + WEEKS * 168 * HOUR, value, HOUR)


def _strange_windows() -> list[Observation]:
    after = START + WEEKS * 168 * HOUR
    return [Observation(after + i * HOUR, value, HOUR) for i, value in enumerate(strange_values())]


def _sound(verdict: Verdict) -> None:
    _require(0.0 <= verdict.score < 1.0, f"score out of [0, 1): {verdict}")
    edges = (verdict.low, verdict.expected, verdict.high)
    _require(all(math.isfinite(one) for one in edges), f"not finite: {verdict}")
    _require(verdict.low <= verdict.high, f"the band is upside down: {verdict}")
    _require(bool(verdict.reason), "a verdict gives a reason")
    _require(not (verdict.warming_up and verdict.is_anomaly), f"too early: {verdict}")


def _goes_on_alike(one: Detector, other: Detector) -> None:
    for observation in [_next_window(12.0), *_strange_windows()[1:]]:
        _require(one.update(observation) == other.update(observation), "they went on differently")


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise AssertionError(message)
