"""Running means of a residual in units of their own wobble."""

from __future__ import annotations

import math

import pytest

from detectors.progress import Step
from detectors.spans import SPANS, Evidence, Spans, strongest

HOURLY = Step(1.0, 0.0, 1.0)


def learn(spans: Spans, residual: float, hours: float, fade: float = 0.003) -> None:
    spans.learn(residual, spans.look(residual, HOURLY), 1.0, hours, fade, 2.0)


def weighed(spans: Spans, residual: float, step: Step = HOURLY, enough: float = math.inf) -> Evidence:
    strengths = spans.look(residual, step).strengths
    return strongest(strengths, [-one for one in strengths], enough)


def taught(hours=400, size=0.1) -> Spans:
    spans = Spans()
    for hour in range(1, hours + 1):
        learn(spans, size * math.sin(hour * 1.7), float(hour))
    return spans


def test_a_single_large_residual_is_a_matter_of_that_hour_once_it_is_enough():
    evidence = weighed(taught(), 2.0, enough=4.0)
    assert evidence.up_span == SPANS[0]
    assert evidence.up > 4.0


def test_a_small_lasting_residual_shows_on_a_longer_span():
    spans = taught()
    for hour in range(401, 425):
        learn(spans, 0.2, float(hour))
    evidence = weighed(spans, 0.2)
    assert evidence.up_span > SPANS[1]
    assert evidence.up > 2 * weighed(spans, 0.2, Step(1.0, math.inf, 1.0)).up


def test_a_late_window_is_weighed_on_its_own():
    calm, hot = taught(), taught()
    for hour in range(401, 410):
        learn(hot, 0.5, float(hour))
    alone = Step(1.0, math.inf, 1.0)
    assert weighed(hot, 0.5).up > 1.5 * weighed(hot, 0.5, alone).up
    assert weighed(hot, 0.5, alone).up == pytest.approx(weighed(calm, 0.5, alone).up, rel=0.6)


def test_a_window_already_learnt_changes_nothing_when_seen_again():
    spans = taught()
    learnt = weighed(spans, 0.3, HOURLY)
    learn(spans, 0.3, 401.0, 0.0)
    again = weighed(spans, 0.3, Step(1.0, 0.0, 0.0))
    # What was learnt also moved the centres a little.
    assert again.up == pytest.approx(learnt.up, rel=0.1)


def test_an_incident_hardly_widens_what_is_ordinary():
    spans = taught()
    before = spans.edges(4.0, 4.0, 1.0)[1]
    for hour in range(401, 405):
        learn(spans, 50.0, float(hour))
    assert spans.edges(4.0, 4.0, 1.0)[1] < 1.5 * before


def test_calming_forgets_the_present_only():
    spans = taught()
    for hour in range(401, 410):
        learn(spans, 0.5, float(hour))
    spans.calm()
    edges = spans.edges(4.0, 4.0, 1.0)
    assert weighed(spans, sum(edges) / 2).up < 1.0


def test_a_long_mean_counts_only_while_the_last_hour_agrees():
    spans = taught()
    for hour in range(401, 425):
        learn(spans, 0.5, float(hour))
    going_on, over = weighed(spans, 0.5), weighed(spans, -0.05)
    assert going_on.up > 4.0
    assert over.up == 0.0
    assert over.low < 1.0
