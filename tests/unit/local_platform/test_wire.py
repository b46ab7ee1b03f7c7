from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from local_platform.wire import dumps, from_nano, loads, to_nano


@given(st.integers(0, 8_000_000_000_000_000))
def test_money_keeps_every_nanodollar_over_the_wire(nanodollars: int) -> None:
    received = loads(dumps({"cost": from_nano(nanodollars)}).encode())
    assert isinstance(received, dict)
    assert to_nano(Decimal(received["cost"])) == nanodollars


def test_a_cost_is_written_in_its_shortest_form() -> None:
    assert dumps(from_nano(5_750_000)) == "0.00575"
