from __future__ import annotations

from typing import Any

import pytest

EVENTS = "ai/enforcement-events"


async def outcomes(client: Any, **query: Any) -> list[str]:
    return [event["outcome"] for event in await client.page(EVENTS, **query)]


async def test_a_line_that_is_reached_is_recorded_once_a_period(client: Any, clock: Any) -> None:
    control = await client.control(warnThreshold=5)
    await client.meter(6, transactionId="warned")
    await client.evaluate()
    await client.meter(6, transactionId="blocked")
    for _ in range(2):
        await client.evaluate()
    hard, warn = await client.page(EVENTS, level="ALL")
    assert (hard["outcome"], hard["tier"], hard["level"], hard["transactionId"]) == (
        "BLOCKED",
        "HARD",
        "HARD",
        "blocked",
    )
    assert (warn["outcome"], warn["tier"], warn["threshold"], warn["usagePercent"]) == ("WARNED", "WARN", 5.0, 120.0)
    assert (hard["ruleId"], hard["groupValue"], hard["ruleDeleted"]) == (control["id"], None, False)
    clock.forward(days=1)
    await client.meter(12)
    await client.evaluate()
    assert await outcomes(client) == ["BLOCKED", "BLOCKED"]


@pytest.mark.parametrize(
    ("fields", "outcome", "tier", "level", "operation"),
    [
        ({}, "BLOCKED", "HARD", "HARD", "ENFORCEMENT_VIOLATION"),
        ({"action": "WARN_ONLY"}, "WARNED", "HARD", "WARN", "ENFORCEMENT_WARN"),
        ({"shadowMode": True}, "WOULD_BLOCK", "HARD", "HARD", "ENFORCEMENT_SHADOW_VIOLATION"),
        ({"shadowMode": True, "action": "WARN_ONLY"}, "WOULD_WARN", "HARD", "WARN", "ENFORCEMENT_SHADOW_WARN"),
    ],
)
async def test_an_event_tells_what_happened_and_not_only_what_was_set(
    client: Any, fields: dict[str, Any], outcome: str, tier: str, level: str, operation: str
) -> None:
    await client.control(**fields)
    await client.meter(11)
    await client.evaluate()
    (event,) = await client.page(EVENTS, level="ALL")
    found = (event["outcome"], event["tier"], event["level"], event["operation"])
    assert found == (outcome, tier, level, operation)


@pytest.fixture
async def people(client: Any, clock: Any) -> dict[str, Any]:
    """Ann is over the limit and Bob over the line before it; a shadow limit is passed by all an hour later."""
    control = await client.control(groupBy="SUBSCRIBER", warnThreshold=5)
    await client.meter(11, subscriber={"id": "u1", "email": "ann@example.com"}, transactionId="of-ann")
    await client.meter(6, subscriber={"email": "bob@example.com"})
    await client.evaluate()
    clock.forward(hours=1)
    await client.control(name="Shadow", shadowMode=True)
    await client.evaluate()
    found: dict[str, Any] = control
    return found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["WOULD_BLOCK", "BLOCKED"]),
        ({"level": "ALL"}, ["WOULD_BLOCK", "BLOCKED", "WARNED"]),
        ({"level": "WARN"}, ["WARNED"]),
        ({"mode": "ENFORCED"}, ["BLOCKED"]),
        ({"mode": "SHADOW"}, ["WOULD_BLOCK"]),
        ({"groupBy": "SUBSCRIBER", "groupValue": "u1"}, ["BLOCKED"]),
        ({"transactionId": "of-ann"}, ["BLOCKED"]),
        ({"query": "shadow", "level": "ALL"}, ["WOULD_BLOCK"]),
        ({"query": "ANN@", "level": "ALL"}, ["BLOCKED"]),
        ({"since": "2026-05-14T12:30:00Z"}, ["WOULD_BLOCK"]),
        ({"until": "2026-05-14T12:30:00Z"}, ["BLOCKED"]),
        ({"size": "1", "page": "1"}, ["BLOCKED"]),
    ],
)
async def test_events_can_be_narrowed_down(client: Any, people: Any, query: dict[str, str], found: list[str]) -> None:
    assert await outcomes(client, **query) == found


async def test_events_of_one_control_outlive_it(client: Any, people: dict[str, Any]) -> None:
    path = f"/profitstream/v2/api/ai/cost-controls/{people['id']}"
    assert (await client.send("DELETE", path, teamId=client.team)).status == 200
    (event,) = await client.page(EVENTS, ruleId=people["id"])
    assert (event["ruleDeleted"], event["subscriberEmail"]) == (True, "ann@example.com")


async def test_a_summary_counts_every_tier_and_mode(client: Any, people: Any) -> None:
    found = await client.get(f"{EVENTS}/summary", level="HARD", mode="ENFORCED")
    counts = {name: found[name] for name in ("blocked", "warned", "wouldBlock", "wouldWarn", "distinctAffected")}
    assert counts == {"blocked": 1, "warned": 1, "wouldBlock": 1, "wouldWarn": 0, "distinctAffected": 2}


async def test_no_more_than_ninety_days_and_nothing_ahead_is_looked_at(client: Any) -> None:
    found = await client.get(f"{EVENTS}/summary", since="2020-01-01", until="2030-01-01")
    assert (found["resolvedSince"], found["resolvedUntil"]) == (
        "2026-02-13T12:00:00.000Z",
        "2026-05-14T12:00:00.000Z",
    )


@pytest.mark.parametrize(
    ("query", "zone", "buckets"),
    [
        ({"bucket": "HOUR"}, "UTC", [("2026-05-14T12:00:00", 2), ("2026-05-14T13:00:00", 1)]),
        ({}, "UTC", [("2026-05-14T00:00:00", 3)]),
        ({"bucket": "WEEK"}, "UTC", [("2026-05-11T00:00:00", 3)]),
        ({"zone": "Pacific/Auckland"}, "Pacific/Auckland", [("2026-05-15T00:00:00", 3)]),
        ({"zone": "Nowhere/Land", "level": "WARN"}, "UTC", [("2026-05-14T00:00:00", 1)]),
    ],
)
async def test_history_is_cut_on_the_clock_of_a_zone(
    client: Any, people: Any, query: dict[str, str], zone: str, buckets: list[tuple[str, int]]
) -> None:
    found = await client.get(f"{EVENTS}/history", **query)
    assert found["zone"] == zone
    assert [(bucket["bucketStart"], bucket["count"]) for bucket in found["buckets"]] == buckets


async def test_who_is_affected_is_listed_with_the_address_to_be_shown(client: Any, people: Any) -> None:
    found = await client.get(f"{EVENTS}/affected")
    assert [(row["groupValue"], row["subscriberEmail"], row["count"]) for row in found["rows"]] == [
        ("bob@example.com", "bob@example.com", 1),
        ("u1", "ann@example.com", 1),
    ]
    narrowed = await client.get(f"{EVENTS}/affected", level="HARD", affectedSearch="ANN")
    assert ([row["groupValue"] for row in narrowed["rows"]], narrowed["total"]) == (["u1"], 1)
    assert (await client.get(f"{EVENTS}/affected", level="HARD"))["total"] == 2


async def test_a_question_about_events_that_cannot_be_read_is_refused(client: Any) -> None:
    for query in ({"mode": "HALF"}, {"level": "MILD"}, {"since": "once"}, {"ruleId": "x"}):
        answer = await client.send("GET", f"/v2/api/{EVENTS}", teamId=client.team, **query)
        assert answer.status == 400, query
    assert (await client.send("GET", f"/v2/api/{EVENTS}/history", teamId=client.team, bucket="YEAR")).status == 400
