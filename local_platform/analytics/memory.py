"""What a report has needed goes back to the system as soon as it is done with."""

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


def return_the_rest() -> None:
    """Give back what the library keeps of many small blocks, which lie scattered over each reader's own heap."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)
