"""Prints how many windows a second a fleet of spend series judges and learns on one core, beside one detector at a time.

    python -m bench fleet
    python -m bench fleet --series 1000000 --runs 3

Every series is warm and hourly, with a daily shape and a size of its own. Seconds are those of the
processor, so that a busy machine does less harm, and both ways are timed in turns. `holes` is the
same with one window in a hundred missing. Bytes are those of a series: in memory, saved with its
fleet, and saved alone.
"""

from __future__ import annotations

import argparse
import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from detectors import snapshot
from detectors.base import Observation
from detectors.checks import HOUR, START
from detectors.fleet import Fleet
from detectors.fleet.arrays import Array
from detectors.fleet.snapshot import dump
from detectors.spend import SpendDetector

TAUGHT = 14 * 24  # hours
TIMED = 24  # hours, so that the end of a day is among them
SINGLES = 200  # series of the detectors that are updated one by one
SEED = 20261122
HEAD = f"{'series':>9}{'updates/s':>12}{'us each':>9}{'holes/s':>12}{'one by one':>12}{'ratio':>7}{'bytes':>8}{'saved':>8}{'alone':>8}"


@dataclass(frozen=True, slots=True)
class Figures:
    """Updates a second of every run."""

    fleet: list[float]
    holes: list[float]
    singles: list[float]


def main(argv: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="bench fleet", description=__doc__.splitlines()[0])
    parser.add_argument("--series", nargs="+", type=int, default=[1_000, 10_000, 100_000])
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args(argv)
    print(HEAD)
    for count in options.series:
        print(_line(count, options.runs), flush=True)


def _line(count: int, runs: int) -> str:
    traffic = Traffic(count)
    fleet = Fleet(count)
    for hour in range(TAUGHT):
        fleet.learn(START + hour * HOUR, traffic.hour(hour), HOUR)
    holed = Fleet.of_columns(fleet.columns)
    alone = [fleet.export(i) for i in range(min(SINGLES, count))]
    figures = Figures([], [], [])
    for run in range(runs):
        hours = range(TAUGHT + run * TIMED, TAUGHT + (run + 1) * TIMED)
        figures.fleet.append(_rate(count, hours, traffic.hour, fleet.update))
        figures.holes.append(_rate(count, hours, traffic.with_holes, holed.update))
        figures.singles.append(
            _rate(len(alone), hours, traffic.hour, lambda at, row, span: _update(alone, at, row, span))
        )
    together, holes, single = (statistics.median(one) for one in (figures.fleet, figures.holes, figures.singles))
    saved = len(dump(fleet)) / count
    return (
        f"{count:>9,}{together:>12,.0f}{1e6 / together:>9.2f}{holes:>12,.0f}{single:>12,.0f}{together / single:>7.0f}"
        f"{fleet.columns.nbytes / count:>8.0f}{saved:>8.0f}{len(snapshot.dump(alone[0])):>8}"
    )


class Traffic:
    """Hours of many series: a size of their own, a day and night in common, and noise."""

    def __init__(self, count: int) -> None:
        self._random = np.random.default_rng(SEED)
        self._sizes = self._random.lognormal(2.0, 1.0, count)

    def hour(self, number: int) -> Array:
        shape = 1.0 + 0.5 * math.sin(number / 24 * math.tau)
        return np.asarray(self._sizes * self._random.lognormal(0.0, 0.2, len(self._sizes)) * shape)

    def with_holes(self, number: int) -> Array:
        return np.where(self._random.random(len(self._sizes)) < 0.01, np.nan, self.hour(number))


def _rate(count: int, hours: range, values: Callable[[int], Array], update: Callable[..., object]) -> float:
    """Return the updates a second of some hours; making the values is not counted."""
    seconds = 0.0
    for hour in hours:
        row = values(hour)
        began = time.process_time()
        update(START + hour * HOUR, row, HOUR)
        seconds += time.process_time() - began
    return count * len(hours) / seconds


def _update(detectors: list[SpendDetector], at: datetime, row: Array, span: timedelta) -> None:
    for detector, value in zip(detectors, row.tolist(), strict=False):
        detector.update(Observation(at, value, span))
