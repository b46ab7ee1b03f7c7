"""Large arrays go back to the system as soon as they are done with."""

from __future__ import annotations

import ctypes
from contextlib import suppress

_M_MMAP_THRESHOLD = -3
_LARGE = 1 << 20


def return_large_arrays() -> None:
    """Tell the GNU C library to keep no large block for later; other libraries are left as they are.

    By itself it learns from the first large block to keep the next ones, in each thread that reads for a report.
    """
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE)
