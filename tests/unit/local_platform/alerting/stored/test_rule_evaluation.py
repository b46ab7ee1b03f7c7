from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest


async def test_a_rule_fires_when_its_calls_breach_it_and_resolves_when_they_are_past(client: Any, clock: Any) -> None:
    rule = await client.rule()
    await client.meter(11)
    assert await client.evaluate() == {"evaluated": 1, "failed": 0}
    (alert,) = await client.alerts()
    assert (alert["triggeredValue"], alert["resolved"], alert["anomaly"]["id"]) == (11.0, False, rule["id"])
    assert "firing" not in alert["anomaly"]
    shown = await client.get(f"sources/ai/anomaly/{rule['id']}")
    assert (shown["firing"], shown["firingState"]) == (True, "FIRING")

    clock.forward(minutes=20)
    await client.evaluate()
    (alert,) = await client.alerts()
    assert (alert["resolved"], alert["duration"]) == (True, 1_200_000)
    shown = await client.get(f"sources/ai/anomaly/{rule['id']}")
    assert (shown["firing"], shown["firingState"]) == (False, "NOT_FIRING")


async def operations(client: Any) -> list[str]:
    return [line["operation"] for line in await client.page("logs/system/internal", size=100)]


async def test_what_fires_and_ends_is_in_the_log_of_the_tenant(client: Any, clock: Any) -> None:
    await client.rule()
    await client.meter(11)
    await client.evaluate()
    clock.forward(minutes=20)
    await client.evaluate()
    assert {"ALERT_FIRED", "ALERT_RESOLVED"} <= set(await operations(client))


async def test_quality_is_what_was_reported_of_jobs(client: Any, clock: Any) -> None:
    quality = {
        "metricType": "QUALITY_RATE",
        "operatorType": "LESS_THAN",
        "threshold": 80,
        "minSampleCount": 2,
        "filters": [{"dimension": "TASK_TYPE", "operator": "IS", "value": "support"}],
    }
    await client.make_job_type("support")
    await client.rule(**quality)
    await client.report_quality("first", "support", 0.9)
    await client.report_quality("other", "billing", 0.1)
    await client.evaluate()
    assert await client.alerts() == []
    await client.report_quality("second", "support", 0.5)
    await client.evaluate()
    (alert,) = await client.alerts()
    assert alert["triggeredValue"] == 70.0
    await client.report_quality("second", "support", 0.9, reason="measured again")
    await client.evaluate()
    assert [alert["resolved"] for alert in await client.alerts()] == [True]


async def test_quality_of_an_unknown_type_of_job_cannot_be_asked_for(client: Any) -> None:
    task = {"dimension": "TASK_TYPE", "operator": "IS", "value": "unheard"}
    body = {
        "name": "Quality",
        "alertType": "THRESHOLD",
        "metricType": "QUALITY_RATE",
        "operatorType": "LESS_THAN",
        "threshold": 80,
        "periodDuration": "DAILY",
        "enabled": True,
        "filters": [task],
        "teamId": client.team,
    }
    answer = await client.send("POST", "/profitstream/v2/api/sources/ai/anomaly", body)
    assert (answer.status, list(answer.body["details"])) == (400, ["filters"])


async def test_evaluating_again_changes_nothing(client: Any) -> None:
    await client.rule()
    await client.meter(11)
    for _ in range(3):
        await client.evaluate()
    assert len(await client.alerts()) == 1


async def test_a_rule_with_groups_fires_for_each_of_them(client: Any) -> None:
    await client.rule(groupBy="AGENT")
    for agent, dollars in (("a", 11), ("b", 12), ("c", 1)):
        await client.meter(dollars, agent=agent)
    await client.evaluate()
    fired = {alert["groupDisplayName"]: alert["triggeredValue"] for alert in await client.alerts()}
    assert fired == {"a": 11.0, "b": 12.0}


async def test_a_rule_looks_only_at_what_its_filters_let_through(client: Any) -> None:
    await client.rule(filters=[{"dimension": "MODEL", "operator": "STARTS_WITH", "value": "claude"}])
    await client.meter(11)
    await client.evaluate()
    assert await client.alerts() == []


async def test_a_change_is_measured_against_the_window_before(client: Any, clock: Any) -> None:
    await client.rule(alertType="RELATIVE_CHANGE", operatorType="PERCENT_INCREASE", threshold=100)
    await client.meter(2)
    clock.forward(minutes=16)
    await client.meter(5)
    await client.evaluate()
    (alert,) = await client.alerts()
    assert alert["triggeredValue"] == 150.0


async def test_a_breach_is_waited_for_across_evaluations(client: Any, clock: Any) -> None:
    await client.rule(periodDuration="ONE_HOUR", triggerAfterPersistsDuration="THIRTY_MINUTES")
    await client.meter(11)
    await client.evaluate()
    clock.forward(minutes=29)
    await client.evaluate()
    assert await client.alerts() == []
    clock.forward(minutes=1)
    await client.evaluate()
    assert len(await client.alerts()) == 1


async def test_a_rule_that_is_switched_off_is_not_looked_at(client: Any) -> None:
    await client.rule(enabled=False)
    await client.meter(11)
    assert (await client.evaluate())["evaluated"] == 0
    assert await client.alerts() == []


async def test_a_rule_that_cannot_be_evaluated_does_not_stop_the_others(
    client: Any, data_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    broken = await client.rule(name="Broken")
    await client.rule(name="Sound")
    await client.meter(11)
    with closing(sqlite3.connect(data_dir / "platform.sqlite3", isolation_level=None)) as connection:
        connection.execute("""UPDATE document SET json = '{"enabled": true}' WHERE name = 'Broken'""")
    for _ in range(2):
        assert await client.evaluate() == {"evaluated": 2, "failed": 1}
    assert [alert["anomaly"]["name"] for alert in await client.alerts()] == ["Sound"]
    assert f"anomaly {broken['id']} cannot be evaluated" in caplog.text
    assert (await operations(client)).count("EVALUATION_FAILED") == 1


async def test_an_alert_tells_whether_its_window_began_before_the_rule_was_made(client: Any, clock: Any) -> None:
    await client.rule()
    for _ in range(2):
        await client.meter(11)
        await client.evaluate()
        clock.forward(minutes=30)
        await client.evaluate()
    assert [alert["includesPreRuleActivity"] for alert in await client.alerts()] == [False, True]


async def test_deleting_a_rule_ends_its_alert_and_keeps_it_in_the_history(client: Any) -> None:
    rule = await client.rule()
    await client.meter(11)
    await client.evaluate()
    answer = await client.send("DELETE", f"/profitstream/v2/api/sources/ai/anomaly/{rule['id']}", teamId=client.team)
    assert answer.status == 200
    (alert,) = await client.alerts()
    assert (alert["resolved"], alert["anomaly"]["name"]) == (True, "Costs")


@pytest.mark.parametrize("path", ["sources/ai/anomaly", "sources/ai/anomaly/clear"])
async def test_all_rules_can_be_deleted_at_once(client: Any, path: str) -> None:
    for name in ("a", "b"):
        await client.rule(name=name)
    await client.meter(11)
    await client.evaluate()
    assert (await client.send("DELETE", f"/profitstream/v2/api/{path}")).status == 400
    answer = await client.send("DELETE", f"/profitstream/v2/api/{path}", teamId=client.team)
    assert (answer.status, answer.body["message"]) == (200, "2 AIAnomaly deleted")
    assert await client.page("sources/ai/anomaly") == []
    assert await client.alerts(resolved="false") == []


async def test_alerts_outlive_a_restart(connected: Any, clock: Any) -> None:
    async with connected() as first:
        await first.rule()
        await first.meter(11)
        await first.evaluate()
    clock.forward(minutes=5)
    async with connected() as second:
        await second.evaluate()
        assert [alert["resolved"] for alert in await second.alerts()] == [False]
        clock.forward(minutes=15)
        await second.evaluate()
        assert [alert["resolved"] for alert in await second.alerts()] == [True]


async def test_the_platform_evaluates_by_itself_whenever_its_clock_says_so(client: Any, clock: Any) -> None:
    await client.rule()
    await client.meter(11)
    async with asyncio.timeout(10):
        clock.forward(minutes=1)
        while not await client.alerts(resolved="false"):
            pass
        clock.forward(minutes=20)
        while not await client.alerts(resolved="true"):
            pass


async def test_what_a_rule_measures_can_be_looked_at(client: Any) -> None:
    grouped = await client.rule(groupBy="AGENT")
    whole = await client.rule(metricType="REQUEST_COUNT")
    await client.meter(3, agent="a")
    await client.meter(4, agent="b")
    shown = await client.get(f"sources/ai/anomaly/{grouped['id']}/metric")
    assert (shown["value"], shown["groups"]) == (
        None,
        [{"groupValue": "a", "value": 3.0}, {"groupValue": "b", "value": 4.0}],
    )
    assert (await client.get(f"sources/ai/anomaly/{whole['id']}/metric"))["value"] == 2.0


async def test_the_keys_that_calls_were_made_with_can_be_chosen_from(client: Any) -> None:
    for name in ("backend", "frontend"):
        await client.meter(1, subscriber={"credential": {"name": name, "value": "secret"}})
    path = "sources/ai/anomaly/provider-dimensions/api-keys"
    everything = await client.get(path)
    assert (everything["total"], [item["name"] for item in everything["items"]]) == (2, ["backend", "frontend"])
    assert everything["items"][0]["provider"] == "OPENAI"
    assert (await client.get(path, query="FRONT"))["total"] == 1
    assert (await client.get(path, provider="ANTHROPIC"))["total"] == 0
    assert (await client.get(path, apiKeyIds="backend,other"))["total"] == 1
    assert [item["name"] for item in (await client.get(path, page=1, size=1))["items"]] == ["frontend"]
