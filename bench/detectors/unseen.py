"""Kinds of fault that no threshold was ever chosen on, put into ordinary series one at a time.

They are what a new detector has to be afraid of: shapes that its makers did not think of. Next to
each stands how often an alarm would have fallen into the same hours without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from bench.detectors.generator import START, Entity, Flags, Floats
from detectors.fleet import Fleet

HOUR = timedelta(hours=1)
FIRST_DAY, LAST_DAY = 25, 52  # of 60, in which a fault may begin
IDLE = 0.5  # share of hours without spend from which a series counts as mostly idle
GRACE = 2  # hours after its last one in which a fault may still be told
HEAD = f"{'fault':<36}{'found':>7}{'chance':>8}{'delay h':>9}   {'mostly idle: found':>19}{'chance':>8}"

Change = Callable[[Floats, Floats], Floats]
"""Returns the hours of the fault as they become, from what they were and the whole series."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault and how many hours it lasts."""

    name: str
    hours: int
    change: Change


def _times(factor: float, every: int = 1) -> Change:
    """Multiply what is spent, or that of every so many hours."""

    def change(hours: Floats, _series: Floats) -> Floats:
        return hours * np.where(np.arange(len(hours)) % every == 0, factor, 1.0)

    return change


def _ramp(end: float) -> Change:
    return lambda hours, _series: hours * np.linspace(1.0, end, len(hours))


def _plus(share: float) -> Change:
    return lambda hours, series: hours + share * np.nanmean(series)


def _stuck(hours: Floats, series: Floats) -> Floats:
    return np.full(len(hours), np.nanmean(series))


def _later(shift: int) -> Change:
    return lambda hours, _series: np.roll(hours, shift)


def _restless(hours: Floats, _series: Floats) -> Floats:
    return hours * np.exp(np.random.default_rng(len(hours)).normal(0.0, 0.8, len(hours)))


FAULTS = (
    Fault("one hour, ten times", 1, _times(10.0)),
    Fault("six hours, twice", 6, _times(2.0)),
    Fault("two days, twice", 48, _times(2.0)),
    Fault("three days, half more", 72, _times(1.5)),
    Fault("every fourth hour, four times", 48, _times(4.0, every=4)),
    Fault("one hour a day, three times, 5 days", 120, _times(3.0, every=24)),
    Fault("constant extra for three days", 72, _plus(0.7)),
    Fault("restless for three days", 72, _restless),
    Fault("days shifted by eight hours", 72, _later(8)),
    Fault("stuck at its mean for two days", 48, _stuck),
    Fault("nothing for three hours", 3, _times(0.0)),
    Fault("nothing for twelve hours", 12, _times(0.0)),
    Fault("half for three days", 72, _times(0.5)),
    Fault("falling to 30 % in five days", 120, _ramp(0.3)),
)


def lines(entities: Sequence[Entity], seed: int) -> Iterator[str]:
    """Yield a line for every kind of fault; the entities must have none of their own."""
    grid = _grid(entities)
    idle = np.mean(grid == 0.0, axis=0) > IDLE
    ordinary = _alarms(grid)
    yield HEAD
    for number, fault in enumerate(FAULTS):
        starts = np.random.default_rng([seed, number]).integers(24 * FIRST_DAY, 24 * LAST_DAY, len(entities))
        faulty = _with(fault, grid, starts)
        # Twice nothing is nothing: where a fault changed no hour there was none.
        is_hit = ~np.all((faulty == grid) | np.isnan(grid), axis=0)
        found, chance = (_first(alarms, starts, fault.hours) for alarms in (_alarms(faulty), ordinary))
        busy, few = is_hit & ~idle, is_hit & idle
        yield (
            f"{fault.name:<36}{_share(found[busy]):7.2f}{_share(chance[busy]):8.2f}{_median(found[busy]):9.0f}"
            f"   {_share(found[few]):19.2f}{_share(chance[few]):8.2f}"
        )


def _with(fault: Fault, grid: Floats, starts: NDArray[np.int64]) -> Floats:
    """Return all series with the fault in each, beginning in its own hour."""
    faulty = grid.copy()
    for series, start in enumerate(starts):
        rows = slice(start, start + fault.hours)
        faulty[rows, series] = fault.change(grid[rows, series], grid[:, series])
    return faulty


def _grid(entities: Sequence[Entity]) -> Floats:
    """Return dollars by hour and entity; NaN where nothing was delivered."""
    last = max(int(one.hours.max()) for one in entities)
    grid = np.full((last + 1, len(entities)), np.nan)
    for number, entity in enumerate(entities):
        grid[entity.hours.astype(int), number] = entity.values
    return grid


def _alarms(grid: Floats) -> Flags:
    fleet = Fleet(grid.shape[1])
    return np.array([fleet.update(START + row * HOUR, values, HOUR).is_anomaly for row, values in enumerate(grid)])


def _first(alarms: Flags, starts: NDArray[np.int64], hours: int) -> Floats:
    """Return the hours from the start of a fault to the first alarm about it, by series; NaN for none."""
    near = [alarms[start : start + hours + GRACE, series] for series, start in enumerate(starts)]
    return np.array([float(one.argmax()) if one.any() else np.nan for one in near])


def _share(first: Floats) -> float:
    return float(np.mean(np.isfinite(first))) if len(first) else float("nan")


def _median(first: Floats) -> float:
    told = first[np.isfinite(first)]
    return float(np.median(told)) if len(told) else float("nan")
