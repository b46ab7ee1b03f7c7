"""What goes wrong at the company: labelled incidents in its history and one that can be let loose.

An incident is its label: everything it does follows from the label and the seed, so that history
interrupted halfway can be continued from the labels the platform already holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, Self

from local_platform.workload.calls import Body, compose, stamp
from local_platform.workload.company import Agent, Company
from local_platform.workload.generator import HOUR, Disturb, scatter, stream

QUIET = timedelta(hours=48)
"""The end of the history stays free of incidents: whatever alarms there is real or false."""

WILD_AGENT = "research-agent"
WILD_LASTS = timedelta(minutes=3)

_SHORTEST_SLOT = timedelta(days=9)  # always holds a weekend and a working day before it


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident and, at once, its label.

    Attributes:
        kind: Which of `KINDS`, or ``agent-gone-wild``.
        entity: Whose usage it changes.
        dimension: What the entity is: ``agent`` or ``api_key``.
        end: First moment after it.
    """

    id: str
    kind: str
    entity: str
    dimension: str
    start: datetime
    end: datetime
    summary: str

    def label(self) -> dict[str, str]:
        """Return the label as the platform keeps it."""
        return {
            "id": self.id,
            "kind": self.kind,
            "entity": self.entity,
            "dimension": self.dimension,
            "start": stamp(self.start),
            "end": stamp(self.end),
            "summary": self.summary,
        }

    @classmethod
    def from_label(cls, label: dict[str, Any]) -> Self:
        """Read what `label` wrote; further fields are passed over."""
        return cls(
            id=label["id"],
            kind=label["kind"],
            entity=label["entity"],
            dimension=label["dimension"],
            start=datetime.fromisoformat(label["start"]),
            end=datetime.fromisoformat(label["end"]),
            summary=label["summary"],
        )


@dataclass(frozen=True, slots=True)
class Kind:
    """How an incident of a kind comes about.

    Attributes:
        weekdays: On which it may begin; Monday is 0.
        hour: Of the company's clock, at which it begins.
        adds: Makes up the calls it adds to an hour; None when it suppresses the entity's calls.
    """

    dimension: str
    entity: str
    weekdays: tuple[int, ...]
    hour: int
    lasts: timedelta
    summary: str
    adds: Callable[[Company, Incident, Random, datetime], list[Body]] | None


def plan(company: Company, seed: int, start: datetime, until: datetime) -> list[Incident]:
    """Choose the incidents of a history: at most one of each kind, none near either end.

    The first third, though no more than 14 days, is left for learning what is ordinary.
    """
    quiet_start = start + min(timedelta(days=14), (until - start) / 3)
    free = until - QUIET - quiet_start
    count = max(0, min(len(KINDS), free // _SHORTEST_SLOT))
    rng = Random(f"{seed}/incidents")  # noqa: S311 - not a secret
    slots = [quiet_start + free / count * index for index in range(count)]
    placed = (_place(company, kind, slot, slot + free / count, rng) for kind, slot in zip(KINDS, slots, strict=False))
    return [incident for incident in placed if incident is not None]


def disturbance(company: Company, seed: int, incidents: list[Incident]) -> Disturb:
    """Return what the incidents do to an hour of ordinary calls."""
    known = [incident for incident in incidents if incident.kind in KINDS]

    def disturb(hour: datetime, calls: list[Body]) -> list[Body]:
        for incident in known:
            if incident.start < hour + HOUR and hour < incident.end:
                calls = _disturbed(company, seed, incident, hour, calls)
        return calls

    return disturb


def gone_wild(start: datetime) -> Incident:
    """Return the incident of an agent that loops from now on, for a few minutes."""
    return Incident(
        id=f"agent-gone-wild-{start:%Y%m%dT%H%M%SZ}",
        kind="agent-gone-wild",
        entity=WILD_AGENT,
        dimension="agent",
        start=start,
        end=start + WILD_LASTS,
        summary=f"{WILD_AGENT} calls itself in a loop, with an ever longer context",
    )


def wild_calls(company: Company, incident: Incident, rng: Random) -> Iterator[tuple[float, Body]]:
    """Yield the calls of a gone-wild incident with the seconds after its start, in time order.

    Four to six calls a second whose context grows from 5,000 to 17,000 tokens.
    """
    agent = company.agent(incident.entity)
    trace = f"tr-{rng.getrandbits(48):012x}"
    lasts = (incident.end - incident.start).total_seconds()
    elapsed = 0.0
    while elapsed < lasts:
        prompt = round((5_000 + 12_000 * elapsed / lasts) * rng.uniform(0.9, 1.1))
        answer = rng.randrange(400, 900)
        at = incident.start + timedelta(seconds=elapsed)
        call = compose(agent, rng, at, task=agent.tasks[0], prompt=prompt, answer=answer)
        yield elapsed, call | {"traceId": trace}
        elapsed += rng.uniform(1 / 6, 1 / 4)


def _place(company: Company, kind: str, start: datetime, end: datetime, rng: Random) -> Incident | None:
    shape = KINDS[kind]
    first = start.astimezone(company.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    days = (first + timedelta(days=n) for n in range((end - start).days + 2))
    begins = [
        (day + timedelta(hours=shape.hour)).astimezone(start.tzinfo) for day in days if day.weekday() in shape.weekdays
    ]
    fitting = [at for at in begins if start <= at and at + shape.lasts <= end]
    if not fitting:
        return None
    begin = rng.choice(fitting)
    return Incident(
        id=f"{kind}-{begin:%Y-%m-%d}",
        kind=kind,
        entity=shape.entity,
        dimension=shape.dimension,
        start=begin,
        end=begin + shape.lasts,
        summary=shape.summary,
    )


def _disturbed(company: Company, seed: int, incident: Incident, hour: datetime, calls: list[Body]) -> list[Body]:
    adds = KINDS[incident.kind].adds
    if adds is None:
        suppressed = incident.entity
        return [c for c in calls if c.get("agent") != suppressed or not _within(incident, c)]
    added = adds(company, incident, stream(seed, incident.id, hour), hour)
    return calls + [call for call in added if _within(incident, call)]


def _within(incident: Incident, call: Body) -> bool:
    at: str = call["requestTime"]
    return stamp(incident.start) <= at < stamp(incident.end)


def _calls_at(agent: Agent, rng: Random, times: Iterable[datetime]) -> list[Body]:
    return [compose(agent, rng, at) for at in times]


def _spike(company: Company, incident: Incident, rng: Random, hour: datetime) -> list[Body]:
    agent = company.agent(incident.entity)
    busiest = agent.weekday * max(agent.rhythm) / sum(agent.rhythm)
    return _calls_at(agent, rng, scatter(rng, hour, 5 * busiest))


def _runaway(company: Company, incident: Incident, rng: Random, hour: datetime) -> list[Body]:
    agent = company.agent(incident.entity)
    progress = (hour - incident.start) / (incident.end - incident.start)
    return _calls_at(agent, rng, scatter(rng, hour, 8 + 24 * max(0.0, progress)))


def _leaked_key(company: Company, incident: Incident, rng: Random, hour: datetime) -> list[Body]:
    if 6 <= hour.astimezone(company.zone).hour < 22:
        return []
    calls = _calls_at(company.agent(WILD_AGENT), rng, scatter(rng, hour, 30))
    for call in calls:
        # Whoever stole the key does not say who they are: only the key itself is known.
        for attribute in ("agent", "taskType", "productName", "organizationName"):
            del call[attribute]
        call["subscriber"] = {"credential": {"name": incident.entity, "value": incident.entity}}
    return calls


KINDS = {
    "spike": Kind(
        dimension="agent",
        entity="contract-review",
        weekdays=(1, 2, 3),
        hour=14,
        lasts=timedelta(hours=3),
        summary="contract-review works through an archive at five times its busiest pace",
        adds=_spike,
    ),
    "leaked-key": Kind(
        dimension="api_key",
        entity="partners",
        weekdays=(0, 1),
        hour=22,
        lasts=timedelta(hours=56),
        summary="the API key of the partners is used by somebody unknown, three nights running",
        adds=_leaked_key,
    ),
    "drop": Kind(
        dimension="agent",
        entity="support-chat",
        weekdays=(0, 1, 2, 3, 4),
        hour=9,
        lasts=timedelta(hours=8),
        summary="support-chat makes no call for a whole working day: a broken deployment",
        adds=None,
    ),
    "runaway": Kind(
        dimension="agent",
        entity="nightly-report",
        weekdays=(5,),
        hour=2,
        lasts=timedelta(hours=44),
        summary="nightly-report restarts itself all weekend, faster and faster",
        adds=_runaway,
    ),
}
"""What history may hold. A history too short for all of them goes without the last ones."""
