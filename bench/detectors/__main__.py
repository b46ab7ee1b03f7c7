"""Prints how well the detectors find labelled anomalies in generated spend, and what they cost.

    python -m bench.detectors --seeds 11 23 --entities 40

Every line is at the threshold the detector ships with; the columns marked @1 and @.2 are at the
threshold that gives one, or a fifth of a, false episode per entity and week.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence

from bench.detectors import contestants, generator, scorer
from bench.detectors.contestants import Run
from bench.detectors.generator import FAULTS, Entity

HEAD = (
    f"{'detector':<22}{'recall':>7}{'F1':>6}{'false/wk':>9}{'delay h':>8}{'caught':>7}"
    f"{'R@1':>6}{'R@.2':>6}{'F1@.2':>7}" + "".join(f"{kind:>8}" for kind in FAULTS) + f"{'us':>7}{'bytes':>7}"
)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench.detectors", description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", nargs="+", type=int, default=[11, 23])
    parser.add_argument("--entities", type=int, default=40)
    parser.add_argument("--days", type=int, default=60)
    args = parser.parse_args(argv)
    for seed in args.seeds:
        entities = generator.make(seed, args.entities, args.days)
        print(
            f"seed {seed}: {len(entities)} entities, {sum(len(one.values) for one in entities)} rows, "
            f"{sum(len(one.events) for one in entities)} events"
        )
        print(HEAD)
        for label, run in _runs(entities):
            print(_line(label, entities, run), flush=True)
        print()
    return 0


def _runs(entities: list[Entity]) -> Iterator[tuple[str, Run]]:
    for sensitivity in ("conservative", "normal", "aggressive"):
        yield f"spend {sensitivity}", contestants.run(entities, "spend", sensitivity)
    for name in ("level", "gaussian", "sad"):
        yield name, contestants.run(entities, name)
    for deviations in (3.0, 2.0):
        yield f"batch z {deviations:g} sigma", contestants.batch_z(entities, deviations)


def _line(label: str, entities: list[Entity], run: Run) -> str:
    shipped = scorer.score(entities, run.alarms, 0.5)
    often = scorer.at_rate(entities, run.scores, 1.0)
    seldom = scorer.at_rate(entities, run.scores, 0.2)
    kinds = "".join(f"{shipped.by_kind[kind]:8.2f}" for kind in FAULTS)
    return (
        f"{label:<22}{shipped.recall:7.2f}{shipped.f1:6.2f}{shipped.false_per_week:9.2f}"
        f"{shipped.delay:8.1f}{shipped.caught:7.2f}{often.recall:6.2f}{seldom.recall:6.2f}"
        f"{seldom.f1:7.2f}{kinds}{run.micros:7.1f}{run.size:7d}"
    )


if __name__ == "__main__":
    sys.exit(main())
