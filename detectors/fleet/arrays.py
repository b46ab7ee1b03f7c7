"""Small helpers for arrays in which every column is a series."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
Mask: TypeAlias = NDArray[np.bool_]
Index: TypeAlias = NDArray[np.intp]
Rows: TypeAlias = Mapping[str, Array]


def upright(values: Sequence[float]) -> Array:
    """Return numbers as a column, to go with arrays that have a row for each of them."""
    return np.array(values, dtype=np.float64)[:, np.newaxis]


@contextmanager
def sparing(spared: Mask, *rows: Array) -> Iterator[None]:
    """Let everyone change, and give those spared back what they had.

    Few are spared as a rule, so this costs less than asking at every step who takes part.
    """
    index = np.flatnonzero(spared)
    kept = [part[..., index] for part in rows] if index.size else []
    yield
    for part, former in zip(rows, kept, strict=False):
        part[..., index] = former
