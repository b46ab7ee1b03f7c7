"""Seeded series without a single fault, in the shapes that metrics of AI usage take."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

START = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
GRAINS = {
    "hour": timedelta(hours=1),
    "ten minutes": timedelta(minutes=10),
    "minute": timedelta(minutes=1),
}


def seasonal(random: np.random.Generator, hours: Floats) -> Floats:
    """Return a working day and a quiet weekend, with noise in proportion."""
    day = 1.0 + 0.8 * np.sin((hours - 8) / 24 * 2 * np.pi)
    week = np.where(hours // 24 % 7 >= 5, 0.5, 1.0)
    return np.asarray(50.0 * day * week * np.exp(random.normal(0, 0.15, len(hours))))


def bursty(random: np.random.Generator, hours: Floats) -> Floats:
    """Return a base load with a burst of two to six times the usual about once a day."""
    step = hours[1] - hours[0]
    values = 20.0 * random.gamma(20.0, 1 / 20.0, len(hours))
    for at in np.nonzero(random.random(len(hours)) < step / 24)[0]:
        values[at : at + max(1, round(random.uniform(0.3, 2) / step))] *= random.uniform(2, 6)
    return np.asarray(values)


def sparse(random: np.random.Generator, hours: Floats) -> Floats:
    """Return silence, with something in one window of ten."""
    active = random.random(len(hours)) < 0.1
    return np.where(active, random.gamma(2.0, 5.0, len(hours)), 0.0)


def heavy_tailed(random: np.random.Generator, hours: Floats) -> Floats:
    """Return log-normal values, the largest of them far from the usual."""
    return np.asarray(10.0 * np.exp(random.normal(0, 0.6, len(hours))))


def drifting(random: np.random.Generator, hours: Floats) -> Floats:
    """Return a load that grows by one and a half per cent a day."""
    return np.asarray(30.0 * np.exp(0.015 * hours / 24) * (1.0 + random.normal(0, 0.1, len(hours))))


SHAPES: dict[str, Callable[[np.random.Generator, Floats], Floats]] = {
    "seasonal": seasonal,
    "bursty": bursty,
    "sparse": sparse,
    "heavy tailed": heavy_tailed,
    "drifting": drifting,
}


def make(shape: str, grain: str, seed: int, days: int) -> list[tuple[datetime, float]]:
    """Return the rows of a series; the same seed always gives the same."""
    span = GRAINS[grain]
    count = days * (timedelta(days=1) // span)
    random = np.random.default_rng([seed, list(SHAPES).index(shape)])
    values = SHAPES[shape](random, np.arange(count, dtype=np.float64) * (span / timedelta(hours=1)))
    return [(START + number * span, float(value)) for number, value in enumerate(values)]
