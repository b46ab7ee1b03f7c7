"""How a threshold chosen on some data does on other data: half of the entities, or a kind of fault, held back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.detectors import scorer
from bench.detectors.contestants import Run
from bench.detectors.generator import FAULTS, Entity

PER_WEEK = 0.2
HEAD = f"{'threshold chosen on':<26}{'score':>7}{'false/wk':>9}   on what was held back:{'recall':>7}{'false/wk':>9}"


def lines(entities: Sequence[Entity], run: Run) -> Iterator[str]:
    """Yield a line for every way of holding something back.

    For a kind of fault, the threshold is chosen on the entities that never had it, and recall is
    that of this kind alone.
    """
    yield HEAD
    even, odd = entities[0::2], entities[1::2]
    for name, chosen_on, other in (("even entities", even, odd), ("odd entities", odd, even)):
        chosen, kept = _apart(chosen_on, other, run)
        yield _line(name, chosen, kept, kept.recall)
    for kind in FAULTS:
        held = [one for one in entities if any(event.kind == kind for event in one.events)]
        rest = [one for one in entities if one not in held]
        if held and rest:
            chosen, kept = _apart(rest, held, run)
            yield _line(f"entities without {kind}", chosen, kept, kept.by_kind[kind])


def _apart(chosen_on: Sequence[Entity], held: Sequence[Entity], run: Run) -> tuple[scorer.Result, scorer.Result]:
    chosen = scorer.at_rate(chosen_on, run.scores, PER_WEEK, run.decide)
    if run.decide is None:
        return chosen, scorer.score(held, run.scores, chosen.threshold)
    return chosen, scorer.score(held, run.decide(chosen.threshold), 0.5)


def _line(name: str, chosen: scorer.Result, kept: scorer.Result, recall: float) -> str:
    return (
        f"{name:<26}{chosen.threshold:7.3f}{chosen.false_per_week:9.2f}{'':25}{recall:7.2f}{kept.false_per_week:9.2f}"
    )
