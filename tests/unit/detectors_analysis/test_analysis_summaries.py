"""Labels, sums by bucket and by entity, patterns in time, and the advice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from detectors.analysis import EntityKey, Pattern, Period
from detectors.analysis.patterns import describe, pattern_of
from detectors.base import DetectorError

QUIET = (10, 10, 10, 10, 10, 10, 10)


def spiked(*days, count=7, size=500.0):
    return tuple(size if day in days else 10.0 for day in range(count))


def test_every_label_tells_the_date_beside_the_weekday(spending):
    result = spending.analyze(*spiked(2, 9, count=28))
    (entity,) = result.entity_summary
    assert entity.anomalous_time_periods == ("Wednesday 2026-03-04", "Wednesday 2026-03-11")


def test_an_hour_is_named_with_its_time_and_zone(hourly):
    assert hourly.period(3).label(2) == "Monday 2026-03-02 02:00 UTC"


def test_a_day_that_does_not_begin_at_midnight_is_named_with_its_time():
    period = Period.even("rolling", datetime(2026, 3, 2, 15, tzinfo=UTC), timedelta(days=1), 2)
    assert period.label(1) == "Tuesday 2026-03-03 15:00 UTC"


def test_months_and_weeks_are_named_as_such():
    months = Period("TWELVE_MONTHS", tuple(datetime(2026, month, 1, tzinfo=UTC) for month in (1, 2, 3)))
    weeks = Period.even("weeks", datetime(2026, 3, 2, tzinfo=UTC), timedelta(days=7), 2)
    assert (months.label(1), months.unit) == ("February 2026", "month")
    assert (weeks.label(1), weeks.unit) == ("7 days from Monday 2026-03-09", "period")


def test_a_day_of_twenty_three_hours_is_a_day():
    berlin = ZoneInfo("Europe/Berlin")
    days = Period("spring", tuple(datetime(2026, 3, day, tzinfo=berlin) for day in (28, 29, 30)))
    assert (days.label(1), days.is_weekend(1), days.unit) == ("Sunday 2026-03-29", True, "day")


@pytest.mark.parametrize(
    ("edges", "message"),
    [
        ((datetime(2026, 3, 2, tzinfo=UTC),), "no bucket"),
        ((datetime(2026, 3, 2), datetime(2026, 3, 3)), "naive"),  # noqa: DTZ001 - naive on purpose
        ((datetime(2026, 3, 3, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)), "ascending"),
    ],
)
def test_a_period_that_makes_no_sense_is_refused(edges, message):
    with pytest.raises(DetectorError, match=message):
        Period("odd", edges)


@pytest.mark.parametrize(
    ("days", "pattern", "text"),
    [
        ((3,), Pattern.SINGLE, "single day"),
        ((1, 2, 3), Pattern.CONSECUTIVE, "3 consecutive days"),
        ((5, 6), Pattern.WEEKEND, "weekend, 2 days"),
        ((5, 13), Pattern.WEEKEND, "weekend, 2 days"),
        ((0, 15), Pattern.SEPARATE, "2 separate days"),  # a Monday, and a Tuesday two weeks later
        ((4, 5), Pattern.CONSECUTIVE, "2 consecutive days"),
    ],
)
def test_the_pattern_goes_by_dates(spending, days, pattern, text):
    period = spending.period(28)
    assert pattern_of(days, period) is pattern
    assert describe(pattern, len(days), period.unit) == text


def test_one_name_in_two_dimensions_is_two_entities(spending):
    result = spending.analyze_all({("agent", "acme"): spiked(3), ("provider", "acme"): QUIET})
    assert [one.key for one in result.entity_summary] == [EntityKey("agent", "acme")]
    assert result.entities_analyzed == {"agent": 1, "provider": 1}


def test_only_the_dimensions_asked_for_are_looked_at(spending):
    entities = {("agent", "a"): spiked(3), ("provider", "p"): spiked(3)}
    result = spending.analyze_all(entities, dimensions=["provider", "customer"])
    assert [one.entity_type for one in result.temporal_anomalies] == ["provider"]
    assert result.entities_analyzed == {"customer": 0, "provider": 1}


def test_the_dollars_of_a_bucket_are_counted_in_one_dimension_only(spending):
    entities = {
        ("agent", "a"): spiked(3),
        ("agent", "b"): spiked(3, size=200.0),
        ("provider", "p"): spiked(3, size=610.0),
    }
    (bucket,) = spending.analyze_all(entities).time_period_summary
    assert (bucket.total_anomalies, bucket.primary_entity_type) == (3, "agent")
    assert (bucket.total_cost, bucket.normal_cost, bucket.total_anomalous_cost) == (700.0, 20.0, 680.0)
    assert bucket.cost_multiplier == 35.0
    assert bucket.explanation == (
        "Thursday 2026-03-05: $700.00 where $20.00 is usual, 35.0 times as much, counted by agent."
    )


def test_a_bucket_where_nothing_is_usual_has_no_multiplier(spending):
    (bucket,) = spending.analyze(0, 0, 0, 0, 0, 0, 90).time_period_summary
    assert bucket.cost_multiplier is None
    assert bucket.explanation == "Sunday 2026-03-08: $90.00 where $0.00 is usual, counted by agent."


def test_an_entity_adds_up_what_it_spent_beyond_its_norm(spending):
    (entity,) = spending.analyze(*spiked(3, 6)).entity_summary
    assert (entity.total_anomalous_cost, entity.normal_cost) == (980.0, 10.0)
    assert (entity.pattern, entity.ongoing) == (Pattern.SEPARATE, True)


def advice(result):
    return [one.text for one in result.recommendations]


def test_nothing_unusual_gives_no_advice(spending):
    assert advice(spending.analyze(*QUIET)) == []


def test_entities_that_spent_the_same_dollars_are_one_cause(spending):
    entities = {
        ("agent", "a"): spiked(3),
        ("api_key", "k"): spiked(3, size=480.0),
        ("model", "m"): spiked(3, size=90.0),
    }
    (one,) = spending.analyze_all(entities).recommendations
    assert one.text.startswith("Agent a and API key k all spent about $490.00 beyond their norm on Thursday 2026-03-05")
    assert one.entities == (EntityKey("agent", "a"), EntityKey("api_key", "k"))
    assert one.dollars == 490.0


def test_spending_without_a_name_is_to_be_tagged(spending):
    (text,) = advice(spending.analyze(*spiked(3), key=("api_key", "ANONYMOUS-API-KEY")))
    assert text.startswith("$490.00 was spent beyond the norm by API key ANONYMOUS-API-KEY")
    assert "credential" in text


def test_what_is_still_going_on_is_said_with_its_length(spending):
    (text,) = advice(spending.analyze(*spiked(4, 5, 6)))
    assert text.startswith("$1,470.00 was spent")
    assert "3 consecutive days" in text


def test_spending_at_weekends_only_is_pointed_out(spending):
    (text,) = advice(spending.analyze(*spiked(5, 6, count=14)))
    assert "at weekends only (weekend, 2 days)" in text


def test_new_spenders_are_counted_in_the_dimension_that_shows_most(spending):
    new = (0, 0, 0, 0, 0, 0, 40)
    entities = {("agent", "a"): new, ("agent", "b"): new, ("provider", "p"): (0, 0, 0, 0, 0, 0, 70)}
    texts = advice(spending.analyze_all(entities))
    assert texts[0] == (
        "$80.00 came from what usually spends nothing, most of it from agent a: make sure that it is meant to run."
    )


def test_braces_in_a_name_stay_as_they_are(spending):
    (text,) = advice(spending.analyze(*spiked(3), key=("api_key", "anonymous {pattern}")))
    assert "anonymous {pattern}" in text
