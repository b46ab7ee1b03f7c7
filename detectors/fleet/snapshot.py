"""Saving what a whole fleet has learnt, and refusing to load what does not belong to it.

    magic (4 bytes) | format (1 byte) | digest (16 bytes) of:
        length of the outline (4 bytes) | outline as JSON | columns as little-endian doubles

The outline says what the rows mean. Nothing is compressed: the numbers of a state hardly are.
"""

from __future__ import annotations

import json
import struct
from hashlib import blake2b
from typing import Any

import numpy as np

from detectors.fleet.arrays import Array
from detectors.fleet.columns import DERIVED, HEIGHT, LAYOUT, rows_of
from detectors.fleet.fleet import Fleet
from detectors.snapshot import DIGEST_BYTES, SnapshotError
from detectors.spend import STATE_VERSION

MAGIC = b"RMFS"
FORMAT = 1

_HEAD = struct.Struct(f"<4sB{DIGEST_BYTES}s")
_LENGTH = struct.Struct("<I")
_DOUBLES = np.dtype("<f8")


def dump(fleet: Fleet) -> bytes:
    """Save everything a fleet has learnt; as many doubles a series as a column is high."""
    outline = json.dumps(_outline(fleet)).encode()
    # Views until the end, since the columns of a million series are more than a gigabyte.
    body = (_LENGTH.pack(len(outline)), outline, fleet.columns.astype(_DOUBLES, copy=False).reshape(-1).data)
    return b"".join((_HEAD.pack(MAGIC, FORMAT, _digest(*body)), *body))


def load(data: bytes, expected: Fleet) -> Fleet:
    """Return a new fleet like `expected`, with the series and the knowledge that the snapshot holds.

    Args:
        data: What `dump` returned.
        expected: A fleet with the wanted parameters, of any size; it is not changed.

    Raises:
        SnapshotError: The snapshot is damaged or belongs to another fleet or version.
    """
    body = _verified(data)
    (length,) = _LENGTH.unpack_from(body)
    begin = _LENGTH.size + length
    found, wanted = json.loads(bytes(body[_LENGTH.size : begin])), _outline(expected)
    for name, value in wanted.items():
        if found.get(name) != value:
            raise SnapshotError(f"the {name} of the fleet's snapshot are {found.get(name)!r}, wanted are {value!r}")
    columns = np.frombuffer(body, dtype=_DOUBLES, offset=begin).reshape(HEIGHT, -1)
    _require_finite(columns)
    return Fleet.of_columns(columns, **expected.parameters())


def _outline(fleet: Fleet) -> dict[str, Any]:
    return {"parameters": fleet.parameters(), "rows": [STATE_VERSION, LAYOUT, DERIVED]}


def _verified(data: bytes) -> memoryview:
    """Return what follows the head once magic, format and digest prove right; all of it is then as it was saved."""
    if len(data) < _HEAD.size:
        raise SnapshotError(f"the fleet's snapshot is cut short: {len(data)} bytes")
    magic, version, digest = _HEAD.unpack_from(data)
    if magic != MAGIC or version != FORMAT:
        raise SnapshotError(f"this is no snapshot of a fleet in format {FORMAT}")
    body = memoryview(data)[_HEAD.size :]
    if _digest(body) != digest:
        raise SnapshotError("the fleet's snapshot is damaged: its digest does not match")
    return body


def _require_finite(columns: Array) -> None:
    """Refuse what no fleet would have learnt; only the end of what a new series knows is NaN."""
    unknown = np.isnan(rows_of(columns)["progress"]["until"]).sum()
    if np.isfinite(columns).sum() + unknown != columns.size:
        raise SnapshotError("the fleet's snapshot holds numbers that are not finite: rebuild it from samples")


def _digest(*parts: bytes | memoryview) -> bytes:
    digest = blake2b(digest_size=DIGEST_BYTES)
    for part in parts:
        digest.update(part)
    return digest.digest()
