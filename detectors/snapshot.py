"""Saving what a detector has learnt, and refusing to load what does not belong to it.

A snapshot is a cache: whoever holds one can rebuild it from stored samples. So loading is strict,
and any doubt is a `SnapshotError`.

    magic (4 bytes) | format (1 byte) | digest (16 bytes) | zlib of:
        length of the outline (4 bytes) | outline as JSON | numbers as little-endian doubles

The outline is the state with every list of numbers replaced by its length in brackets: writing
numbers as text would take most of the time.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator
from hashlib import blake2b
from itertools import islice
from typing import Any

from river.__version__ import __version__ as river_version

from detectors.base import Detector, DetectorError

MAGIC = b"RMDS"
FORMAT = 1
DIGEST_BYTES = 16
COMPRESSION = 1  # the numbers of a state hardly compress; higher levels only take longer
LARGEST_BODY = 1 << 20

_HEAD = struct.Struct(f"<4sB{DIGEST_BYTES}s")
_LENGTH = struct.Struct("<I")


class SnapshotError(DetectorError):
    """A snapshot cannot be used; the message says why. Rebuild the detector from samples."""


def dump(detector: Detector) -> bytes:
    """Save everything a detector has learnt.

    Raises:
        DetectorError: The detector keeps no snapshots.
    """
    numbers: list[float] = []
    outline = {**_identity(detector), "state": _outlined(detector.state(), numbers)}
    text = json.dumps(outline, separators=(",", ":"), allow_nan=False).encode()
    body = _LENGTH.pack(len(text)) + text + struct.pack(f"<{len(numbers)}d", *numbers)
    packed = zlib.compress(body, COMPRESSION)
    return _HEAD.pack(MAGIC, FORMAT, _digest(packed)) + packed


def load(data: bytes, expected: Detector) -> Detector:
    """Return a new detector like `expected`, having learnt what the snapshot holds.

    Args:
        data: What `dump` returned.
        expected: A detector of the wanted class and parameters; it is not changed.

    Raises:
        SnapshotError: The snapshot is damaged or belongs to another detector or version.
    """
    packed = _verified(data)
    detector = type(expected)(**expected.parameters())
    try:
        body = zlib.decompressobj().decompress(packed, LARGEST_BODY)
        (length,) = _LENGTH.unpack_from(body)
        outline = json.loads(body[_LENGTH.size : _LENGTH.size + length])
        numbers = [one for (one,) in struct.iter_unpack("<d", body[_LENGTH.size + length :])]
        _require_identity(outline, expected)
        detector.restore(_filled(outline["state"], iter(numbers)))
    except (zlib.error, struct.error, ValueError, KeyError, TypeError) as error:
        raise SnapshotError(f"the snapshot does not fit: {error}") from error
    return detector


def _identity(detector: Detector) -> dict[str, Any]:
    return {
        "river": river_version,
        "detector": detector.name,
        "parameters": detector.parameters(),
    }


def _require_identity(outline: dict[str, Any], expected: Detector) -> None:
    for field, wanted in _identity(expected).items():
        found = outline[field]
        if found != wanted:
            raise SnapshotError(f"its {field} is {found!r}, wanted is {wanted!r}")


def _verified(data: bytes) -> bytes:
    """Return the compressed part once the head and the digest prove right."""
    if len(data) < _HEAD.size:
        raise SnapshotError(f"the snapshot is cut short: {len(data)} bytes")
    magic, version, digest = _HEAD.unpack_from(data)
    if magic != MAGIC:
        raise SnapshotError("this is not a detector snapshot")
    if version != FORMAT:
        raise SnapshotError(f"the snapshot has format {version}, this version reads {FORMAT}")
    packed = data[_HEAD.size :]
    if _digest(packed) != digest:
        raise SnapshotError("the snapshot is damaged: its digest does not match")
    return packed


def _outlined(value: Any, numbers: list[float]) -> Any:
    """Return a state without the contents of its lists, which are added to the numbers."""
    if isinstance(value, dict):
        return {key: _outlined(one, numbers) for key, one in value.items()}
    if isinstance(value, list):
        numbers.extend(value)
        return [len(value)]
    return value


def _filled(outline: Any, numbers: Iterator[float]) -> Any:
    """Undo `_outlined`."""
    if isinstance(outline, dict):
        return {key: _filled(one, numbers) for key, one in outline.items()}
    if isinstance(outline, list):
        return list(islice(numbers, outline[0]))
    return outline


def _digest(packed: bytes) -> bytes:
    return blake2b(packed, digest_size=DIGEST_BYTES).digest()
