"""What is learnt about many series in one matrix: a column is a series, a row is a number.

The rows have the names of `SpendDetector.state`, so a column and a detector can be turned into one
another. Two more are derived: the scales of the habits, and how many levels the anchor has seen,
which says where its ring begins.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from detectors.anchor import REMEMBERED
from detectors.base import DetectorError
from detectors.fleet.arrays import Array, Rows
from detectors.fleet.habits import Habits
from detectors.season import CELLS
from detectors.spans import SPANS
from detectors.spend import STATE_VERSION

_OF_SPANS = {"means": len(SPANS), "centres": len(SPANS), "variances": len(SPANS), "typical": 1}
_OF_HABITS = {"usual": len(SPANS), "today": len(SPANS), "days": 1, "hours": 1}
_OF_PATIENCE = {"bar": 1, "on": 1}
_OF_ANCHOR = ("run", "part", "part_weight", "part_hours", "former", "former_hours", "back")
_RINGS = ("levels", "weights")

LAYOUT: dict[str, dict[str, int]] = {
    "progress": {"until": 1, "hours": 1},
    "season": {"level": 1, "hours": 1, "factors": CELLS, "counts": CELLS},
    "linear": _OF_SPANS,
    "logarithmic": _OF_SPANS,
    "ups": _OF_HABITS,
    "lows": _OF_HABITS,
    "above": _OF_PATIENCE,
    "below": _OF_PATIENCE,
    "anchor": {**dict.fromkeys(_RINGS, REMEMBERED), **dict.fromkeys(_OF_ANCHOR, 1)},
}
DERIVED: dict[str, dict[str, int]] = {
    "ups": {"scales": len(SPANS)},
    "lows": {"scales": len(SPANS)},
    "anchor": {"seen": 1},
}
HEIGHT = sum(sum(rows.values()) for part in (LAYOUT, DERIVED) for rows in part.values())


def rows_of(matrix: Array) -> dict[str, Rows]:
    """Return views of the rows by section and field: one row flat, several as they are."""
    known: dict[str, dict[str, Array]] = {section: {} for section in LAYOUT}
    top = 0
    for part in (LAYOUT, DERIVED):
        for section, fields in part.items():
            for field, height in fields.items():
                known[section][field] = matrix[top] if height == 1 else matrix[top : top + height]
                top += height
    return dict(known)


def column_of(state: dict[str, Any]) -> Array:
    """Return the column that holds what a detector has learnt.

    Raises:
        DetectorError: The detector keeps a state that has no place in a column.
    """
    _require_layout(state)
    matrix = np.zeros((HEIGHT, 1))
    known = rows_of(matrix)
    for section, fields in LAYOUT.items():
        for field in fields:
            if field not in _RINGS:
                known[section][field][...] = _upright(state[section][field])
    for ring in _RINGS:
        seen = state["anchor"][ring]
        known["anchor"][ring][: len(seen), 0] = seen
        known["anchor"]["seen"][0] = len(seen)
    rescale(matrix)
    return matrix[:, 0]


def rescale(matrix: Array) -> None:
    """Derive the scales of the habits, which are not part of a state, in all columns."""
    known = rows_of(matrix)
    for side in ("ups", "lows"):
        Habits(known[side]).rescale()


def state_of(column: Array) -> dict[str, Any]:
    """Return what a column holds as the state of a detector."""
    known = rows_of(column[:, np.newaxis])
    state: dict[str, Any] = {"version": STATE_VERSION}
    for section, fields in LAYOUT.items():
        state[section] = {
            field: float(known[section][field][0]) if height == 1 else known[section][field][:, 0].tolist()
            for field, height in fields.items()
        }
    if math.isnan(state["progress"]["until"]):
        state["progress"]["until"] = None
    seen = int(known["anchor"]["seen"][0])
    begin = seen % REMEMBERED
    for name in _RINGS:
        ring = state["anchor"][name]
        state["anchor"][name] = ring[begin:] + ring[:begin] if seen >= REMEMBERED else ring[:seen]
    return state


def _upright(value: float | list[float] | None) -> Array:
    numbers = np.array(math.nan if value is None else value, dtype=np.float64)
    return numbers[:, np.newaxis] if numbers.ndim else numbers


def _require_layout(state: dict[str, Any]) -> None:
    wanted: dict[str, set[str]] = {section: set(fields) for section, fields in LAYOUT.items()}
    found = {section: set(fields) for section, fields in state.items() if section != "version"}
    if found != wanted or state["version"] != STATE_VERSION:
        raise DetectorError("the state of this detector has no place in a fleet: both must be of one release")
