"""Detectors by name: what there is, what can be tuned, and making one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from typing import Any, TypeVar

from detectors import generic, level, river_adapter, river_recipes, spend
from detectors.base import Detector, DetectorError, Sensitivity
from detectors.parameters import Limits, ParameterInfo, describe_parameters

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class DetectorInfo:
    """One detector as shown to a person."""

    name: str
    summary: str
    parameters: tuple[ParameterInfo, ...]


@dataclass(frozen=True, slots=True)
class _Entry:
    kind: type[Detector]
    make: Callable[..., Detector]
    summary: str
    limits: dict[str, Limits]


_ENTRIES = {
    "spend": _Entry(
        spend.SpendDetector,
        spend.SpendDetector,
        "Spend by the hour: season, growth, and deviations over 1 to 72 hours. The default.",
        spend.LIMITS,
    ),
    "level": _Entry(
        level.LevelDetector,
        level.LevelDetector,
        "A slow level and its ordinary wobble: error rates, latencies, tokens, calls.",
        level.LIMITS,
    ),
    "generic": _Entry(
        generic.GenericDetector,
        generic.GenericDetector,
        "Any metric: whether anything like it was seen before, by value, by hour and over the last windows.",
        generic.LIMITS,
    ),
} | {
    name: _Entry(
        river_adapter.RiverDetector,
        partial(river_adapter.RiverDetector, name),
        recipe.summary,
        river_adapter.LIMITS,
    )
    for name, recipe in river_recipes.RECIPES.items()
}


def names() -> tuple[str, ...]:
    """Return the names of all detectors, ours first."""
    return tuple(_ENTRIES)


def describe(name: str) -> DetectorInfo:
    """Return what a detector is and what can be tuned on it.

    Raises:
        DetectorError: There is no detector of that name.
    """
    entry = _entry(name)
    return DetectorInfo(name, entry.summary, describe_parameters(entry.kind, entry.limits))


def create(name: str, *, sensitivity: Sensitivity | str = Sensitivity.NORMAL, **parameters: Any) -> Detector:
    """Make a fresh detector.

    Raises:
        DetectorError: The name, the sensitivity, a parameter or its value is not known; the
            message names the nearest one and what is allowed.
    """
    entry = _entry(name)
    known = {one.name: one for one in describe_parameters(entry.kind, entry.limits)}
    checked = {
        key: _choose(key, known, f"parameter of the {name} detector").check(value) for key, value in parameters.items()
    }
    words = {one.value: one for one in Sensitivity}
    return entry.make(sensitivity=_choose(sensitivity, words, "sensitivity"), **checked)


def _entry(name: str) -> _Entry:
    return _choose(name, _ENTRIES, "detector")


def _choose(name: str, known: Mapping[str, T], what: str) -> T:
    if name in known:
        return known[name]
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]!r}?" if near else "."
    raise DetectorError(f"there is no {what} {name!r}{hint} Known: {', '.join(known)}")
