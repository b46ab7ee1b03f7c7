from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any
from unittest.mock import patch

import pytest

from local_platform.analytics import folding
from local_platform.billing.amounts import Standing, standing
from local_platform.billing.usage import ELEMENT_KIND
from local_platform.resources import documents
from local_platform.resources.kind import Document, Kind
from local_platform.session import Session
from local_platform.storage.schema import migrate
from local_platform.wire import to_ms

# The numbers of one tenant, its team and its user; another team's is 3.
TENANT, TEAM, USER = 1, 2, 1
NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)

_CALL: Mapping[str, object] = {
    "created_ms": 0,
    "transaction_id": "t",
    "priced": 1,
    "provider": "OPENAI",
    "model": "gpt-4o",
    "input_tokens": 10,
    "output_tokens": 5,
    "reasoning_tokens": 0,
    "cached_tokens": 0,
    "total_tokens": 15,
    "duration_ms": 1,
    "input_cost": 0,
    "output_cost": 0,
    "total_cost": 0,
}


@dataclass(frozen=True, slots=True)
class Ledger:
    """A platform's tables with what a test puts into them."""

    session: Session

    def standing(self, subscription: Document, at: str | None = None) -> Standing:
        moment = datetime.fromisoformat(at).replace(tzinfo=UTC) if at else None
        found = standing(self.session, subscription, moment)
        assert found is not None
        return found

    def calls_of(self, *subscriptions: Document) -> list[int]:
        return [self.standing(one).usage.calls for one in subscriptions]

    def add(self, kind: str, **fields: Any) -> Document:
        described = Kind(name=kind, path=kind, collection=kind, entity=kind, checks={})
        return documents.insert(self.session, described, {"name": kind, **fields})

    def product(self, **plan: Any) -> Document:
        return self.add("product", plan={"name": "Plan", "type": "SUBSCRIPTION", "currency": "USD", **plan})

    def element(self, name: str, **fields: Any) -> Document:
        return self.add(ELEMENT_KIND, **{"name": name, **fields})

    def subscription(self, product: Document, *, start: str = "2026-01-10T00:00:00Z", **fields: Any) -> Document:
        return self.add("subscription", productId=product.id, start=start, **fields)

    def call(
        self, at: datetime = NOW, *, team: int = TEAM, cost: str = "0", record: str = "{}", **columns: Any
    ) -> None:
        nano = round(float(cost) * 10**9)
        row = {**_CALL, "request_ms": to_ms(at), "team": team, "total_cost": nano, **columns}
        self._insert("completion", row)
        self.session.connection.execute("INSERT INTO completion_record SELECT max(id), ? FROM completion", (record,))

    def value(self, element: Document, value: float | str, *, at: datetime = NOW, **columns: Any) -> None:
        column = "word" if isinstance(value, str) else "number"
        self._insert(
            "element_value",
            {
                "team": TEAM,
                "at_ms": to_ms(at),
                "element_id": element.number,
                "transaction_id": "t",
                column: value,
                **columns,
            },
        )

    def fold(self) -> None:
        """Copy all calls into columns, a few at a time."""
        with patch.object(folding, "_SMALLEST_BATCH", 1), patch.object(folding, "_LARGEST_BATCH", 3):
            while (batch := folding.next_batch(self.session.connection)) is not None:
                folding.store_batch(batch, self.session.connection)

    def _insert(self, table: str, row: Mapping[str, object]) -> None:
        marks = ", ".join("?" * len(row))
        statement = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})"  # noqa: S608 - our own columns
        self.session.connection.execute(statement, tuple(row.values()))


@cache
def _empty() -> bytes:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection)
        return connection.serialize()


@contextmanager
def open_ledger() -> Iterator[Ledger]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.deserialize(_empty())
        yield Ledger(Session(connection, TENANT, TEAM, USER, NOW))


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with open_ledger() as opened:
        yield opened
