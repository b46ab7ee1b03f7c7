"""The bar is what a day exceeds as often as promised, and incidents do not move it for long."""

from __future__ import annotations

import math
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.base import DetectorError, Sensitivity
from detectors.budget import DEVIATION, EULER, KEPT, PROMISED, Budget, Gumbel, Windows
from detectors.checks import START

GUESS = Gumbel(1.5, 0.3)


def taught(budget, evidence, span=timedelta(hours=1)):
    """Let a budget learn window after window, and return the days on which the bar was passed."""
    hours = span / timedelta(hours=1)
    days = set()
    for number, one in enumerate(evidence):
        at = START + number * span
        if one > budget.bar:
            days.add(at.date())
        budget.learn(one, at, hours)
    return days


def squares_of_exponentials(count, seed=1):
    """Return evidence whose square roots have exponential tails, so that daily maxima are Gumbel."""
    return (np.random.default_rng(seed).exponential(0.4, count) ** 2).tolist()


def test_a_share_of_days_exceeds_its_level():
    gumbel = Gumbel(2.0, 0.5)
    for share in (0.01, 0.1, 0.5):
        below = math.exp(-math.exp(-(gumbel.level(share) - 2.0) / 0.5))
        assert below == pytest.approx(1.0 - share)


@pytest.mark.parametrize("sensitivity", Sensitivity)
@pytest.mark.parametrize("minutes", [10, 60])
def test_as_many_days_pass_the_bar_as_were_promised(sensitivity, minutes):
    weeks, runs = 20, 6
    days = 0
    for seed in range(runs):
        evidence = squares_of_exponentials(weeks * 7 * 1440 // minutes, seed)
        days += len(taught(Budget(sensitivity), evidence, timedelta(minutes=minutes)))
    promised = PROMISED[sensitivity] * weeks * runs
    assert promised / 2 - 4 <= days <= promised * 2


def test_the_first_guess_follows_from_the_windows():
    windows = Windows()
    roots = np.random.default_rng(2).gumbel(3.0, 0.5, 2000)
    for root in roots:
        windows.learn(root)
    assert windows.largest_of(1).scale == pytest.approx(0.5, rel=0.1)
    largest = np.random.default_rng(3).gumbel(3.0, 0.5, (4000, 24)).max(axis=1)
    guess = windows.largest_of(24)
    assert guess.location + EULER * guess.scale == pytest.approx(largest.mean(), rel=0.05)
    assert guess.scale * DEVIATION == pytest.approx(largest.std(), rel=0.1)


def test_a_given_guess_is_the_bar_until_there_are_days():
    budget = Budget("normal", GUESS, weight=10.0)
    assert budget.bar == pytest.approx(GUESS.level(0.2 / 7) ** 2)
    assert taught(budget, [0.0] * 24) == set()
    assert budget.bar == pytest.approx(GUESS.level(0.2 / 7) ** 2)


def test_a_quiet_series_lowers_the_bar_but_not_below_the_least():
    budget = Budget("normal", GUESS, least=1.8)
    taught(budget, [0.01] * 24 * 60)
    assert budget.bar == 1.8


def test_a_restless_series_raises_the_bar():
    budget = Budget("normal", GUESS, weight=5.0)
    before = budget.bar
    taught(budget, [one * 20.0 for one in squares_of_exponentials(24 * 40)])
    assert budget.bar > 2 * before


def test_an_incident_of_days_hardly_moves_the_bar():
    budget, undisturbed = Budget("normal", GUESS), Budget("normal", GUESS)
    evidence = squares_of_exponentials(24 * 40)
    taught(undisturbed, evidence)
    taught(budget, [*evidence[: 24 * 30], *[1e6] * 48, *evidence[24 * 32 :]])
    assert budget.bar < 1.5 * undisturbed.bar


@pytest.mark.parametrize("when", [0, 3, 30])
def test_one_absurd_window_is_forgotten(when):
    evidence = squares_of_exponentials(24 * 60)
    usual, struck = Budget("normal"), Budget("normal")
    taught(usual, evidence)
    evidence[when] = 1e200
    taught(struck, evidence)
    assert struck.bar < 2 * usual.bar


def test_windows_of_a_week_may_pass_as_often_as_weeks_are_promised():
    daily, weekly = Budget("normal", GUESS), Budget("normal", GUESS)
    taught(daily, [1.0] * 40, timedelta(days=1))
    taught(weekly, [1.0] * 40, timedelta(days=7))
    assert weekly.bar < daily.bar


def test_a_saved_budget_goes_on_as_if_nothing_had_happened():
    evidence = squares_of_exponentials(24 * 40)
    one, other = Budget("normal", GUESS), Budget("normal", GUESS)
    taught(one, evidence)
    other.restore(one.state())
    for number in range(100):
        at = START + timedelta(days=40, hours=number)
        one.learn(float(number), at, 1.0)
        other.learn(float(number), at, 1.0)
        assert one.bar == other.bar


def test_a_saved_budget_of_another_shape_is_refused():
    state = Budget("normal", GUESS).state()
    with pytest.raises(DetectorError, match="'maxima' has 29 entries"):
        Budget("normal", GUESS).restore(state | {"maxima": [1.0] * (KEPT + 1)})


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.floats(0.0, 1e300) | st.sampled_from([0.0, 1e-300, 1e18]), max_size=80),
    st.sampled_from([1 / 60, 1.0, 24.0, 744.0]),
    st.booleans(),
)
def test_the_bar_stays_a_number_whatever_comes(evidence, hours, guessed):
    budget = Budget("normal", GUESS if guessed else None)
    at = START
    for one in [*evidence, 1.0]:
        budget.learn(one, at, hours)
        at += timedelta(hours=hours)
        assert math.isfinite(budget.bar)
        assert budget.bar >= 0.0
