"""The wire form of a plan, made uniform before it is checked and kept.

Clients write the tiers of aggregations in either spelling, `upTo` or `up_to`, and expect every part that
can be referred to later to come back with an id.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from local_platform import ids

# As many as an id carries.
_ID_BITS = 35
_PARTS = {"tiers": "tier", "ratingAggregations": "rating_aggregation", "setupFees": "setup_fee"}


def uniform(wire: object) -> object:
    """Return a plan in camel case, with an id for each tier, aggregation and set-up fee that has none.

    Ids that are there stay, so that a plan which was read and is sent back keeps them. What is not of the
    form of a plan is returned as it is, for the check to complain about.
    """
    return _identified(_camel(wire))


def _camel(value: Any) -> Any:
    if isinstance(value, list):
        return [_camel(item) for item in value]
    if not isinstance(value, dict):
        return value
    spelled = {_spelling(name): _camel(item) for name, item in value.items()}
    # Where both spellings came, the contract's own wins.
    return spelled | {name: _camel(item) for name, item in value.items() if _spelling(name) == name}


def _spelling(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)


def _identified(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {name: _with_ids(_PARTS[name], item) if name in _PARTS else item for name, item in value.items()}


def _with_ids(kind: str, items: Any) -> Any:
    if not isinstance(items, list):
        return items
    return [_with_id(kind, item) if isinstance(item, dict) else item for item in items]


def _with_id(kind: str, item: Mapping[str, Any]) -> dict[str, Any]:
    return {**_identified(item), "id": item.get("id") or ids.encode(kind, secrets.randbits(_ID_BITS))}
