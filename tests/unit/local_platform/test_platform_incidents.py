from __future__ import annotations

from typing import Any

import pytest

PATH = "/local/v1/incidents"


def _incident(**fields: Any) -> dict[str, Any]:
    return {
        "id": "i-1",
        "kind": "spike",
        "entity": "research-agent",
        "dimension": "agent",
        "start": "2026-03-10T12:00:00Z",
        "end": None,
        "summary": "it loops",
        **fields,
    }


async def test_a_label_is_replaced_by_one_of_the_same_id_when_the_incident_ends(client: Any) -> None:
    await client.send("POST", PATH, json=_incident())
    answer = await client.send("POST", PATH, json=_incident(end="2026-03-10T13:03:00+01:00"))
    assert answer.status == 201
    [incident] = (await client.send("GET", PATH)).body
    assert incident["start"] == "2026-03-10T12:00:00.000Z"
    assert incident["end"] == "2026-03-10T12:03:00.000Z"


async def test_labels_come_in_order_of_their_start(client: Any) -> None:
    await client.send("POST", PATH, json=_incident(id="late", start="2026-03-10T12:00:00Z"))
    await client.send("POST", PATH, json=_incident(id="early", start="2026-03-09T12:00:00Z"))
    assert [incident["id"] for incident in (await client.send("GET", PATH)).body] == ["early", "late"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"id": ""}, "id"),
        ({"entity": 5}, "entity"),
        ({"start": None}, "start"),
        ({"start": "soon"}, "start"),
        ({"end": "2026-03-10T11:00:00Z"}, "end"),
    ],
)
async def test_a_label_that_says_too_little_is_refused(client: Any, fields: dict[str, Any], field: str) -> None:
    answer = await client.send("POST", PATH, json=_incident(**fields))
    assert answer.status == 400
    assert list(answer.body["details"]) == [field]
