"""The spend detector on one office series: what it says, and what it learns."""

from __future__ import annotations

import math
import pickle
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from detectors.anchor import RESTLESS
from detectors.base import DetectorError, Observation, Sensitivity, Verdict
from detectors.checks import START
from detectors.reasons import score_of
from detectors.spend import THRESHOLDS, SpendDetector

HOUR = timedelta(hours=1)
NINE = 9 * HOUR  # of the Monday that follows what was taught


def test_an_ordinary_hour_is_ordinary(taught, office):
    verdict = taught.judge(office.hour(3 * 168 + 9))
    assert not verdict.is_anomaly
    assert verdict.reason == "ordinary"
    assert verdict.low < verdict.expected < verdict.high
    assert verdict.expected == pytest.approx(10.0, rel=0.1)


def test_a_night_is_expected_to_be_cheaper_than_a_day(taught, office):
    night = taught.judge(office.window(office.end + 3 * HOUR, 2.0))
    day = taught.judge(office.window(office.end + NINE, 10.0))
    assert night.expected < 0.4 * day.expected


def test_a_weekend_is_expected_to_be_cheaper_than_a_working_day(taught, office):
    monday = taught.judge(office.window(office.end + NINE, 10.0))
    saturday = taught.judge(office.window(office.end + 5 * 24 * HOUR + NINE, 5.0))
    assert saturday.expected < 0.75 * monday.expected


def test_a_day_price_at_night_is_an_anomaly(taught, office):
    verdict = taught.judge(office.window(office.end + 3 * HOUR, 10.0))
    assert verdict.is_anomaly
    assert verdict.reason == "above the usual level for this hour"


def test_mild_overspend_becomes_an_anomaly_when_it_lasts(taught, office):
    first = taught.update(office.hour(3 * 168, factor=1.6))
    assert not first.is_anomaly
    later = [taught.update(office.hour(3 * 168 + i, factor=1.6)) for i in range(1, 24)]
    assert any(one.is_anomaly for one in later)
    assert "for this hour" not in next(one for one in later if one.is_anomaly).reason


def test_silence_becomes_an_anomaly_below(taught, office):
    verdicts = [taught.update(office.hour(3 * 168 + i, factor=0.0)) for i in range(12)]
    assert verdicts[-1].is_anomaly
    assert verdicts[-1].reason.startswith("below the usual level")


def test_the_score_grows_with_every_further_dollar(taught, office):
    scores = [taught.judge(office.window(office.end + NINE, 20.0 * 2**i)).score for i in range(60)]
    assert all(a < b for a, b in pairwise(scores))
    assert scores[-1] < 1.0


def test_a_bigger_refund_is_further_from_ordinary(taught, office):
    scores = [taught.judge(office.window(office.end + NINE, -(10.0**i))).score for i in range(0, 9, 2)]
    assert scores == sorted(set(scores))


def test_the_band_ends_where_a_single_hour_becomes_an_anomaly(taught, office):
    # An hour on its own: what came before is ordinary, so the longer spans do not speak.
    at = office.end + NINE
    verdict = taught.judge(office.window(at, 10.0))
    room = verdict.high - verdict.expected
    inside = taught.judge(office.window(at, verdict.expected + 0.8 * room))
    outside = taught.judge(office.window(at, verdict.expected + 1.3 * room))
    assert not inside.is_anomaly
    assert outside.is_anomaly


def test_the_band_never_starts_below_zero(taught, office):
    assert taught.judge(office.window(office.end + 3 * HOUR, 0.0)).low >= 0.0


def test_more_sensitivity_means_a_narrower_band_and_the_same_score(office, teaching):
    widths, scores = [], set()
    for sensitivity in Sensitivity:
        detector = teaching(SpendDetector(sensitivity=sensitivity), office)
        verdict = detector.judge(office.window(office.end + NINE, 14.0))
        widths.append(verdict.high - verdict.low)
        scores.add(verdict.score)
    assert widths == sorted(widths, reverse=True)
    assert len(set(widths)) == len(Sensitivity)
    assert len(scores) == 1


def test_nothing_is_an_anomaly_before_three_days_of_history(office):
    detector = SpendDetector()
    for number in range(71):
        detector.learn(office.hour(number))
        verdict = detector.judge(office.hour(number + 1, factor=1000.0))
        assert verdict.warming_up
        assert not verdict.is_anomaly
        assert verdict.reason == "too little history to judge"
    detector.learn(office.hour(71))
    assert detector.judge(office.hour(72, factor=1000.0)).is_anomaly


def test_a_window_across_two_hours_expects_a_share_of_each(taught, office):
    seven = taught.judge(office.window(office.end + 7 * HOUR, 2.0)).expected
    eight = taught.judge(office.window(office.end + 8 * HOUR, 10.0)).expected
    across = taught.judge(office.window(office.end + 7 * HOUR + timedelta(minutes=45), 8.0))
    assert across.expected == pytest.approx(0.25 * seven + 0.75 * eight)


def test_a_short_window_expects_its_share_of_the_hour(taught, office):
    whole = taught.judge(office.window(office.end + NINE, 10.0))
    five = taught.judge(office.window(office.end + NINE, 10.0 / 12, timedelta(minutes=5)))
    assert five.expected == pytest.approx(whole.expected / 12)
    assert not five.is_anomaly


def test_five_minutes_need_more_excess_than_an_hour(taught, office):
    hour = taught.judge(office.window(office.end, 2 * 2.5))
    five = taught.judge(office.window(office.end, 2 * 2.5 / 12, timedelta(minutes=5)))
    assert five.score < hour.score


def test_sliding_the_window_does_not_count_the_learnt_part_twice(taught, office):
    taught.learn(office.hour(3 * 168, factor=1.4))
    learnt = taught.judge(office.hour(3 * 168, factor=1.4))
    slid = office.window(office.end + timedelta(minutes=5), 2.0 * 0.9 * 1.4)
    assert taught.judge(slid).score == pytest.approx(learnt.score, abs=0.1)


def test_a_late_hour_is_judged_against_its_own_hour(taught, office):
    night_before = office.end - 21 * HOUR
    assert taught.judge(office.window(night_before, 10.0)).is_anomaly
    assert not taught.judge(office.window(night_before, 2.0)).is_anomaly


def test_a_late_or_repeated_hour_is_not_learnt(taught, office):
    before = pickle.dumps(taught)
    taught.learn(office.window(office.end - 21 * HOUR, 500.0))
    taught.learn(office.hour(3 * 168 - 1))
    assert pickle.dumps(taught) == before


def test_stamps_that_jitter_by_a_second_are_learnt(office):
    detector = SpendDetector()
    for number in range(100):
        one = office.hour(number)
        at = one.at + timedelta(seconds=(-1) ** number)
        detector.learn(Observation(at, one.value, HOUR))
    assert not detector.judge(office.hour(100)).warming_up


def test_a_gap_teaches_nothing_and_calms_the_running_means(taught, office):
    for i in range(6):
        taught.learn(office.hour(3 * 168 + i, factor=1.5))
    hot = taught.judge(office.hour(3 * 168 + 6, factor=1.2))
    state = taught.state()
    after = taught.judge(office.hour(3 * 168 + 24 * 7 + 6, factor=1.2))
    assert taught.state() == state
    assert after.score < hot.score


def test_the_hour_that_autumn_repeats_is_learnt_twice(office):
    berlin = ZoneInfo("Europe/Berlin")
    detector = SpendDetector()
    night = office.start.replace(month=10, day=24, hour=20)
    for i in range(12):  # the clocks go back on 25 October 2026
        detector.learn(Observation((night + i * HOUR).astimezone(berlin), 5.0, HOUR))
    assert detector.state()["progress"]["hours"] == 12


def test_a_new_level_becomes_normal_within_days(taught, office):
    verdicts = [taught.update(office.hour(3 * 168 + i, factor=3.0)) for i in range(6 * 24)]
    assert any(one.is_anomaly for one in verdicts[:6])
    assert sum(one.is_anomaly for one in verdicts[-24:]) <= 3


def test_an_incident_of_hours_does_not_become_the_norm(taught, office):
    before = taught.judge(office.hour(3 * 168 + 168 + 9)).expected
    for i in range(8):
        taught.learn(office.hour(3 * 168 + i, factor=40.0))
    assert taught.judge(office.hour(3 * 168 + 168 + 9)).expected < 1.5 * before


def test_one_absurd_value_does_not_ruin_what_is_known(taught, office):
    before = taught.judge(office.hour(3 * 168 + 9)).expected
    taught.learn(office.window(office.end, 1e18))
    taught.learn(office.window(office.end + HOUR, -1e18))
    assert taught.judge(office.hour(3 * 168 + 9)).expected == pytest.approx(before, rel=0.2)


def test_four_hours_after_a_spike_of_one_hour_the_score_is_below_the_threshold(taught, office):
    spike = taught.update(office.hour(3 * 168, factor=30.0))
    after = [taught.update(office.hour(3 * 168 + i)) for i in range(1, 49)]
    assert spike.is_anomaly
    assert not any(one.is_anomaly for one in after[3:])
    assert max(one.score for one in after[3:]) < score_of(THRESHOLDS[Sensitivity.NORMAL])


@pytest.mark.parametrize("factor", [3.0, 8.0, 50.0])
def test_six_hours_after_a_runaway_of_a_day_it_is_quiet(taught, office, factor):
    during = [taught.update(office.hour(3 * 168 + i, factor)) for i in range(24)]
    after = [taught.update(office.hour(3 * 168 + 24 + i)) for i in range(7 * 24)]
    assert all(one.is_anomaly for one in during[4:])
    assert not any(one.is_anomaly for one in after[6:])


def test_a_series_that_doubles_for_good_is_absorbed_within_two_days_and_then_quiet(taught, office):
    verdicts = [taught.update(office.hour(3 * 168 + i, factor=2.0)) for i in range(14 * 24)]
    assert any(one.is_anomaly for one in verdicts[:24])
    assert not any(one.is_anomaly for one in verdicts[48:])
    assert taught.judge(office.hour(5 * 168 + 9, factor=2.0)).expected == pytest.approx(20.0, rel=0.15)


def test_an_incident_of_days_ends_in_silence_and_with_the_old_expectation(taught, office):
    verdicts = [taught.update(office.hour(3 * 168 + i, factor=4.0)) for i in range(72)]
    after = [taught.update(office.hour(3 * 168 + 72 + i)) for i in range(4 * 24)]
    assert any(one.is_anomaly for one in verdicts)
    assert not any(one.is_anomaly for one in after)
    assert taught.judge(office.hour(4 * 168 + 9)).expected == pytest.approx(10.0, rel=0.3)


@pytest.mark.parametrize("weekend", [0.1, 0.3, 2.0, 5.0])
def test_weekends_unlike_working_days_are_learnt_from_two(office, weekend):
    detector, verdicts = SpendDetector(), []
    for number in range(5 * 168):
        one = office.hour(number)
        factor = weekend if one.at.weekday() >= 5 else 1.0
        verdicts.append(detector.update(office.window(one.at, 10.0 * factor * one.value / office.usual(one.at))))
    assert not any(one.is_anomaly for one in verdicts[2 * 168 :])


def test_a_nightly_leak_is_found_in_the_first_night(taught, office):
    night = [office.hour(3 * 168 + i) for i in range(6)]
    leaked = [taught.update(office.window(one.at, one.value + 6.0)) for one in night]
    assert any(one.is_anomaly for one in leaked)


def test_what_was_told_is_told_again_only_when_it_is_stronger(taught, office):
    assert taught.update(office.hour(3 * 168 + 4, factor=6.0)).is_anomaly
    for i in range(5, 28):
        taught.learn(office.hour(3 * 168 + i))
    less, more = (taught.judge(office.hour(3 * 168 + 28, factor)) for factor in (3.0, 8.0))
    assert less.score > score_of(THRESHOLDS[Sensitivity.NORMAL])
    assert not less.is_anomaly
    assert less.reason == "unusual, but no more than the alarm before"
    assert more.is_anomaly


def test_an_outage_is_told_although_a_spike_was_told_before(taught, office):
    assert taught.update(office.hour(3 * 168 + 9, factor=30.0)).is_anomaly
    outage = [taught.update(office.hour(3 * 168 + 10 + i, factor=0.0)) for i in range(8)]
    assert outage[-1].is_anomaly
    assert outage[-1].reason.startswith("below the usual level")


def test_a_young_series_needs_more_than_an_old_one(taught, office, teaching):
    young = teaching(SpendDetector(), office, range(5 * 24))
    at_noon = 5 * 24 + 12  # of a Saturday, no more expected by the one than by the other
    assert young.judge(office.hour(at_noon, factor=3.0)).score < taught.judge(office.hour(4 * 168 - 36, 3.0)).score


def test_a_state_of_the_first_version_is_taken_and_its_new_parts_start_fresh(taught, office):
    state = taught.state()
    for part in ("above", "below", "ups", "lows"):
        del state[part]
    for field in ("former", "former_hours", "back"):
        del state["anchor"][field]
    restored = SpendDetector()
    restored.update(office.hour(0))
    restored.restore({**state, "version": 1})
    assert restored.judge(office.hour(3 * 168 + 9)).expected == taught.judge(office.hour(3 * 168 + 9)).expected
    assert restored.state()["ups"] == SpendDetector().state()["ups"]
    assert restored.state()["above"] == SpendDetector().state()["above"]


@pytest.mark.parametrize("when", [0, 1, 10, 40, 71])
def test_one_absurd_value_among_the_first_is_got_over(office, when):
    detector = SpendDetector()
    for number in range(12 * 24):
        one = office.hour(number)
        value = 1e18 if number == when else one.value
        detector.learn(Observation(one.at, value, HOUR))
    verdict = detector.judge(office.hour(12 * 24 + 9))
    assert not verdict.warming_up
    assert verdict.expected == pytest.approx(10.0, rel=0.6)


def test_a_constant_series_is_ordinary_until_it_moves(office):
    detector = SpendDetector()
    for i in range(200):
        assert not detector.update(office.window(office.start + i * HOUR, 5.0)).is_anomaly
    assert detector.judge(office.window(office.start + 200 * HOUR, 8.0)).is_anomaly


def test_a_series_of_zeroes_forgives_half_a_cent_and_reports_a_dollar(office):
    detector = SpendDetector()
    for i in range(200):
        assert not detector.update(office.window(office.start + i * HOUR, 0.0)).is_anomaly
    at = office.start + 200 * HOUR
    assert not detector.judge(office.window(at, 0.005)).is_anomaly
    assert detector.judge(office.window(at, 1.0)).is_anomaly


@pytest.mark.parametrize("minutes", [1, 5, 15])
def test_finer_rows_learn_hours_not_rows(office, minutes):
    detector, hourly = SpendDetector(), SpendDetector()
    span = timedelta(minutes=minutes)
    for i in range(96):
        at = office.start + i * HOUR
        hourly.learn(Observation(at, office.usual(at), HOUR))
    for i in range(96 * 60 // minutes):
        at = office.start + i * span
        detector.learn(Observation(at, office.usual(at) * minutes / 60, span))
    assert detector.state()["progress"]["hours"] == pytest.approx(96)
    at = office.start + 96 * HOUR + NINE
    verdict = detector.judge(Observation(at, 10.0 * minutes / 60, span))
    whole = hourly.judge(office.window(at, 10.0))
    assert verdict.expected == pytest.approx(whole.expected * minutes / 60, rel=0.05)
    assert not verdict.is_anomaly


def test_a_spike_in_finer_rows_is_found_within_the_hour(office):
    detector = SpendDetector()
    span = timedelta(minutes=5)
    rows = 7 * 24 * 12
    for i in range(rows):
        at = office.start + i * span
        detector.learn(Observation(at, office.usual(at) / 12 * (1 + i % 5 / 10), span))
    spike = [detector.update(Observation(office.start + (rows + i) * span, 10.0 / 12, span)) for i in range(12)]
    assert any(one.is_anomaly for one in spike)


def test_a_daily_window_is_learnt_and_judged(office):
    detector = SpendDetector()
    for day in range(28):
        detector.learn(Observation(office.start + timedelta(days=day), 100.0, timedelta(days=1)))
    verdict = detector.judge(Observation(office.start + timedelta(days=28), 100.0, timedelta(days=1)))
    assert verdict.expected == pytest.approx(100.0, rel=0.05)
    assert not verdict.is_anomaly


def test_a_zone_off_the_full_hour_is_no_obstacle(office):
    india = timezone(timedelta(hours=5, minutes=30))
    detector = SpendDetector()
    for number in range(200):
        one = office.hour(number)
        detector.learn(Observation(one.at.astimezone(india), one.value, HOUR))
    nxt = office.hour(200)
    assert not detector.judge(Observation(nxt.at.astimezone(india), nxt.value, HOUR)).is_anomaly


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_an_unusable_value_is_refused_with_advice(taught, office, value):
    with pytest.raises(DetectorError, match="leave the window out"):
        taught.judge(office.window(office.end, value))


def test_a_naive_stamp_is_refused_with_advice(taught, office):
    with pytest.raises(DetectorError, match="zone"):
        taught.learn(office.window(office.end.replace(tzinfo=None), 1.0))


def test_what_is_known_fits_into_four_kilobytes(taught):
    assert len(pickle.dumps(taught)) <= 4096


def test_after_an_incident_of_more_than_a_day_the_nights_of_a_nightly_job_are_judged_as_before():
    """A job that spends in two hours of the night, and an incident by day that becomes the norm before it ends."""
    detector = SpendDetector()
    hours = [START + hour * HOUR for hour in range(40 * 24)]
    alarms: list[tuple[datetime, Verdict]] = []
    for number, at in enumerate(hours):
        usual = 4.0 + 0.3 * (number * 7 % 5) if at.hour in {1, 2} else 0.1 * (number * 3 % 2)
        incident = 5.0 if 30 * 24 <= number < 30 * 24 + 26 else 0.0
        verdict = detector.update(Observation(at, usual + incident, HOUR))
        assert verdict.expected < 50.0, f"{at}: {verdict}"
        if verdict.is_anomaly:
            alarms.append((at, verdict))
    over = hours[30 * 24 + 26]
    assert any(at < over for at, _ in alarms)
    assert [at for at, _ in alarms if at >= over + 3 * HOUR] == []


def test_a_young_series_does_not_take_its_first_incident_for_its_ordinary_wobble(office, teaching):
    young = teaching(SpendDetector(), office, range(4 * 24))
    ten = 10  # o'clock
    before = young.judge(office.hour(4 * 24 + ten)).high
    for hour in range(4 * 24, 5 * 24):
        young.update(office.hour(hour, factor=8.0))
    for hour in range(5 * 24, 6 * 24):
        young.update(office.hour(hour))
    assert young.judge(office.hour(6 * 24 + ten)).high < 4.0 * before


def test_the_hours_of_an_incident_count_for_no_ordinary_day(taught, office):
    def hours_of_habit() -> float:
        ups = taught.state()["ups"]
        return 24.0 * ups["days"] + ups["hours"]

    before = hours_of_habit()
    for number in range(20):
        taught.update(office.hour(3 * 168 + number, factor=20.0))
    assert hours_of_habit() - before <= RESTLESS + 1.0
