"""The metrics: each a value computed from a few sums over calls.

Durations and the time to the first token are means in milliseconds, rates of errors and quality are percentages, costs
are dollars.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal

from local_platform.alerting.vocabulary import Metric

_DOLLAR = Decimal(1_000_000_000)


@dataclass(frozen=True, slots=True)
class Sums:
    """What is added up over the calls of a window.

    Attributes:
        calls: How many there are.
        cost: What they cost, in nanodollars.
        input_tokens: Tokens that went in.
        output_tokens: Tokens that came out.
        cached_tokens: Tokens that were read from a cache.
        total_tokens: Tokens altogether.
        errors: How many calls failed.
        duration_ms: How long they took.
        first_token_calls: How many tell when their first token came.
        first_token_ms: How long those took until then.
        images: How many images were made.
        image_cost: What the calls that made them cost, in nanodollars.
        videos: How many videos were made.
        audios: How many recordings were made or read.
        media_ms: How long videos and recordings play.
        media_cost: What the calls with a playing time cost, in nanodollars.
        characters: Characters that were spoken or written.
        credits: Credits of the provider that were used, in billionths.
        qualities: How many judgements of the quality of jobs were reported.
        quality: What they add up to, each from 0 to 1, in billionths.
    """

    calls: int = 0
    cost: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    total_tokens: int = 0
    errors: int = 0
    duration_ms: int = 0
    first_token_calls: int = 0
    first_token_ms: int = 0
    images: int = 0
    image_cost: int = 0
    videos: int = 0
    audios: int = 0
    media_ms: int = 0
    media_cost: int = 0
    characters: int = 0
    credits: int = 0
    qualities: int = 0
    quality: int = 0


NOTHING = Sums()
NAMES = tuple(field.name for field in fields(Sums))


def added(parts: Iterable[Sums]) -> Sums:
    """Add sums of different calls together."""
    every = tuple(parts)
    return Sums(*(sum(getattr(part, name) for part in every) for name in NAMES))


def value(metric: Metric, sums: Sums, minutes: Decimal) -> Decimal | None:
    """Return a metric's value over a window of so many minutes; None where there is nothing to divide by."""
    return _METRICS[metric](sums, minutes)


def samples(metric: Metric, sums: Sums) -> int:
    """Return how many observations the value of a metric rests on."""
    return sums.qualities if metric is Metric.QUALITY_RATE else sums.calls


_Computed = Callable[[Sums, Decimal], Decimal | None]


def _sum_of(name: str, unit: Decimal = Decimal(1)) -> _Computed:
    return lambda sums, _: Decimal(getattr(sums, name)) / unit


def _per_minute(name: str) -> _Computed:
    return lambda sums, minutes: Decimal(getattr(sums, name)) / minutes


def _ratio(name: str, by: str, factor: Decimal = Decimal(1)) -> _Computed:
    def computed(sums: Sums, _: Decimal) -> Decimal | None:
        divisor = getattr(sums, by)
        return Decimal(getattr(sums, name)) * factor / divisor if divisor else None

    return computed


_METRICS: Mapping[Metric, _Computed] = {
    Metric.TOTAL_COST: _sum_of("cost", _DOLLAR),
    Metric.COST_PER_TRANSACTION: _ratio("cost", "calls", 1 / _DOLLAR),
    Metric.TOKENS_PER_MINUTE: _per_minute("total_tokens"),
    Metric.TOKEN_COUNT: _sum_of("total_tokens"),
    Metric.INPUT_TOKEN_COUNT: _sum_of("input_tokens"),
    Metric.OUTPUT_TOKEN_COUNT: _sum_of("output_tokens"),
    Metric.CACHED_TOKEN_COUNT: _sum_of("cached_tokens"),
    Metric.TOKENS_PER_REQUEST: _ratio("total_tokens", "calls"),
    Metric.TIME_TO_FIRST_TOKEN: _ratio("first_token_ms", "first_token_calls"),
    Metric.DURATION: _ratio("duration_ms", "calls"),
    Metric.ERROR_COUNT: _sum_of("errors"),
    Metric.ERROR_RATE: _ratio("errors", "calls", Decimal(100)),
    Metric.QUALITY_RATE: _ratio("quality", "qualities", 100 / Decimal(1_000_000_000)),
    Metric.REQUESTS_PER_MINUTE: _per_minute("calls"),
    Metric.REQUEST_COUNT: _sum_of("calls"),
    Metric.IMAGE_COUNT: _sum_of("images"),
    Metric.DURATION_SECONDS: _sum_of("media_ms", Decimal(1000)),
    Metric.CHARACTER_COUNT: _sum_of("characters"),
    Metric.CREDITS_CONSUMED: _sum_of("credits", Decimal(1_000_000_000)),
    Metric.COST_PER_IMAGE: _ratio("image_cost", "images", 1 / _DOLLAR),
    Metric.COST_PER_SECOND: _ratio("media_cost", "media_ms", 1000 / _DOLLAR),
    Metric.VIDEO_COUNT: _sum_of("videos"),
    Metric.AUDIO_COUNT: _sum_of("audios"),
}
