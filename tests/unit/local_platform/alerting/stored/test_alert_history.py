from __future__ import annotations

from typing import Any

import pytest

from local_platform import ids

ALERT = "/profitstream/v2/api/sources/ai/alert"


@pytest.fixture
async def history(client: Any, clock: Any) -> dict[str, str]:
    """One alert that is over and one of a day later that is open; returns the ids of their rules."""
    costs = await client.rule()
    await client.meter(11)
    await client.evaluate()
    clock.forward(days=1)
    calls = await client.rule(metricType="REQUEST_COUNT", threshold=0)
    await client.meter(1)
    await client.evaluate()
    return {"costs": costs["id"], "calls": calls["id"]}


async def metrics(client: Any, **query: Any) -> list[str]:
    return [alert["anomaly"]["metricType"] for alert in await client.alerts(**query)]


async def test_the_newest_alert_comes_first_unless_asked_otherwise(client: Any, history: Any) -> None:
    assert await metrics(client) == ["REQUEST_COUNT", "TOTAL_COST"]
    assert await metrics(client, sort="triggeredTimestamp,asc") == ["TOTAL_COST", "REQUEST_COUNT"]
    assert await metrics(client, sort="triggeredValue,desc") == ["TOTAL_COST", "REQUEST_COUNT"]
    assert await metrics(client, page=1, size=1) == ["TOTAL_COST"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"resolved": "true"}, ["TOTAL_COST"]),
        ({"resolved": "false"}, ["REQUEST_COUNT"]),
        ({"type": "TOTAL_COST"}, ["TOTAL_COST"]),
        ({"start": "2026-05-14T12:00:00.001Z"}, ["REQUEST_COUNT"]),
        ({"end": "2026-05-14T12:00:00.001Z"}, ["TOTAL_COST"]),
        ({"start": "2026-05-14", "end": "2026-05-14"}, ["TOTAL_COST"]),
        ({"start": "2026-05-15", "end": "2026-05-15"}, ["REQUEST_COUNT"]),
    ],
)
async def test_the_history_can_be_narrowed_down(
    client: Any, history: Any, query: dict[str, str], found: list[str]
) -> None:
    assert await metrics(client, **query) == found


async def test_the_alerts_of_one_rule_can_be_asked_for(client: Any, history: dict[str, str]) -> None:
    assert await metrics(client, anomalyId=history["costs"]) == ["TOTAL_COST"]


@pytest.mark.parametrize(
    "query", [{"resolved": "maybe"}, {"start": "soon"}, {"anomalyId": "x"}, {"sort": "mood,asc"}, {"sort": "id,up"}]
)
async def test_a_question_that_cannot_be_read_is_refused(client: Any, query: dict[str, str]) -> None:
    assert (await client.send("GET", ALERT, teamId=client.team, **query)).status == 400


async def test_the_history_belongs_to_a_team(client: Any) -> None:
    assert (await client.send("GET", ALERT)).status == 400
    assert (await client.send("GET", ALERT, teamId=ids.encode("team", 99))).status == 403


async def test_one_alert_can_be_shown_and_taken_out(client: Any, history: Any) -> None:
    newest, _ = await client.alerts()
    assert await client.get(f"sources/ai/alert/{newest['id']}") == newest
    deleted = await client.send("DELETE", f"{ALERT}/{newest['id']}", teamId=client.team)
    assert (deleted.status, deleted.body["id"]) == (200, newest["id"])
    assert (await client.send("GET", f"{ALERT}/{newest['id']}", teamId=client.team)).status == 404
    assert (await client.send("GET", f"{ALERT}/nonsense", teamId=client.team)).status == 400
