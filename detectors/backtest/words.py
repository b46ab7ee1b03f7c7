"""Says in one sentence, with its numbers, why a setting is suggested."""

from __future__ import annotations

from detectors.backtest.trial import Trial
from detectors.words import capitalized, dollars, joined


def amounts(worth: dict[str, float]) -> str:
    """Write total worths, each in its unit."""
    return joined([amount(value, unit) for unit, value in sorted(worth.items())]) or "nothing"


def amount(value: float, unit: str) -> str:
    """Write one value in its unit: $1,234.50, 0.25 of the calls, 1,200 tokens."""
    if unit == "$":
        return dollars(value)
    figure = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{figure} {unit}".rstrip()


def reasoning(best: Trial, today: Trial, budget: float, *, is_met: bool) -> str:
    """Explain a choice beside today's settings."""
    parts = [f"{_opening(best, today, is_met=is_met)} {_told(best)}{_beside_budget(best, today, budget)}"]
    if best.marks.recall is not None:
        marks = best.marks
        parts.append(f"{len(marks.found)} of {len(marks.found) + len(marks.missed)} labelled real are among them")
    if best is not today:
        parts.append(f"today's settings tell {_told(today)}, {today.unwanted_per_week:.2f} of them per series-week")
    return "; ".join(parts) + "."


def _beside_budget(best: Trial, today: Trial, budget: float) -> str:
    if not best.told:
        return "" if best is today else f", since nothing louder keeps to the budget of {budget:g}"
    rate = f", of which {best.unwanted_per_week:.2f} per series-week are not labelled real"
    if best.unwanted_per_week <= budget:
        return f"{rate}, within the budget of {budget:g}"
    only = ", since a single one is more in so short a time" if best.unwanted == 1 else ""
    return f"{rate}, over the budget of {budget:g}{only}"


def _told(trial: Trial) -> str:
    count = len(trial.told)
    if not count:
        return f"no episode in {trial.weeks:.1f} series-weeks"
    return f"{count} episode{'' if count == 1 else 's'} in {trial.weeks:.1f} series-weeks worth {amounts(trial.worth)}"


def _opening(best: Trial, today: Trial, *, is_met: bool) -> str:
    if best is today:
        return f"{'Keep' if is_met else 'Nothing is nearer than'} today's settings: they tell"
    return f"{capitalized(str(best.change))}: tells" if is_met else f"The nearest is {best.change}: it tells"
