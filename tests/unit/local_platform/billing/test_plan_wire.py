from __future__ import annotations

from typing import Any

import pytest

from local_platform.billing.plan_check import plan_complaints
from local_platform.billing.plan_wire import uniform


def plan(**parts: object) -> dict[str, Any]:
    return {"name": "P", "type": "SUBSCRIPTION", "currency": "USD", **parts}


def test_tiers_are_understood_in_either_spelling() -> None:
    aggregation = {
        "name": "Cost",
        "aggregation_type": "SUM",
        "element_definition_id": "e1",
        "tiers": [{"id": "t1", "name": "All", "up_to": None, "unit_amount": "1.10", "flat_amount": 5}],
        "id": "r1",
    }
    found = uniform(plan(rating_aggregations=[aggregation], periodCount=1))
    assert found == plan(
        ratingAggregations=[
            {
                "name": "Cost",
                "aggregationType": "SUM",
                "elementDefinitionId": "e1",
                "tiers": [{"id": "t1", "name": "All", "upTo": None, "unitAmount": "1.10", "flatAmount": 5}],
                "id": "r1",
            }
        ],
        periodCount=1,
    )
    assert plan_complaints(found) == {}


@pytest.mark.parametrize("tier", [{"up_to": 1, "upTo": 2, "id": "t"}, {"upTo": 2, "up_to": 1, "id": "t"}])
def test_the_contracts_own_spelling_wins_over_the_other(tier: dict[str, Any]) -> None:
    assert uniform({"tiers": [tier]}) == {"tiers": [{"upTo": 2, "id": "t"}]}


def test_every_part_gets_an_id_of_its_own_and_keeps_it() -> None:
    sent = plan(
        tiers=[{"name": "A", "upTo": 1}, {"name": "B", "upTo": None}],
        ratingAggregations=[{"name": "R", "tiers": [{"name": "C"}]}],
        setupFees=[{"name": "S"}],
        elements=[{"name": "E"}],
    )
    found: Any = uniform(sent)
    aggregation = found["ratingAggregations"][0]
    parts = [*found["tiers"], aggregation, *aggregation["tiers"], *found["setupFees"]]
    assert len({part["id"] for part in parts}) == 5
    assert "id" not in found["elements"][0]
    assert uniform(found) == found


@pytest.mark.parametrize("wire", [None, [], "plan", {"tiers": {}}, {"tiers": [7, None]}, {"ratingAggregations": "x"}])
def test_what_is_no_plan_is_left_for_the_check_to_complain_about(wire: object) -> None:
    assert uniform(wire) == wire
    assert plan_complaints(uniform(wire))
