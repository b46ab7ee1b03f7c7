"""What was metered, sorted by the subscription that it belongs to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

import numpy as np

from local_platform.analytics.columns import Calls, Vocabulary, from_rows, joined
from local_platform.analytics.scan import Selection, calls_between
from local_platform.billing.claims import KEYS, claims_of
from local_platform.billing.contracts import Contract
from local_platform.billing.series import Value
from local_platform.session import Session
from local_platform.wire import dumps

# Enough that the time goes into the rows, few enough to stay in the processor's caches.
_ROWS_AT_ONCE = 1 << 16

_OWNER = "owner"
_PLACE = "place"
_VALUES = """
SELECT at_ms, subscription_id, credential_id, organization_id, product_id, element_id, coalesce(number, word)
FROM element_value WHERE team = :team AND at_ms >= :start AND at_ms < :end
    AND element_id IN (SELECT value FROM json_each(:elements)) AND (
        subscription_id IN (SELECT value FROM json_each(:subscription))
        OR credential_id IN (SELECT value FROM json_each(:credential))
        OR organization_id IN (SELECT value FROM json_each(:organization))
    )
ORDER BY at_ms, id
"""

Pairs = list[tuple[int, Value]]


@dataclass(frozen=True, slots=True)
class Question:
    """Whose rows are read, and of when.

    Attributes:
        session: In the team.
        contracts: All of the team, the oldest first: each row belongs to one of them at most.
        numbers: The subscriptions that matter.
        start: In epoch milliseconds.
        end: Likewise; the moment itself no longer counts.
    """

    session: Session
    contracts: Sequence[Contract]
    numbers: Collection[int]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class OwnedCalls:
    """Calls by subscription.

    Attributes:
        by_number: Those of each, the oldest first; the times count from the epoch.
        vocabularies: What the numbers in the columns of names stand for.
    """

    by_number: Mapping[int, Calls]
    vocabularies: Mapping[str, Vocabulary]


def owned_calls(question: Question, names: Iterable[str]) -> OwnedCalls:
    """Read the columns of the calls that belong to subscriptions. To be used within `one_view`."""
    wanted = tuple(dict.fromkeys(names))
    selection = Selection(question.session.team, tuple(dict.fromkeys((*KEYS, *wanted))))
    claims = claims_of(question.session, question.contracts)
    matters = np.array([False, *(one.number in question.numbers for one in question.contracts)])
    traits = claims.traits(question.numbers)
    narrow = np.min_scalar_type(len(question.contracts))
    found: list[Calls] = []
    parts = calls_between(question.session.connection, selection, question.start, question.end)
    for some in _many_at_once(parts, selection.names):
        rows = some if len(traits["subscription"]) == len(question.contracts) else _eligible(some, traits, selection)
        owners = claims.owners(rows, selection.vocabularies)
        which = np.flatnonzero(matters[owners])
        columns = {name: rows.columns[name][which] for name in wanted}
        found.append(Calls(rows.times[which], {**columns, _OWNER: owners[which].astype(narrow)}))
    by_place = _by_owner(_together(found, (*wanted, _OWNER)), len(question.contracts))
    by_number = {one.number: calls for one, calls in zip(question.contracts, by_place, strict=True)}
    return OwnedCalls(by_number, selection.vocabularies)


def owned_values(question: Question, elements: Collection[int]) -> dict[tuple[int, int | None], Pairs]:
    """Return what elements took in events: by subscription and element, the moments and values, the oldest first."""
    if not elements:
        return {}
    claims = claims_of(question.session, question.contracts)
    asked = {name: dumps(sorted(numbers)) for name, numbers in claims.traits(question.numbers).items()}
    bounds = {"team": question.session.team, "start": question.start, "end": question.end}
    rows = question.session.connection.execute(
        _VALUES, {**asked, **bounds, "elements": dumps(sorted(elements))}
    ).fetchall()
    vocabularies = {name: Vocabulary() for name in KEYS}
    calls = from_rows([(*row[:5], place) for place, row in enumerate(rows)], (*KEYS, _PLACE), vocabularies)
    pairs: dict[tuple[int, int | None], Pairs] = defaultdict(list)
    owners = claims.owners(calls, vocabularies)
    for owner, place in zip(owners.tolist(), calls.columns[_PLACE].tolist(), strict=True):
        number = question.contracts[owner - 1].number if owner else 0
        if number in question.numbers:
            at_ms, *_, element, value = rows[place]
            pairs[number, element].append((at_ms, _exact(value)))
    return pairs


def _eligible(rows: Calls, traits: Mapping[str, Collection[int]], selection: Selection) -> Calls:
    """Return the rows that have one of the traits: to tell the owners of these few is quick."""
    marks = np.zeros(rows.times.size, bool)
    for name, numbers in traits.items():
        table = np.array([word in numbers for word in selection.vocabularies[name].words], bool)
        if table.any():
            marks |= table[rows.columns[name]]
    return rows.picked(np.flatnonzero(marks))


def _exact(value: float | str) -> Value:
    return value if isinstance(value, str) else Decimal(str(value))


def _many_at_once(parts: Iterable[Calls], names: Sequence[str]) -> Iterator[Calls]:
    """Put parts together; their times then count from the epoch."""
    some: list[Calls] = []
    size = 0
    for part in parts:
        some.append(part)
        size += part.times.size
        if size >= _ROWS_AT_ONCE:
            yield _together(some, names)
            some, size = [], 0
    if some:
        yield _together(some, names)


def _together(parts: Sequence[Calls], names: Iterable[str]) -> Calls:
    times = [part.times.astype(np.int64) + part.origin for part in parts]
    return Calls(np.concatenate(times), joined(parts, names))


def _by_owner(calls: Calls, owners: int) -> list[Calls]:
    """Return the calls of each owner by time; of calls at the same moment the order stays."""
    order = np.argsort(calls.times, kind="stable")
    order = order[np.argsort(calls.columns[_OWNER][order], kind="stable")]
    bounds = np.searchsorted(calls.columns[_OWNER][order], np.arange(1, owners + 2)).tolist()
    return [calls.picked(order[first:after]) for first, after in pairwise(bounds)]
