"""The classic score, and what it cannot see."""

from __future__ import annotations

import math

import pytest

from detectors.analysis import Method
from detectors.base import Sensitivity


def classic(spending, *values, **choice):
    return spending.analyze(*values, method=Method.CLASSIC, **choice)


def test_the_score_counts_sample_deviations_from_the_mean_of_all_buckets(spending):
    # Mean 40, squared distances 900 900 900 900 900 22500 900: 28000 / 6, deviation 68.3130.
    (one,) = classic(spending, 10, 10, 10, 10, 10, 190, 40 * 7 - 240).temporal_anomalies
    deviation = math.sqrt((5 * 30**2 + 150**2 + 0) / 6)
    assert one.z_score == pytest.approx(150 / deviation)
    assert one.severity_score == pytest.approx(150 / deviation * math.sqrt(190))
    assert one.percentage_above_normal == pytest.approx(375.0)
    assert (one.normal_range_min, one.normal_range_max) == (0.0, pytest.approx(40 + deviation))
    assert one.excess == pytest.approx(190 - (40 + deviation) / 2)


@pytest.mark.parametrize(("sensitivity", "found"), [("conservative", 0), ("normal", 1), ("aggressive", 1)])
def test_one_spike_in_a_week_stays_below_three_deviations_however_large(spending, sensitivity, found):
    result = classic(spending, 1, 1, 1, 1, 1e5, 1, 1, sensitivity=Sensitivity(sensitivity))
    assert result.total_anomalies_detected == found
    assert all(one.z_score == pytest.approx(6 / math.sqrt(7)) for one in result.temporal_anomalies)


def test_two_equal_spikes_hide_each_other(spending):
    assert classic(spending, 10, 1000, 10, 10, 1000, 10, 10).total_anomalies_detected == 0


def test_absent_buckets_are_not_zeros(spending):
    result = classic(spending, None, None, None, None, None, None, 5000)
    assert result.total_anomalies_detected == 0
    assert [key.name for key in result.undecided] == ["writer"]


def test_the_impact_is_asked_of_the_amount(spending):
    week = (1000, 1000, 1000, 1000, 1000, 1000, 1015)
    assert classic(spending, *week, min_impact=20).total_anomalies_detected == 1


def test_a_drop_is_an_anomaly_of_no_cost(spending):
    result = classic(spending, 1000, 1000, 1000, 1000, 20, 1000, 1000)
    assert result.temporal_anomalies[0].anomaly_value == 20.0
    assert result.entity_summary[0].total_anomalous_cost == 0.0


def test_equal_amounts_have_no_deviation_and_no_anomaly(spending):
    assert classic(spending, 7, 7, 7, 7, min_impact=0).total_anomalies_detected == 0


def test_a_bucket_is_added_up_by_the_first_dimension_of_the_usual_order(spending):
    week = (10, 10, 10, 10, 10, 10, 500)
    entities = {("agent", "a"): week, ("provider", "p"): (*week[:6], 400), ("tool", "t"): week}
    result = spending.analyze_all(entities, method=Method.CLASSIC)
    assert [one.primary_entity_type for one in result.time_period_summary] == ["provider"]
