"""Scoring a recorded series as it would have been scored live."""

from __future__ import annotations

from detectors.checks import HOUR, ordinary_weeks
from detectors.scoring import score_rows
from detectors.spend import SpendDetector


def test_every_row_gets_the_verdict_it_would_have_got_live():
    weeks = ordinary_weeks()
    live = SpendDetector()
    scored = list(score_rows([(one.at, one.value) for one in weeks], SpendDetector(), HOUR))
    assert [observation for observation, _ in scored] == weeks
    assert [verdict for _, verdict in scored] == [live.update(one) for one in weeks]


def test_a_late_row_gets_a_verdict_and_moves_nothing():
    weeks = ordinary_weeks()
    rows = [(one.at, one.value) for one in weeks]
    late = (weeks[-30].at, 500.0)
    plain = [verdict for _, verdict in score_rows(rows, SpendDetector(), HOUR)]
    mixed = list(score_rows([*rows[:-5], late, *rows[-5:]], SpendDetector(), HOUR))
    assert mixed[-6][1].is_anomaly
    assert [verdict for _, verdict in mixed[-5:]] == plain[-5:]


def test_rows_are_taken_one_at_a_time():
    taken = []

    def rows():
        for one in ordinary_weeks():
            taken.append(one)
            yield one.at, one.value

    next(score_rows(rows(), SpendDetector(), HOUR))
    assert len(taken) == 1
