"""Seeded AI-spend series with labelled anomalies.

Ordinary behaviour: daily and weekly shape in the entity's own zone, growth, noise in the number of
calls and in their prices, nightly batch jobs, bursts, entities that are mostly idle, lasting price
changes and deployments, missing polls, split and late rows. Injected and labelled: spike, runaway,
leaked (night use of a stolen key), drop, creep and season (nights that look like noon).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

START = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
FAULTS = ("spike", "runaway", "leaked", "drop", "creep", "season")
KINDS = {  # share of the entities, size as the logarithm of dollars an hour
    "provider": (0.03, 5.0),
    "model": (0.10, 4.0),
    "agent": (0.25, 2.0),
    "key": (0.30, 1.5),
    "customer": (0.32, 1.2),
}
ZONES = (-8, -5, 0, 1, 5.5, 9)
SPANS = {"hour": timedelta(hours=1), "minute": timedelta(minutes=1)}


@dataclass(frozen=True, slots=True)
class Event:
    """A labelled anomaly; times are hours since `START`."""

    kind: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Entity:
    """One series in order of arrival.

    Attributes:
        name: Kind and number.
        stamps: Start of every delivered window.
        values: Dollars in it.
        hours: Its start in hours since `START`.
        excess: Dollars in it that an anomaly added.
        events: The labelled anomalies.
        shifts: Hours of lasting, legitimate changes.
    """

    name: str
    stamps: list[datetime]
    values: list[float]
    hours: Floats
    excess: Floats
    events: list[Event]
    shifts: list[float]


@dataclass(slots=True)
class _Series:
    """What is being built: the entity's habits and the money they make."""

    random: np.random.Generator
    per_hour: int
    hours: Floats
    base: float
    sparse: bool
    days: int
    price: float = 0.0
    shape: float = 1.0
    depth: float = 0.0
    weekend: float = 1.0
    local: Floats = field(default_factory=lambda: np.zeros(0))
    mean: Floats = field(default_factory=lambda: np.zeros(0))

    def spend(self, rate: Floats) -> Floats:
        """Turn a rate into calls, and calls into dollars."""
        calls = self.random.poisson(np.maximum(rate, 0) / self.price)
        dollars = self.random.gamma(np.maximum(calls, 1) * self.shape, self.price / self.shape)
        return np.where(calls > 0, dollars, 0.0)


def make(seed: int, entities: int, days: int = 60, grain: str = "hour", *, faults: bool = True) -> list[Entity]:
    """Return the entities of a seed; the same seed always gives the same."""
    return [_entity(seed, index, entities, days, grain, faults=faults) for index in range(entities)]


def _entity(seed: int, index: int, total: int, days: int, grain: str, *, faults: bool) -> Entity:
    random = np.random.default_rng([seed, index])
    per_hour = timedelta(hours=1) // SPANS[grain]
    hours = np.arange(days * 24 * per_hour) / per_hour
    edges = np.cumsum([share for share, _ in KINDS.values()])
    kind = list(KINDS)[int(np.searchsorted(edges, (index + 0.5) / total))]
    base = math.exp(random.normal(KINDS[kind][1], 0.9)) / per_hour
    sparse = kind in ("agent", "key", "customer") and random.random() < 0.3
    series = _Series(random, per_hour, hours, base, bool(sparse), days)
    _habits(series)
    shifts = _shifts(series)
    values = series.spend(_live(series))
    clean = values.copy()
    events = _inject(series, values, clean) if faults else []
    excess = np.maximum(values - clean, 0.0)
    order = _deliver(series, values)
    return Entity(
        name=f"{kind}-{index:03d}",
        stamps=[START + SPANS[grain] * int(i) for i in order],
        values=values[order].round(6).tolist(),
        hours=hours[order],
        excess=excess[order],
        events=events,
        shifts=shifts,
    )


def _habits(series: _Series) -> None:
    """Give the entity its day, its week, its growth and perhaps a nightly batch."""
    random, hours = series.random, series.hours
    zone = random.choice(ZONES)
    series.local = local = (hours + zone) % 24
    weekday = ((hours + zone) // 24).astype(int) % 7
    series.depth = random.uniform(0.2, 0.9)
    bump = np.exp(-0.5 * ((local - random.uniform(11, 16)) / random.uniform(3, 5)) ** 2)
    day = (1 - series.depth) + series.depth * bump
    series.weekend = random.uniform(0.15, 1.0)
    week = np.where(weekday >= 5, series.weekend, 1.0)
    growth = np.exp(random.normal(0.004, 0.006) * hours / 24)
    series.mean = series.base * day * week * growth
    if random.random() < 0.3:
        at = random.integers(0, 24)
        batch = series.base * random.uniform(0.5, 3)
        series.mean = series.mean + batch * ((local >= at) & (local < at + random.integers(1, 3)))


def _shifts(series: _Series) -> list[float]:
    """Change prices and deploy things, legitimately and for good."""
    random, shifts = series.random, []
    for _ in range(random.poisson(0.6 * series.days / 60)):
        at = float(random.uniform(0.25, 0.95) * series.days * 24)
        factor = random.choice([0.5, 0.7, 1.4, 1.8, 2.5])
        series.mean = np.where(series.hours >= at, series.mean * factor, series.mean)
        shifts.append(at)
    return shifts


def _live(series: _Series) -> Floats:
    """Return the rate of every row: habits, slow wander, idleness and bursts."""
    random, count = series.random, len(series.hours)
    series.price = series.base * random.uniform(0.01, 0.08) * (4 if series.sparse else 1)
    wander = np.zeros(count)
    rho = 0.9 ** (1 / series.per_hour)
    shock = random.normal(0, 1, count) * math.sqrt(1 - rho * rho) * random.uniform(0.05, 0.25)
    for i in range(1, count):
        wander[i] = rho * wander[i - 1] + shock[i]
    live = series.mean * np.exp(wander)
    if series.sparse:
        busy = random.uniform(0.05, 0.25)
        live = live * (random.random(count) < busy) / busy
    if random.random() < 0.4:
        for _ in range(random.poisson(series.days / 7)):
            at = int(random.integers(0, count))
            width = int(series.per_hour * random.uniform(0.5, 2)) or 1
            live[at : at + width] *= random.uniform(1.3, 2.2)
    series.shape = random.uniform(1.0, 3.0)
    return live


def _inject(series: _Series, values: Floats, clean: Floats, faults: float = 2.0) -> list[Event]:
    """Put about two anomalies into the series and return their labels."""
    random, hours, days = series.random, series.hours, series.days
    warm = 14 if days >= 40 else 0.35 * days
    slots = np.linspace(warm * 24, days * 24 - 30, int(max(1, faults * 2)) + 1)
    events = []
    for begin, end in pairwise(slots):
        if random.random() > faults / (len(slots) - 1):
            continue
        kind = _fitting(series, str(random.choice(FAULTS)))
        start = random.uniform(begin, begin + 0.25 * (end - begin))
        rows = _fault(series, values, kind, start, end - begin)
        hit = np.nonzero(rows & (np.abs(values - clean) > 1e-9))[0]
        if len(hit):
            events.append(Event(kind, float(hours[hit[0]]), float(hours[hit[-1]])))
    return events


def _fitting(series: _Series, kind: str) -> str:
    """Replace a fault that could not be told from the entity's ordinary behaviour."""
    typical = float(np.median(series.mean))
    if kind == "drop" and (series.sparse or typical < 5 * series.price):
        return "spike"
    flat = series.weekend > 0.75 and series.depth < 0.5
    return "runaway" if kind == "season" and (flat or series.sparse) else kind


def _fault(series: _Series, values: Floats, kind: str, start: float, longest: float) -> Flags:
    """Change the values and return the rows meant."""
    random, hours = series.random, series.hours
    peak = float(np.quantile(series.mean, 0.95))
    length = _length(random, kind, longest)
    rows = (hours >= start) & (hours < start + length)
    if kind == "leaked":
        rows &= (series.local >= 22) | (series.local < 6)
    count = int(rows.sum())
    match kind:
        case "spike":
            values[rows] += series.spend(np.full(count, peak * random.uniform(2.5, 12)))
        case "runaway":
            ramp = np.exp(np.linspace(math.log(0.3), math.log(random.uniform(4, 25)), count))
            values[rows] += series.spend(peak * ramp)
        case "leaked":
            values[rows] += series.spend(np.full(count, peak * random.uniform(0.6, 2.0)))
        case "drop":
            values[rows] *= random.choice([0.0, 0.0, 0.03])
        case "creep":
            values[rows] *= np.linspace(1, random.uniform(2.0, 3.5), count)
        case _:
            values[rows] = np.maximum(values[rows], series.spend(np.full(count, peak)))
    return rows


def _length(random: np.random.Generator, kind: str, longest: float) -> float:
    """Return how many hours a fault of this kind lasts."""
    match kind:
        case "spike":
            return float(random.uniform(1, 3))
        case "runaway" | "drop":
            length = random.uniform(6, 24)
        case "leaked":
            length = 24.0 * int(random.integers(2, 6))
        case "creep":
            length = 24 * random.uniform(4, 8)
        case _:
            length = 24 * random.uniform(2, 4)
    return float(min(length, 0.7 * longest))


def _deliver(series: _Series, values: Floats) -> NDArray[np.intp]:
    """Lose, split and delay rows; return the order of arrival."""
    random, count = series.random, len(values)
    keep = random.random(count) > 0.004
    for _ in range(random.poisson(series.days / 20)):
        at = int(random.integers(0, count))
        keep[at : at + int(series.per_hour * random.uniform(1, 5))] = False
    for i in np.nonzero(random.random(count - 1) < 0.004)[0]:
        part = values[i] * random.uniform(0.2, 0.7)
        values[i] -= part
        values[i + 1] += part
    arrival = np.arange(count, dtype=float)
    late = random.random(count) < 0.003
    arrival[late] += random.uniform(1.1, 4.0, late.sum())
    order = np.argsort(arrival, kind="stable")
    return order[keep[order]]
