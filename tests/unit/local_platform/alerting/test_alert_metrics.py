from __future__ import annotations

from decimal import Decimal

import pytest

from local_platform.alerting.metrics import NOTHING, Sums, added, samples, value
from local_platform.alerting.vocabulary import Metric

SUMS = Sums(
    calls=8,
    cost=4_000_000_000,
    input_tokens=500,
    output_tokens=300,
    cached_tokens=200,
    total_tokens=800,
    errors=2,
    duration_ms=4000,
    first_token_calls=4,
    first_token_ms=1000,
    images=5,
    image_cost=1_000_000_000,
    videos=1,
    audios=3,
    media_ms=20_000,
    media_cost=500_000_000,
    characters=1234,
    credits=2_500_000_000,
    qualities=4,
    quality=3_000_000_000,
)
WORTH = {
    "TOTAL_COST": "4",
    "COST_PER_TRANSACTION": "0.5",
    "TOKENS_PER_MINUTE": "80",
    "TOKEN_COUNT": "800",
    "INPUT_TOKEN_COUNT": "500",
    "OUTPUT_TOKEN_COUNT": "300",
    "CACHED_TOKEN_COUNT": "200",
    "TOKENS_PER_REQUEST": "100",
    "TIME_TO_FIRST_TOKEN": "250",
    "DURATION": "500",
    "ERROR_COUNT": "2",
    "ERROR_RATE": "25",
    "QUALITY_RATE": "75",
    "REQUESTS_PER_MINUTE": "0.8",
    "REQUEST_COUNT": "8",
    "IMAGE_COUNT": "5",
    "DURATION_SECONDS": "20",
    "CHARACTER_COUNT": "1234",
    "CREDITS_CONSUMED": "2.5",
    "COST_PER_IMAGE": "0.2",
    "COST_PER_SECOND": "0.025",
    "VIDEO_COUNT": "1",
    "AUDIO_COUNT": "3",
}
DIVIDED = {
    "COST_PER_TRANSACTION",
    "TOKENS_PER_REQUEST",
    "TIME_TO_FIRST_TOKEN",
    "DURATION",
    "ERROR_RATE",
    "QUALITY_RATE",
    "COST_PER_IMAGE",
    "COST_PER_SECOND",
}


@pytest.mark.parametrize("metric", Metric)
def test_a_metric_is_worked_out_from_the_sums(metric: Metric) -> None:
    assert value(metric, SUMS, Decimal(10)) == Decimal(WORTH[metric])


@pytest.mark.parametrize("metric", Metric)
def test_where_nothing_was_counted_means_and_rates_are_unknown_and_sums_are_nothing(metric: Metric) -> None:
    assert value(metric, NOTHING, Decimal(10)) == (None if metric in DIVIDED else 0)


def test_quality_rests_on_judgements_and_everything_else_on_calls() -> None:
    assert (samples(Metric.QUALITY_RATE, SUMS), samples(Metric.ERROR_RATE, SUMS)) == (4, 8)


def test_sums_of_different_calls_add_up() -> None:
    assert added([]) == NOTHING
    assert added([SUMS, NOTHING]) == SUMS
    assert (added([SUMS, SUMS]).calls, added([SUMS, SUMS]).quality) == (16, 6_000_000_000)
