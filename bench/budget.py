"""Prints how many false episodes a week each detector has on series without a fault, beside what is promised.

    python -m bench budget
    python -m bench budget --detectors level --sensitivities aggressive --series 10

Alarms less than six hours apart are one episode; the first week of a series does not count.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

from bench import clean
from detectors import registry
from detectors.base import Sensitivity
from detectors.budget import PROMISED
from detectors.scoring import score_rows

SLOW = ("local_outlier_factor",)  # minutes a series; choose it by name
DAYS = {"hour": 56, "ten minutes": 42, "minute": 28}
SHARE = {"hour": 1.0, "ten minutes": 0.5, "minute": 0.25}  # of the series asked for: finer grains have more rows
COLD = timedelta(days=7)
APART = timedelta(hours=6)
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Job:
    """One detector on all series of one shape and grain."""

    detector: str
    sensitivity: str
    grain: str
    shape: str
    series: int
    first_seed: int


def main(argv: Sequence[str] | None = None) -> int:
    args = _parse(argv)
    for sensitivity in args.sensitivities:
        print(f"{sensitivity}: {PROMISED[Sensitivity(sensitivity)]} false episodes a week are promised")
        print(f"{'detector':<22}{'grain':<13}" + "".join(f"{shape:>14}" for shape in clean.SHAPES) + f"{'all':>8}")
        with ProcessPoolExecutor(args.jobs) as pool:
            for name in args.detectors:
                for grain in args.grains:
                    series = max(1, round(args.series * SHARE[grain]))
                    jobs = [Job(name, sensitivity, grain, shape, series, args.first_seed) for shape in clean.SHAPES]
                    rates = list(pool.map(false_per_week, jobs))
                    cells = "".join(f"{rate:14.2f}" for rate in rates)
                    print(f"{name:<22}{grain:<13}{cells}{sum(rates) / len(rates):8.2f}", flush=True)
        print()
    return 0


def false_per_week(job: Job) -> float:
    """Return the false episodes per series and week."""
    days = DAYS[job.grain]
    episodes = sum(_episodes(job, seed, days) for seed in range(job.first_seed, job.first_seed + job.series))
    return episodes / (job.series * ((timedelta(days=days) - COLD) / WEEK))


def _episodes(job: Job, seed: int, days: int) -> int:
    detector = registry.create(job.detector, sensitivity=job.sensitivity)
    rows = clean.make(job.shape, job.grain, seed, days)
    last, episodes = None, 0
    for observation, verdict in score_rows(rows, detector, clean.GRAINS[job.grain]):
        if not verdict.is_anomaly or observation.at < clean.START + COLD:
            continue
        episodes += last is None or observation.at - last > APART
        last = observation.at
    return episodes


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench budget", description=__doc__.splitlines()[0])
    quick = [name for name in registry.names() if name not in SLOW]
    parser.add_argument("--detectors", nargs="+", choices=registry.names(), default=quick, metavar="NAME")
    parser.add_argument("--sensitivities", nargs="+", choices=[one.value for one in Sensitivity], default=["normal"])
    parser.add_argument("--grains", nargs="+", choices=tuple(clean.GRAINS), default=list(clean.GRAINS))
    parser.add_argument("--series", type=int, default=8, help="of each shape, by the hour; fewer of finer grains")
    parser.add_argument("--first-seed", type=int, default=1000, help="nothing was tuned on seeds from here on")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes at a time")
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()
