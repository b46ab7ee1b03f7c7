"""Which of the episodes that go on together is the incident, and which only show it. Pure.

One agent gone wild moves its own series, that of its model, its key and the total. That they moved at
the same time says little; that the same dollars did it can be counted. An episode A accounts for
another, B, as far as B's excess consists of A's: of the traffic that both have in common the part
that is A's excess, held against the excess of B:

    accounted(B, by A) = shared(A, B) * (A.excess / A.traffic) / B.excess
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

MOST = 0.8
"""One episode is the cause of another when it accounts for so much of it."""

OF_SIZE = 0.2
"""A part that accounts for less of the whole has its own story."""

WITHIN = 0.8
"""One series is part of another when so much of its traffic is the other's."""

TOGETHER = timedelta(hours=2)
"""A part that went wrong much later than the whole is news."""


@dataclass(frozen=True, slots=True)
class Mover:
    """An episode as the hierarchy sees it; all that are compared are of one metric and to one side.

    Attributes:
        id: Names the episode.
        breadth: How much else the entity may cover; the narrower of two that explain each other leads.
        opened_at: When it began.
        excess: Beyond the norm, at present, without a sign; in a unit that adds up over entities
            (dollars, calls; for a mean its excess times the calls).
        traffic: All that `excess` is part of, such as dollars; for a mean the calls.
        shared: How much of the traffic other episodes have in common with this one, by their ids.
    """

    id: str
    breadth: int
    opened_at: datetime
    excess: float
    traffic: float
    shared: Mapping[str, float] = field(default_factory=dict)


def leads(fresh: Collection[Mover], standing: Collection[Mover] = ()) -> dict[str, str]:
    """Return for each fresh episode the id of the one that leads its incident, perhaps its own.

    Args:
        fresh: Episodes that just opened, in any order.
        standing: Those that lead incidents which go on. They stay leads, since people know them.
    """
    near = _neighbours([*fresh, *standing])
    heads = {mover.id: mover for mover in standing}
    found: dict[str, Mover] = {}
    for mover in sorted(fresh, key=_narrow_first):
        cause = _cause(mover, [heads[other] for other in near[mover.id] if other in heads])
        found[mover.id] = cause or mover
        if cause is None:
            heads[mover.id] = mover
    fixed = {mover.id for mover in standing}
    above = {
        each: _whole(head, [heads[other] for other in near[each] if other in heads])
        for each, head in heads.items()
        if each not in fixed
    }
    return {each: _top(lead, above).id for each, lead in found.items()}


def _neighbours(movers: Collection[Mover]) -> dict[str, set[str]]:
    """Return for each episode those that it shares traffic with: few, however many there are."""
    near: dict[str, set[str]] = {mover.id: set() for mover in movers}
    for mover in movers:
        for other in mover.shared:
            if other != mover.id and other in near:
                near[mover.id].add(other)
                near[other].add(mover.id)
    return near


def accounted(whole: Mover, part: Mover) -> float:
    """Return how much of the excess of one episode is that of another, from 0 to 1."""
    if whole.excess <= 0 or part.traffic <= 0:
        return 0.0
    return min(1.0, common(whole, part) * part.excess / part.traffic / whole.excess)


def common(one: Mover, other: Mover) -> float:
    """Return the traffic that two episodes share, as far as either knows of it."""
    known = max(one.shared.get(other.id, 0.0), other.shared.get(one.id, 0.0))
    return min(known, one.traffic, other.traffic)


def _cause(mover: Mover, heads: Collection[Mover]) -> Mover | None:
    """Return the lead that accounts for most of an episode; the narrower of equals."""
    causes = [head for head in heads if accounted(mover, head) >= MOST]
    return min(causes, key=lambda head: (-accounted(mover, head), _narrow_first(head)), default=None)


def _whole(part: Mover, heads: Collection[Mover]) -> Mover | None:
    """Return the largest lead of which another is a part of some size."""
    wholes = [head for head in heads if _weight(head) > _weight(part) and _is_part(part, head)]
    return max(wholes, key=_weight, default=None)


def _is_part(part: Mover, whole: Mover) -> bool:
    return (
        common(part, whole) >= WITHIN * part.traffic > 0
        and accounted(whole, part) >= OF_SIZE
        and abs(part.opened_at - whole.opened_at) <= TOGETHER
    )


def _top(lead: Mover, above: Mapping[str, Mover | None]) -> Mover:
    """Follow parts up to the whole; weights grow on the way, so that it ends."""
    over = above.get(lead.id)
    return lead if over is None else _top(over, above)


def _narrow_first(mover: Mover) -> tuple[int, float, str]:
    return mover.breadth, -mover.excess, mover.id


def _weight(mover: Mover) -> tuple[float, int, str]:
    return mover.excess, mover.breadth, mover.id
