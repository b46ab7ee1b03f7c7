"""Bodies that can be taken, to be changed by a test; tables, and calls to put into them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from local_platform.storage.schema import migrate
from local_platform.wire import dumps, to_ms

Body = Callable[..., dict[str, Any]]

TEAM = 5


@pytest.fixture(scope="session")
def rule_body() -> Body:
    def make(**fields: Any) -> dict[str, Any]:
        return {
            "name": "Costs",
            "alertType": "THRESHOLD",
            "metricType": "TOTAL_COST",
            "operatorType": "GREATER_THAN",
            "threshold": Decimal(100),
            "periodDuration": "FIFTEEN_MINUTES",
            "enabled": True,
            **fields,
        }

    return make


@pytest.fixture(scope="session")
def control_body() -> Body:
    def make(**fields: Any) -> dict[str, Any]:
        return {
            "name": "Cap",
            "metricType": "TOTAL_COST",
            "windowType": "DAILY",
            "action": "BLOCK",
            "hardLimit": Decimal(10),
            **fields,
        }

    return make


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """The platform's tables, empty."""
    with closing(sqlite3.connect(tmp_path / "platform.sqlite3", isolation_level=None)) as connection:
        migrate(connection)
        yield connection


@pytest.fixture
def metered(connection: sqlite3.Connection) -> Callable[..., None]:
    """Store calls as metering leaves them; a column that is not named holds something plain."""

    def meter(at: datetime, **columns: Any) -> None:
        subscriber_id = columns.pop("subscriber_id", None)
        call = {
            "request_ms": to_ms(at),
            "created_ms": to_ms(at),
            "team": TEAM,
            "transaction_id": "tx",
            "priced": 1,
            "provider": "OPENAI",
            "model": "gpt-4o",
            "stop_reason": "END",
            "input_tokens": 0,
            "output_tokens": 0,
            "reasoning_tokens": 0,
            "cached_tokens": 0,
            "total_tokens": 0,
            "duration_ms": 0,
            "input_cost": 0,
            "output_cost": 0,
            "total_cost": 0,
            **columns,
        }
        marks = ", ".join("?" * len(call))
        row = connection.execute(
            f"INSERT INTO completion ({', '.join(call)}) VALUES ({marks})",  # noqa: S608 - our own columns
            tuple(call.values()),
        ).lastrowid
        record = {"subscriberId": subscriber_id} if subscriber_id else {}
        connection.execute("INSERT INTO completion_record (id, json) VALUES (?, ?)", (row, dumps(record)))

    return meter
