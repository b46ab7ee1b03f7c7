"""Bodies of rules and cost controls that can be taken, to be changed by a test."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

Body = Callable[..., dict[str, Any]]


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
