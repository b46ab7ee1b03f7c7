"""Saving what a whole fleet has learnt, and refusing to load what does not belong to it.

A snapshot is a NumPy archive of two arrays: the columns, and an outline in JSON of what they mean.
It is not compressed, since the numbers of a state hardly are.
"""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import numpy as np

from detectors.base import DetectorError
from detectors.fleet.columns import DERIVED, HEIGHT, LAYOUT, rows_of
from detectors.fleet.fleet import Fleet
from detectors.snapshot import SnapshotError
from detectors.spend import STATE_VERSION


def dump(fleet: Fleet) -> bytes:
    """Save everything a fleet has learnt; 8 bytes a number, as many numbers a series as a column has."""
    outline = json.dumps(_outline(fleet)).encode()
    buffer = io.BytesIO()
    np.savez(buffer, columns=fleet.columns, outline=np.frombuffer(outline, dtype=np.uint8))
    return buffer.getvalue()


def load(data: bytes, expected: Fleet) -> Fleet:
    """Return a new fleet like `expected`, with the series and the knowledge that the snapshot holds.

    Args:
        data: What `dump` returned.
        expected: A fleet with the wanted parameters, of any size; it is not changed.

    Raises:
        SnapshotError: The snapshot is damaged or belongs to another fleet or version.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            columns, outline = archive["columns"], json.loads(archive["outline"].tobytes())
    except (zipfile.BadZipFile, ValueError, KeyError, OSError) as error:
        raise SnapshotError(f"the fleet's snapshot cannot be read: {error}") from error
    wanted = _outline(expected)
    if outline != wanted:
        raise SnapshotError(f"the snapshot is of a fleet with {outline}, wanted is {wanted}")
    _require_sound(columns)
    try:
        return Fleet.of_columns(columns, **expected.parameters())
    except DetectorError as error:
        raise SnapshotError(f"the fleet's snapshot does not fit: {error}") from error


def _outline(fleet: Fleet) -> dict[str, Any]:
    return {"version": STATE_VERSION, "rows": [LAYOUT, DERIVED], "parameters": fleet.parameters()}


def _require_sound(columns: np.ndarray[Any, np.dtype[Any]]) -> None:
    """Refuse numbers that are not finite, except for the end of what a new series has learnt."""
    is_sound = columns.dtype == np.float64 and columns.ndim == 2 and len(columns) == HEIGHT
    if not is_sound:
        raise SnapshotError(f"the fleet's snapshot holds columns of {columns.dtype} {columns.shape}")
    unknown = np.isnan(rows_of(columns)["progress"]["until"]).sum()
    if np.isfinite(columns).sum() + unknown != columns.size:
        raise SnapshotError("the fleet's snapshot holds numbers that are not finite: rebuild it from samples")
