"""Running means of a residual in units of their own wobble."""

from __future__ import annotations

import math

import pytest

from detectors.progress import Step
from detectors.spans import SPANS, Spans

HOURLY = Step(1.0, 0.0, 1.0)


def taught(hours=400, size=0.1) -> Spans:
    spans = Spans()
    for hour in range(1, hours + 1):
        spans.learn(size * math.sin(hour * 1.7), HOURLY, float(hour), 0.003, 2.0)
    return spans


def test_a_single_large_residual_is_a_matter_of_that_hour_once_it_is_enough():
    evidence = taught().look(2.0, HOURLY, enough=4.0)
    assert evidence.up_span == SPANS[0]
    assert evidence.up > 4.0


def test_a_small_lasting_residual_shows_on_a_longer_span():
    spans = taught()
    for hour in range(401, 425):
        spans.learn(0.2, HOURLY, float(hour), 0.003, 2.0)
    evidence = spans.look(0.2, HOURLY)
    assert evidence.up_span > SPANS[1]
    assert evidence.up > 2 * spans.look(0.2, Step(1.0, math.inf, 1.0)).up


def test_a_late_window_is_weighed_on_its_own():
    calm, hot = taught(), taught()
    for hour in range(401, 410):
        hot.learn(0.5, HOURLY, float(hour), 0.003, 2.0)
    alone = Step(1.0, math.inf, 1.0)
    assert hot.look(0.5, HOURLY).up > 1.5 * hot.look(0.5, alone).up
    assert hot.look(0.5, alone).up == pytest.approx(calm.look(0.5, alone).up, rel=0.6)


def test_a_window_already_learnt_changes_nothing_when_seen_again():
    spans = taught()
    learnt = spans.look(0.3, HOURLY)
    spans.learn(0.3, HOURLY, 401.0, 0.0, 2.0)
    again = spans.look(0.3, Step(1.0, 0.0, 0.0))
    # What was learnt also moved the centres a little.
    assert again.up == pytest.approx(learnt.up, rel=0.1)


def test_an_incident_hardly_widens_what_is_ordinary():
    spans = taught()
    before = spans.edges(4.0, 1.0)[1]
    for hour in range(401, 405):
        spans.learn(50.0, HOURLY, float(hour), 0.003, 2.0)
    assert spans.edges(4.0, 1.0)[1] < 1.5 * before


def test_calming_forgets_the_present_only():
    spans = taught()
    for hour in range(401, 410):
        spans.learn(0.5, HOURLY, float(hour), 0.003, 2.0)
    spans.calm()
    edges = spans.edges(4.0, 1.0)
    assert spans.look(sum(edges) / 2, HOURLY).up < 1.0
