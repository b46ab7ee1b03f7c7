"""The robust norm, worked out by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest

from detectors.analysis import EntityKey, analyze
from detectors.base import DetectorError, Sensitivity

ALL = list(Sensitivity)


def test_the_deviation_is_the_mean_distance_of_the_nearer_buckets(spending):
    # Median 10, distances 0 1 1 0 3 0 2; the nearer four are 0 0 0 1, and one of the zeros is the
    # median itself: 1 / 3, times 2.662 for the nearer 4/7 of a Gaussian, times 1 + 2.5 / 7.
    found = spending.analyze(10, 11, 9, 10, 13, 10, 12, min_impact=0).temporal_anomalies
    assert [one.anomaly_value for one in found] == [13.0]
    assert found[0].z_score == pytest.approx(3 / (2.662 / 3 * 9.5 / 7), rel=1e-3)
    assert found[0].normal_value == 10.0


def test_an_even_number_of_buckets_has_no_bucket_in_the_middle(spending):
    # Median 10.5, the nearer four are 0.5 0.5 0.5 1.5: 0.75, times 2.236 for the nearer two thirds, times 1 + 2.5 / 6.
    found = spending.analyze(10, 12, 9, 11, 30, 10).temporal_anomalies
    assert [one.z_score for one in found] == [pytest.approx(19.5 / (0.75 * 2.236 * 8.5 / 6), rel=1e-3)]


@pytest.mark.parametrize("sensitivity", ALL)
def test_one_spike_in_a_week_is_seen_at_every_sensitivity(spending, sensitivity):
    found = spending.analyze(10, 11, 9, 10, 1000, 10, 12, sensitivity=sensitivity).temporal_anomalies
    assert [(one.anomaly_value, one.time_group_label) for one in found] == [(1000.0, "Friday 2026-03-06")]


@pytest.mark.parametrize("sensitivity", ALL)
@pytest.mark.parametrize("week", [(10, 1000, 9, 10, 1000, 10, 12), (10, 11, 9, 10, 1000, 1000, 1000)])
def test_spikes_do_not_hide_one_another(spending, sensitivity, week):
    result = spending.analyze(*week, sensitivity=sensitivity)
    assert {one.anomaly_value for one in result.temporal_anomalies} == {1000.0}
    assert result.total_anomalies_detected == week.count(1000)


def test_spending_after_idle_days_is_found_and_has_no_percentage(spending):
    (one,) = spending.analyze(None, None, None, None, None, None, 5000).temporal_anomalies
    assert one.percentage_above_normal is None
    assert one.z_score == 100.0
    assert "where nothing is usual" in one.context


def test_the_impact_is_asked_of_the_excess_and_not_of_the_amount(spending):
    week = (1000, 1000, 1000, 1000, 1000, 1000, 1150)
    assert spending.analyze(*week, min_impact=20).total_anomalies_detected == 1
    quieter = spending.analyze(*week, min_impact=200)
    assert (quieter.total_anomalies_detected, quieter.below_impact) == (0, 1)


def test_nobodys_spending_is_taken_to_be_steadier_than_a_twentieth(spending):
    assert spending.analyze(1000, 1000, 1000, 1000, 1000, 1000, 1015, min_impact=0).total_anomalies_detected == 0


def test_a_drop_counts_only_when_asked_for(spending):
    week = (1000, 1010, 990, 1000, 20, 1005, 1000)
    assert spending.analyze(*week).total_anomalies_detected == 0
    (one,) = spending.analyze(*week, drops=True).temporal_anomalies
    assert one.excess == -980.0
    assert one.percentage_above_normal == pytest.approx(-98.0)
    assert "98 % below normal" in one.context


def test_who_comes_and_goes_is_compared_with_its_own_active_days(spending):
    month = [0.0] * 28
    for day in (2, 6, 9, 13, 20, 24):
        month[day] = 100.0
    assert spending.analyze(*month).total_anomalies_detected == 0
    month[16] = 900.0
    (one,) = spending.analyze(*month).temporal_anomalies
    assert (one.anomaly_value, one.normal_value) == (900.0, 100.0)


def office_week(hour_of_spike=None, size=500.0):
    """Return the hours of a week: ten dollars in office hours, one otherwise, both wavering by a tenth."""
    hours = [10.0 if hour // 24 < 5 and 8 <= hour % 24 < 18 else 1.0 for hour in range(168)]
    wavering = [amount * (0.9 + hour * 7 % 5 / 20) for hour, amount in enumerate(hours)]
    return [size if hour == hour_of_spike else amount for hour, amount in enumerate(wavering)]


def test_office_hours_have_a_norm_of_their_own(hourly):
    assert hourly.analyze(*office_week(), min_impact=0).total_anomalies_detected == 0
    (one,) = hourly.analyze(*office_week(36, size=40.0)).temporal_anomalies
    assert one.time_group_label == "Tuesday 2026-03-03 12:00 UTC"
    assert one.normal_value == pytest.approx(10.0, rel=0.1)


def test_what_is_ordinary_at_noon_is_an_anomaly_in_the_night(hourly):
    (one,) = hourly.analyze(*office_week(27, size=10.0), min_impact=5).temporal_anomalies
    assert (one.anomaly_value, one.normal_value) == (10.0, pytest.approx(1.0, rel=0.1))


def test_the_working_half_of_a_single_day_is_no_anomaly(hourly):
    assert hourly.analyze(*office_week()[:24], min_impact=0).total_anomalies_detected == 0


def test_a_weekday_that_is_always_dear_is_a_habit_and_two_of_four_are_not(spending):
    month = [10.0 + day % 3 for day in range(28)]
    for monday in (0, 7, 14, 21):
        month[monday] = 90.0
    assert spending.analyze(*month).total_anomalies_detected == 0
    month[0] = month[14] = 10.0
    assert spending.analyze(*month).total_anomalies_detected == 2


def test_a_single_stretch_after_idleness_is_new_and_no_habit(spending):
    result = spending.analyze(*[0.0] * 20, 100, 100, 100, 100)
    assert result.total_anomalies_detected == 4


def test_too_few_buckets_are_undecided_and_nothing_is_found(spending):
    result = spending.analyze(10, 10, 1000)
    assert result.undecided == (EntityKey("agent", "writer"),)
    assert result.total_anomalies_detected == 0


def test_all_zeros_are_ordinary(spending):
    result = spending.analyze(0, 0, 0, 0, 0, 0, 0, min_impact=0, drops=True)
    assert (result.total_anomalies_detected, result.undecided) == (0, ())


def test_the_severity_grows_with_the_dollars_once_the_distance_is_clear(spending):
    result = spending.analyze_all(
        {("agent", "a"): (1, 1, 1, 1, 50, 1, 1), ("agent", "b"): (90, 95, 99, 92, 990, 93, 95)}
    )
    assert [one.entity_name for one in result.temporal_anomalies] == ["b", "a"]
    assert result.temporal_anomalies[0].severity_score == pytest.approx(10 * 895**0.5)


@pytest.mark.parametrize("amount", [float("nan"), float("inf")])
def test_an_amount_that_is_no_number_is_refused(spending, amount):
    with pytest.raises(DetectorError, match=r"agent writer.*leave out"):
        spending.analyze(1, 2, amount, 3)


def test_a_bucket_outside_the_period_is_refused(spending):
    buckets = {("agent", "a"): {spending.start + timedelta(hours=1): 1.0}}
    with pytest.raises(DetectorError, match="does not begin where one of the period does"):
        analyze(buckets, spending.period(7))
