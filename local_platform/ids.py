"""Short opaque ids: reversible for numbered rows, stable for names.

An id is one check letter and six base-62 digits, so a mistyped or foreign id is told apart from one
of ours without a look-up, and no id is ever a bare number.
"""

from __future__ import annotations

import hashlib
from functools import cache, lru_cache

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_LETTERS = _DIGITS[10:]
_WIDTH = 6
# The largest power of two below 62**6: scattering is a multiplication that must be undone.
_MODULUS = 1 << 35
_STEP = 0x5DEECE66D % _MODULUS
_UNSTEP = pow(_STEP, -1, _MODULUS)
# Shares no factor with 62, so that a change of any single digit shows.
_CHECK = 51
_VALUES = {digit: value for value, digit in enumerate(_DIGITS)}


def encode(kind: str, number: int) -> str:
    """Return the id of the row `number` of `kind`."""
    scattered = (number ^ _salt(kind)) * _STEP % _MODULUS
    return _check_letter(kind, scattered) + _digits(scattered)


def decode(kind: str, text: str) -> int | None:
    """Return the number behind an id, or None for text that is no id of this kind."""
    if len(text) != _WIDTH + 1 or not all(digit in _VALUES for digit in text):
        return None
    scattered = 0
    for digit in text[1:]:
        scattered = scattered * len(_DIGITS) + _VALUES[digit]
    if scattered >= _MODULUS or text[0] != _check_letter(kind, scattered):
        return None
    return scattered * _UNSTEP % _MODULUS ^ _salt(kind)


# Every metered call names a few of the same things; bounded, because clients choose the names.
@lru_cache(maxsize=4096)
def of_name(kind: str, name: str) -> str:
    """Return the id of something known by its name alone, the same on every call."""
    return encode(kind, _hash(f"{kind}:{name}"))


def number_of(text: str) -> int:
    """Return a number that an id can carry and that is the same for the same text."""
    return _hash(text)


def _digits(number: int) -> str:
    text = ""
    for _ in range(_WIDTH):
        number, value = divmod(number, len(_DIGITS))
        text = _DIGITS[value] + text
    return text


def _check_letter(kind: str, scattered: int) -> str:
    return _LETTERS[(scattered + _salt(kind)) % _CHECK]


@cache
def _salt(kind: str) -> int:
    return _hash(f"kind:{kind}")


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) % _MODULUS
