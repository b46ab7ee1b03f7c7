"""Prints how well the detectors find labelled anomalies in generated spend, and what they cost.

    python -m bench detectors --seeds 6003 6004 --entities 200
    python -m bench detectors --grain minute --entities 24 --days 10
    python -m bench detectors --unseen --entities 400

Every line is at the threshold the detector ships with; the columns marked @1 and @.2 are at the
threshold that gives one, or a fifth of a, false episode per entity and week; beside the delay of all
faults stands that of spikes and of runaways. `spend` was tuned on the seeds in `TUNING`, so figures to believe need others.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache

from bench.detectors import contestants, generator, holdout, scorer, unseen
from bench.detectors.contestants import Run
from bench.detectors.generator import FAULTS, Entity

TUNING = (11, 23, 101, 404, 2001, 2002, 3001, 3002, 4001, 4002, 4003, 4004, 5002, 5003, 5004, 5005)
HELD_OUT = ("spend normal",)  # the threshold chosen is the same for every sensitivity
HEAD = (
    f"{'detector':<22}{'false/wk':>9}{'recall':>7}{'F1':>6}{'delay h':>8}{'spike':>7}{'runaway':>8}{'caught':>7}"
    + "".join(f"{kind:>8}" for kind in FAULTS)
    + f" |{'R@1':>6}{'caught':>7} |{'R@.2':>6}{'F1':>6}{'caught':>7} |{'upd/s':>8}{'bytes':>7}"
)


@dataclass(frozen=True, slots=True)
class Job:
    """One contestant on the data of one seed."""

    seed: int
    entities: int
    days: int
    grain: str
    label: str
    hold_out: bool


def main(argv: Sequence[str] | None = None) -> int:
    args = _parse(argv)
    if args.unseen:
        return _unseen(args.seeds, args.entities)
    labels = args.detectors or contestants.labels()
    with ProcessPoolExecutor(args.jobs) as pool:
        for seed in args.seeds:
            entities = _entities(seed, args.entities, args.days, args.grain)
            print(
                f"seed {seed}: {len(entities)} entities, {args.days} days by the {args.grain}, "
                f"{sum(len(one.values) for one in entities)} rows, {sum(len(one.events) for one in entities)} events"
            )
            print(HEAD)
            jobs = [
                Job(seed, args.entities, args.days, args.grain, label, args.hold_out and label in HELD_OUT)
                for label in labels
            ]
            for text in pool.map(_report, jobs):
                print(text, flush=True)
            print()
    return 0


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench detectors", description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", nargs="+", type=int, default=list(TUNING[:2]))
    parser.add_argument("--entities", type=int, default=40)
    parser.add_argument("--days", type=int, help="60 by the hour, 10 by the minute")
    parser.add_argument("--grain", choices=tuple(generator.SPANS), default="hour")
    parser.add_argument("--detectors", nargs="+", choices=contestants.labels(), metavar="NAME", help="default: all")
    parser.add_argument(
        "--hold-out",
        action="store_true",
        help="also choose a threshold for spend on one part and score it on the other",
    )
    parser.add_argument("--unseen", action="store_true", help="instead, kinds of fault that nothing was tuned on")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes at a time")
    args = parser.parse_args(argv)
    args.days = args.days or (60 if args.grain == "hour" else 10)
    return args


def _unseen(seeds: Sequence[int], count: int) -> int:
    for seed in seeds:
        print(f"seed {seed}: {count} entities without faults of their own, 60 days by the hour; spend at normal")
        for line in unseen.lines(generator.make(seed, count, faults=False), seed):
            print(line, flush=True)
        print()
    return 0


@cache
def _entities(seed: int, count: int, days: int, grain: str) -> list[Entity]:
    return generator.make(seed, count, days, grain)


def _report(job: Job) -> str:
    """Return the lines of one contestant."""
    entities = _entities(job.seed, job.entities, job.days, job.grain)
    run = contestants.run(entities, job.label, job.grain)
    return "\n".join(_lines(job, entities, run))


def _lines(job: Job, entities: list[Entity], run: Run) -> Iterator[str]:
    shipped = scorer.score(entities, run.alarms, 0.5)
    often = scorer.at_rate(entities, run.scores, 1.0, run.decide)
    seldom = scorer.at_rate(entities, run.scores, 0.2, run.decide)
    kinds = "".join(f"{shipped.by_kind[kind]:8.2f}" for kind in FAULTS)
    delays = f"{shipped.delay:8.1f}{shipped.delays['spike']:7.2f}{shipped.delays['runaway']:8.1f}"
    yield (
        f"{job.label:<22}{shipped.false_per_week:9.2f}{shipped.recall:7.2f}{shipped.f1:6.2f}"
        f"{delays}{shipped.caught:7.2f}{kinds} |{often.recall:6.2f}{often.caught:7.2f} |"
        f"{seldom.recall:6.2f}{seldom.f1:6.2f}{seldom.caught:7.2f} |{run.per_second:8.0f}{run.size:7d}"
    )
    if job.hold_out:
        yield from holdout.lines(entities, run)


if __name__ == "__main__":
    sys.exit(main())
