"""Bills of all subscriptions at once against going through what was metered one by one, whatever was copied before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from local_platform.billing.amounts import standings
from local_platform.billing.contracts import Contract, contract_of
from local_platform.billing.plan import Aggregate, Plan, read_plan
from local_platform.billing.quantity import ElementUsage, Usage, quantity
from local_platform.billing.rating import rate
from local_platform.billing.revenue import revenue
from local_platform.billing.series import Value
from local_platform.resources import documents
from local_platform.resources.kind import Document

from .conftest import NOW, Ledger, open_ledger

Row = dict[str, Any]

START = datetime(2026, 3, 10, tzinfo=UTC)
FIRST, STEP = START - timedelta(days=1), timedelta(hours=12)
MOMENTS = st.integers(0, (NOW - FIRST) // STEP).map(lambda step: FIRST + step * STEP)
NANO = Decimal(10) ** -9
TIERS = [{"name": "First", "upTo": 3, "unitAmount": "0.5", "flatAmount": 1}, {"name": "Rest", "unitAmount": "0.25"}]
LOOKED_FOR = {"cost": "0.000000005", "model": "gpt-4o", "weight": "5"}

OWNERS = {
    "at": MOMENTS,
    "subscription_id": st.sampled_from([None] * 5 + [1, 3]),
    "credential_id": st.sampled_from([None, 1, 2]),
    "organization_id": st.sampled_from([None, 1, 1, 2]),
    "product_id": st.sampled_from([None, 1, 1, 2]),
}
CALL = st.fixed_dictionaries(
    {
        **OWNERS,
        "total_cost": st.sampled_from([0, 1, 5, 7, 10**9, 9 * 10**18]),
        "model": st.sampled_from(["gpt-4o", "claude"]),
    }
)
EVENT = st.fixed_dictionaries(
    {**OWNERS, "element": st.sampled_from(["cost", "weight"]), "value": st.sampled_from([0.1, 5.0, -3.0, "eu"])}
)
LINK = st.tuples(st.integers(1, 2), st.sampled_from(["subscription", "credential"]), st.integers(0, 2))
# What is metered, which credential is linked to which subscription afterwards, and whether calls are copied then.
HISTORIES = st.lists(
    st.tuples(
        st.lists(CALL, min_size=4, max_size=12), st.lists(EVENT, max_size=3), st.lists(LINK, max_size=3), st.booleans()
    ),
    min_size=1,
    max_size=4,
)


@dataclass(frozen=True)
class Company:
    """Four subscriptions: two alike of which the older one ends, one that starts late, and one by other names."""

    ledger: Ledger
    elements: dict[str, Document]
    credentials: list[Document]
    subscriptions: list[Document]

    @property
    def contracts(self) -> list[Contract]:
        return [contract_of(one) for one in self.subscriptions]

    def meter(self, calls: Sequence[Row], events: Sequence[Row]) -> None:
        for row in calls:
            self.ledger.call(**row)
        for row in events:
            self.ledger.value(**{**row, "element": self.elements[row["element"]]})

    def link(self, credential: int, side: str, place: int) -> None:
        ends = {"subscription": self.subscriptions[place], "credential": self.credentials[credential - 1]}
        field = {"subscription": "credentialIds", "credential": "subscriptionIds"}[side]
        (other,) = (ends[name] for name in ends if name != side)
        session, one = self.ledger.session, ends[side]
        documents.amend(session, one, {field: [*one.fields.get(field, ()), other.id]})
        for all_of_kind in (self.subscriptions, self.credentials):
            all_of_kind[:] = documents.selected(session, "kind = ? ORDER BY id", (all_of_kind[0].kind,))

    def links(self) -> set[tuple[str, str]]:
        known = {
            (credential, one.id) for one in self.subscriptions for credential in one.fields.get("credentialIds", ())
        }
        return known | {
            (one.id, number) for one in self.credentials for number in one.fields.get("subscriptionIds", ())
        }


def company(ledger: Ledger) -> Company:
    elements = {
        "cost": ledger.element("totalCost"),
        "model": ledger.element("model"),
        "weight": ledger.element("weight"),
    }
    aggregations = [
        {"name": f"{name} {kind}", "aggregationType": kind, "elementDefinitionId": element.id, "tiers": TIERS}
        | ({"distinctValue": LOOKED_FOR[name]} if "DISTINCT" in kind else {})
        for name, element in elements.items()
        for kind in Aggregate
    ]
    gold, iron = (ledger.product(charge=10, tiers=TIERS, ratingAggregations=aggregations) for _ in range(2))
    acme, globex = ledger.add("organization"), ledger.add("organization")
    credentials = [ledger.add("credential") for _ in range(2)]
    terms: list[Any] = [
        (gold, {"start": "2026-03-10T00:00:00Z", "expiration": "2026-03-15T00:00:00Z", "organizationId": acme.id}),
        (gold, {"start": "2026-03-10T00:00:00Z", "organizationId": acme.id}),
        (iron, {"start": "2026-03-13T12:00:00Z", "organizationId": globex.id}),
        (iron, {"start": "2026-03-10T00:00:00Z"}),
    ]
    subscriptions = [ledger.subscription(product, **fields) for product, fields in terms]
    return Company(ledger, elements, credentials, subscriptions)


def owner(here: Company, row: Row) -> int | None:
    """Return the subscription that a row belongs to, looked for one by one."""
    running = [one for one in here.contracts if one.start <= row["at"] and (one.end is None or row["at"] < one.end)]
    numbers = {one.id: one.number for one in (*here.subscriptions, *here.credentials)}
    links = {(numbers[credential], numbers[subscription]) for credential, subscription in here.links()}
    linked = [one for one in running if (row["credential_id"], one.number) in links]
    named = (row["organization_id"], row["product_id"])
    for found in (
        [one for one in running if one.number == row["subscription_id"]],
        [one for one in linked if one.product == row["product_id"]],
        linked,
        [one for one in running if None not in named and (one.organization, one.product) == named],
    ):
        if found:
            return min(one.number for one in found)
    return None


def usage(here: Company, calls: Sequence[Row], events: Sequence[Row], number: int, end: datetime) -> Usage:
    """Add up, value by value, what a subscription used before a moment."""

    def mine(rows: Sequence[Row]) -> list[Row]:
        return [row for row in rows if row["at"] < end and owner(here, row) == number]

    values: dict[str, list[tuple[datetime, Value]]] = {name: [] for name in here.elements}
    for row in mine(calls):
        values["cost"].append((row["at"], row["total_cost"] * NANO))
        values["model"].append((row["at"], row["model"]))
    for row in mine(events):
        value = row["value"]
        values[row["element"]].append((row["at"], value if isinstance(value, str) else Decimal(str(value))))
    elements = {element.id: element_usage(values[name], LOOKED_FOR[name]) for name, element in here.elements.items()}
    return Usage(len(mine(calls)), elements)


def element_usage(pairs: Sequence[tuple[datetime, Value]], looked_for: str) -> ElementUsage:
    values = [value for _, value in sorted(pairs, key=lambda pair: pair[0])]
    numbers = [value for value in values if isinstance(value, Decimal)]
    last = values[-1] if values else Decimal(0)
    return ElementUsage(
        count=len(values),
        total=sum(numbers, Decimal(0)),
        maximum=max(numbers, default=Decimal(0)),
        last=last if isinstance(last, Decimal) else Decimal(0),
        different=len(set(values)),
        occurrences={
            looked_for: [one if isinstance(one, str) else f"{one.normalize():f}" for one in values].count(looked_for)
        },
    )


def quantities(plan: Plan, used: Usage) -> dict[str, Decimal]:
    found = {
        one.name: quantity(one.aggregate, used.of(one.element_id), one.distinct_value) for one in plan.aggregations
    }
    return {"calls": Decimal(used.calls), **found}


@settings(max_examples=60, deadline=None)
@given(HISTORIES, st.lists(MOMENTS, min_size=2, max_size=5, unique=True).map(sorted))
def test_every_subscription_is_billed_for_what_going_through_the_rows_gives(
    history: Sequence[tuple[list[Row], list[Row], list[tuple[int, str, int]], bool]], edges: list[datetime]
) -> None:
    calls: list[Row] = []
    events: list[Row] = []
    with open_ledger() as ledger:
        here = company(ledger)
        for some_calls, some_events, links, copied in history:
            here.meter(some_calls, some_events)
            calls += some_calls
            events += some_events
            for link in links:
                here.link(*link)
            if copied:
                ledger.fold()
            plan = read_plan(documents.selected(ledger.session, "kind = 'product'", ())[0].fields["plan"])
            stands = standings(ledger.session, here.subscriptions)
            for contract, standing in zip(here.contracts, stands, strict=True):
                expected = usage(here, calls, events, contract.number, NOW + timedelta(milliseconds=1))
                assert standing is not None
                assert quantities(plan, standing.usage) == quantities(plan, expected)
                assert standing.bill == rate(plan, expected)

        def billed(contract: Contract, moment: datetime) -> Decimal:
            if moment <= contract.start:
                return Decimal(0)
            return rate(plan, usage(here, calls, events, contract.number, moment)).total

        expected_growth = [
            tuple(billed(one, after) - billed(one, before) for before, after in pairwise(edges))
            for one in here.contracts
        ]
        assert [one.amounts for one in revenue(ledger.session, edges)] == expected_growth
