"""Backtests as text for a terminal: a table of the candidates, then the episodes behind it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from daemon.operations.backtest_results import BacktestResult, SuggestionResult, ToldEpisode, TrialResult
from detectors.backtest.words import amount, amounts

MOST = 20
"""Episodes shown of today's settings; JSON has all of them."""

MOST_CHANGED = 5
"""Episodes shown that a candidate gains or loses."""

HEADER = ("", "told", "per series-week", "worth", "gained", "lost", "real found", "repeated")


def comparison_text(found: BacktestResult) -> str:
    """Write a comparison."""
    lines = [*_opening(found.series, found.start, found.end, found.today), ""]
    lines += _table([_row(found.today, is_today=True), *map(_row, found.candidates)])
    lines += _episodes("Today's settings would have told:", found.today.episodes, MOST)
    for candidate in found.candidates:
        lines += _episodes(f"{candidate.name} would have told besides:", candidate.gained, MOST_CHANGED)
        lines += _episodes(f"{candidate.name} would not have told:", candidate.lost, MOST_CHANGED)
    return "\n".join(lines)


def suggestion_text(found: SuggestionResult) -> str:
    """Write a suggestion: the sentence first."""
    lines = [found.sentence, "", *_opening(found.series, found.start, found.end, found.today), ""]
    chosen = [] if found.choice.name == "as today" else [_row(found.choice)]
    lines += _table([_row(found.today, is_today=True), *chosen])
    lines += _episodes("The suggested settings would have told:", found.choice.episodes, MOST)
    lines += _episodes("They would not have told:", found.choice.lost, MOST_CHANGED)
    return "\n".join(lines)


def _opening(series: Sequence[str], start: datetime | None, end: datetime | None, today: TrialResult) -> Iterator[str]:
    count = f"{len(series)} series" if len(series) != 1 else series[0]
    if start is None or end is None:
        yield f"{count}: no window to judge; give more days of history"
        return
    span = f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC"
    yield f"{count}, {span}: {today.windows:,} window{'' if today.windows == 1 else 's'}, {today.series_weeks:.1f} series-weeks judged"
    if today.too_little_history:
        yield f"too little history to judge in {today.too_little_history:.0%} of the windows"


def _row(trial: TrialResult, *, is_today: bool = False) -> tuple[str, ...]:
    labels = trial.labels
    real = labels.found + len(labels.missed)
    return (
        trial.name,
        str(len(trial.episodes)),
        f"{trial.per_series_week:.2f}",
        amounts(trial.worth),
        "" if is_today else f"+{len(trial.gained)}",
        "" if is_today else f"-{len(trial.lost)}",
        f"{labels.found} of {real}" if real else "",
        str(len(labels.repeated)) if labels.repeated else "",
    )


def _table(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Align the columns, leaving out those that say nothing."""
    told = [place for place, name in enumerate(HEADER) if not name or any(row[place] for row in rows)]
    table = [[row[place] for place in told] for row in (HEADER, *rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        first, *others = row
        cells = [first.ljust(widths[0]), *(text.rjust(width) for text, width in zip(others, widths[1:], strict=True))]
        yield "  ".join(cells).rstrip()


def _episodes(title: str, episodes: Sequence[ToldEpisode], most: int) -> Iterable[str]:
    """Write the episodes worth most, in order of time."""
    if not episodes:
        return
    shown = sorted(sorted(episodes, key=lambda one: -one.worth)[:most], key=lambda one: one.opened_at)
    yield ""
    yield title
    yield from map(_episode, shown)
    if len(shown) < len(episodes):
        yield f"  and {len(episodes) - len(shown)} more worth less; --json has all"


def _episode(one: ToldEpisode) -> str:
    length = f"{one.minutes / 60:.3g} h" + ("" if one.ended_at else " so far")
    figures = f"{amount(one.observed, one.unit)} instead of {amount(one.expected, one.unit)}, worth {amount(one.worth, one.unit)}"
    label = f" [{one.label}]" if one.label else ""
    return f"  {one.opened_at:%Y-%m-%d %H:%M}  {one.series}  {length}: {figures}; {one.reason}{label}"
