"""From the platform's log to the message: a leaked key is named with its dollars, and they add up to the cent."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from daemon.clock import to_ms
from daemon.operations import Operations
from daemon.testing import NOON

if TYPE_CHECKING:
    from conftest import Plant  # what the fixture of that name hands out

CENT = Decimal("0.01")


async def test_a_leaked_key_is_told_of_with_agent_key_and_driver(plant: Plant) -> None:
    for row in plant.account.rows:
        row["subscriberCredential"] = {"label": "prod"}
    engine = plant.engine()
    await engine.poll()
    plant.clock.advance(timedelta(minutes=1))
    for second in range(40):
        stolen = {"subscriberCredential": {"label": "leaked"}}
        plant.account.add(NOON + timedelta(seconds=second), 10.0, "robot", **stolen)
    await engine.poll()

    claim = await plant.store.claim("slack", to_ms(plant.clock.now()))
    assert claim is not None
    note = claim.notification
    assert note.title == "AI spend above normal: agent robot"
    assert "mostly API key leaked ($400.00)" in note.summary
    assert "times as many calls" in note.summary
    assert note.causes[0].startswith("API key leaked: $400.00, usually nothing (")
    assert dict(note.facts)["Made by"].startswith("calls +40 $")

    detail = await Operations(engine).explain_alert(note.alert_id)
    split = detail.explanation
    assert split is not None
    assert _cents(split.excess) == _cents(detail.alert.excess) == Decimal("400.48")
    assert _cents(sum(split.drivers.values()) + split.unexplained) == _cents(split.excess)
    for rows in split.contributors.values():
        assert _cents(sum(one.excess for one in rows) + split.unexplained) == _cents(split.excess)
    assert split.contributors["api_key"][0].name == "leaked"
    assert split.contributors["api_key"][0].excess == 400.0


def _cents(amount: float) -> Decimal:
    return Decimal(str(amount)).quantize(CENT)
